"""Position comparison: our positions against the venue's listing.

What moved since the question left does not count. A difference is told, and kept with its pass, so
that it can be taken over when the reconciler finds that no fill of ours explains it. Only less
than ours is ever taken over; one that was turned over is gone. What was never ours is foreign, told
and left, or protected where a setting says so, and then followed wherever its owner takes it.
"""

from attrs import evolve

from ..messages.reconciliation import AdoptPosition, ComparePositions, PositionsCompared
from ..messages.values import Leg, OrderType
from ..messages.venue import OrderEvidence, PositionEvidence
from .policies.guard import RESTING, Guard, VenueView
from .position_facts import ForeignSeen, VenueDiffered
from .position_state import ZERO, PositionsState, key_of
from .runtime.actor import Context

LEGS = {OrderType.STOP_MARKET: Leg.STOP, OrderType.TRAILING_STOP_MARKET: Leg.TRAIL}
"""Type of a conditional order -> what it is to a position; every other is a target."""


def compare(state: PositionsState, message: ComparePositions, ctx: Context) -> PositionsCompared:
    """Return which symbols differ, and in which of those the venue holds what was never ours."""
    venue = {key_of(each.symbol, each.position_side): each for each in message.positions}
    mismatched: list[str] = []
    foreign: list[str] = []
    for key in dict.fromkeys([*state.guards, *state.foreign, *venue]):
        guard, view = state.guards.get(key), _view(message, venue.get(key))
        differs = _differs(guard, view, message)
        kept = view if differs else None
        if guard is None and (differs or key in state.foreign):
            ctx.record(ForeignSeen(key, kept))
        elif guard is not None and (differs or guard.venue is not None):
            ctx.record(VenueDiffered(key, kept))
        if differs and not (guard is not None and guard.is_foreign):
            (foreign if _is_foreign(guard, view) else mismatched).append(key.partition("/")[0])
    return PositionsCompared(message.pass_number, tuple(mismatched), tuple(foreign))


def followed(state: PositionsState, message: ComparePositions) -> list[tuple[str, VenueView]]:
    """Return the protected positions of others that the venue shows otherwise, with its view.

    One that turned over is first gone; its other side is seen by the next comparison.
    """
    venue = {key_of(each.symbol, each.position_side): each for each in message.positions}
    found: list[tuple[str, VenueView]] = []
    for key, guard in state.open_guards():
        view = _view(message, venue.get(key))
        if guard.is_foreign and _differs(guard, view, message):
            turned = view.quantity * guard.position.quantity < ZERO
            found.append((key, evolve(view, quantity=ZERO) if turned else view))
    return found


def foreign_of(state: PositionsState, message: AdoptPosition) -> list[tuple[str, VenueView]]:
    """Return the positions of a symbol that are wholly others', as that pass has shown them."""
    seen = dict(state.foreign)
    for key, guard in state.guards.items():
        if guard.position.is_flat and guard.venue is not None:
            seen[key] = guard.venue
    return [
        (key, view)
        for key, view in seen.items()
        if key.startswith(f"{message.symbol}/") and view.pass_number == message.pass_number
    ]


def _differs(guard: Guard | None, view: VenueView, message: ComparePositions) -> bool:
    if guard is None:
        return view.quantity != ZERO
    is_fresh = guard.last_fill_ns >= message.departed_at_ns
    return view.quantity != guard.position.quantity and not is_fresh


def _is_foreign(guard: Guard | None, view: VenueView) -> bool:
    """True for what was never ours: all of it, or what is more than ours, twice the same."""
    if guard is None:
        return True
    again = guard.venue is not None and guard.venue.quantity == view.quantity
    return again and not _is_less(view, guard)


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


def is_stop_listed(guard: Guard, message: ComparePositions) -> bool:
    """True when a stop for all of a position is in the listing, or one of its own stops."""
    listed = [closer.client_order_id for closer in message.closers]
    own = any(record.leg is Leg.STOP and cid in listed for cid, record in guard.own_legs())
    return own or _is_taken(guard, Leg.STOP, message)


def left_over(state: PositionsState, message: ComparePositions) -> list[str]:
    """Return the conditional orders that no guard knows and none needs, whoever sent them.

    One of an open position is needed until one of ours of its kind is listed beside it.
    """
    held = [key_of(each.symbol, each.position_side) for each in message.positions if each.quantity]
    listed = [closer.client_order_id for closer in message.closers]
    found: list[str] = []
    for closer in message.closers:
        key = key_of(closer.symbol, closer.position_side)
        guard = state.guards.get(key)
        if guard is not None and closer.client_order_id in guard.legs:
            continue
        is_flat = key not in held and _is_flat(guard, message)
        if is_flat or (guard is not None and _has_another(guard, closer, listed)):
            found.append(closer.client_order_id)
    return found


def _is_flat(guard: Guard | None, message: ComparePositions) -> bool:
    if guard is None:
        return True
    return guard.position.is_flat and guard.last_fill_ns < message.departed_at_ns


def _has_another(guard: Guard, closer: OrderEvidence, listed: list[str]) -> bool:
    leg = LEGS.get(closer.order_type, Leg.TARGET)
    return any(
        record.leg is leg and record.state in RESTING and client_order_id in listed
        for client_order_id, record in guard.own_legs()
    )


def _is_taken(guard: Guard, leg: Leg, message: ComparePositions) -> bool:
    position, is_stop = guard.position, leg is Leg.STOP
    return any(
        closer.close_position
        and (closer.symbol, closer.position_side) == (position.symbol, position.position_side)
        and closer.side is guard.exit_side
        and (closer.order_type is OrderType.STOP_MARKET) is is_stop
        for closer in message.closers
    )


def _is_less(view: VenueView, guard: Guard) -> bool:
    """True where some of ours is gone; on the other side of zero all of it is."""
    ours = guard.position.quantity
    return abs(view.quantity) < abs(ours) or view.quantity * ours < ZERO


def _view(message: ComparePositions, theirs: PositionEvidence | None) -> VenueView:
    """Return what the venue shows; a position that it does not list is flat there."""
    quantity = ZERO if theirs is None else theirs.quantity
    entry_price = ZERO if theirs is None else theirs.entry_price
    return VenueView(message.pass_number, quantity, entry_price, message.departed_at_ns)
