"""Recorded market: the quotes that a journal holds, as the market of a simulated venue.

Owns what is still to come, which is handed in record by record. A journal holds best bid, best ask
and mark as the engine was told them, a few times a second, and neither depth nor prints. The depth
behind the touch is therefore an assumption: `LEVELS` of them, one tick apart, each worth
`LEVEL_NOTIONAL`; a resting order fills when the opposite touch reaches it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from decimal import Decimal

from ...messages.market import QuoteObserved
from ..venue.market import DepthShape, Mark, MarketEvent, Quote

LEVELS = 20
LEVEL_NOTIONAL = Decimal(100_000)
"""Worth of each level in quote units; what a fill costs beyond the touch rests on it."""
LOT = Decimal("0.001")


class RecordedMarket:
    """A source of market events out of recorded quotes; implements the venue's `Market`."""

    def __init__(self, ticks: Mapping[str, Decimal]) -> None:
        self._ticks = ticks
        self._due: deque[MarketEvent] = deque()

    def add(self, quote: QuoteObserved, at_ns: int) -> None:
        """Take the next quote, not older than the last; of an unknown symbol it is left."""
        tick = self._ticks.get(quote.symbol)
        if tick is None or not quote.ask:
            return
        size = max(LOT, (LEVEL_NOTIONAL / quote.ask).quantize(LOT))
        shape = DepthShape(LEVELS, tick, size)
        self._due.append(Quote(quote.symbol, at_ns, quote.bid, size, quote.ask, size, shape))
        if quote.mark:
            self._due.append(Mark(quote.symbol, at_ns, quote.mark))

    def next_at_ns(self) -> int | None:
        """When the next event is due; None when none is known."""
        return self._due[0].at_ns if self._due else None

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield every event due at or before `now_ns`."""
        while self._due and self._due[0].at_ns <= now_ns:
            yield self._due.popleft()
