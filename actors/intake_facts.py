"""Intake facts: what ExecutionSystem writes down, and its state as the fold of that.

Finished commands are kept oldest first and bounded; an id that was forgotten could run again.
"""

from typing import TypeGuard

from attrs import define, field, frozen

from ..messages.intake import (
    AmendOrder,
    CancelOrder,
    CancelOrders,
    EndOrder,
    ExecuteAlgorithm,
    FlattenPositions,
    LookForOrder,
    SubmitSignal,
)
from ..messages.queries import SummaryView
from .algorithms.facts import PRIVATE as PARENTS
from .algorithms.facts import ParentFact, apply_parent_fact
from .policies.parent_order import Parent

Order = (
    SubmitSignal
    | ExecuteAlgorithm
    | CancelOrder
    | AmendOrder
    | CancelOrders
    | FlattenPositions
    | LookForOrder
    | EndOrder
)
"""What is carried out once."""
Deferred = SubmitSignal | ExecuteAlgorithm | AmendOrder
"""What may have to wait for the first reconciliation."""

MS = 1_000_000
REFUSED = "REFUSED"
TAKEN = "TAKEN"


@frozen
class CommandTaken:
    """Fact: a command was taken; a signal has an intent from here on."""

    command_id: str
    intent_id: str
    symbol: str
    at_ns: int


@frozen
class CommandDeferred:
    """Fact: a command waits for the first reconciliation."""

    command: Deferred


@frozen
class DeferredRun:
    """Fact: the first waiting command is being run."""


@frozen
class SignalDropped:
    """Fact: a signal ended without an intent: there was no room, or it was taken back."""

    signal_id: str
    refused_by: str


@frozen
class SignalEnded:
    """Fact: a signal had its terminal event."""

    signal_id: str
    intent_id: str
    outcome: str
    refused_by: str


@frozen
class ReadinessSet:
    """Fact: whether entries run."""

    generation: int
    ready: bool


@frozen
class ModelNoted:
    """Fact: signals that name no model are marked with another one than before."""

    model_version: str
    before: str
    source: str


PRIVATE = (
    CommandTaken,
    CommandDeferred,
    DeferredRun,
    SignalDropped,
    SignalEnded,
    ReadinessSet,
    ModelNoted,
    *PARENTS,
)
Fact = (
    CommandTaken
    | CommandDeferred
    | DeferredRun
    | SignalDropped
    | SignalEnded
    | ReadinessSet
    | ModelNoted
    | ParentFact
)


@define
class Open:
    """A signal without a terminal event yet."""

    intent_id: str
    symbol: str
    at_ns: int


@define
class IntakeState:
    """Open, waiting and finished commands."""

    generation: int = 0
    ready: bool = False
    intents: int = 0
    open: dict[str, Open] = field(factory=dict[str, Open])
    """By signal id."""
    by_intent: dict[str, str] = field(factory=dict[str, str])
    finished: dict[str, str] = field(factory=dict[str, str])
    """Command or signal id -> outcome, oldest first."""
    deferred: list[Deferred] = field(factory=list[Deferred])
    parents: dict[str, Parent] = field(factory=dict[str, Parent])
    """Algorithms by intent, those that run and the latest that have ended."""
    signals: int = 0
    refusals: dict[str, int] = field(factory=dict[str, int])
    outcomes: dict[str, int] = field(factory=dict[str, int])
    model_version: str = ""
    """The model last promoted; empty where none was."""

    def knows(self, command_id: str) -> bool:
        """True when a command of this id came before."""
        if command_id in self.open or command_id in self.finished:
            return True
        return any(id_of(each) == command_id for each in self.deferred)

    def summary(self) -> SummaryView:
        """Return the counts of the run."""
        return SummaryView(
            signals=self.signals,
            refusals=tuple(sorted(self.refusals.items())),
            outcomes=tuple(sorted(self.outcomes.items())),
        )

    def overdue(self, now_ns: int, timeout_ms: int) -> list[tuple[str, Open, int]]:
        """Return the signals that have been open for so long, and for how long, ms.

        An algorithm takes the time of its plan; its slices are signals of their own.
        """
        waiting = [
            (signal_id, each, (now_ns - each.at_ns) // MS)
            for signal_id, each in self.open.items()
            if each.intent_id not in self.parents
        ]
        return [each for each in waiting if each[2] >= timeout_ms]


def id_of(command: Order) -> str:
    """Return what makes a repetition of a command one."""
    return command.signal_id if isinstance(command, SubmitSignal) else command.command_id


def wish_of(command: Order) -> SubmitSignal | None:
    """Return the signal that a command wants carried out, None for every other command."""
    match command:
        case SubmitSignal():
            return command
        case ExecuteAlgorithm():
            return command.signal
        case _:
            return None


def must_wait(command: Order) -> TypeGuard[Deferred]:
    """True for what opens risk: only exits may act on what is believed before the comparison."""
    wish = wish_of(command)
    return isinstance(command, AmendOrder) if wish is None else wish.signal.is_entry


def apply_fact(state: IntakeState, fact: Fact, kept_max: int) -> None:
    """Change the state by one fact; `kept_max` bounds the finished commands."""
    match fact:
        case CommandTaken():
            _take(state, fact, kept_max)
        case CommandDeferred():
            state.deferred.append(fact.command)
        case DeferredRun():
            state.deferred = state.deferred[1:]
        case SignalDropped():
            state.deferred = [each for each in state.deferred if id_of(each) != fact.signal_id]
            state.signals += 1
            _end(state, fact.signal_id, REFUSED, fact.refused_by, kept_max)
        case SignalEnded():
            state.open.pop(fact.signal_id, None)
            state.by_intent.pop(fact.intent_id, None)
            _end(state, fact.signal_id, fact.outcome, fact.refused_by, kept_max)
        case ReadinessSet():
            state.generation, state.ready = fact.generation, fact.ready
        case ModelNoted():
            state.model_version = fact.model_version
        case _:
            apply_parent_fact(state.parents, fact)


def _take(state: IntakeState, fact: CommandTaken, kept_max: int) -> None:
    if not fact.intent_id:
        _finish(state, fact.command_id, TAKEN, kept_max)
        return
    state.signals += 1
    state.intents += 1
    state.open[fact.command_id] = Open(fact.intent_id, fact.symbol, fact.at_ns)
    state.by_intent[fact.intent_id] = fact.command_id


def _end(state: IntakeState, signal_id: str, outcome: str, refused_by: str, kept_max: int) -> None:
    _finish(state, signal_id, outcome, kept_max)
    state.outcomes[outcome] = state.outcomes.get(outcome, 0) + 1
    if refused_by:
        state.refusals[refused_by] = state.refusals.get(refused_by, 0) + 1


def _finish(state: IntakeState, command_id: str, outcome: str, kept_max: int) -> None:
    finished = state.finished
    finished[command_id] = outcome
    while len(finished) > kept_max:
        del finished[next(iter(finished))]
