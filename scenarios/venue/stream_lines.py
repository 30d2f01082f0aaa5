"""StreamLines: lines of Binance's combined streams, as a recorder wrote them.

Owns the reading of `<local ns> {"stream":...,"data":{...}}`, of the same without stamp or wrapper,
and of bare depth snapshots. Time is the frame's E, else its T, else the local stamp. Until a symbol
has sent a markPriceUpdate its mark is the middle of the book, told once per `mark_every_ms`.
Depth updates that a snapshot already holds are dropped. Other event types are counted and left.
"""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Protocol

import orjson

from .market import Depth, Level, Mark, MarketEvent, Quote, Trade
from .moment import NS_PER_MS
from .tape import BadLineError, TapeClock, TapeMarket

Json = dict[str, Any]
_NOTHING: tuple[MarketEvent, ...] = ()


class Stamps(Protocol):
    """What gives each frame its time."""

    @property
    def now_ns(self) -> int:
        """Time of what has none of its own."""
        ...

    def stamp(self, at_ns: int) -> int:
        """Return the time of a frame that claims `at_ns`."""
        ...


class StreamLines:
    """The parser of recorded streams; `symbol` names a bare snapshot's contract.

    Of the symbols in `marked` the stream tells marks by itself: none is made of their books.
    """

    def __init__(
        self,
        clock: Stamps,
        *,
        symbol: str | None = None,
        mark_every_ms: int = 1000,
        marked: Iterable[str] = (),
    ) -> None:
        self.ignored = 0
        self.depth_gaps = 0
        self._clock = clock
        self._symbol = symbol
        self._mark_every_ns = mark_every_ms * NS_PER_MS
        self._mark_due_ns: dict[str, int] = {}
        self._marked: dict[str, bool] = dict.fromkeys(marked, True)
        self._last_update: dict[str, int] = {}
        self._snapshot_update: dict[str, int] = {}

    @property
    def mark_is_mid(self) -> bool:
        """True when some symbol's mark was made from its book, for want of a recorded one."""
        return not all(self._marked.values())

    def parse(self, line: bytes) -> tuple[MarketEvent, ...]:
        """Return the events of a line."""
        return self.read(*_unwrap(line))

    def read(self, data: Json, local_ns: int = 0) -> tuple[MarketEvent, ...]:
        """Return the events of a frame that came at a local time."""
        match data.get("e"):
            case "bookTicker":
                return self._quote(data, local_ns)
            case "depthUpdate":
                return self._depth(data, local_ns)
            case "trade" | "aggTrade":
                return self._trade(data, local_ns)
            case "markPriceUpdate":
                return self._mark(data, local_ns)
            case None if "lastUpdateId" in data:
                return self._snapshot(data, local_ns)
            case None if not data:
                raise BadLineError("data", "is empty")
            case _:
                self.ignored += 1
                return _NOTHING

    def _at_ns(self, data: Json, local_ns: int) -> int:
        at_ms = data.get("E") or data.get("T")
        if at_ms is None:
            return self._clock.stamp(local_ns or self._clock.now_ns)
        if not isinstance(at_ms, int) or at_ms <= 0:
            raise BadLineError("E", "is no time in ms")
        return self._clock.stamp(at_ms * NS_PER_MS)

    def _quote(self, data: Json, local_ns: int) -> tuple[MarketEvent, ...]:
        symbol = _symbol(data)
        bid, bid_quantity = _number(data, "b"), _number(data, "B")
        ask, ask_quantity = _number(data, "a"), _number(data, "A")
        if bid >= ask > 0:
            raise BadLineError("b", "is not below the ask")
        at_ns = self._at_ns(data, local_ns)
        self._symbol = symbol
        quote = Quote(symbol, at_ns, bid, bid_quantity, ask, ask_quantity, None, local_ns)
        if at_ns < self._mark_due_ns.get(symbol, 0) or self._marked.get(symbol, False):
            return (quote,)
        self._marked[symbol] = False
        self._mark_due_ns[symbol] = at_ns + self._mark_every_ns
        return quote, Mark(symbol, at_ns, (bid + ask) / 2, local_ns)

    def _trade(self, data: Json, local_ns: int) -> tuple[MarketEvent, ...]:
        symbol = _symbol(data)
        price, quantity = _number(data, "p"), _number(data, "q")
        if not price or not quantity:
            raise BadLineError("p" if not price else "q", "is zero")
        is_buyer_maker = data.get("m")
        if not isinstance(is_buyer_maker, bool):
            raise BadLineError("m", "is no boolean")
        at_ns = self._at_ns(data, local_ns)
        return (Trade(symbol, at_ns, price, quantity, is_buyer_maker, local_ns),)

    def _mark(self, data: Json, local_ns: int) -> tuple[MarketEvent, ...]:
        symbol, price = _symbol(data), _number(data, "p")
        if not price:
            raise BadLineError("p", "is zero")
        self._marked[symbol] = True
        rate = _funding_rate(data)
        return (Mark(symbol, self._at_ns(data, local_ns), price, local_ns, rate),)

    def _depth(self, data: Json, local_ns: int) -> tuple[MarketEvent, ...]:
        symbol = _symbol(data)
        self._marked.setdefault(symbol, False)
        bids, asks = _levels(data, "b"), _levels(data, "a")
        at_ns = self._at_ns(data, local_ns)
        last = data.get("u")
        if isinstance(last, int):
            if last < self._snapshot_update.get(symbol, 0):
                return _NOTHING
            previous = self._last_update.get(symbol)
            if previous is not None and data.get("pu") != previous:
                self.depth_gaps += 1
            self._last_update[symbol] = last
        return (Depth(symbol, at_ns, bids, asks, False, local_ns),)

    def _snapshot(self, data: Json, local_ns: int) -> tuple[MarketEvent, ...]:
        symbol = data.get("symbol") or data.get("s") or self._symbol
        if not isinstance(symbol, str):
            raise BadLineError("symbol", "a snapshot before any other line has no symbol")
        if not isinstance(data["lastUpdateId"], int):
            raise BadLineError("lastUpdateId", "is no whole number")
        bids, asks = _levels(data, "bids"), _levels(data, "asks")
        self._marked.setdefault(symbol, False)
        self._snapshot_update[symbol] = data["lastUpdateId"]
        return (Depth(symbol, self._at_ns(data, local_ns), bids, asks, True, local_ns),)


