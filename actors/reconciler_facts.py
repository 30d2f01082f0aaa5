"""Reconciler facts: what Reconciler writes down, and its state as the fold of that."""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.venue import OrderEvidence

COMPARING = 4
"""The stage of a pass after its three listings."""


@frozen
class PassDue:
    """A pass is due."""


@frozen
class PassStarted:
    """Fact: a pass is under way."""

    number: int
    at_ns: int


@frozen
class ListingKept:
    """Fact: one of the three listings of a pass is in."""

    orders: tuple[OrderEvidence, ...]
    stage: int


@frozen
class OrdersSettled:
    """Fact: OrderManager compared, and this many orders are still unclear."""

    unsettled: int
    strangers: tuple[str, ...]
    """Symbols of orders under our prefix that nobody here knows."""
    unclear: tuple[str, ...] = ()
    """Symbols of entries among the unclear."""


@frozen
class TradesSeen:
    """Fact: the fills of a symbol that differs were listed."""

    symbol: str


@frozen
class PassFailed:
    """Fact: a listing of the pass under way got no answer."""


@frozen
class PassEnded:
    """Fact: what a pass found."""

    mismatched: tuple[str, ...]
    clean: bool
    foreign: tuple[str, ...]
    at_ns: int
    agreed_at_ms: int
    """Venue time at which everything agreed; 0 where it did not."""


@frozen
class CheckWanted:
    """Fact: what is known is doubted, so passes come quickly again."""


@frozen
class BackfillOwed:
    """Fact: somebody waits for a comparison that is through."""

    since_ms: int
    generation: int


@frozen
class BackfillPaid:
    """Fact: the comparison was through."""


@frozen
class OffsetNoted:
    """Fact: the venue's clock."""

    offset_ns: int
    trusted: bool


@define
class ReconcilerState:
    """The pass under way, and what is owed."""

    number: int = 0
    stage: int = 0
    """0 idle; 1 orders, 2 algo orders, 3 positions listed; 4 comparing."""
    departed_at_ns: int = 0
    orders: tuple[OrderEvidence, ...] = ()
    differed: dict[str, int] = field(factory=dict[str, int])
    since_ns: dict[str, int] = field(factory=dict[str, int])
    """Since when each of them differs."""
    agreed_at_ms: int = 0
    """Venue time of the last pass in which everything agreed; 0 before the first."""
    told: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    """Differing symbols whose fills were listed since they began to differ."""
    unclean: int = 0
    """Passes in a row that settled nothing."""
    failed: int = 0
    """Listings in a row that got no answer."""
    owed_since_ms: int = 0
    owed_generation: int = 0
    owed: bool = False
    unsettled: int = 0
    offset_ns: int = 0
    trusted: bool = False

    def is_broken_off(self, now_ns: int, age_ns_max: int) -> bool:
        """True when a pass lacks a listing that failed, and those that it has are not too old."""
        is_begun = self.failed > 0 and 1 < self.stage < COMPARING
        return is_begun and now_ns - self.departed_at_ns < age_ns_max


PRIVATE = (
    PassDue,
    PassStarted,
    ListingKept,
    OrdersSettled,
    TradesSeen,
    PassFailed,
    PassEnded,
    CheckWanted,
    BackfillOwed,
    BackfillPaid,
    OffsetNoted,
)
Fact = (
    PassStarted
    | ListingKept
    | OrdersSettled
    | TradesSeen
    | PassFailed
    | PassEnded
    | CheckWanted
    | BackfillOwed
    | BackfillPaid
    | OffsetNoted
)


def lasting_of(differed: dict[str, int], passes_to_mismatch: int) -> tuple[str, ...]:
    """Return the symbols that have differed for so many passes in a row."""
    return tuple(symbol for symbol, passes in differed.items() if passes >= passes_to_mismatch)


def apply_fact(  # noqa: C901 - one arm a fact
    state: ReconcilerState, fact: Fact, passes_to_mismatch: int
) -> None:
    """Change the state by one fact."""
    match fact:
        case PassStarted():
            state.number, state.stage = fact.number, 1
            state.departed_at_ns, state.orders = fact.at_ns, ()
        case ListingKept():
            state.stage, state.failed = fact.stage, 0
            state.orders = (*state.orders, *fact.orders)
        case OrdersSettled():
            state.stage, state.unsettled = COMPARING, fact.unsettled
            state.strangers, state.unclear = fact.strangers, fact.unclear
        case TradesSeen():
            state.listed = (*state.listed, fact.symbol)
        case PassFailed():
            state.failed += 1
        case PassEnded():
            _end_pass(state, fact, passes_to_mismatch)
        case CheckWanted():
            state.unclean = state.failed = 0
        case BackfillOwed():
            _owe(state, fact)
        case BackfillPaid():
            state.owed = False
        case OffsetNoted():
            state.offset_ns, state.trusted = fact.offset_ns, fact.trusted
        case _:
            assert_never(fact)


def _end_pass(state: ReconcilerState, fact: PassEnded, passes_to_mismatch: int) -> None:
    state.stage, state.failed, state.orders = 0, 0, ()
    is_news = any(symbol not in state.differed for symbol in fact.mismatched)
    unclean = 0 if is_news else state.unclean
    state.unclean = 0 if fact.clean else unclean + 1
    state.differed = {symbol: state.differed.get(symbol, 0) + 1 for symbol in fact.mismatched}
    state.since_ns = {symbol: state.since_ns.get(symbol, fact.at_ns) for symbol in state.differed}
    state.agreed_at_ms = fact.agreed_at_ms or state.agreed_at_ms
    state.told = lasting_of(state.differed, passes_to_mismatch)
    state.foreign = fact.foreign
    state.listed = tuple(symbol for symbol in state.listed if symbol in state.differed)


def _owe(state: ReconcilerState, fact: BackfillOwed) -> None:
    state.owed, state.owed_since_ms = True, fact.since_ms
    state.owed_generation = fact.generation
    # What is under way left before this was owed, and cannot pay it.
    state.number, state.stage, state.orders = state.number + 1, 0, ()
    state.unclean = state.failed = 0
