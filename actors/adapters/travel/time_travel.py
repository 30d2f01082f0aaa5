"""Time travel: a recorded run replayed record by record, with the state of any actor.

Owns the public form, `callboard.replay`: what happened is read from the record, what it meant is
run again by today's actors, and where both part stands on the record. A state is folded only when
it is asked for, so that looking at every record costs no more than a replay. Records before the
first known state, in a journal whose first segments are gone, are passed over.
"""

import decimal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ....messages.codec import Codec, CodecError, Json
from ...policies.host_rules import HostRule, NamedRule, named
from ...ports import FileSystem
from ...runtime.cell import Cell, fold
from ...runtime.journal_reader import Line
from ...runtime.replay import Divergence, Replayer
from ...runtime.step import ENGINE_DECIMALS, StepContext
from ...system import make_codec
from ..journal_commands import makers_of, open_journal
from ..rule_import import demand_rules
from .mentions import names_order
from .survey import place_to_begin_at, survey


class EffectKind(StrEnum):
    """What a step asked for."""

    TELL = "tell"
    """A message to another actor, `to`."""
    TIMER = "timer"
    """A message to itself after `delay_ns`; `to` is the timer's key."""
    CANCEL = "cancel"
    """No message any more under the key `to`."""
    REPLY = "reply"
    """An answer to the host."""
    SPAWN = "spawn"
    RESTART = "restart"
    STOP = "stop"
    WATCH = "watch"


@frozen
class Effect:
    """One thing that a step asked for."""

    kind: EffectKind
    to: str
    message: Any = None
    """None where there is none, or where a diverged record does not hold it."""
    delay_ns: int = 0
    urgent: bool = False


@frozen(eq=False)
class _Fold:
    """An actor's state at one record: what it is folded from."""

    cell: Cell
    base: bytes
    facts: list[Any]
    count: int

    def state(self, codec: Codec) -> Any:
        with decimal.localcontext(ENGINE_DECIMALS):
            facts = self.facts[: self.count]
            state: Any = fold(self.cell.make, self.base, facts, codec).state
            return state


@frozen(eq=False)
class ReplayedRecord:
    """One step as it was recorded and as it was run again."""

    sequence: int
    now_ns: int
    actor: str
    """Empty for a snapshot."""
    generation: int
    message_id: str
    sender: str
    correlation: str
    cause: str
    message: Any
    """What was delivered, as its class; None for a snapshot, or a class that is unknown today."""
    facts: tuple[Any, ...]
    effects: tuple[Effect, ...]
    error: str
    """What the handler raised, empty where it returned."""
    divergences: tuple[Divergence, ...]
    """Where today's code decides otherwise."""
    diverged: int
    """How many differences there are up to here, those of other actors included."""
    recorded: Json = field(repr=False)
    """The record as it stands in the journal."""
    _codec: Codec = field(repr=False, alias="codec")
    _after: Mapping[str, _Fold] = field(repr=False, alias="after")
    _before: _Fold | None = field(repr=False, alias="before")

    @property
    def divergence(self) -> Divergence | None:
        """The first difference, None where there is none."""
        return self.divergences[0] if self.divergences else None

    @property
    def is_snapshot(self) -> bool:
        """True where the record is the state of all actors and no step."""
        return "kind" in self.recorded

    def state(self, actor: str = "") -> Any:
        """Return an actor's state after this record, a copy; without a name, of its own actor.

        Raises:
            KeyError: There is no such actor.
        """
        return self._after[actor or self.actor].state(self._codec)

    def state_before(self, actor: str = "") -> Any:
        """Return an actor's state before this record; raises as `state`."""
        if actor in ("", self.actor) and self._before is not None:
            return self._before.state(self._codec)
        return self.state(actor)

    def tree(self, state: Any) -> Any:
        """Return a state as plain JSON values."""
        return self._codec.whole(state)


def replay(
    path: str | Path,
    *,
    actor: str = "",
    client_id: str = "",
    since: int = 1,
    until: int = 0,
    rules: Iterable[HostRule] = (),
) -> Iterator[ReplayedRecord]:
    """Replay the journal of a data directory and yield its records.

    Only those of an actor, only those that name an order, only those of the sequences `since` to
    `until` (0 for the last). What lies far before `since` is not run again but taken from the last
    snapshot before it. `rules` are those of the host that the run had.

    Raises:
        ConfigurationError: There is no journal, or a rule of the run is missing.
        TravelRefused: No such record or actor, or `until` for a pinned log.
        JournalDamaged: A record is not what was written, while iterating.
    """
    folder, given = open_journal(Path(path)), named(rules)
    demand_rules(folder, given)
    found = survey(folder)
    if actor:
        found.demand_actor(actor)
    if until:
        found.demand_shared("until")
        found.demand_record(until)
    travel = Travel(folder, given)
    return travel.records(since=since, until=until, actor=actor, client_id=client_id)


