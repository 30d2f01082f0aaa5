"""Lives: what happens to an actor that fails, is rebuilt or is stopped.

A part of the kernel. Owns the order of things around a failure: nothing of the failed step is
kept, the actor waits with its messages, the supervisor is told and decides. The supervisor itself
is rebuilt here, and told again of the failure that it failed on; too often stops the engine.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import define, field

from ...messages.codec import CodecError
from ...messages.control import JournalRecovered
from ...messages.lifecycle import ActorFailed, ActorStarted, RestartActor, StopActor, Terminated
from .cell import Cell, Status
from .envelope import FAILED, GONE, Envelope
from .outgoing import failure_of
from .record import encode_record, failure_record

if TYPE_CHECKING:
    from .kernel import Kernel

CONTROLS = frozenset((ActorStarted, RestartActor, StopActor, JournalRecovered))
"""Messages on which the kernel acts too."""

SUPERVISOR_FAILURES_MAX = 3
SUPERVISOR_WINDOW_NS = 300_000_000_000


@define(eq=False)
class Lives:
    """Ends and begins the lives of a kernel's actors."""

    kernel: "Kernel"
    _supervisor_failures: list[int] = field(init=False, factory=list[int])

    def fail(self, cell: Cell, envelope: Envelope, error: Exception) -> None:
        """Suspend an actor whose step failed, and tell the supervisor."""
        kernel = self.kernel
        with kernel.guard:
            kernel.counts.delivered += 1
            kernel.counts.failures += 1
        cell.failures += 1
        cell.status = Status.SUSPENDED
        if cell.is_core and cell.context.facts:
            self._rebuild(cell)  # some of the facts may be applied; nothing of the step happened
        cell.failed = envelope
        kernel.host.disarm(cell, None)
        origin = self._record_failure(cell, envelope, error)
        fields = {"error": type(error).__name__, "text": str(error), "id": envelope.id}
        kernel.note(cell.name, "actor_failed", fields)
        if cell.name == kernel.supervisor or kernel.supervisor not in kernel.cells:
            self._guard_supervisor(cell, origin, envelope)
            return
        control = (cell.name, origin, 0, envelope.correlation, True)
        kernel.send(Envelope(kernel.supervisor, failure_of(cell, envelope, error), *control))

    def control(self, cell: Cell, envelope: Envelope, now: int) -> None:
        """Carry out one of the `CONTROLS`."""
        match envelope.message:
            case ActorStarted(generation):
                self._start(cell, envelope, generation, now)
            case RestartActor(_, redeliver):
                self._restart(cell, envelope, now, redeliver=redeliver)
            case StopActor(_, reason):
                with self.kernel.guard:
                    self.kernel.counts.delivered += 1
                self.stop(cell, reason, envelope.correlation)
            case _:
                self._begin_record_anew(cell, envelope, now)

    def _begin_record_anew(self, cell: Cell, envelope: Envelope, now: int) -> None:
        """The disk works again; what was lost meanwhile must not be missed by a recovery."""
        kernel = self.kernel
        if cell.status is Status.RUNNING:
            kernel.step(cell, envelope, now)
        else:
            cell.waiting.append(envelope)
        if kernel.snapshot_every:
            kernel.take_snapshot(now)

    def _start(self, cell: Cell, envelope: Envelope, generation: int, now: int) -> None:
        """Begin the first life; the start of one that was replaced meanwhile begins nothing."""
        if generation != cell.generation:
            with self.kernel.guard:
                self.kernel.counts.delivered += 1
            return
        if cell.status is Status.STARTING:
            cell.status = Status.RUNNING
        self.kernel.step(cell, envelope, now)
        self.redeliver(cell, now)

    def _restart(self, cell: Cell, envelope: Envelope, now: int, *, redeliver: bool) -> None:
        kernel = self.kernel
        failed, cell.failed = cell.failed, None
        with kernel.guard:
            kernel.counts.restarts += 1
        cell.restarts += 1
        kernel.host.disarm(cell, None)
        self._close(cell)
        cell.begin_generation(cell.generation + 1)
        started = envelope._replace(message=ActorStarted(cell.generation), sender="")
        error = self._rebuild(cell)
        if error is None:
            cell.status = Status.RUNNING
            kernel.step(cell, started, now)
        else:
            cell.context.begin(started, now)
            self.fail(cell, started, error)
        self._take_back(cell, failed, redeliver=redeliver)
        self.redeliver(cell, now)

    def redeliver(self, cell: Cell, now: int) -> None:
        """Process what waited; a cell that fails meanwhile lets the rest wait again."""
        waiting, cell.waiting = cell.waiting, []
        for envelope in waiting:
            self.kernel.process(envelope, now)

    def stop(self, cell: Cell, reason: str, correlation: str = "") -> None:
        """Stop an actor for good: close an edge, tell the watchers, bury what waits."""
        kernel = self.kernel
        with kernel.guard:
            if cell.status is Status.STOPPED:
                return
            cell.status = Status.STOPPED
        kernel.host.disarm(cell, None)
        self._close(cell)
        waiting, cell.waiting = cell.waiting, []
        if cell.failed is not None:
            with kernel.guard:
                kernel.counts.delivered -= 1
            waiting.insert(0, cell.failed)
            cell.failed = None
        for left in waiting:
            kernel.bury(left, GONE)
        for index, watcher in enumerate(cell.watchers):
            control = (cell.name, f"{cell.name}:stopped", index, correlation, True)
            kernel.send(Envelope(watcher, Terminated(cell.name, reason), *control))

    def _record_failure(self, cell: Cell, envelope: Envelope, error: Exception) -> int | str:
        """Return the origin of what the failure causes: its sequence, if it stands in the record.

        The failure of a message that cannot be encoded cannot be recorded.
        """
        kernel = self.kernel
        if cell.is_core:
            with kernel.guard, suppress(CodecError, TypeError, ValueError):
                sequence = kernel.sequence + 1
                if kernel.journal is not None:
                    record = failure_record(kernel.codec, cell, envelope, sequence, error)
                    kernel.journal.append(kernel.chain.seal(encode_record(record)), ())
                kernel.sequence = sequence
                return sequence
        cell.told += 1
        return f"{cell.name}:failed:{cell.told}"

    def _guard_supervisor(self, cell: Cell, origin: int | str, envelope: Envelope) -> None:
        """Rebuild the supervisor without its message, unless an actor waits for it."""
        kernel, now = self.kernel, cell.context.now
        recent = [at for at in self._supervisor_failures if now - at < SUPERVISOR_WINDOW_NS]
        self._supervisor_failures = [*recent, now]
        control = (cell.name, origin, 0, envelope.correlation, True)
        if len(self._supervisor_failures) > SUPERVISOR_FAILURES_MAX:
            kernel.send(Envelope(cell.name, StopActor(cell.name, "failed too often"), *control))
            kernel.host.fatal(f"{cell.name} failed {len(self._supervisor_failures)} times")
        else:
            redeliver = isinstance(envelope.message, ActorFailed)
            kernel.send(Envelope(cell.name, RestartActor(cell.name, redeliver), *control))

    def _rebuild(self, cell: Cell) -> Exception | None:
        try:
            cell.rebuild(self.kernel.codec)
        except Exception as error:  # noqa: BLE001 - supervision decides about every failure
            return error
        return None

    def _close(self, cell: Cell) -> None:
        """Close what an edge holds; one that cannot be closed must not hold up the others."""
        if cell.is_core:
            return
        try:
            cell.actor.close()
        except BaseException as error:  # noqa: BLE001 - as in a step
            fields = {"error": type(error).__name__, "text": str(error)}
            self.kernel.note(cell.name, "close_failed", fields)

    def _take_back(self, cell: Cell, failed: Envelope | None, *, redeliver: bool) -> None:
        # A failed start is not repeated: the new life has had its own.
        if failed is None or type(failed.message) is ActorStarted:
            return
        with self.kernel.guard:
            self.kernel.counts.delivered -= 1
        if redeliver:
            cell.waiting.insert(0, failed)
        else:
            self.kernel.bury(failed, FAILED)
