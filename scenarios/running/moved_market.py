"""MovedMarket: a market whose prices are moved at planned times, on exact ticks.

Owns the moves alone: every other draw of the market stays as it would have been, so a story without
a move has the prices of its seed. A move that takes time is even; none leads below one tick.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

from attrs import field, frozen

from ..planned import PriceMove
from ..venue.market import Depth, Market, MarketEvent, Quote

NS_PER_MS = 1_000_000
BPS = Decimal(10_000)

Priced = TypeVar("Priced", bound=MarketEvent)


@frozen
class MovedMarket:
    """A market, moved."""

    market: Market
    moves: tuple[PriceMove, ...]
    start_ns: int
    starts: Mapping[str, Decimal]
    """Where each symbol began: what basis points are of."""
    ticks: Mapping[str, Decimal] = field(kw_only=True)

    def next_at_ns(self) -> int | None:
        """When the next event is due."""
        return self.market.next_at_ns()

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield every event due at or before `now_ns`, moved."""
        return map(self._moved, self.market.advance(now_ns))

    def _moved(self, event: MarketEvent) -> MarketEvent:
        distance = self._distance(event.symbol, event.at_ns)
        if not distance or isinstance(event, Depth):
            return event
        if isinstance(event, Quote):
            bid = self._above_zero(event, event.bid + distance)
            return event._replace(bid=bid, ask=bid + event.ask - event.bid)
        return event._replace(price=self._above_zero(event, event.price + distance))

    def _above_zero(self, event: MarketEvent, price: Decimal) -> Decimal:
        return max(price, self.ticks[event.symbol])

    def _distance(self, symbol: str, at_ns: int) -> Decimal:
        """Return how far the prices of a symbol stand from where they would be, in whole ticks."""
        at_ms = (at_ns - self.start_ns) // NS_PER_MS
        share = sum(
            (_share(each, at_ms) for each in self.moves if each.symbol == symbol), Decimal()
        )
        tick = self.ticks[symbol]
        return (self.starts[symbol] * share / BPS / tick).quantize(Decimal(1)) * tick


def _share(move: PriceMove, at_ms: int) -> Decimal:
    """Return how much of a move is done, in basis points."""
    if at_ms < move.at_ms:
        return Decimal()
    if at_ms >= move.at_ms + move.over_ms:
        return Decimal(move.bps)
    return Decimal(move.bps) * (at_ms - move.at_ms) / move.over_ms
