"""Sessions: a session of ours at a scripted server, and an order that is sent by it."""

from collections.abc import Generator
from contextlib import contextmanager

from callboard.actors.adapters.binance.answer import Answer
from callboard.actors.adapters.binance.session import Session
from callboard.actors.adapters.binance.transport import route_to

HEADERS = {"X-MBX-APIKEY": "canary-key-0123456789", "User-Agent": "callboard"}
BODY = [("symbol", "BTCUSDT"), ("newClientOrderId", "a:b/c d"), ("signature", "5" * 64)]
SHORT = 0.4
"""Seconds; only where nothing can come."""
LONG = 30.0


@contextmanager
def session_to(url: str) -> Generator[Session]:
    """A session that is closed at the end."""
    session = Session(url, route_to(url, {}), HEADERS)
    try:
        yield session
    finally:
        session.close()


def post(session: Session, url: str, *, timeout: float = LONG) -> Answer:
    """Place an order."""
    return session.post(f"{url}/fapi/v1/order", headers={}, data=BODY, timeout=timeout)
