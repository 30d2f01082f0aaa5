"""Binance clients: python-binance as it comes and ours, at one server with the same keys.

Owns the keys of tests: an HMAC pair, an Ed25519 and an RSA key, none of which opens anything.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field
from binance.client import Client
from Crypto.PublicKey import ECC, RSA

from callboard.actors.adapters.binance.client import ClientOptions, LaneClient, build_client
from callboard.actors.adapters.binance.credentials import Credentials
from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.session import Session
from callboard.actors.adapters.binance.transport import route_to
from callboard.actors.adapters.secret import Secret
from callboard.actors.ports import StreamListener, VenueAnswer, VenueRequest

API_KEY = "canary-key-" + "k" * 53
API_SECRET = "canary-secret-" + "s" * 50
TIMEOUT_SECONDS = 30.0

KEYS = Path(__file__).parent / "keys"
PEMS = {name: (KEYS / f"{name}.pem").read_text("ascii").strip() for name in ("ed25519", "rsa")}
ED25519_KEY = ECC.import_key(PEMS["ed25519"])
RSA_KEY = RSA.import_key(PEMS["rsa"])


@define
class NoStreams:
    """Streams that never open."""

    opened: list[str] = field(factory=list[str])
    is_closed: bool = False

    def open(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Keep what is asked for."""
        self.opened.append(f"{stream} {symbols} {type(listener).__name__}")

    def see(self, request: VenueRequest, answer: VenueAnswer) -> VenueAnswer:  # noqa: ARG002
        """Leave an answer as it is."""
        return answer

    def close(self) -> None:
        """Remember the end."""
        self.is_closed = True


def options_for(
    url: str, *, secret: str = API_SECRET, timeout_s: float = TIMEOUT_SECONDS
) -> ClientOptions:
    """Return what makes a client of ours at a server."""
    address = loopback(urlsplit(url).port or 0)
    credentials = Credentials(Secret(API_KEY), Secret(secret))
    return ClientOptions(address, route_to(url, {}), credentials, timeout_s)


@contextmanager
def our_client(
    url: str, *, secret: str = API_SECRET, timeout_s: float = TIMEOUT_SECONDS
) -> Generator[LaneClient]:
    """Lend a client of ours."""
    client = build_client(options_for(url, secret=secret, timeout_s=timeout_s))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def bare_client(
    url: str, *, timeout_s: float = TIMEOUT_SECONDS, private_key: str | None = None
) -> Generator[Any]:
    """Lend a client as python-binance makes it, on the session of `requests`.

    Made on a thread of its own, for it leaves an event loop with the thread that makes it.
    """
    made: list[Any] = []

    def make() -> None:
        client: Any = Client(
            API_KEY,
            None if private_key else API_SECRET,
            requests_params={"timeout": timeout_s},
            private_key=private_key,
            ping=False,
        )
        client.loop.close()
        made.append(client)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    (client,) = made
    client.FUTURES_URL = f"{url}/fapi"
    try:
        yield client
    finally:
        client.close_connection()


@contextmanager
def swapped_client(url: str, *, timeout_s: float = TIMEOUT_SECONDS) -> Generator[Any]:
    """Lend python-binance's client with our session in the place of its own."""
    with bare_client(url, timeout_s=timeout_s) as client:
        headers = dict(client.session.headers)
        client.session.close()
        client.session = Session(url, route_to(url, {}), headers)
        yield client
