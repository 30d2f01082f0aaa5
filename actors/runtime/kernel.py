"""Kernel: runs steps and commits them; hosts carry the messages.

Owns the cells, the sequence of the core's steps, dead letters and the releasing of effects; what
becomes of a failed actor is decided in `lives`. It has no thread, clock or queue of its own: a
host calls `process` for one message at a time per actor and gives it `route`, `arm` and `disarm`.
A commit never raises and never half-happens: a receiver that is gone makes a dead letter.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from attrs import define, field

from ...messages.codec import Codec
from ...messages.lifecycle import ActorStarted, RestartActor, StopActor, Terminated
from ..errors import Refused
from .actor import Actor, EdgeActor
from .cell import Cell, Status
from .envelope import GONE, NOBODY, DeadLetter, Envelope, Timer
from .hosting import Counts, Host, JournalPort, Kinds, LogSink, Saboteur, sabotage
from .in_flight import waiting_json, waiting_messages
from .lives import CONTROLS, Lives
from .outgoing import address, address_of_edge, controls_of, fault_of_spawns, timers_of
from .record import Chain, encode_record, snapshot_record, step_record
from .step import Forward, Restart, Spawn, Stop, Watch, run_step

DEAD_LETTERS_KEPT = 1000

# Looked up for every message, and a class of an enumeration is slow to look into.
_RUNNING, _STOPPED = Status.RUNNING, Status.STOPPED

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
    dead_letters: deque[DeadLetter] = field(init=False)
    snapshot_at_ns: int = field(init=False, default=0)
    """When the last snapshot of this start was taken; 0 for none."""
    replies: dict[int, Callable[[Any], None]] = field(
        init=False, factory=dict[int, Callable[[Any], None]]
    )
    guard: AbstractContextManager[Any] = field(init=False, factory=nullcontext[None])
    """What makes a commit one; a host with several threads puts its lock here."""
    _outside: int = field(init=False, default=0)
    _asked: int = field(init=False, default=0)
    lives: Lives = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.dead_letters = deque(maxlen=DEAD_LETTERS_KEPT)
        self.lives = Lives(self)

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
        origin, token = sender or "host", 0
        with self.guard:
            # Questions count for themselves: how often people look shows nowhere else.
            if reply is not None:
                self._asked = token = self._asked + 1
                self.replies[token] = reply
                origin = f"{origin}?{token}"
            else:
                self._outside += 1
                origin = f"{origin}:{self._outside}"
            self.counts.sent += 1
        self.host.route(Envelope(to, message, sender, origin, 0, correlation, urgent, cause, token))

    def route_again(self, waiting: Iterable[Envelope]) -> None:
        """Deliver what an earlier run of the same journal told and nobody handled."""
        for envelope in waiting:
            self.send(envelope)

    def process(self, envelope: Envelope, now: int) -> None:
        """Handle one message, whole: step, record, release. Never raises."""
        cell = self.cells.get(envelope.to)
        if cell is None or cell.status is _STOPPED:
            self.bury(envelope, NOBODY if cell is None else GONE)
        elif type(envelope.message) in CONTROLS:
            self.lives.control(cell, envelope, now)
        elif cell.status is _RUNNING:
            self.step(cell, envelope, now)
        else:
            cell.waiting.append(envelope)

    def fire(self, timer: Timer, now: int) -> None:
        """Deliver a due timer, unless its actor was rebuilt since it was armed."""
        cell = self.cells.get(timer.envelope.to)
        if cell is None or cell.generation != timer.generation:
            return
        with self.guard:
            self.counts.sent += 1
        self.process(timer.envelope, now)

    def bury(self, envelope: Envelope, reason: str) -> None:
        """Count a message that nobody will handle; whoever waits for its answer is told."""
        with self.guard:
            self.counts.dead += 1
            self.dead_letters.append(DeadLetter(envelope, reason))
        if envelope.reply:
            self._answer(envelope.reply, Refused("not_delivered"))
        fields = {"message": type(envelope.message).__name__, "id": envelope.id}
        self.note(envelope.to, "dead_letter", {**fields, "reason": reason})

    def take_snapshot(self, now: int) -> None:
        """Write the state of every core actor into the record."""
        if self.journal is None:
            return
        with self.guard:
            self.sequence += 1
            waiting = waiting_messages(self.cells, self.host.waiting())
            told = [waiting_json(self.codec, each) for each in waiting]
            record = snapshot_record(self.codec, self.cells, self.sequence, now, told)
            line = self.chain.seal(encode_record(record))
            self.journal.append(line, ())
        self.snapshot_at_ns = now
        for name, kept in record["states"].items():
            self.cells[name].rebase(kept["state"])

    def stop_cell(self, cell: Cell, reason: str) -> None:
        """Stop an actor for good; on the thread that runs it, or when none does."""
        self.lives.stop(cell, reason)

    def pending(self) -> int:
        """Messages that wait for a suspended actor."""
        return sum(len(cell.waiting) for cell in list(self.cells.values()))

    def step(self, cell: Cell, envelope: Envelope, now: int) -> None:
        """Run a message through a running cell, and commit it or let the cell fail."""
        cell.steps += 1
        cell.last = envelope
        error = None
        if self.saboteur is not None:
            error = sabotage(self.saboteur, cell, envelope, now)
        if error is None:
            error = run_step(cell.actor, cell.context, envelope, now)
        if error is None and cell.context.others:
            error = fault_of_spawns(cell.context, self.cells, self.kinds)
        if error is not None:
            self.lives.fail(cell, envelope, error)
        elif cell.is_core:
            self._commit_core(cell, envelope, now)
        else:
            self._commit_edge(cell, envelope)

    def _commit_core(self, cell: Cell, envelope: Envelope, now: int) -> None:
        if envelope.reply and not cell.context.has_effects():
            self._commit_question(cell, envelope)
            return
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
            self.lives.fail(cell, envelope, error)
            return
        if cell.context.facts:
            cell.keep(cell.context.facts, self.codec)
        self._release(cell, envelope, sequence, outgoing)
        if self.on_step is not None:
            self.on_step(cell, envelope)
        if self.snapshot_every and sequence % self.snapshot_every == 0:
            self.take_snapshot(now)

    def _commit_question(self, cell: Cell, envelope: Envelope) -> None:
        """Answer a question that changed nothing; it is no record, however often people look."""
        with self.guard:
            self.counts.steps += 1
            self.counts.delivered += 1
        self._release(cell, envelope, "", [])
        if self.on_step is not None:
            self.on_step(cell, envelope)

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
        if context.timers:
            self._release_timers(cell, envelope, origin)
        # Before the tells: a child must be there when its parent speaks to it.
        if context.others:
            self._release_others(cell, envelope, origin)
        for told in outgoing:
            host.route(told)
        if envelope.reply:
            self._answer(envelope.reply, context.replies[0] if context.replies else _UNANSWERED)
        for event, fields in context.logs:
            self.note(cell.name, event, fields)

    def _release_timers(self, cell: Cell, envelope: Envelope, origin: int | str) -> None:
        for timer in timers_of(cell, envelope, origin):
            if isinstance(timer, Timer):
                self.host.arm(cell, timer)
            else:
                self.host.disarm(cell, timer)

    def _release_others(self, cell: Cell, envelope: Envelope, origin: int | str) -> None:
        for effect, control in controls_of(cell, envelope, origin):
            match effect:
                case Restart():
                    self.send(Envelope(effect[0], RestartActor(*effect), *control))
                case Stop():
                    self.send(Envelope(effect[0], StopActor(*effect), *control))
                case Spawn():
                    self._spawn(effect, control)
                case Watch():
                    self._watch(cell.name, effect[0], control)
                case Forward():
                    self.host.route(effect[0])
                case _:
                    raise AssertionError(effect)

    def send(self, envelope: Envelope) -> None:
        """Count a message and put it on its way."""
        with self.guard:
            self.counts.sent += 1
        self.host.route(envelope)

    def _spawn(self, effect: Spawn, control: tuple[Any, ...]) -> None:
        name, kind, settings = effect
        make = self.kinds[kind]
        cell = self.add(name, lambda: make(settings))
        self.host.place(cell)
        self.send(Envelope(name, ActorStarted(cell.generation), *control))

    def _watch(self, watcher: str, watched: str, control: tuple[Any, ...]) -> None:
        cell = self.cells.get(watched)
        with self.guard:  # against a stop on the other's thread
            is_there = cell is not None and cell.status is not Status.STOPPED
            if cell is not None and is_there and watcher not in cell.watchers:
                cell.watchers.append(watcher)
        if not is_there:
            self.send(Envelope(watcher, Terminated(watched, "not running"), *control))

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
