"""MarketSocket: the wire of prices, coalesced before it reaches the core.

Owns the listener of the stream "market" and the newest quote of each symbol. Of the many frames
of a symbol one quote is told to MarketData per interval, or at once on a move of some basis
points; what is not told yet is told when the interval is over. Bound: one quote per symbol, and
only symbols that were asked for. Raw frames can be recorded as tape lines: local time in ns, a
blank, and the combined-stream object; a frame that cannot be read is counted, logged once and
left out, since the next one brings newer prices.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, assert_never

import orjson
from attrs import frozen

from ...messages.market import MarketStreamChanged
from ..names import MARKET_DATA
from ..policies.coalescing import Coalesced, after_telling, is_due, observe
from ..ports import Clock, Exchange
from ..runtime.actor import Context, EdgeActor
from .binance_frames import kind_of, read_market_frame
from .posting import Post
from .wire import ReplyUnreadable

MS = 1_000_000
STREAM = "market"
FLUSH_KEY = "flush"
STREAM_NAMES = {
    "markPriceUpdate": "markPrice@1s",
    "depthUpdate": "depth@0ms",
}
"""Stream names of the tape where they differ from the event's own name."""

Tape = Callable[[bytes], object]
"""Takes one line of a tape, its end of line included; called on the wire's thread."""


@frozen
class MarketSocketSettings:
    """What is listened to and how often it is told."""

    symbols: tuple[str, ...]
    interval_ms: int
    move_bps: Decimal


@frozen
class _Flush:
    """An interval is over: tell what waits."""


@frozen
class _FrameLeft:
    """A frame said nothing that the engine knows."""

    kind: str
    reason: str


Inbox = _Flush | _FrameLeft


class MarketSocket(EdgeActor):
    """Hears prices, tells some."""

    def __init__(
        self,
        exchange: Exchange,
        post: Post,
        settings: MarketSocketSettings,
        *,
        clock: Clock,
        name: str,
        tape: Tape | None = None,
    ) -> None:
        self._exchange = exchange
        self._settings = settings
        self._listener = _MarketListener(post, settings, clock, name, tape)

    @property
    def frames_left(self) -> Mapping[str, int]:
        """How many frames said nothing to the engine, by kind."""
        return dict(self._listener.left)

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case _Flush():
                self._listener.flush()
                self._flush_later(ctx)
            case _FrameLeft():
                ctx.log("market_frame_left", kind=message.kind, reason=message.reason)
            case _:
                assert_never(message)

    def resume(self, ctx: Context) -> None:
        """Open the stream and begin to flush."""
        self._exchange.open_stream(STREAM, self._settings.symbols, self._listener)
        self._flush_later(ctx)

    def close(self) -> None:
        """Hear nothing any more; the exchange is closed by whoever made it."""
        self._listener.is_closed = True

    def _flush_later(self, ctx: Context) -> None:
        ctx.after(self._settings.interval_ms * MS, _Flush(), key=FLUSH_KEY)


class _MarketListener:
    """Called on the wire's thread, but for `flush`, which is the actor's own."""

    def __init__(
        self,
        post: Post,
        settings: MarketSocketSettings,
        clock: Clock,
        name: str,
        tape: Tape | None,
    ) -> None:
        self.left: Counter[str] = Counter()
        self.is_closed = False
        self._post = post
        self._clock = clock
        self._name = name
        self._tape = tape
        self._interval_ns = settings.interval_ms * MS
        self._move_bps = settings.move_bps
        # Whoever holds it posts under it, so that quotes leave in the order of their times.
        self._lock = threading.Lock()
        self._quotes: dict[str, Coalesced | None] = dict.fromkeys(settings.symbols)

    def on_open(self, stream: str) -> None:
        """The stream is connected."""
        self._tell(MarketStreamChanged(connected=True, reason=f"{stream} stream opened"))

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - a port
        """One frame came."""
        now_ns = self._clock.now_ns()
        if self._tape is not None:
            self._tape(tape_line(now_ns, frame))
        try:
            half = read_market_frame(frame)
        except ReplyUnreadable as error:
            self._leave(frame, str(error))
            return
        if half is None or half.symbol not in self._quotes:
            self._leave(frame, "not asked for")
            return
        with self._lock:
            self._quotes[half.symbol] = observe(self._quotes[half.symbol], half)
            self._tell_if_due(half.symbol, now_ns)

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:  # noqa: ARG002 - as above
        """Something came that nobody can read."""
        self._leave({}, reason)

    def on_key_wanted(self, stream: str, reason: str) -> None:  # noqa: ARG002 - as above
        """Prices need no key."""
        self._leave({}, f"a key was asked for: {reason}")

    def on_close(self, stream: str, reason: str) -> None:
        """The stream is gone."""
        reason = reason or f"{stream} stream closed"
        self._tell(MarketStreamChanged(connected=False, reason=reason))

    def flush(self) -> None:
        """Tell what waited for the end of its interval."""
        now_ns = self._clock.now_ns()
        with self._lock:
            for symbol in self._quotes:
                self._tell_if_due(symbol, now_ns)

    def _tell_if_due(self, symbol: str, now_ns: int) -> None:
        known = self._quotes[symbol]
        if known is None:
            return
        if is_due(known, now_ns=now_ns, interval_ns=self._interval_ns, move_bps=self._move_bps):
            self._quotes[symbol] = after_telling(known, now_ns)
            self._tell(known.latest)

    def _leave(self, frame: Mapping[str, Any], reason: str) -> None:
        """Count every such frame, and log the first of its kind."""
        kind = kind_of(frame)
        self.left[kind] += 1
        if self.left[kind] == 1 and not self.is_closed:
            self._post(self._name, _FrameLeft(kind, reason), sender=self._name)

    def _tell(self, message: object) -> None:
        if not self.is_closed:
            self._post(MARKET_DATA, message, sender=self._name)


def tape_line(now_ns: int, frame: Mapping[str, Any]) -> bytes:
    """Return a frame as one line of a tape, the shape that recorded tapes have."""
    kind, symbol = kind_of(frame), frame.get("s", "")
    stream = f"{str(symbol).lower()}@{STREAM_NAMES.get(kind, kind)}"
    body = orjson.dumps({"stream": stream, "data": dict(frame)})
    return b"%d %s\n" % (now_ns, body)