@frozen(eq=False)
class Travel:
    """Replays one journal as often as it is asked to."""

    folder: FileSystem
    rules: tuple[NamedRule, ...] = ()
    codec: Codec = field(factory=make_codec)

    def records(
        self, *, since: int = 1, until: int = 0, actor: str = "", client_id: str = ""
    ) -> Iterator[ReplayedRecord]:
        """Yield the wanted records; those before are replayed, too, from the last snapshot on."""
        return self._from(
            place_to_begin_at(self.folder, since),
            since=since,
            until=until,
            actor=actor,
            client_id=client_id,
        )

    def _from(
        self,
        place: tuple[int, int],
        *,
        since: int = 1,
        until: int = 0,
        actor: str = "",
        client_id: str = "",
    ) -> Iterator[ReplayedRecord]:
        segment, begin = place
        replayer, told = Replayer(self.codec, lambda run: makers_of(run, self.rules), {}), 0
        for line in _lines(replayer, self.folder, segment):
            sequence = line.sequence
            if sequence < begin:
                continue
            if until and sequence > until:
                return
            name = line.data.get("actor", "")
            is_wanted = (
                sequence >= since
                and actor in ("", name)
                and (not client_id or names_order(line.body, client_id))
            )
            before = _fold_of(replayer.cells.get(name))
            with decimal.localcontext(ENGINE_DECIMALS):
                replayer.add(line)
            found, told = replayer.divergences[told:], len(replayer.divergences)
            if is_wanted and replayer.has_base:
                yield self._record(replayer, line, before, found)

    def last_of(self, actor: str, until: int) -> ReplayedRecord | None:
        """Return an actor's last step up to a record, None where it had none."""
        begin = place_to_begin_at(self.folder, until)
        for place in dict.fromkeys((begin, (0, 0))):
            found = deque(self._from(place, until=until, actor=actor), maxlen=1)
            if found:
                return found[0]
        return None

    def _record(
        self, replayer: Replayer, line: Line, before: _Fold | None, found: list[Divergence]
    ) -> ReplayedRecord:
        record = line.data
        cell = replayer.cells.get(record.get("actor", ""))
        return ReplayedRecord(
            sequence=record["seq"],
            now_ns=record["now"],
            actor=record.get("actor", ""),
            generation=record.get("gen", 0),
            message_id=record.get("id", ""),
            sender=record.get("from", ""),
            correlation=record.get("corr", ""),
            cause=record.get("cause", ""),
            message=_decoded(self.codec, record.get("msg")),
            facts=tuple(_decoded(self.codec, each) for each in record.get("facts", ())),
            effects=_computed(cell.context, record) if cell and not found else self._told(record),
            error=f"{record['error']}: {record['text']}" if "error" in record else "",
            divergences=tuple(found),
            diverged=len(replayer.divergences),
            recorded=record,
            codec=self.codec,
            after={name: _fold(each) for name, each in replayer.cells.items()},
            before=before,
        )

    def _told(self, record: Json) -> tuple[Effect, ...]:
        """Return what a record says that its step asked for."""
        codec, found = self.codec, list[Effect]()
        for told in record.get("tells", ()):
            if isinstance(told, str):
                found.append(Effect(EffectKind.TELL, told))
                continue
            message = _decoded(codec, told.get("msg"))
            urgent = told.get("urgent", False)
            found.append(Effect(EffectKind.TELL, told["to"], message, urgent=urgent))
        for timer in record.get("timers", ()):
            message = _decoded(codec, timer.get("msg"))
            found.append(_timer(timer.get("after", -1), message, timer["key"]))
        for reply in record.get("replies", ()):
            found.append(Effect(EffectKind.REPLY, "", _decoded(codec, reply)))
        return (*found, *_others(record))


def _lines(replayer: Replayer, folder: FileSystem, first: int) -> Iterator[Line]:
    """Read in the engine's decimal context, which the consumer of a record must not meet."""
    lines = replayer.lines(folder, first)
    while True:
        with decimal.localcontext(ENGINE_DECIMALS):
            line = next(lines, None)
        if line is None:
            return
        yield line


def _fold_of(cell: Cell | None) -> _Fold | None:
    return None if cell is None else _fold(cell)


def _fold(cell: Cell) -> _Fold:
    return _Fold(cell, cell.base, cell.facts, len(cell.facts))


def _decoded(codec: Codec, message: Json | None) -> Any:
    if message is None:
        return None
    try:
        return codec.decode(message)
    except CodecError:  # which is a divergence of its record already
        return None


def _computed(context: StepContext, record: Json) -> tuple[Effect, ...]:
    """Return what today's code asked for, where it is what the record says."""
    if "error" in record:
        return ()
    return (
        *(
            Effect(EffectKind.TELL, to, message, urgent=urgent)
            for to, message, urgent in context.tells
        ),
        *(_timer(delay, message, key) for delay, message, key in context.timers),
        *(Effect(EffectKind.REPLY, "", message) for message in context.replies),
        *_others(record),
    )


def _timer(delay_ns: int, message: Any, key: str) -> Effect:
    if delay_ns < 0:
        return Effect(EffectKind.CANCEL, key)
    return Effect(EffectKind.TIMER, key, message, delay_ns)


def _others(record: Json) -> Iterator[Effect]:
    for effect in record.get("others", ()):
        for kind in (EffectKind.SPAWN, EffectKind.RESTART, EffectKind.STOP, EffectKind.WATCH):
            if kind in effect:
                yield Effect(kind, effect[kind])
