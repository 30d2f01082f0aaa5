"""MarketWire: public prices over websockets; it has no key and no way to send an order.

Owns one connection to `/public` (what the book says) and one to `/market` (what is made of trades
and prices) for every 200 streams, in the combined form; a stream asked for on the wrong path is
mute. The listener hears that the market is open while all of them are. Each stream has a cadence:
one that is silent for longer is taken for dead, and its connection is made anew, with twice the
patience each time, for a symbol may just not be traded.

Source: Binance USDS-M market stream pages, binance-futures notes §4.1, read 2026-11-20.
"""

import threading
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import quote

from attrs import frozen

from ...ports import Clock, StreamListener
from .guarded_listener import GuardedListener, frame_of
from .stream_connection import Dialer
from .stream_thread import MINUTE_NS, SECOND_NS, Figures, StreamThread, patience

STREAM = "market"
STREAMS_PER_CONNECTION = 200
"""The venue allows 1,024, but an address of a name each grows with them."""
PATIENCE_CAP_NS = 60 * MINUTE_NS


@frozen
class MarketStream:
    """One kind of stream: below which path it lives, and how long its silence is no news."""

    suffix: str
    category: str
    silence_ns: int


BOOK = MarketStream("bookTicker", "public", MINUTE_NS)
MARK = MarketStream("markPrice@1s", "market", 10 * SECOND_NS)
DEPTH = MarketStream("depth@100ms", "public", MINUTE_NS)
TRADES = MarketStream("aggTrade", "market", 5 * MINUTE_NS)
QUOTES = (BOOK, MARK)
"""What a quote is made of."""
WHOLE_MARKET = (BOOK, MARK, DEPTH, TRADES)
"""What a venue of our own needs to be fed by."""


class MarketWire:
    """The streams of some symbols, from `start` to `close`."""

    def __init__(
        self,
        dialer: Dialer,
        symbols: tuple[str, ...],
        listener: StreamListener,
        clock: Clock,
        *,
        kinds: tuple[MarketStream, ...] = QUOTES,
        random: Random | None = None,
        figures: Figures | None = None,
    ) -> None:
        self._listener = GuardedListener(STREAM, listener)
        self._lock = threading.Lock()
        self._threads = [
            StreamThread(
                feed,
                dialer,
                clock,
                name=f"callboard-{feed.category}-stream",
                random=random or Random(),
                figures=figures or Figures(),
            )
            for feed in _feeds(self, symbols, kinds, clock)
        ]
        self._feeds_closed = len(self._threads)

    def start(self) -> None:
        """Begin to connect."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End every connection; no callback comes afterwards."""
        self._listener.mute()
        for thread in self._threads:
            thread.close()

    def hear(self, data: bytes) -> str:
        """Tell one message to the listener; return the name of its stream."""
        message = frame_of(data)
        if isinstance(message, str):
            self._listener.unreadable(data, message)
            return ""
        name, frame = _unwrapped(message)
        if frame is None:
            self._listener.unreadable(data, "is no frame of a combined stream")
        else:
            self._listener.heard(frame)
        return name

    def opened(self) -> None:
        """One more of the connections stands."""
        with self._lock:
            self._feeds_closed -= 1
            if not self._feeds_closed:
                self._listener.opened()

    def closed(self, reason: str) -> None:
        """One of the connections is gone."""
        with self._lock:
            self._feeds_closed += 1
            self._listener.closed(reason)


class _Feed:
    """What one connection carries."""

    def __init__(self, wire: MarketWire, category: str, silences: Mapping[str, int]) -> None:
        self.category = category
        self._wire = wire
        self._usual = dict(silences)
        self._patience = dict(silences)
        self._heard_at_ns = dict.fromkeys(silences, 0)
        self._is_open = False
        self._look_at_ns = 0
        self._silent = ""

    def tend(self, now_ns: int) -> None:
        """Look for a stream that is silent for too long, once a second."""
        if self._is_open and now_ns >= self._look_at_ns:
            self._look_at_ns = now_ns + SECOND_NS
            self._silent = self._silent_at(now_ns)

    def path(self, now_ns: int) -> str:  # noqa: ARG002 - a feed
        """Return the path of all the streams."""
        names = "/".join(quote(name, safe="@") for name in self._usual)
        return f"/{self.category}/stream?streams={names}"

    def opened(self, now_ns: int) -> None:
        """Every stream begins anew."""
        self._heard_at_ns = dict.fromkeys(self._usual, now_ns)
        self._is_open = True
        self._wire.opened()

    def heard(self, data: bytes, now_ns: int) -> None:
        """Tell a message, and note whose it was."""
        name = self._wire.hear(data)
        if name in self._usual:
            self._heard_at_ns[name] = now_ns
            self._patience[name] = self._usual[name]

    def fault(self, now_ns: int) -> str:  # noqa: ARG002 - a feed
        """Name a stream that is silent for too long."""
        return f"{self._silent} is silent" if self._silent else ""

    def closed(self, reason: str) -> None:
        """Have more patience with a stream that was silent."""
        silent, self._silent = self._silent, ""
        if silent:
            self._patience[silent] = min(2 * self._patience[silent], PATIENCE_CAP_NS)
        was_open, self._is_open = self._is_open, False
        if was_open:
            self._wire.closed(reason)

    def _silent_at(self, now_ns: int) -> str:
        for name, patience_ns in self._patience.items():
            if now_ns - self._heard_at_ns[name] > patience_ns:
                return name
        return ""


def _feeds(
    wire: MarketWire, symbols: tuple[str, ...], kinds: tuple[MarketStream, ...], clock: Clock
) -> list[_Feed]:
    """Return one feed for each category and 200 streams, in the order of the kinds."""
    feeds: list[_Feed] = []
    for category in dict.fromkeys(kind.category for kind in kinds):
        streams = [
            (f"{symbol.lower()}@{kind.suffix}", patience(clock, kind.silence_ns))
            for symbol in symbols
            for kind in kinds
            if kind.category == category
        ]
        for start in range(0, len(streams), STREAMS_PER_CONNECTION):
            part = dict(streams[start : start + STREAMS_PER_CONNECTION])
            feeds.append(_Feed(wire, category, part))
    return feeds


def _unwrapped(message: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """Return stream and frame of a message of the combined form; no frame where there is none."""
    name, data = message.get("stream"), message.get("data")
    if not isinstance(name, str) or not isinstance(data, dict):
        return "", None
    return name, data  # pyright: ignore[reportUnknownVariableType] - the wire has no types
