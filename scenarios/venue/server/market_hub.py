"""MarketHub: which websocket hears which market stream, and what is told on each.

Owns the listeners by stream name and the line to the public venue, open while anybody listens: best
prices and marks come from it with its delays and faults, and a line that the venue breaks cuts
every websocket. Trades come from the market itself. What is told at a pace is in `market_pace.py`.
"""

from collections.abc import Callable
from typing import Any, Protocol

import orjson

from ..market import MarketEvent, Trade
from ..streams import MARKET, Delivery
from . import market_frames
from .floor import Floor
from .market_pace import MarketPace
from .stream_names import ALL, StreamName
from .venues import PUBLIC

MARK_EVERY_MS = 3_000
"""The pace of a mark price stream that asks for none."""
JITTER_MS = 500
EACH = "1s"
"""The pace of the core's own marks."""


class MarketEar(Protocol):
    """A websocket that hears market streams."""

    def hear(self, name: str, text: bytes) -> None:
        """Send a frame of a stream."""
        ...

    def cut(self) -> None:
        """Break the connection."""
        ...


class MarketHub:
    """The market streams of a server."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._ears: dict[str, list[MarketEar]] = {}
        self._streams: dict[str, StreamName] = {}
        self._names: dict[tuple[str, str], list[str]] = {}
        """The names that somebody hears, by kind and symbol."""
        self._close_line: Callable[[], None] | None = None
        self._trades: dict[str, int] = {}
        self._marked_ms: dict[tuple[str, str], int] = {}
        """When a mark was told last, by stream name and symbol."""
        self._pace = MarketPace(floor, self.tell)
        floor.venues.hear_market(self._on_event)

    def join(self, name: str, stream: StreamName, ear: MarketEar) -> Callable[[], None]:
        """Let an ear hear a stream; return what takes it away."""
        self._ears.setdefault(name, []).append(ear)
        if name not in self._streams:
            self._streams[name] = stream
            self._names.setdefault((stream.kind, stream.symbol), []).append(name)
            self._pace.add(name, stream)
        if self._close_line is None:
            symbols = tuple(self._floor.venues.public.core.books)
            self._close_line = self._floor.open_stream(PUBLIC, MARKET, symbols, self._on_delivery)

        def leave() -> None:
            self._leave(name, ear)

        return leave

    def tell(self, name: str, frame: Any) -> None:
        """Send a frame to those who hear a stream."""
        ears = self._ears.get(name)
        if ears:
            text = orjson.dumps(frame)
            for ear in tuple(ears):
                ear.hear(name, text)

    def _leave(self, name: str, ear: MarketEar) -> None:
        ears = self._ears.get(name, [])
        if ear not in ears:
            return
        ears.remove(ear)
        if ears:
            return
        del self._ears[name]
        stream = self._streams.pop(name)
        self._marked_ms = {key: at for key, at in self._marked_ms.items() if key[0] != name}
        self._names[stream.kind, stream.symbol].remove(name)
        self._pace.remove(name)
        if not self._ears and self._close_line is not None:
            self._close_line()
            self._close_line = None

    def _on_delivery(self, delivery: Delivery) -> None:
        if delivery.kind == "close":
            self._break()
        elif delivery.kind == "frame":
            frame: Any = delivery.payload
            self._on_frame(frame)

    def _break(self) -> None:
        ears = [ear for ears in self._ears.values() for ear in ears]
        for ear in ears:
            ear.cut()

    def _on_frame(self, frame: dict[str, Any]) -> None:
        symbol = str(frame.get("s", ALL))
        match frame.get("e"):
            case "bookTicker" if symbol:
                self._tell_all("bookTicker", symbol, frame)
                self._tell_all("bookTicker", ALL, frame)
            case "markPriceUpdate" if symbol:
                self._tell_mark(symbol, frame)
            case _:
                for name in tuple(self._ears):
                    self.tell(name, frame)

    def _tell_mark(self, symbol: str, frame: dict[str, Any]) -> None:
        for name in self._names.get(("markPrice", symbol), ()):
            if self._is_due(name, symbol, int(frame["E"])):
                self.tell(name, frame)
        for name in self._names.get(("markPrice", ALL), ()):
            if self._is_due(name, symbol, int(frame["E"])):
                self.tell(name, [frame])

    def _is_due(self, name: str, symbol: str, at_ms: int) -> bool:
        """True once in three seconds for a stream without a pace of its own."""
        if self._streams[name].pace == EACH:
            return True
        if at_ms - self._marked_ms.get((name, symbol), 0) < MARK_EVERY_MS - JITTER_MS:
            return False
        self._marked_ms[name, symbol] = at_ms
        return True

    def _on_event(self, event: MarketEvent) -> None:
        if not isinstance(event, Trade):
            return
        number = self._trades[event.symbol] = self._trades.get(event.symbol, 0) + 1
        if self._names.get(("aggTrade", event.symbol)):
            frame = market_frames.aggregate_trade(event, number, at_ms=self._floor.venues.now_ms)
            self._tell_all("aggTrade", event.symbol, frame)
        if self._names.get(("trade", event.symbol)):
            frame = market_frames.trade(event, number, at_ms=self._floor.venues.now_ms)
            self._tell_all("trade", event.symbol, frame)

    def _tell_all(self, kind: str, symbol: str, frame: dict[str, Any]) -> None:
        for name in self._names.get((kind, symbol), ()):
            self.tell(name, frame)
