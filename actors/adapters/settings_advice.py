"""Settings advice: what is allowed, works, and should be known of the settings in force.

Pure. Told by `callboard config check` and `callboard doctor`, and once at a start.
"""

from collections.abc import Iterator

from attrs import frozen

from ..settings import Settings


@frozen
class Advice:
    """A setting, what should be known of it, and what to do about that."""

    key: str
    text: str
    remedy: str


def advice_on(settings: Settings) -> Iterator[Advice]:
    """Yield what should be known of settings that have no fault."""
    orders = settings.orders
    timeout_ms, window_ms = orders.request_timeout_ms, orders.recv_window_ms
    if timeout_ms > window_ms:
        yield Advice(
            "orders.request_timeout_ms",
            f"a request is waited for {timeout_ms} ms, and the venue takes none that is older than"
            f" orders.recv_window_ms ({window_ms}): an order without an answer is asked for"
            f" {timeout_ms - window_ms} ms later than it could be",
            f"{window_ms} or less, or a wider window (at most 5000 at the venue)",
        )
