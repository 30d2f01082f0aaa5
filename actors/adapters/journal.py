"""Journal: the thread that writes the core's records and then lets their messages go.

The core puts a record into a `ThreadedJournalPort` and goes on; the journal writes all that came
together, syncs once for all that wait, and forwards what was held, in the order of the records.
When the disk fails it says so once, answers opening calls NOT_SENT, lets everything else out and
tries again every `retry_ms`. While the disk does not answer, `JournalWatch` lets go what has waited
too long and opens nothing; the port sees to it that every message leaves once. The port's queue is
watched: past `queued_max` records the journal counts as failed, and the breaker's refusal of
entries bounds what still comes.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from attrs import define, field, frozen

from ...messages.control import JournalFailed, JournalRecovered
from ..names import CIRCUIT_BREAKER, JOURNAL
from ..runtime.actor import Context, EdgeActor
from ..runtime.envelope import Envelope
from ..runtime.journal_writer import Durability, Keeper, Kept, opens
from ..runtime.segment_writer import now_of
from ..runtime.step import StepContext

QUEUED_MAX = 100_000
GROUP_SYNC_MS = 5
RETRY_MS = 100
BATCH_RECORDS_MAX = 4_096
MS_NS = 1_000_000
WITHOUT_POWER = {
    Durability.GROUP: "what was written in the last milliseconds is lost when the power fails",
    Durability.OFF: "nothing is synced: what was written last is lost when the power fails",
}
"""What a durability does not promise, told at every start."""


@frozen
class _Flush:
    """Records wait in the port."""


@frozen
class _Sync:
    """The group's time is over."""


@frozen
class _Retry:
    """Try the failed disk again."""


Inbox = _Flush | _Sync | _Retry


@define(eq=False)
class ThreadedJournalPort:
    """The kernel's side of the journal; `append` is called under the kernel's lock."""

    post: Callable[[str, object], None]
    """The kernel's `post`; tells the journal once for all records that wait."""
    queued_max: int = QUEUED_MAX
    is_behind: bool = field(init=False, default=False)
    """True after the queue passed its bound, until the journal caught up."""
    _queue: deque[tuple[bytes, Sequence[Envelope]]] = field(
        init=False, factory=deque[tuple[bytes, Sequence[Envelope]]]
    )
    _is_told: bool = field(init=False, default=False)
    put: int = field(init=False, default=0)
    """How many messages that open nothing were ever held."""
    _waiting: deque[Envelope] = field(init=False, factory=deque[Envelope])
    """Those of them that have not left, oldest first; whoever takes one from here lets it go."""
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    """Of the two who take."""

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        """Take one record; never waits."""
        for envelope in held:
            if not opens(envelope):
                self.put += 1
                self._waiting.append(envelope)
        self._queue.append((line, held))
        if not self._is_told:
            self._is_told = True
            self.post(JOURNAL, _Flush())
        if len(self._queue) > self.queued_max and not self.is_behind:
            self.is_behind = True
            self.post(CIRCUIT_BREAKER, JournalFailed(f"{self.queued_max} records behind"))

    def drain(self) -> tuple[list[bytes], list[Envelope]]:
        """Return the waiting records, at most a batch, and what they hold; the journal's thread."""
        # The flag falls first: a record put in from now on tells again.
        self._is_told = False
        lines: list[bytes] = []
        held: list[Envelope] = []
        while self._queue and len(lines) < BATCH_RECORDS_MAX:
            line, messages = self._queue.popleft()
            lines.append(line)
            held.extend(messages)
        return lines, held

    def leaving(self, released: Sequence[Envelope]) -> list[Envelope]:
        """Return those of the messages let go that have not left yet; the journal's thread."""
        with self._lock:
            return [each for each in released if self._is_here(each)]

    def overdue(self, put: int) -> list[Envelope]:
        """Take those of the first `put` that have not left yet; the watch's thread."""
        with self._lock:
            late = max(0, len(self._waiting) - (self.put - put))
            return [self._waiting.popleft() for _ in range(late)]

    def _is_here(self, envelope: Envelope) -> bool:
        """Take one that opens nothing; they are let go in the order of their coming."""
        if self._waiting and self._waiting[0] is envelope:
            self._waiting.popleft()
            return True
        # What opens, and a refusal in its place, wait for the journal alone.
        return opens(envelope) or envelope.sender == JOURNAL

    def queued(self) -> int:
        """Return how many records wait."""
        return len(self._queue)

    def queued_since_ns(self) -> int:
        """Return the engine time of the oldest record that waits, 0 for none; any thread."""
        oldest = list(islice(self._queue, 1))
        return now_of(oldest[0][0]) if oldest else 0


class Journal(EdgeActor):
    """Writes what the port holds; owns the open segment."""

    def __init__(
        self,
        port: ThreadedJournalPort,
        keeper: Keeper,
        *,
        group_sync_ms: int = GROUP_SYNC_MS,
        retry_ms: int = RETRY_MS,
    ) -> None:
        self._port = port
        self._keeper = keeper
        self._group_sync_ns = group_sync_ms * MS_NS
        self._retry_ns = retry_ms * MS_NS
        self._has_timer = False

    def receive(self, message: Any, ctx: Context) -> None:
        """Write, sync or try again."""
        assert isinstance(ctx, StepContext)
        match message:
            case _Flush():
                self._flush(ctx)
            case _Sync():
                self._has_timer = False
                self._act(self._keeper.sync(), ctx)
            case _Retry():
                self._act(self._keeper.retry(), ctx)
            case _:
                raise TypeError(f"the journal takes no {type(message).__name__}")

    def resume(self, ctx: Context) -> None:
        """Take up what waits, also after a crash of this actor."""
        assert isinstance(ctx, StepContext)
        self._has_timer = False
        self._flush(ctx)
        if self._keeper.failed:
            ctx.after(self._retry_ns, _Retry(), key="retry")

    def close(self) -> None:
        """Write what waits and seal the segment; after a failing disk it stays as it is."""
        lines, _ = self._port.drain()
        while lines:
            self._keeper.writer.take(lines)
            lines, _ = self._port.drain()
        try:
            self._keeper.writer.close()
        except OSError as error:
            self._keeper.failed = str(error)

    def _flush(self, ctx: StepContext) -> None:
        """Keep one batch; a step's effects go out at its end, so the next batch has its own."""
        lines, held = self._port.drain()
        if lines:
            self._act(self._keeper.keep(lines, held), ctx)
        if self._port.queued():
            ctx.tell(JOURNAL, _Flush())
        elif self._port.is_behind:
            self._port.is_behind = False
            if not self._keeper.failed:
                ctx.tell(CIRCUIT_BREAKER, JournalRecovered(), urgent=True)

    def _act(self, kept: Kept, ctx: StepContext) -> None:
        for envelope in self._port.leaving(kept.released):
            ctx.forward(envelope)
        if kept.health is not None:
            ctx.tell(CIRCUIT_BREAKER, kept.health, urgent=True)
        if self._keeper.failed:
            ctx.after(self._retry_ns, _Retry(), key="retry")
        elif self._keeper.wants_sync and not self._has_timer:
            self._has_timer = True
            ctx.after(self._group_sync_ns, _Sync(), key="sync")


def durability_of(text: str) -> Durability:
    """Return the durability of a setting; raises `ValueError` for another word."""
    return Durability(text)
