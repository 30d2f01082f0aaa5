"""Breaker facts: what CircuitBreaker writes down, and its state as the fold of that."""

from enum import StrEnum
from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import TradingStateChanged
from ..messages.intake import ResumeTrading
from ..messages.values import TradingState
from .policies.loss_walls import Wall, is_stricter
from .policies.venue_health import (
    HealthLimits,
    VenueHealth,
    forget_all,
    note_answer,
    note_failure,
)

LOSS = "a loss"
EMERGENCY = "the emergency stop"


class Stage(StrEnum):
    """How far the sequence of a trip is."""

    BEFORE = "BEFORE"
    """Entries are off; the host's first hooks run."""
    ACTING = "ACTING"
    """Our positions are being closed."""


@frozen
class Sequence:
    """The sequence of one trip."""

    stage: Stage
    state: TradingState
    epoch: int
    reason: str
    flattens: bool
    since_ns: int
    """When this stage began."""


@frozen
class StateSet:
    """Fact: the trading state and its epoch."""

    state: TradingState
    epoch: int
    reason: str
    at_ns: int


@frozen
class SequenceMoved:
    """Fact: the sequence of a trip is at another stage; None when it is over."""

    sequence: Sequence | None


@frozen
class WallTouched:
    """Fact: the losses stand at another wall than before."""

    wall: Wall
    at_ns: int


@frozen
class EmergencyNoted:
    """Fact: an emergency-stop source reports a word that is not calm; an empty one is."""

    source: str
    word: str
    at_ns: int


@frozen
class ResumeWaits:
    """Fact: a resume waits for the peak to be set anew; None when it waits no more."""

    command: ResumeTrading | None


@frozen
class SymbolReduced:
    """Fact: a symbol takes no entries until trading is resumed."""

    symbol: str
    epoch: int
    reason: str


@frozen
class VenueFailed:
    """Fact: the venue failed once more; `opens` when it takes no entries from now on."""

    at_ns: int
    opens: bool


@frozen
class VenueAnsweredNoted:
    """Fact: the venue answered, while failures of it are counted."""

    at_ns: int


@frozen
class VenueTried:
    """Fact: the venue is compared with our view; a clean comparison ends the outage."""


@frozen
class VenueWorks:
    """Fact: the outage is over."""


@frozen
class JournalNoted:
    """Fact: why the journal cannot write; empty when it can."""

    reason: str


PRIVATE = (
    StateSet,
    SequenceMoved,
    WallTouched,
    EmergencyNoted,
    ResumeWaits,
    SymbolReduced,
    VenueFailed,
    VenueAnsweredNoted,
    VenueTried,
    VenueWorks,
    JournalNoted,
)
Fact = (
    StateSet
    | SequenceMoved
    | WallTouched
    | EmergencyNoted
    | ResumeWaits
    | SymbolReduced
    | VenueFailed
    | VenueAnsweredNoted
    | VenueTried
    | VenueWorks
    | JournalNoted
)


@define
class BreakerState:
    """The latched state and the venue's recent failures."""

    state: TradingState = TradingState.ACTIVE
    epoch: int = 1
    reason: str = ""
    sequence: Sequence | None = None
    wall: Wall = field(factory=Wall)
    """What the losses as last told demand."""
    emergencies: dict[str, str] = field(factory=dict[str, str])
    """Source of an emergency stop -> its word, while that is not calm."""
    cooling: str = ""
    """What tripped and wants its cooldown, until trading is resumed; empty for nothing."""
    cooling_since_ns: int = 0
    resuming: ResumeTrading | None = None
    reducing: dict[str, str] = field(factory=dict[str, str])
    """Symbol -> why it takes no entries."""
    venue: VenueHealth = field(factory=VenueHealth)
    venue_open: bool = True
    """True while the venue may be used; False refuses entries."""
    is_probing: bool = False
    """True while the venue is compared with our view to end its outage."""
    venue_shut_at_ns: int = 0
    journal: str = ""

    def told(self) -> TradingStateChanged:
        """Return the state as the others are told it."""
        return TradingStateChanged(
            self.state, self.epoch, self.reason, self.venue_open, tuple(self.reducing)
        )


def apply_fact(state: BreakerState, fact: Fact, health: HealthLimits) -> None:  # noqa: C901, PLR0912
    """Change the state by one fact."""
    match fact:
        case StateSet():
            _set(state, fact)
        case SequenceMoved():
            state.sequence = fact.sequence
        case WallTouched():
            if is_stricter(fact.wall.state, state.wall.state):
                state.cooling, state.cooling_since_ns = LOSS, fact.at_ns
            state.wall = fact.wall
        case EmergencyNoted():
            _note_emergency(state, fact)
        case ResumeWaits():
            state.resuming = fact.command
        case SymbolReduced():
            state.reducing[fact.symbol] = fact.reason
            state.epoch = fact.epoch
        case VenueFailed():
            note_failure(state.venue, health, fact.at_ns)
            if fact.opens:
                state.venue_open, state.is_probing = False, False
                state.venue_shut_at_ns = fact.at_ns
        case VenueAnsweredNoted():
            note_answer(state.venue, health, fact.at_ns)
        case VenueTried():
            state.is_probing = True
        case VenueWorks():
            state.venue_open, state.is_probing = True, False
            forget_all(state.venue)
        case JournalNoted():
            state.journal = fact.reason
        case _:
            assert_never(fact)


def _set(state: BreakerState, fact: StateSet) -> None:
    state.state, state.epoch, state.reason = fact.state, fact.epoch, fact.reason
    if fact.state is TradingState.ACTIVE:
        state.reducing, state.cooling = {}, ""
    elif state.cooling:
        state.cooling_since_ns = fact.at_ns


def _note_emergency(state: BreakerState, fact: EmergencyNoted) -> None:
    if not fact.word:
        state.emergencies.pop(fact.source, None)
        return
    state.emergencies[fact.source] = fact.word
    state.cooling, state.cooling_since_ns = EMERGENCY, fact.at_ns
