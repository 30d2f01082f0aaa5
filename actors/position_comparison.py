"""Position comparison: our positions against the venue's listing.

What moved since the question left does not count. A difference is told, and kept with its pass, so
that it can be taken over when the reconciler finds that no fill of ours explains it. Only less
than ours is ever taken over; a position that was never ours is foreign, told and left.
"""

from ..messages.reconciliation import AdoptPosition, ComparePositions, PositionsCompared
from ..messages.values import Leg, OrderType
from ..messages.venue import PositionEvidence
from .policies.guard import Guard, VenueView
from .position_facts import VenueDiffered
from .position_state import ZERO, PositionsState, key_of
from .runtime.actor import Context


def compare(state: PositionsState, message: ComparePositions, ctx: Context) -> PositionsCompared:
    """Return which symbols differ, and which of those were never ours."""
    venue = {key_of(each.symbol, each.position_side): each for each in message.positions}
    mismatched: list[str] = []
    foreign: list[str] = []
    for key in dict.fromkeys([*state.guards, *venue]):
        guard, view = state.guards.get(key), _view(message, venue.get(key))
        ours = ZERO if guard is None else guard.position.quantity
        is_fresh = guard is not None and guard.last_fill_ns >= message.departed_at_ns
        differs = view.quantity != ours and not is_fresh
        if guard is not None and (differs or guard.venue is not None):
            ctx.record(VenueDiffered(key, view if differs else None))
        if differs:
            (foreign if guard is None else mismatched).append(key.partition("/")[0])
    return PositionsCompared(message.pass_number, tuple(mismatched), tuple(foreign))


def adoptable(state: PositionsState, message: AdoptPosition) -> list[tuple[str, Guard]]:
    """Return the positions of a symbol that may be taken over as that pass has shown them."""
    return [
        (key, guard)
        for key, guard in state.open_guards()
        if guard.position.symbol == message.symbol
        and guard.venue is not None
        and guard.venue.pass_number == message.pass_number
        and guard.last_fill_ns < guard.venue.departed_at_ns
        and _is_less(guard.venue, guard)
    ]


def legs_freed(guard: Guard, message: ComparePositions) -> list[Leg]:
    """Return the legs whose closePosition order was in the way and is in the listing no more."""
    if guard.position.is_flat:
        return []
    return [Leg(leg) for leg in guard.whole_refused if not _is_taken(guard, Leg(leg), message)]


def _is_taken(guard: Guard, leg: Leg, message: ComparePositions) -> bool:
    position, is_stop = guard.position, leg is Leg.STOP
    return any(
        (closer.symbol, closer.position_side) == (position.symbol, position.position_side)
        and closer.side is guard.exit_side
        and (closer.order_type is OrderType.STOP_MARKET) is is_stop
        for closer in message.closers
    )


def _is_less(view: VenueView, guard: Guard) -> bool:
    ours = guard.position.quantity
    return abs(view.quantity) < abs(ours) and view.quantity * ours >= ZERO


def _view(message: ComparePositions, theirs: PositionEvidence | None) -> VenueView:
    """Return what the venue shows; a position that it does not list is flat there."""
    quantity = ZERO if theirs is None else theirs.quantity
    entry_price = ZERO if theirs is None else theirs.entry_price
    return VenueView(message.pass_number, quantity, entry_price, message.departed_at_ns)
