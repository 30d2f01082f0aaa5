"""Market: where prices come from, as events in venue time.

Owns the event vocabulary and the protocol of a source. Events are tuples, made sixty thousand
times a second on a tape, so they stay bare. A source yields in time order and keeps no event
back that is due; it holds at most one line or tick of look-ahead.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol

Level = tuple[Decimal, Decimal]
"""Price and quantity; quantity 0 removes the level."""


class DepthShape(NamedTuple):
    """Depth behind the touch when the source knows none: even levels below and above it."""

    levels: int
    spacing: Decimal
    quantity: Decimal


class Quote(NamedTuple):
    """Best bid and ask."""

    symbol: str
    at_ns: int
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal
    shape: DepthShape | None = None
    local_ns: int = 0


class Depth(NamedTuple):
    """Changed levels of the book, or all of it when `is_snapshot`."""

    symbol: str
    at_ns: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    is_snapshot: bool = False
    local_ns: int = 0


class Trade(NamedTuple):
    """One print; the buyer was the maker when a seller came to the book."""

    symbol: str
    at_ns: int
    price: Decimal
    quantity: Decimal
    is_buyer_maker: bool
    local_ns: int = 0


class Mark(NamedTuple):
    """A new mark price, and the funding rate where the source tells one."""

    symbol: str
    at_ns: int
    price: Decimal
    local_ns: int = 0
    funding_rate: Decimal | None = None


MarketEvent = Quote | Depth | Trade | Mark


class Market(Protocol):
    """A source of market events."""

    def next_at_ns(self) -> int | None:
        """When the next event is due; None when the source is exhausted."""
        ...

    def advance(self, now_ns: int) -> Iterable[MarketEvent]:
        """Yield every event due at or before `now_ns`; stopping early loses none."""
        ...
