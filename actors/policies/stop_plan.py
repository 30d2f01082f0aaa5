"""Stop plan: which protective orders a position should have, and the next step towards them.

Pure. One closePosition order a leg protects whatever the position grows to, and the venue takes
only one of a direction (-4130). So one that has to move is bridged: a reduce-only order of the
position's quantity first, then the old one is cancelled, the new one placed, and the bridge
cancelled; at no moment nothing rests. Where stops are by quantity as a setting, one of another
quantity follows every change of the position, and the old one goes when the new one rests. What
has fired is left to its work. A stop never rests further from the entry than the setting allows,
wherever scaling in has moved the average (C-10).
A trailing stop is always by quantity. One that is too large stays, since it only reduces and would
lose the price that it has followed; a position that grew gets a new one, which follows from then.
"""

from collections.abc import Iterable
from decimal import Decimal

from attrs import evolve, frozen

from ...messages.instruments import Filters
from ...messages.plans import TrailingStop
from ...messages.values import TERMINAL_STATES, Leg, OrderState, OrderType, PositionSide
from .guard import RESTING, Guard, LegRecord, close_quantity
from .ledger import Position
from .rounding import round_quantity, round_trigger_price

AT_WORK = (OrderState.TRIGGERING, OrderState.PARTIALLY_FILLED)
LEAVING = (OrderState.CANCELLING, OrderState.PARKED)


@frozen
class Wanted:
    """What should rest for one leg."""

    trigger_price: Decimal | None
    """None for a trailing stop, whose trigger is the venue's."""
    plain_price: Decimal | None
    """The same as it was wished, before the grid; an order at either is right."""
    is_whole: bool
    """True for closePosition, False for an order of the position's quantity."""
    quantity: Decimal
    may_exceed: bool = False
    """Whether one of a larger quantity is right, too."""

    def differs_from(self, other: "Wanted") -> bool:
        """True when one order cannot be right for both; a whole one is for any quantity."""
        is_other_size = not (self.is_whole and other.is_whole) and self.quantity != other.quantity
        return is_other_size or self.trigger_price != other.trigger_price


@frozen
class Step:
    """What to do next: ask for an order, whole or of a quantity, and cancel others."""

    asks: bool = False
    is_whole: bool = True
    cancels: tuple[str, ...] = ()


def wanted_order(
    guard: Guard, leg: Leg, filters: Filters | None, *, loss_pct_max: Decimal, by_quantity: bool
) -> Wanted | None:
    """Return what should rest for a leg, None where there is no price for it."""
    if leg is Leg.TRAIL:
        return _wanted_trail(guard, filters)
    price = guard.stop_loss if leg is Leg.STOP else guard.take_profit
    if price is None:
        return None
    if leg is Leg.STOP:
        price = inside(guard.position, price, loss_pct_max)
    entry_price, quantity = guard.position.entry_price, abs(guard.position.quantity)
    trigger = price if filters is None else round_trigger_price(price, entry_price, filters)
    is_refused = leg.value in guard.whole_refused
    fits_market = filters is None or _fits_market(quantity, filters)
    return Wanted(trigger, price, not (fits_market and (by_quantity or is_refused)), quantity)


def _wanted_trail(guard: Guard, filters: Filters | None) -> Wanted | None:
    """Return the trailing stop of what one market order may close; the rest has the stop."""
    if guard.trailing is None:
        return None
    # In hedge mode no order says that it reduces only: a larger one would be refused.
    only_reduces = guard.position.position_side is PositionSide.BOTH
    return Wanted(
        None,
        None,
        is_whole=False,
        quantity=close_quantity(guard, filters),
        may_exceed=only_reduces,
    )


def trailing_of(guard: Guard, filters: Filters | None) -> TrailingStop | None:
    """Return how the position is followed, on the symbol's grid."""
    trailing = guard.trailing
    if trailing is None or trailing.activate_price is None or filters is None:
        return trailing
    entry_price = guard.position.entry_price
    on_grid = round_trigger_price(trailing.activate_price, entry_price, filters)
    return evolve(trailing, activate_price=on_grid)


def inside(position: Position, price: Decimal, loss_pct_max: Decimal) -> Decimal:
    """Return a stop price that risks at most so many percent from the average entry."""
    entry_price = position.entry_price
    distance = entry_price * loss_pct_max / 100
    if position.quantity > 0:
        return max(price, entry_price - distance)
    return min(price, entry_price + distance)


def tighter(guard: Guard, price: Decimal | None) -> Decimal | None:
    """Return the stop price that risks less: the guard's, or the one of an entry that adds."""
    if price is None or guard.stop_loss is None:
        return guard.stop_loss
    is_long = guard.position.quantity > 0
    return max(guard.stop_loss, price) if is_long else min(guard.stop_loss, price)


def next_step(guard: Guard, leg: Leg, wanted: Wanted) -> Step:
    """Return the next step towards what is wanted; nothing where it rests, or is on its way."""
    own = [(cid, record) for cid, record in guard.own_legs() if record.leg is leg]
    if any(record.state in AT_WORK for _, record in own):
        return Step()
    is_coming = leg.value in guard.pending or any(_is_coming(record) for _, record in own)
    right = [(cid, record) for cid, record in own if _is_right(record, wanted)]
    if not right:
        holds_slot = any(_is_whole(r) and r.state in (*RESTING, *LEAVING) for _, r in own)
        return Step(asks=not is_coming, is_whole=wanted.is_whole and not holds_slot)
    wholes = [cid for cid, record in right if _is_whole(record)]
    if wholes or not wanted.is_whole:
        best = (wholes or [cid for cid, _ in right])[0]
        return Step(cancels=_others(own, best))
    bridge = right[0][0]
    in_the_way = [cid for cid, r in own if _is_whole(r) and r.state not in TERMINAL_STATES]
    if in_the_way and not is_coming:
        return Step(cancels=_others(own, bridge))
    return Step(asks=not is_coming)


def _fits_market(quantity: Decimal, filters: Filters) -> bool:
    """True when one market order can be so large; a stop by quantity becomes one."""
    largest = filters.market_quantity_max
    is_small = largest <= 0 or quantity <= largest
    return is_small and round_quantity(quantity, OrderType.MARKET, filters) == quantity


def _is_right(record: LegRecord, wanted: Wanted) -> bool:
    is_there = record.trigger_price in (wanted.trigger_price, wanted.plain_price)
    is_enough = record.quantity is None or record.quantity == wanted.quantity
    if wanted.may_exceed and record.quantity is not None:
        is_enough = record.quantity >= wanted.quantity
    return record.state is OrderState.ACTIVE and is_there and is_enough


def _is_coming(record: LegRecord) -> bool:
    """True while an order is on its way to the venue, as far as we know."""
    is_out = record.state not in (*TERMINAL_STATES, *RESTING, *LEAVING)
    return is_out and not record.is_doubted


def _is_whole(record: LegRecord) -> bool:
    return record.quantity is None


def _others(own: Iterable[tuple[str, LegRecord]], kept: str) -> tuple[str, ...]:
    """Return what rests or is in doubt beside the one that is kept."""
    return tuple(
        cid
        for cid, record in own
        if cid != kept
        and (record.state is OrderState.ACTIVE or record.is_doubted)
        and record.state not in TERMINAL_STATES
    )
