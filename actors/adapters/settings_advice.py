"""Settings advice: what is allowed, works, and should be known of the settings in force.

Pure. Told by `callboard config check` and `callboard doctor`, and once at a start.
"""

from collections.abc import Iterator

from attrs import frozen

from ..settings import Settings

VENUE_WINDOW_MS = 5_000
"""The venue's own window, which is a request's time by default (general info, read 2026-11)."""


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
    longest_ms = max(window_ms, VENUE_WINDOW_MS)
    if timeout_ms > longest_ms:
        yield Advice(
            "orders.request_timeout_ms",
            f"a request is waited for {timeout_ms} ms, and the venue takes none that is older than"
            f" {longest_ms}: an order without an answer is asked for {timeout_ms - longest_ms} ms"
            " later than it could be",
            f"{longest_ms} or less",
        )
