"""LiveMarket: a venue's own prices as they come, for a simulated exchange to trade at.

Owns what was heard and is not taken yet. An event keeps the time that its venue gave it, moved to
this machine's clock by the offset found at the start and never later than now: what comes late is
old here, too. Levels behind the best ones are those that changed since the stream was opened: a
gap forgets them, so that a book shows too little rather than what is gone.
Bound: `EVENTS_WAITING_MAX`; at it everything that waits is dropped, and the books begin anew.
On failure: frames that cannot be read are counted and left out.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ...actors.ports import Clock
from .market import Depth, MarketEvent, Quote
from .moment import NS_PER_MS
from .stream_lines import StreamLines
from .tape import BadLineError

EVENTS_WAITING_MAX = 50_000
MARK = "markPriceUpdate"


@frozen
class _Stamps:
    """Times of the venue on this machine's clock."""

    clock: Clock
    ahead_ns: int
    """How far the venue's clock is ahead of ours."""

    @property
    def now_ns(self) -> int:
        """Time now."""
        return self.clock.now_ns()

    def stamp(self, at_ns: int) -> int:
        """Return when something happened; no time is in the future."""
        return min(at_ns - self.ahead_ns, self.now_ns)


class LiveMarket:
    """A source of market events, and the listener of the stream that brings them."""

    def __init__(self, symbols: tuple[str, ...], clock: Clock, *, ahead_ms: int) -> None:
        self.frames_left = 0
        """Frames that said nothing usable."""
        self.wake: Callable[[], None] = lambda: None
        """Called when something is due again, on the wire's thread."""
        self._clock = clock
        self._lines = StreamLines(_Stamps(clock, ahead_ms * NS_PER_MS), marked=symbols)
        self._symbols = symbols
        self._quoted: set[str] = set()
        """Symbols whose best prices were told since their book began."""
        self._marked: set[str] = set()
        self._is_open = False
        self._pending: deque[MarketEvent] = deque()
        self._changed = threading.Condition()

    def next_at_ns(self) -> int | None:
        """When the next event is due; None until something is heard."""
        with self._changed:
            return self._pending[0].at_ns if self._pending else None

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield every event due at or before `now_ns`."""
        while (event := self._take(now_ns)) is not None:
            yield event

    def wait_for_marks(self, seconds: float) -> tuple[str, ...]:
        """Wait until all is heard and each symbol has told its mark; return those that lack.

        While a connection is missing that is all of them.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._silent(), seconds)
            return self._silent()

    def on_open(self, stream: str) -> None:  # noqa: ARG002 - a port
        """The books begin anew: what changed meanwhile was not heard."""
        self._put(self._forgotten(self._symbols))
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - a port
        """One frame came."""
        data, gaps = dict(frame), self._lines.depth_gaps
        symbol = data.get("s")
        if symbol not in self._symbols:
            self.frames_left += 1
            return
        try:
            events = self._lines.read(data)
        except BadLineError:
            self.frames_left += 1
            return
        if self._lines.depth_gaps != gaps:
            events = (*self._forgotten((symbol,)), *events)
        self._put(tuple(each for each in events if self._counts(each)))
        if data.get("e") == MARK:
            self._note_mark(symbol)

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:  # noqa: ARG002 - a port
        """Something came that nobody can read."""
        self.frames_left += 1

    def on_key_wanted(self, stream: str, reason: str) -> None:  # noqa: ARG002 - a port
        """Prices need no key."""
        self.frames_left += 1

    def on_close(self, stream: str, reason: str) -> None:
        """Something does not come for a while: what is known grows old by itself."""

    def _silent(self) -> tuple[str, ...]:
        return tuple(
            each for each in self._symbols if not self._is_open or each not in self._marked
        )

    def _take(self, now_ns: int) -> MarketEvent | None:
        with self._changed:
            if not self._pending or self._pending[0].at_ns > now_ns:
                return None
            return self._pending.popleft()

    def _counts(self, event: MarketEvent) -> bool:
        """Say whether an event is for the book: without best prices changed levels say nothing."""
        if isinstance(event, Quote):
            self._quoted.add(event.symbol)
        return not isinstance(event, Depth) or event.is_snapshot or event.symbol in self._quoted

    def _forgotten(self, symbols: tuple[str, ...]) -> tuple[MarketEvent, ...]:
        """Return what empties the levels of some books, from whose best prices on they count."""
        self._quoted.difference_update(symbols)
        now_ns = self._clock.now_ns()
        return tuple(Depth(each, now_ns, (), (), is_snapshot=True) for each in symbols)

    def _put(self, events: tuple[MarketEvent, ...]) -> None:
        with self._changed:
            was_empty = not self._pending
            if len(self._pending) >= EVENTS_WAITING_MAX:
                self._pending.clear()
                events = self._forgotten(self._symbols)
            self._pending.extend(events)
        if was_empty and events:
            self.wake()

    def _note_mark(self, symbol: str) -> None:
        with self._changed:
            self._marked.add(symbol)
            self._changed.notify_all()
