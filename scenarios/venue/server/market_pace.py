"""MarketPace: market streams that are told at a pace: depth, candles, figures of the day.

Owns the next turn of each such stream that somebody hears, in the venue's time, and one timer for
all of them. What a stream says is made from the public venue's book and prints when its turn
comes, so it has no delay and meets no fault of its own. A book that stands still says nothing.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define

from ..api_prints import start_after, start_of
from ..book import Book
from ..core import Core
from ..forced import is_liquidation
from ..frames import Frame
from ..moment import NS_PER_MS
from ..orders import Order
from ..prints import Candle
from . import market_frames
from .floor import Floor
from .market_frames import Sides
from .stream_names import ALL, StreamName
from .venues import Venues

PACES_MS = {"depth": 250, "kline": 250, "ticker": 1000, "miniTicker": 1000, "forceOrder": 1000}
"""The kinds that are told at a pace, and how often when a name does not say."""
TURN_SECONDS_MIN = 0.01
"""However fast the venue's time is, the streams take no more turns, in seconds of the wall."""
Build = Callable[[], list[Any]]


@define(eq=False)
class _Turn:
    at_ns: int
    every_ns: int
    build: Build


class MarketPace:
    """The turns of all streams with a pace."""

    def __init__(self, floor: Floor, tell: Callable[[str, Any], None]) -> None:
        self._floor = floor
        self._tell = tell
        self._turns: dict[str, _Turn] = {}
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, name: str, stream: StreamName) -> None:
        """Tell a stream from now on, if it is one with a pace."""
        core = self._floor.venues.public.core
        symbols = tuple(core.books) if stream.symbol == ALL else (stream.symbol,)
        if stream.kind not in PACES_MS or not set(symbols) <= core.books.keys():
            return
        every_ns = _pace_ms(stream) * NS_PER_MS
        build = _builder(self._floor.venues, stream, symbols)
        self._turns[name] = _Turn(self._floor.clock.now_ns() + every_ns, every_ns, build)
        self._plan()

    def remove(self, name: str) -> None:
        """Tell a stream no more."""
        if self._turns.pop(name, None) is not None:
            self._plan()

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._turns:
            due_ns = min(turn.at_ns for turn in self._turns.values())
            seconds = self._floor.clock.wall_seconds(due_ns - self._floor.clock.now_ns())
            self._timer = self._loop.call_later(max(TURN_SECONDS_MIN, seconds), self._take_turns)

    def _take_turns(self) -> None:
        self._floor.run()
        now_ns = self._floor.clock.now_ns()
        for name, turn in tuple(self._turns.items()):
            if turn.at_ns <= now_ns:
                turn.at_ns = now_ns + turn.every_ns
                for frame in turn.build():
                    self._tell(name, frame)
        self._plan()


def _pace_ms(stream: StreamName) -> int:
    digits = stream.pace.rstrip("ms")
    if not digits.isdigit():
        return PACES_MS[stream.kind]
    return max(1, int(digits)) * (1 if stream.pace.endswith("ms") else 1000)


def _builder(venues: Venues, stream: StreamName, symbols: tuple[str, ...]) -> Build:
    core = venues.public.core
    match stream.kind:
        case "depth":
            return _Depth(core, stream).build
        case "kline":
            return _Candles(core, stream).build
        case "forceOrder":
            return _Liquidations(venues, symbols).build
        case _:
            return _Day(core, stream, symbols).build


class _Depth:
    """Changes of a book, or its best levels, since the last turn."""

    def __init__(self, core: Core, stream: StreamName) -> None:
        self._core = core
        self._levels = stream.levels
        self._book: Book = core.books[stream.symbol]
        self._updates = self._book.updates
        self._told = self._sides()

    def build(self) -> list[Any]:
        updates, before = self._book.updates, self._updates
        if updates == before:
            return []
        self._updates = updates
        if self._levels:
            sides = market_frames.best(self._book, self._levels)
        else:
            told, self._told = self._told, self._sides()
            sides = _changes(told[0], self._told[0]), _changes(told[1], self._told[1])
        at_ms = self._core.moment.ms
        numbers = (before, updates)
        return [market_frames.depth_update(self._book.symbol, sides, numbers, at_ms=at_ms)]

    def _sides(self) -> tuple[dict[str, str], dict[str, str]]:
        bids, asks = market_frames.best(self._book, None)
        return dict(bids), dict(asks)


def _changes(before: dict[str, str], now: dict[str, str]) -> Sides:
    gone = [(price, "0") for price in before if price not in now]
    return gone + [level for level in now.items() if before.get(level[0]) != level[1]]


class _Candles:
    """The open candle, after the last one's end when it has turned."""

    def __init__(self, core: Core, stream: StreamName) -> None:
        self._core = core
        self._symbol, self._interval = stream.symbol, stream.interval
        self._start_ms = start_of(core.moment.ms, stream.interval)

    def build(self) -> list[Any]:
        start_ms = start_of(self._core.moment.ms, self._interval)
        starts = sorted({self._start_ms, start_ms})
        self._start_ms = start_ms
        return [self._frame(each.open_ms < start_ms, each) for each in self._candles(starts)]

    def _candles(self, starts: Iterable[int]) -> Iterable[Candle]:
        return self._core.prints[self._symbol].candles(starts)

    def _frame(self, is_closed: bool, candle: Candle) -> Frame:
        end_ms = start_after(candle.open_ms, self._interval)
        span = (self._symbol, self._interval, end_ms - 1)
        return market_frames.kline(candle, span, is_closed=is_closed, at_ms=self._core.moment.ms)


class _Day:
    """What the last 24 hours came to, of one symbol or of all in one list."""

    def __init__(self, core: Core, stream: StreamName, symbols: tuple[str, ...]) -> None:
        self._core = core
        self._is_list = stream.symbol == ALL
        self._symbols = symbols
        self._spell = market_frames.ticker if stream.kind == "ticker" else market_frames.mini_ticker

    def build(self) -> list[Any]:
        frames = [frame for symbol in self._symbols for frame in self._frames(symbol)]
        return [frames] if self._is_list and frames else frames

    def _frames(self, symbol: str) -> Iterable[Frame]:
        at_ms = self._core.moment.ms
        for candle in self._core.prints[symbol].candles([at_ms - market_frames.DAY_MS]):
            yield self._spell(symbol, candle, at_ms=at_ms)


class _Liquidations:
    """The latest liquidation of each symbol since the last turn, whosoever's it was."""

    def __init__(self, venues: Venues, symbols: tuple[str, ...]) -> None:
        self._venues = venues
        self._symbols = symbols
        self._told: dict[str, int] = {}
        """The newest forced order of each account that was looked at."""
        self._newest()

    def build(self) -> list[Any]:
        at_ms = self._venues.now_ms
        return [market_frames.forced_order(order, at_ms=at_ms) for order in self._newest()]

    def _newest(self) -> Iterable[Order]:
        found: dict[str, Order] = {}
        for account, venue in self._venues:
            orders = venue.core.forced.orders
            told = self._told.get(account, 0)
            for order in reversed(orders):
                if order.order_id <= told:
                    break
                if is_liquidation(order) and order.symbol in self._symbols:
                    found.setdefault(order.symbol, order)
            if orders:
                self._told[account] = orders[-1].order_id
        return tuple(found.values())
