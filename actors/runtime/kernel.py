"""Kernel: runs steps and commits them; hosts carry the messages.

Owns the cells, the sequence of the core's steps, dead letters and the releasing of effects. It has
no thread, clock or queue of its own: a host calls `process` for one message at a time per actor
and gives it `route`, `arm` and `disarm`. A commit never raises and never half-happens: a receiver
that is gone makes a dead letter.
"""

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, cast

from attrs import define, field

from ...messages.codec import Codec, CodecError
from ...messages.lifecycle import ActorStarted, RestartActor, StopActor, Terminated
from ..errors import Refused
from .actor import Actor, EdgeActor
from .cell import Cell, Status
from .envelope import Envelope, Timer
from .hosting import Counts, Host, JournalPort, Kinds, LogSink, Saboteur, sabotage
from .outgoing import address, address_of_edge, controls_of, failure_of, fault_of_spawns, timers_of
from .record import Chain, encode_record, failure_record, snapshot_record, step_record
from .step import Forward, Restart, Spawn, Stop, Watch, run_step

DEAD_LETTERS_KEPT = 1000
SUPERVISOR_FAILURES_MAX = 3
SUPERVISOR_WINDOW_NS = 300_000_000_000

_UNANSWERED = Refused("unanswered")
"""The answer to a query whose owner said nothing; an asker never waits for ever."""


