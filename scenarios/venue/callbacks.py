"""Callbacks: who waits for which answer, and who listens to which stream, of one client.

Owns the promises of the exchange port on the client's side: an answer is given at most once, an
`on_close` follows only an `on_open`, and once `close` has returned no callback comes. Bound:
`PENDING_MAX` requests wait; beyond it the oldest is forgotten, since a lost answer is silence and
the lane's own timeout has named it long before. A callback that raises is counted, for the thread
that calls it serves others too.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ...actors.ports import StreamListener, VenueAnswer
from ...messages.values import Phase

PENDING_MAX = 4_096

Answer = Callable[[VenueAnswer], None]


class Callbacks:
    """Called by any thread; callbacks run one at a time, on the thread that brings the news."""

    def __init__(self) -> None:
        self.raised = 0
        """How many callbacks have raised."""
        self._answers: dict[str, Answer] = {}
        self._listeners: dict[str, StreamListener] = {}
        self._symbols: dict[str, tuple[str, ...]] = {}
        self._open: dict[str, None] = {}
        self._is_closed = False
        self._maps = threading.Lock()
        # Held while a callback runs, so that `close` can wait for its end.
        self._turn = threading.RLock()

    @property
    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """The symbols of each stream that somebody listens to."""
        with self._maps:
            return dict(self._symbols)

    def expect(self, request_id: str, answer: Answer) -> None:
        """Remember who waits for an answer."""
        with self._maps:
            self._answers[request_id] = answer
            if len(self._answers) > PENDING_MAX:
                del self._answers[next(iter(self._answers))]

    def listen(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Remember who listens; a second listener of a stream replaces the first."""
        with self._maps:
            self._listeners[stream] = listener
            self._symbols[stream] = symbols
            self._open.pop(stream, None)

    def answered(self, answer: VenueAnswer) -> None:
        """Hand an answer to whoever waits for it, if anybody still does."""
        self.give(self.take(answer.request_id), answer)

    def take(self, request_id: str) -> Answer | None:
        """Return who waits for an answer, if anybody still does, and forget it."""
        with self._maps:
            return self._answers.pop(request_id, None)

    def give(self, waiting: Answer | None, answer: VenueAnswer) -> None:
        """Hand an answer to who was taken."""
        if waiting is not None:
            self._call(lambda: waiting(answer))

    def take_outstanding(self) -> Mapping[str, Answer]:
        """Return who waits for answers, by request, and forget them; see `broke`."""
        with self._maps:
            taken, self._answers = self._answers, {}
        return taken

    def broke(self, outstanding: Mapping[str, Answer], reason: str) -> None:
        """A connection is gone: what was out on it may have arrived, and no stream is open."""
        for request_id, waiting in outstanding.items():
            self.give(waiting, VenueAnswer(request_id, Phase.MAYBE_SENT, text=reason))
        with self._maps:
            streams = list(self._open)
        for stream in streams:
            self.closed(stream, reason)

    def opened(self, stream: str) -> None:
        """A stream is connected."""
        listener = self._mark(stream, is_open=True)
        if listener is not None:
            self._call(lambda: listener.on_open(stream))

    def heard(self, stream: str, frame: Mapping[str, Any]) -> None:
        """A stream says something."""
        with self._maps:
            listener = self._listeners.get(stream)
        if listener is not None:
            self._call(lambda: listener.on_frame(stream, frame))

    def closed(self, stream: str, reason: str) -> None:
        """A stream is gone."""
        with self._maps:
            was_open = stream in self._open
        listener = self._mark(stream, is_open=False)
        if listener is not None and was_open:
            self._call(lambda: listener.on_close(stream, reason))

    def close(self) -> None:
        """Call nobody any more; waits for the callback that is running."""
        with self._turn:
            self._is_closed = True
        with self._maps:
            self._answers.clear()
            self._listeners.clear()
            self._symbols.clear()
            self._open.clear()

    def _mark(self, stream: str, *, is_open: bool) -> StreamListener | None:
        with self._maps:
            if is_open:
                self._open[stream] = None
            else:
                self._open.pop(stream, None)
            return self._listeners.get(stream)

    def _call(self, callback: Callable[[], None]) -> None:
        with self._turn:
            if self._is_closed:
                return
            try:
                callback()
            except Exception:  # noqa: BLE001 - it is its owner's affair and must not stop the wire
                self.raised += 1