def stream_tape(
    path: Path,
    *,
    start_ns: int | None = None,
    symbol: str | None = None,
    mark_every_ms: int = 1000,
    strict: bool = False,
) -> tuple[TapeMarket, StreamLines]:
    """Open a recorded stream; `start_ns` moves its first event there. Returns market and parser."""
    parser = StreamLines(TapeClock(start_ns), symbol=symbol, mark_every_ms=mark_every_ms)
    return TapeMarket(path, parser, strict=strict), parser


def _unwrap(line: bytes) -> tuple[Json, int]:
    local_ns = 0
    text = line
    if not line.startswith(b"{"):
        stamp, _, text = line.partition(b" ")
        if not stamp.isdigit():
            raise BadLineError("local time", "is no whole number")
        local_ns = int(stamp)
    try:
        frame: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadLineError("json", str(error)) from None
    data: Any = frame.get("data", frame) if isinstance(frame, dict) else None  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    if not isinstance(data, dict):
        raise BadLineError("data", "is no object")
    return data, local_ns  # pyright: ignore[reportUnknownVariableType]


def _symbol(data: Json) -> str:
    symbol = data.get("s")
    if not isinstance(symbol, str) or not symbol:
        raise BadLineError("s", "is no symbol")
    return symbol


def _number(data: Json, field: str) -> Decimal:
    value = data.get(field)
    if not isinstance(value, str):
        raise BadLineError(field, "is no number in text")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadLineError(field, f"is no number: {value!r}") from None
    if not number.is_finite() or number < 0:
        raise BadLineError(field, f"is no quantity: {value!r}")
    return number


def _funding_rate(data: Json) -> Decimal | None:
    """Return the rate of a mark price frame; quarterly contracts have none and send no text."""
    value = data.get("r")
    if not isinstance(value, str) or not value:
        return None
    try:
        rate = Decimal(value)
    except InvalidOperation:
        raise BadLineError("r", f"is no number: {value!r}") from None
    if not rate.is_finite() or abs(rate) >= 1:
        raise BadLineError("r", f"is no rate: {value!r}")
    return rate


def _levels(data: Json, field: str) -> tuple[Level, ...]:
    try:
        levels = tuple([(Decimal(price), Decimal(quantity)) for price, quantity in data[field]])
    except (InvalidOperation, KeyError, TypeError, ValueError):
        raise BadLineError(field, "is no list of price and quantity") from None
    for price, quantity in levels:
        # Not "price <= 0": a NaN compares as an error, an infinity as a price.
        if not (price.is_finite() and quantity.is_finite() and price > 0 and quantity >= 0):
            raise BadLineError(field, f"has a level of {quantity} at {price}")
    return levels