@define(eq=False)
class Kernel:
    """The actors of one system and their record."""

    codec: Codec
    host: Host
    seed: str
    journal: JournalPort | None = None
    """None keeps no record at all."""
    supervisor: str = "supervisor"
    kinds: Kinds = field(factory=dict[str, Callable[[Any], Actor | EdgeActor]])
    log: LogSink | None = None
    saboteur: Saboteur | None = None
    snapshot_every: int = 0
    """Records between two snapshots; 0 for none (pinned placement has none)."""
    on_step: Callable[[Cell, Envelope], None] | None = None
    """Called after each kept step of the core, for invariant checkers."""
    cells: dict[str, Cell] = field(init=False, factory=dict[str, Cell])
    chain: Chain = field(init=False, factory=Chain)
    sequence: int = field(init=False, default=0)
    counts: Counts = field(init=False, factory=Counts)
    dead_letters: deque[Envelope] = field(init=False)
    replies: dict[int, Callable[[Any], None]] = field(
        init=False, factory=dict[int, Callable[[Any], None]]
    )
    guard: AbstractContextManager[Any] = field(init=False, factory=nullcontext[None])
    """What makes a commit one; a host with several threads puts its lock here."""
    _outside: int = field(init=False, default=0)
    _supervisor_failures: list[int] = field(init=False, factory=list[int])

    def __attrs_post_init__(self) -> None:
        self.dead_letters = deque(maxlen=DEAD_LETTERS_KEPT)

    def add(
        self, name: str, make: Callable[[], Actor | EdgeActor], *, held_until_durable: bool = False
    ) -> Cell:
        """Make an actor; the host starts it with `start_cell` when all are there."""
        assert name not in self.cells, name
        cell = Cell(name, make, self.seed, held_until_durable)
        self.cells[name] = cell
        return cell

    def start_cell(self, cell: Cell) -> None:
        """Deliver the first message of a cell's life."""
        self.post(cell.name, ActorStarted(cell.generation), urgent=True)

    def post(
        self,
        to: str,
        message: object,
        *,
        sender: str = "",
        correlation: str = "",
        cause: str = "",
        urgent: bool = False,
        reply: Callable[[Any], None] | None = None,
    ) -> None:
        """Send a message from outside the core: the front, an edge's thread, a test."""
        with self.guard:
            self._outside += 1
            number = self._outside
            if reply is not None:
                self.replies[number] = reply
            self.counts.sent += 1
        token = number if reply is not None else 0
        origin = sender or "host"
        self.host.route(
            Envelope(
                to, message, sender, f"{origin}:{number}", 0, correlation, urgent, cause, token
            )
        )

    def process(self, envelope: Envelope, now: int) -> None:
        """Handle one message, whole: step, record, release. Never raises."""
        cell = self.cells.get(envelope.to)
        if cell is None or cell.status is Status.STOPPED:
            self.bury(envelope)
            return
        kind = cast("type[object]", type(envelope.message))
        if kind is RestartActor or kind is StopActor:
            self._control(cell, envelope, now)
        elif cell.status is Status.SUSPENDED:
            cell.waiting.append(envelope)
        else:
            self._step(cell, envelope, now)

    def fire(self, timer: Timer, now: int) -> None:
        """Deliver a due timer, unless its actor was rebuilt since it was armed."""
        cell = self.cells.get(timer.envelope.to)
        if cell is None or cell.generation != timer.generation:
            return
        with self.guard:
            self.counts.sent += 1
        self.process(timer.envelope, now)

    def bury(self, envelope: Envelope) -> None:
        """Count a message that nobody will handle; whoever waits for its answer is told."""
        with self.guard:
            self.counts.dead += 1
            self.dead_letters.append(envelope)
        if envelope.reply:
            self._answer(envelope.reply, Refused("not_delivered"))
        fields = {"message": type(envelope.message).__name__, "id": envelope.id}
        self.note(envelope.to, "dead_letter", fields)

    def take_snapshot(self, now: int) -> None:
        """Write the state of every core actor into the record."""
        if self.journal is None:
            return
        with self.guard:
            self.sequence += 1
            record = snapshot_record(self.codec, self.cells, self.sequence, now)
            line = self.chain.seal(encode_record(record))
            self.journal.append(line, ())

    def pending(self) -> int:
        """Messages that wait for a suspended actor."""
        return sum(len(cell.waiting) for cell in list(self.cells.values()))

    def _step(self, cell: Cell, envelope: Envelope, now: int) -> None:
        error = sabotage(self.saboteur, cell, envelope, now)
        if error is None:
            error = run_step(cell.actor, cell.context, envelope, now)
        if error is None and cell.context.others:
            error = fault_of_spawns(cell.context, self.cells, self.kinds)
        if error is not None:
            self._fail(cell, envelope, error)
        elif cell.is_core:
            self._commit_core(cell, envelope, now)
        else:
            self._commit_edge(cell, envelope)

    def _commit_core(self, cell: Cell, envelope: Envelope, now: int) -> None:
        with self.guard:
            sequence = self.sequence + 1
            outgoing, held = address(
                self.cells, cell, envelope, sequence, holds=self.journal is not None
            )
            error = self._write(cell, envelope, sequence, held)
            if error is None:
                self.sequence = sequence
                self.counts.steps += 1
                self.counts.delivered += 1
                self.counts.sent += len(outgoing) + len(held)
        if error is not None:
            self._fail(cell, envelope, error)
            return
        if cell.context.facts:
            cell.keep(cell.context.facts, self.codec)
        self._release(cell, envelope, sequence, outgoing)
        if self.on_step is not None:
            self.on_step(cell, envelope)
        if self.snapshot_every and sequence % self.snapshot_every == 0:
            self.take_snapshot(now)

    def _write(
        self, cell: Cell, envelope: Envelope, sequence: int, held: list[Envelope]
    ) -> Exception | None:
        """Append the step's record; what cannot be recorded must not happen."""
        if self.journal is None:
            return None
        try:
            body = encode_record(step_record(self.codec, self.cells, cell, envelope, sequence))
        except Exception as error:  # noqa: BLE001 - whatever a value's type raises
            return error
        self.journal.append(self.chain.seal(body), held)
        return None

    def _commit_edge(self, cell: Cell, envelope: Envelope) -> None:
        outgoing = address_of_edge(cell, envelope)
        with self.guard:
            self.counts.delivered += 1
            self.counts.sent += len(outgoing)
        self._release(cell, envelope, cell.name, outgoing)

    def _release(
        self, cell: Cell, envelope: Envelope, origin: int | str, outgoing: list[Envelope]
    ) -> None:
        context = cell.context
        host = self.host
        for timer in timers_of(cell, envelope, origin):
            if isinstance(timer, Timer):
                host.arm(cell, timer)
            else:
                host.disarm(cell, timer)
        # Before the tells: a child must be there when its parent speaks to it.
        if context.others:
            self._release_others(cell, envelope, origin)
        for told in outgoing:
            host.route(told)
        if envelope.reply:
            self._answer(envelope.reply, context.replies[0] if context.replies else _UNANSWERED)
        for event, fields in context.logs:
            self.note(cell.name, event, fields)

    def _release_others(self, cell: Cell, envelope: Envelope, origin: int | str) -> None:
        for effect, control in controls_of(cell, envelope, origin):
            match effect:
                case Restart():
                    self._send(Envelope(effect[0], RestartActor(*effect), *control))
                case Stop():
                    self._send(Envelope(effect[0], StopActor(*effect), *control))
                case Spawn():
                    self._spawn(effect, control)
                case Watch():
                    self._watch(cell.name, effect[0], control)
                case Forward():
                    self.host.route(effect[0])
                case _:
                    raise AssertionError(effect)

    def _send(self, envelope: Envelope) -> None:
        with self.guard:
            self.counts.sent += 1
        self.host.route(envelope)

    def _spawn(self, effect: Spawn, control: tuple[Any, ...]) -> None:
        name, kind, settings = effect
        make = self.kinds[kind]
        cell = self.add(name, lambda: make(settings))
        self.host.place(cell)
        self._send(Envelope(name, ActorStarted(cell.generation), *control))

    def _watch(self, watcher: str, watched: str, control: tuple[Any, ...]) -> None:
        cell = self.cells.get(watched)
        with self.guard:  # against a stop on the other's thread
            is_there = cell is not None and cell.status is not Status.STOPPED
            if cell is not None and is_there and watcher not in cell.watchers:
                cell.watchers.append(watcher)
        if not is_there:
            self._send(Envelope(watcher, Terminated(watched, "not running"), *control))

    def note(self, actor: str, event: str, fields: Mapping[str, object]) -> None:
        """Write a log line; a log that cannot be written changes nothing else."""
        if self.log is not None:
            with suppress(Exception):
                self.log(actor, event, fields)

    def answer_all(self, answer: Any) -> None:
        """Give everybody who still waits the same answer: the engine has stopped."""
        for token in list(self.replies):
            self._answer(token, answer)

    def _answer(self, token: int, answer: Any) -> None:
        resolve = self.replies.pop(token, None)
        if resolve is not None:
            resolve(answer)

    def _fail(self, cell: Cell, envelope: Envelope, error: Exception) -> None:
        with self.guard:
            self.counts.delivered += 1
            self.counts.failures += 1
        cell.status = Status.SUSPENDED
        if cell.is_core and cell.context.facts:
            self._rebuild(cell)  # some of the facts may be applied; nothing of the step happened
        cell.failed = envelope
        self.host.disarm(cell, None)
        origin = self._record_failure(cell, envelope, error)
        fields = {"error": type(error).__name__, "text": str(error), "id": envelope.id}
        self.note(cell.name, "actor_failed", fields)
        if cell.name == self.supervisor or self.supervisor not in self.cells:
            self._guard_supervisor(cell, origin, envelope)
            return
        control = (cell.name, origin, 0, envelope.correlation, True)
        self._send(Envelope(self.supervisor, failure_of(cell, envelope, error), *control))

    def _record_failure(self, cell: Cell, envelope: Envelope, error: Exception) -> int | str:
        """Return the origin of what the failure causes: its sequence, if it stands in the record.

        The failure of a message that cannot be encoded cannot be recorded.
        """
        if cell.is_core:
            with self.guard, suppress(CodecError, TypeError, ValueError):
                sequence = self.sequence + 1
                if self.journal is not None:
                    record = failure_record(self.codec, cell, envelope, sequence, error)
                    self.journal.append(self.chain.seal(encode_record(record)), ())
                self.sequence = sequence
                return sequence
        cell.told += 1
        return f"{cell.name}:failed:{cell.told}"

    def _guard_supervisor(self, cell: Cell, origin: int | str, envelope: Envelope) -> None:
        """Restart the supervisor itself, without its message; too often stops the engine."""
        now = cell.context.now
        recent = [at for at in self._supervisor_failures if now - at < SUPERVISOR_WINDOW_NS]
        self._supervisor_failures = [*recent, now]
        control = (cell.name, origin, 0, envelope.correlation, True)
        if len(self._supervisor_failures) > SUPERVISOR_FAILURES_MAX:
            self._send(Envelope(cell.name, StopActor(cell.name, "failed too often"), *control))
            self.host.fatal(f"{cell.name} failed {len(self._supervisor_failures)} times")
        else:
            self._send(Envelope(cell.name, RestartActor(cell.name, False), *control))

    def _control(self, cell: Cell, envelope: Envelope, now: int) -> None:
        if isinstance(envelope.message, StopActor):
            with self.guard:
                self.counts.delivered += 1
            self.stop_cell(cell, envelope.message.reason, envelope)
            return
        failed, cell.failed = cell.failed, None
        with self.guard:
            self.counts.restarts += 1
        self.host.disarm(cell, None)
        self._close(cell)
        cell.begin_generation(cell.generation + 1)
        started = envelope._replace(message=ActorStarted(cell.generation), sender="")
        error = self._rebuild(cell)
        if error is None:
            cell.status = Status.RUNNING
            self._step(cell, started, now)
        else:
            cell.context.begin(started, now)
            self._fail(cell, started, error)
        self._redeliver(cell, failed, redeliver=envelope.message.redeliver, now=now)

    def _rebuild(self, cell: Cell) -> Exception | None:
        try:
            cell.rebuild(self.codec)
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
            self.note(cell.name, "close_failed", fields)

    def _redeliver(self, cell: Cell, failed: Envelope | None, *, redeliver: bool, now: int) -> None:
        waiting, cell.waiting = cell.waiting, []
        # A failed start is not repeated: the new life has had its own.
        if failed is not None and type(failed.message) is not ActorStarted:
            with self.guard:
                self.counts.delivered -= 1
            if redeliver:
                waiting.insert(0, failed)
            else:
                self.bury(failed)
        for envelope in waiting:
            self.process(envelope, now)

    def stop_cell(self, cell: Cell, reason: str, envelope: Envelope | None = None) -> None:
        """Stop an actor for good: close an edge, tell the watchers, bury what waits."""
        with self.guard:
            if cell.status is Status.STOPPED:
                return
            cell.status = Status.STOPPED
        self.host.disarm(cell, None)
        self._close(cell)
        waiting, cell.waiting = cell.waiting, []
        if cell.failed is not None:
            with self.guard:
                self.counts.delivered -= 1
            waiting.insert(0, cell.failed)
            cell.failed = None
        for left in waiting:
            self.bury(left)
        correlation = "" if envelope is None else envelope.correlation
        for index, watcher in enumerate(cell.watchers):
            control = (cell.name, f"{cell.name}:stopped", index, correlation, True)
            self._send(Envelope(watcher, Terminated(cell.name, reason), *control))
