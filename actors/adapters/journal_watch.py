"""JournalWatch: lets exits go when the disk does not answer.

A sync that hangs holds the journal's thread, and with it whatever waits for a record. Entries wait
on, and become too late; what opens nothing leaves after `exit_wait_ms` by the wall, unrecorded as
with a disk that fails. Looks `LOOKS` times in that time, so that a message waits at most a part of
it longer. Owns how many messages had been held at each of the last looks.
"""

from collections import deque
from typing import Any

from attrs import frozen

from ..ports import Clock
from ..runtime.actor import Context, EdgeActor
from ..runtime.step import StepContext
from .journal import ThreadedJournalPort

LOOKS = 4
SECOND_NS = 1_000_000_000


@frozen
class _Look:
    """Look whether something waits too long."""


class JournalWatch(EdgeActor):
    """Looks at what the journal holds, again and again."""

    def __init__(self, port: ThreadedJournalPort, clock: Clock, *, exit_wait_ms: int) -> None:
        self._port = port
        self._clock = clock
        self._interval_seconds = exit_wait_ms / 1_000 / LOOKS
        self._put: deque[int] = deque(maxlen=LOOKS)

    def receive(self, message: Any, ctx: Context) -> None:
        """Let go what was held already at the oldest of the looks."""
        assert isinstance(message, _Look), message
        assert isinstance(ctx, StepContext)
        late = self._port.overdue(self._put[0]) if len(self._put) == LOOKS else []
        for envelope in late:
            ctx.forward(envelope)
        if late:
            ctx.log("journal_not_awaited", messages=len(late))
        self._look_later(ctx)

    def resume(self, ctx: Context) -> None:
        """Begin to look."""
        self._put.clear()
        self._look_later(ctx)

    def _look_later(self, ctx: Context) -> None:
        self._put.append(self._port.put)
        second = self._clock.wall_seconds(SECOND_NS)
        ctx.after(int(self._interval_seconds / second * SECOND_NS), _Look(), key="look")
