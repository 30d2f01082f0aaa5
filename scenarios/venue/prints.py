"""Prints: the latest trades of each symbol, numbered, and what each minute made of them.

Owns both up to a bound: the oldest trades and minutes are forgotten. A trade without a quantity
restates a price and counts for nothing. Times are milliseconds of the venue's clock.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from math import inf

from attrs import define, evolve, frozen

from .market import Trade

TRADES_MAX = 10_000
MINUTES_MAX = 10_000
MINUTE_MS = 60_000
ZERO = Decimal(0)
_PERCENT_DIGITS = Decimal("0.001")


@frozen
class Print:
    """One trade of a symbol, by its number."""

    number: int
    at_ms: int
    trade: Trade


@define
class Candle:
    """What the trades of a span came to; quantities in base and quote currency."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    trades: int = 0
    bought: Decimal = ZERO
    """The volume whose taker bought."""
    quote_bought: Decimal = ZERO

    @property
    def change(self) -> Decimal:
        """How far the price went."""
        return self.close - self.open

    @property
    def change_percent(self) -> Decimal:
        """How far the price went, as a percentage with three decimals."""
        share = self.change / self.open if self.open else ZERO
        return (share * 100).quantize(_PERCENT_DIGITS)

    @property
    def mean(self) -> Decimal:
        """The price by quantity, or the last one without a trade."""
        return self.quote_volume / self.volume if self.volume else self.close

    def add(self, trade: Trade) -> None:
        """Count one trade."""
        price, quantity = trade.price, trade.quantity
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.trades += 1
        self.volume += quantity
        self.quote_volume += price * quantity
        if not trade.is_buyer_maker:
            self.bought += quantity
            self.quote_bought += price * quantity

    def join(self, later: "Candle") -> None:
        """Let a later candle continue this one."""
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote_volume += later.quote_volume
        self.trades += later.trades
        self.bought += later.bought
        self.quote_bought += later.quote_bought


class Prints:
    """The trades of one symbol."""

    def __init__(self) -> None:
        self.trades: deque[Print] = deque(maxlen=TRADES_MAX)
        self.minutes: deque[Candle] = deque(maxlen=MINUTES_MAX)
        self._count = 0

    def add(self, trade: Trade, at_ms: int) -> None:
        """Keep one trade."""
        if not trade.quantity:
            return
        self._count += 1
        self.trades.append(Print(self._count, at_ms, trade))
        minute_ms = at_ms // MINUTE_MS * MINUTE_MS
        if not self.minutes or self.minutes[-1].open_ms < minute_ms:
            price = trade.price
            self.minutes.append(Candle(minute_ms, price, price, price, price))
        self.minutes[-1].add(trade)

    def candles(self, starts: Iterable[int]) -> Iterator[Candle]:
        """Yield a candle for each span that begins at one of `starts`, the last one open.

        A span without a trade stands at the last price; spans before the first trade are left out.
        """
        minutes = deque(self.minutes)
        close: Decimal | None = None
        for start_ms, end_ms in pairwise((*starts, inf)):
            candle: Candle | None = None
            while minutes and minutes[0].open_ms < end_ms:
                minute = minutes.popleft()
                close = minute.close
                if minute.open_ms < start_ms:
                    continue
                if candle is None:
                    candle = evolve(minute, open_ms=int(start_ms))
                else:
                    candle.join(minute)
            if candle is None and close is not None:
                candle = Candle(int(start_ms), close, close, close, close)
            if candle is not None:
                yield candle
