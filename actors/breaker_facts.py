"""Breaker facts: what CircuitBreaker writes down, and its state as the fold of that."""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import TradingStateChanged
from ..messages.values import TradingState

ORDER = (TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)
"""From all allowed to only verified reducing orders."""


@frozen
class StateSet:
    """Fact: the trading state and its epoch."""

    state: TradingState
    epoch: int
    reason: str
    at_ns: int


@frozen
class WallTouched:
    """Fact: the losses stand at another wall than before; ACTIVE for none."""

    wall: TradingState
    text: str
    at_ns: int


@frozen
class SymbolReduced:
    """Fact: a symbol takes no entries until trading is resumed."""

    symbol: str
    epoch: int
    reason: str


@frozen
class VenueFailed:
    """Fact: the venue failed once more."""

    at_ns: int
    opens: bool


@frozen
class VenueWorks:
    """Fact: the venue answers again, or is tried again."""

    probing: bool


@frozen
class JournalNoted:
    """Fact: why the journal cannot write; empty when it can."""

    reason: str


PRIVATE = (StateSet, WallTouched, SymbolReduced, VenueFailed, VenueWorks, JournalNoted)
Fact = StateSet | WallTouched | SymbolReduced | VenueFailed | VenueWorks | JournalNoted


@define
class BreakerState:
    """The latched state and the venue's recent failures."""

    state: TradingState = TradingState.ACTIVE
    epoch: int = 1
    reason: str = ""
    tripped_at_ns: int = 0
    wall: TradingState = TradingState.ACTIVE
    """What the losses as last told demand."""
    wall_text: str = ""
    by_loss: bool = False
    """True from a loss that touched a wall until trading is resumed."""
    reducing: dict[str, str] = field(factory=dict[str, str])
    """Symbol -> why it takes no entries."""
    venue_failures: list[int] = field(factory=list[int])
    venue_open: bool = True
    """True while the venue may be used; False refuses entries."""
    is_probing: bool = False
    """True when the next failure of the venue alone refuses entries again."""
    journal: str = ""

    def told(self) -> TradingStateChanged:
        """Return the state as the others are told it."""
        return TradingStateChanged(
            self.state, self.epoch, self.reason, self.venue_open, tuple(self.reducing)
        )


def is_stricter(state: TradingState, than: TradingState) -> bool:
    """Say whether a trading state allows less than another."""
    return ORDER.index(state) > ORDER.index(than)


def apply_fact(state: BreakerState, fact: Fact, window_ns: int) -> None:
    """Change the state by one fact; `window_ns` is how long a venue failure counts."""
    match fact:
        case StateSet():
            _set(state, fact)
        case WallTouched():
            if is_stricter(fact.wall, state.wall):
                state.by_loss, state.tripped_at_ns = True, fact.at_ns
            state.wall, state.wall_text = fact.wall, fact.text
        case SymbolReduced():
            state.reducing[fact.symbol] = fact.reason
            state.epoch = fact.epoch
        case VenueFailed():
            recent = [at for at in state.venue_failures if fact.at_ns - at < window_ns]
            state.venue_failures = [*recent, fact.at_ns]
            if fact.opens:
                state.venue_open, state.is_probing = False, False
        case VenueWorks():
            state.venue_open, state.is_probing = True, fact.probing
            if not fact.probing:
                state.venue_failures = []
        case JournalNoted():
            state.journal = fact.reason
        case _:
            assert_never(fact)


def _set(state: BreakerState, fact: StateSet) -> None:
    state.state, state.epoch, state.reason = fact.state, fact.epoch, fact.reason
    state.tripped_at_ns = fact.at_ns
    if fact.state is TradingState.ACTIVE:
        state.reducing, state.by_loss = {}, False
