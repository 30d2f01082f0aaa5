"""Parent facts: what ExecutionSystem writes down of algorithms, and their state as the fold.

Bound: `PARENTS_KEPT` parents that have ended are remembered, oldest forgotten first.
"""

from decimal import Decimal
from typing import assert_never

from attrs import frozen

from ...messages.intake import ExecuteAlgorithm, SubmitSignal
from ...messages.values import OrderType
from ..policies.parent_order import Lot, Parent, Slice
from ..policies.rounding import ZERO

MS = 1_000_000
PARENTS_KEPT = 50


@frozen
class ParentTaken:
    """Fact: an algorithm was taken, and waits for the gate."""

    intent_id: str
    command: ExecuteAlgorithm


@frozen
class ParentBegun:
    """Fact: the gate has admitted it; its quantity is on the lot, its times are drawn."""

    intent_id: str
    quantity: Decimal
    lot: Lot
    schedule: tuple[Slice, ...]
    at_ns: int


@frozen
class SliceAsked:
    """Fact: a slice was asked for."""

    intent_id: str
    number: int
    signal: SubmitSignal
    at_ns: int


@frozen
class SliceOver:
    """Fact: the slice under way has ended; `missed_by` says why it was refused or failed."""

    intent_id: str
    slice_id: str
    filled: Decimal
    average_price: Decimal
    missed_by: str
    at_ns: int


@frozen
class SliceCorrected:
    """Fact: a slice was filled after its end; `filled` is all of it."""

    intent_id: str
    slice_id: str
    filled: Decimal


@frozen
class SliceLeaving:
    """Fact: the slice under way was asked back."""

    intent_id: str


@frozen
class PricesSeen:
    """Fact: the best prices, for a parent that follows them."""

    intent_id: str
    bid: Decimal
    ask: Decimal


@frozen
class ParentEnding:
    """Fact: nothing more is asked for."""

    intent_id: str
    reason: str


@frozen
class ParentEnded:
    """Fact: the parent had its terminal event."""

    intent_id: str
    outcome: str
    reason: str


@frozen
class AlgorithmDue:
    """A time of a parent's schedule has come."""

    intent_id: str


ParentFact = (
    ParentTaken
    | ParentBegun
    | SliceAsked
    | SliceOver
    | SliceCorrected
    | SliceLeaving
    | PricesSeen
    | ParentEnding
    | ParentEnded
)
PRIVATE = (
    AlgorithmDue,
    ParentTaken,
    ParentBegun,
    SliceAsked,
    SliceOver,
    SliceCorrected,
    SliceLeaving,
    PricesSeen,
    ParentEnding,
    ParentEnded,
)


def apply_parent_fact(parents: dict[str, Parent], fact: ParentFact) -> None:
    """Change the parents by one fact."""
    if isinstance(fact, ParentTaken):
        quantity = fact.command.signal.quantity or ZERO
        parents[fact.intent_id] = Parent(fact.intent_id, fact.command, quantity)
        return
    parent = parents[fact.intent_id]
    match fact:
        case ParentBegun():
            begin(parent, fact)
        case SliceAsked():
            _ask(parent, fact)
        case SliceOver():
            end_slice(parent, fact)
        case SliceCorrected():
            parent.filled += fact.filled - parent.slices[fact.slice_id]
            parent.slices[fact.slice_id] = fact.filled
        case SliceLeaving():
            parent.is_leaving = True
        case PricesSeen():
            parent.bid, parent.ask = fact.bid, fact.ask
        case ParentEnding():
            parent.ending = fact.reason
        case ParentEnded():
            parent.outcome, parent.ending = fact.outcome, fact.reason
            _forget(parents)
        case _:
            assert_never(fact)


def begin(parent: Parent, fact: ParentBegun) -> None:
    """Take over what the gate has admitted."""
    parent.quantity, parent.lot, parent.schedule = fact.quantity, fact.lot, fact.schedule
    parent.began_ns = fact.at_ns


def _ask(parent: Parent, fact: SliceAsked) -> None:
    last_ms = parent.schedule[-1].at_ms if parent.schedule else 0
    parent.late += parent.asked_ms >= last_ms
    parent.asked_ms = (fact.at_ns - parent.began_ns) // MS
    parent.asked, parent.live = fact.number, fact.signal.signal_id
    parent.slices[parent.live] = ZERO
    parent.live_price, parent.is_leaving = fact.signal.price, False
    parent.first_price = parent.first_price or fact.signal.price
    parent.is_taking = fact.signal.order_type is OrderType.MARKET


def end_slice(parent: Parent, fact: SliceOver) -> None:
    """Count what the slice under way has filled."""
    parent.live = ""
    late = parent.slices[fact.slice_id]
    parent.slices[fact.slice_id] = fact.filled
    parent.filled += fact.filled - late
    parent.cost += fact.filled * fact.average_price
    parent.misses = parent.misses + 1 if fact.missed_by else 0
    parent.missed_by = fact.missed_by
    parent.is_idle = fact.filled == ZERO
    parent.over_ms = (fact.at_ns - parent.began_ns) // MS


def _forget(parents: dict[str, Parent]) -> None:
    """Keep the newest of those that have ended."""
    ended = [intent_id for intent_id, each in parents.items() if not each.is_running]
    for intent_id in ended[: max(0, len(ended) - PARENTS_KEPT)]:
        del parents[intent_id]
