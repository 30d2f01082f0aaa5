"""Replay: run every handler again from the records, and compare what it asks for.

Owns the claim that a log is what this code does: for each record the step is built anew from the
delivered message, `now` and the recorded draws, and its record must come out byte for byte. A
message inside the core must be the one that its cause told. Differences are `Divergence`s that
name the record and the field; code or classes that are missing are differences too, and nothing
raises but a journal that is damaged or a disk. After a difference the recorded facts count, so
that one cause is told once. Works in file order for both placements, since a step touches its own
actor alone and a cause precedes its effect in the file.
"""

import decimal
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from ...messages.codec import Codec, Json, loads
from ...messages.lifecycle import ActorStarted
from ..ports import FileSystem
from .actor import Actor, EdgeActor
from .cell import Cell
from .differences import MISSING, as_text, current, first_difference
from .envelope import Envelope
from .expectations import ANY, START, Expectations
from .hosting import InjectedCrash, Kinds
from .journal_reader import JournalDamaged, JournalReader, Line
from .origins import Origins
from .outgoing import failure_of
from .record import (
    current_states,
    encode_record,
    envelope_of,
    error_in,
    failure_record,
    snapshot_record,
    state_in,
    step_record,
)
from .segment import Manifest, RunFacts
from .step import ENGINE_DECIMALS, RecordedDraws, Spawn, run_step

DIVERGENCES_MAX = 10

MakeActors = Callable[[RunFacts], Mapping[str, Callable[[], Actor]]]
"""The composition root's core actors for the settings of a run, by address."""


@frozen
class Divergence:
    """One difference: the record, its actor, the field, and both sides as JSON text."""

    sequence: int
    actor: str
    field: str
    recorded: str
    computed: str


@frozen
class Replayed:
    """What a replay saw; identical when there is no divergence."""

    records: int
    divergences: tuple[Divergence, ...]
    sequence: int = 0
    """Sequence of the last record replayed."""

    @property
    def identical(self) -> bool:
        """True when every record came out as it was."""
        return not self.divergences


def replay(
    filesystem: FileSystem,
    codec: Codec,
    make_actors: MakeActors,
    *,
    kinds: Kinds | None = None,
    supervisor: str = "supervisor",
    until: int = 0,
    divergences_max: int = DIVERGENCES_MAX,
) -> Replayed:
    """Replay a journal up to the sequence `until` (0 for all), or the first N divergences.

    Raises `JournalDamaged`, also of a first segment without the manifest that holds its settings.
    """
    replayer = Replayer(codec, make_actors, kinds or {}, supervisor)
    with decimal.localcontext(ENGINE_DECIMALS):
        for line in replayer.lines(filesystem):
            if until and line.data["seq"] > until:
                break
            replayer.add(line)
            if len(replayer.divergences) >= divergences_max:
                break
    return Replayed(
        replayer.records, tuple(replayer.divergences[:divergences_max]), replayer.sequence
    )


