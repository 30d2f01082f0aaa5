"""HistoryLines: Binance's public history files (aggTrades and klines CSV) as a market.

Owns the reading of both forms, with or without a header line. Such files hold no book, so each
price makes one of its own: a spread of one tick and an even depth of a set size behind it. A kline
becomes four prints: open, the far end, the near end, close, a quarter of the interval apart. The
mark is the last price, told again every `MARK_EVERY_NS` as the venue's own stream does, so that it
does not age between two klines. What fills against this depth is an assumption, not a record.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path

from attrs import define, field, frozen

from .market import DepthShape, Mark, MarketEvent, Quote, Trade
from .moment import NS_PER_MS
from .tape import BadLineError, TapeClock, TapeMarket

AGG_TRADE_COLUMNS, KLINE_COLUMNS = 7, 7
MARK_EVERY_NS = 3_000 * NS_PER_MS
GAP_NS_MAX = 86_400_000 * NS_PER_MS
"""A longer silence is a hole in the history, in which no mark is made up."""


@frozen
class SyntheticBook:
    """The book that is made around each price."""

    symbol: str
    tick: Decimal
    level_quantity: Decimal = Decimal(10)
    levels: int = 20

    def around(
        self, price: Decimal, quantity: Decimal, at_ns: int, *, is_sell: bool
    ) -> tuple[MarketEvent, ...]:
        """Return quote, print and mark for one price; a seller's print is on the bid."""
        bid = price if is_sell else price - self.tick
        shape = DepthShape(self.levels, self.tick, self.level_quantity)
        size = self.level_quantity
        return (
            Quote(self.symbol, at_ns, bid, size, bid + self.tick, size, shape),
            Trade(self.symbol, at_ns, price, quantity, is_sell),
            Mark(self.symbol, at_ns, price),
        )


@define
class _Prices:
    """Makes events of prices in time order, with the marks between them."""

    book: SyntheticBook
    _last: Mark | None = field(init=False, default=None)

    @property
    def is_empty(self) -> bool:
        return self._last is None

    def at(
        self, price: Decimal, quantity: Decimal, at_ns: int, *, is_sell: bool
    ) -> tuple[MarketEvent, ...]:
        marks = self._until(at_ns)
        self._last = Mark(self.book.symbol, at_ns, price)
        return *marks, *self.book.around(price, quantity, at_ns, is_sell=is_sell)

    def _until(self, at_ns: int) -> list[Mark]:
        last = self._last
        if last is None or at_ns - last.at_ns > GAP_NS_MAX:
            return []
        times = range(last.at_ns + MARK_EVERY_NS, at_ns, MARK_EVERY_NS)
        return [last._replace(at_ns=each) for each in times]


class AggregateTradeLines:
    """Lines `id,price,quantity,first id,last id,time ms,is buyer maker`."""

    def __init__(self, clock: TapeClock, book: SyntheticBook) -> None:
        self._clock = clock
        self._prices = _Prices(book)

    def parse(self, line: bytes) -> tuple[MarketEvent, ...]:
        """Return the events of a line."""
        columns = _columns(line, AGG_TRADE_COLUMNS, is_first=self._prices.is_empty)
        if not columns:
            return ()
        price, quantity = _positive(columns[1], "price"), _positive(columns[2], "quantity")
        at_ns = self._clock.stamp(_time_ms(columns[5], "transact_time") * NS_PER_MS)
        flag = columns[6].lower()
        if flag not in ("true", "false"):
            raise BadLineError("is_buyer_maker", f"is no boolean: {flag!r}")
        return self._prices.at(price, quantity, at_ns, is_sell=flag == "true")


class KlineLines:
    """Lines `open time,open,high,low,close,volume,close time,...`."""

    def __init__(self, clock: TapeClock, book: SyntheticBook) -> None:
        self._clock = clock
        self._prices = _Prices(book)

    def parse(self, line: bytes) -> tuple[MarketEvent, ...]:
        """Return the events of a line."""
        columns = _columns(line, KLINE_COLUMNS, is_first=self._prices.is_empty)
        if not columns:
            return ()
        names = ("open", "high", "low", "close")
        first, high, low, last = (
            _positive(text, name) for text, name in zip(columns[1:5], names, strict=True)
        )
        if not low <= min(first, last) <= max(first, last) <= high:
            raise BadLineError("high", "high and low do not hold open and close")
        opened_ms = _time_ms(columns[0], "open_time")
        quarter_ms = (_time_ms(columns[6], "close_time") + 1 - opened_ms) // 4
        quantity = max(_number(columns[5], "volume") / 4, self._prices.book.level_quantity)
        path = (first, low, high, last) if last >= first else (first, high, low, last)
        events: list[MarketEvent] = []
        previous = first
        for index, price in enumerate(path):
            at_ns = self._clock.stamp((opened_ms + index * quarter_ms) * NS_PER_MS)
            events += self._prices.at(price, quantity, at_ns, is_sell=price < previous)
            previous = price
        return tuple(events)


def aggregate_trades(
    path: Path, book: SyntheticBook, *, start_ns: int | None = None, strict: bool = False
) -> TapeMarket:
    """Open an aggTrades file (csv, gz or zip)."""
    return TapeMarket(path, AggregateTradeLines(TapeClock(start_ns), book), strict=strict)


def klines(
    path: Path, book: SyntheticBook, *, start_ns: int | None = None, strict: bool = False
) -> TapeMarket:
    """Open a klines file (csv, gz or zip)."""
    return TapeMarket(path, KlineLines(TapeClock(start_ns), book), strict=strict)


def _columns(line: bytes, least: int, *, is_first: bool) -> list[str]:
    """Return a line's columns, none for a header, which only the first line can be."""
    columns = line.decode("ascii", "replace").strip().split(",")
    if is_first and columns[0].replace("_", "").isalpha():
        return []
    if len(columns) < least:
        raise BadLineError("columns", f"there are {len(columns)}, at least {least} are needed")
    return columns


def _number(text: str, name: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadLineError(name, f"is no number: {text!r}") from None
    if not number.is_finite() or number < 0:
        raise BadLineError(name, f"is no quantity: {text!r}")
    return number


def _positive(text: str, name: str) -> Decimal:
    number = _number(text, name)
    if not number:
        raise BadLineError(name, "is zero")
    return number


def _time_ms(text: str, name: str) -> int:
    if not text.isdigit():
        raise BadLineError(name, f"is no time in ms: {text!r}")
    return int(text)