@define(eq=False)
class Replayer:
    """The actors of a replay; feed it records in order, inside the engine's decimal context."""

    codec: Codec
    make_actors: MakeActors
    kinds: Kinds
    supervisor: str = "supervisor"
    cells: dict[str, Cell] = field(init=False, factory=dict[str, Cell])
    divergences: list[Divergence] = field(init=False, factory=list[Divergence])
    records: int = field(init=False, default=0)
    sequence: int = field(init=False, default=0)
    _generation: int = field(init=False, default=-1)
    _expected: Expectations = field(init=False, factory=Expectations)
    _origins: Origins = field(init=False, factory=Origins)
    _draws: RecordedDraws = field(init=False, factory=RecordedDraws)
    has_base: bool = field(init=False, default=False)
    """True from the first record ever, or from a snapshot: no state is known before."""
    _seen: dict[str, None] = field(init=False, factory=dict[str, None])
    """Actors that the record of this run names: a start that left no trace is not counted."""
    _last: Envelope = field(init=False, default=Envelope("", None, "", "", 0, ""))

    def lines(self, filesystem: FileSystem, first: int = 0) -> Iterator[Line]:
        """Yield a journal's records for `add`, from a segment on, each run with its actors made.

        Raises as `replay` does. Iterate in the engine's decimal context.
        """

        def begin_segment(manifest: Manifest | None) -> None:
            if manifest is None and not self.cells:
                finding = reader.findings[-1]
                what = f"{finding.what}: the settings of its run are unknown"
                raise JournalDamaged(evolve(finding, what=what))
            self.begin_segment(manifest)

        reader = JournalReader(filesystem, first=first, on_segment=begin_segment)
        return iter(reader)

    def begin_segment(self, manifest: Manifest | None) -> None:
        """Make the actors of a new run from its settings, each with the state it had."""
        if manifest is None:
            return
        if manifest.lost_before:
            self.has_base = False  # until the snapshot that follows such a gap
        if manifest.run.generation == self._generation:
            return
        self._generation = manifest.run.generation
        seen, self._seen = self._seen, {}
        self._expected.begin_run()
        try:
            makers = self.make_actors(manifest.run)
        except Exception as error:  # noqa: BLE001 - settings of another version are a difference
            self._differs("", "settings", "actors can be made", repr(error))
            return
        before, self.cells = self.cells, {}
        for name, make in makers.items():
            kept = before.get(name)
            # As recovery counts: one more than the last that was written down.
            generation = 1 if kept is None else kept.generation + (name in seen)
            self._add_cell(name, make, kept, generation)

    def add(self, line: Line) -> None:
        """Replay one record."""
        record = line.data
        self.sequence = record["seq"]
        self.has_base = self.has_base or self.sequence == 1
        self.records += 1
        try:
            if record.get("kind") == "snapshot":
                self._add_snapshot(line)
            elif self.has_base:
                self._add_step(line)
        except Exception as error:  # noqa: BLE001 - a class or field that is gone is a difference
            self._differs(record.get("actor", ""), "record", "can be replayed", repr(error))
            self._expected.add_unknown(self.sequence, record)

    def _add_cell(
        self,
        name: str,
        make: Callable[[], Actor | EdgeActor],
        before: Cell | None = None,
        generation: int = 1,
    ) -> None:
        cell = Cell(name, make, "")
        if not cell.is_core:
            return
        cell.begin_generation(generation, self._draws)
        if before is not None:
            cell.continue_from(before, self.codec)
        self.cells[name] = cell

    def _add_snapshot(self, line: Line) -> None:
        self._seen |= dict.fromkeys(line.data["states"])
        if not self.has_base:
            self._load(line.data)
            return
        # What waits is a matter of the host; that it was told, and so, is not.
        waiting = line.data.get("waiting", [])
        self._check_waiting(waiting)
        now = line.data["now"]
        computed = snapshot_record(self.codec, self.cells, self.sequence, now, waiting)
        body = encode_record(computed)
        if body != line.body:
            sides = (line.data["states"], loads(body)["states"])
            self._compare_states(*(current_states(self.codec, self.cells, each) for each in sides))

    def _check_waiting(self, waiting: list[Json]) -> None:
        for index, told in enumerate(waiting):
            expected = self._expected.look(told["id"], told["to"])
            if expected is None:
                if self._must_be_known(told["id"]):
                    self._differs(told["to"], f"waiting[{index}].id", told["id"], "not told")
            elif expected is not ANY:
                path, left, right = first_difference(
                    current(self.codec, told["msg"]),
                    loads(encode_record(self.codec.encode(expected))),
                )
                if left != right:
                    self._differs(told["to"], f"waiting[{index}].msg{path}", left, right)

    def _load(self, record: Json) -> None:
        """Begin in the middle of a journal whose first segments are gone."""
        self.has_base = True
        self._expected = Expectations()
        for name, kept in record["states"].items():
            cell = self.cells[name]
            cell.restore(state_in(self.codec, name, kept), self.codec)
            cell.begin_generation(kept["gen"], self._draws)
        for told in record.get("waiting", ()):
            self._expected.put(told["id"], told["to"], self.codec.decode(told["msg"]))

    def _compare_states(self, recorded: Json, computed: Json) -> None:
        for name in sorted({**recorded, **computed}):
            if recorded.get(name) != computed.get(name):
                path, left, right = first_difference(recorded.get(name), computed.get(name))
                self._differs(name, f"states.{name}{path}", left, right)

    def _add_step(self, line: Line) -> None:
        record = line.data
        name = record["actor"]
        cell = self.cells.get(name)
        if cell is None:
            self._differs(name, "actor", name, "no such actor in this version")
            return
        if name not in self._seen:
            # A run begins its actors at a generation of its own choice.
            self._seen[name] = None
            cell.begin_generation(record["gen"], self._draws)
        for field_name, recorded, due in self._origins.differences(record):
            self._differs(name, field_name, recorded, due)
        self._origins.note(record)
        message = self._message(cell, record)
        body, error = self._run(cell, record, message)
        if body == line.body:
            self._keep(cell, record, error)
            return
        if self._is_another_message(name, record, message):
            # Its cause is to blame; this step is judged by what it got at that time.
            cell.rebuild(self.codec)
            body, error = self._run(cell, record, self.codec.decode(record["msg"]))
        if self._name_differences(name, record, loads(body), error):
            self._follow_the_record(cell, record)
        else:
            self._keep(cell, record, error)

    def _is_another_message(self, actor: str, record: Json, message: Any) -> bool:
        recorded = current(self.codec, record["msg"])
        told = loads(encode_record(self.codec.encode(message)))
        if recorded == told:
            return False
        path, left, right = first_difference(recorded, told)
        self._differs(actor, f"msg{path}", left, right)
        return True

    def _message(self, cell: Cell, record: Json) -> Any:
        """Return what was delivered: from its cause where that was replayed, else as recorded."""
        data = record["msg"]
        if data["t"].startswith("ActorStarted."):
            self._expected.take(record["id"], cell.name)
            self._start(cell, data["generation"])
            return ActorStarted(data["generation"])
        expected = self._expected.take(record["id"], cell.name)
        if expected is None and self._must_be_known(record["id"]):
            self._differs(cell.name, "id", record["id"], "no step told this message")
        if expected is None or expected is ANY or expected is START:
            return self.codec.decode(data)
        return expected

    def _must_be_known(self, message_id: str) -> bool:
        """True for a message from a step of this run that was replayed."""
        origin = message_id.partition(".")[0]
        return origin.isdigit() and int(origin) >= self._expected.since > 0

    def _start(self, cell: Cell, generation: int) -> None:
        # The start of an earlier life may arrive late; it rebuilds nothing.
        if generation > cell.generation:
            cell.rebuild(self.codec)
            cell.begin_generation(generation, self._draws)
            self._expected.forget_timers(cell.name)

    def _run(self, cell: Cell, record: Json, message: Any) -> tuple[bytes, Exception | None]:
        """Return the record that today's code makes of a message, and what was raised."""
        envelope = self._last = envelope_of(record, message)
        self._expected.since = self._expected.since or self.sequence
        self._draws.load(record.get("draws", []))
        error = self._step(cell, record, envelope)
        if error is None:
            try:
                computed = step_record(self.codec, self.cells, cell, envelope, self.sequence)
                return encode_record(computed), None
            except Exception as unrecordable:  # noqa: BLE001 - a failure in the kernel as well
                error = unrecordable
        computed = failure_record(self.codec, cell, envelope, self.sequence, error)
        return encode_record(computed), error

    def _step(self, cell: Cell, record: Json, envelope: Envelope) -> Exception | None:
        if record.get("error") == InjectedCrash.__name__:
            cell.context.begin(envelope, record["now"])
            return InjectedCrash(record["text"])
        error = run_step(cell.actor, cell.context, envelope, record["now"])
        if error is None and "error" in record and _spawns(cell):
            # Whether a spawn can be done is the host's answer: an input.
            return error_in(record)
        return error

    def _keep(self, cell: Cell, record: Json, error: Exception | None) -> None:
        if error is not None:
            self._keep_failure(cell, record, error)
            return
        context = cell.context
        if context.facts:
            cell.keep(context.facts, self.codec)
        if context.tells or context.timers or context.others:
            self._expected.add_effects(self.sequence, context, self.cells)
            self._spawn(context.others)

    def _spawn(self, others: list[Any]) -> None:
        for effect in others:
            if isinstance(effect, Spawn):
                name, kind, settings = effect
                self._add_cell(name, self._maker(kind, settings))

    def _maker(self, kind: str, settings: Any) -> Callable[[], Actor | EdgeActor]:
        make = self.kinds[kind]
        return lambda: make(settings)

    def _keep_failure(self, cell: Cell, record: Json, error: Exception) -> None:
        """What the kernel does: the actor waits, its message too, the supervisor is told."""
        if cell.context.facts:
            # `apply` raised half-way.
            cell.rebuild(self.codec)
        expected = self._expected
        expected.forget_timers(cell.name)
        expected.put(record["id"], cell.name, self._last.message)
        if cell.name == self.supervisor or self.supervisor not in self.cells:
            expected.put(f"{self.sequence}.0", cell.name, START)
            return
        failed = failure_of(cell, self._last, error)
        expected.put(f"{self.sequence}.0", self.supervisor, failed)

    def _name_differences(
        self, actor: str, record: Json, computed: Json, error: Exception | None
    ) -> bool:
        """Say field by field how a step came out otherwise; an upcast message is no difference."""
        recorded = {key: current(self.codec, record[key]) for key in record if key != "h"}
        if ("error" in recorded) != (error is not None):
            raised = MISSING if error is None else f"{type(error).__name__}: {error}"
            self._differs(actor, "error", recorded.get("error", MISSING), raised)
            return True
        before = len(self.divergences)
        for key in {**recorded, **computed}:
            left, right = recorded.get(key, MISSING), computed.get(key, MISSING)
            if left != right:
                path, left, right = first_difference(left, right)
                self._differs(actor, f"{key}{path}", left, right)
        return len(self.divergences) > before

    def _follow_the_record(self, cell: Cell, record: Json) -> None:
        """Go on from what was recorded, whatever the code of today did."""
        cell.rebuild(self.codec)
        if "error" in record:
            self._expected.put(record["id"], cell.name, ANY)
            told = self.supervisor if self.supervisor in self.cells else cell.name
            self._expected.put(f"{self.sequence}.0", told, ANY)
            return
        facts = [self.codec.decode(fact) for fact in record.get("facts", ())]
        for fact in facts:
            cell.actor.apply(fact)
        cell.keep(facts, self.codec)
        self._expected.add_unknown(self.sequence, record)

    def _differs(self, actor: str, name: str, recorded: object, computed: object) -> None:
        self.divergences.append(
            Divergence(self.sequence, actor, name, as_text(recorded), as_text(computed))
        )


def _spawns(cell: Cell) -> bool:
    return any(isinstance(effect, Spawn) for effect in cell.context.others)
