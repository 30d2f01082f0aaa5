"""Either entry: a limit that rests, or a stop price that takes; the first ends the other.

Pure. A price beyond the stop price takes the limit off the book, and only once the venue has told
its end is what it left taken at the market: so both together never fill more than was wished. A
limit that ended by itself is placed anew after `PAUSE_MS`. What the stop price could not take is
given up: the price has gone.
"""

from ...messages.plans import Oco
from ...messages.values import OrderState, OrderType, Side, TimeInForce
from .iceberg import PAUSE_MS
from .parent_order import Form, Moment, Move, Over, Parent, Place, TakeBack, Wait
from .rounding import ZERO
from .slicing import UNFILLED, over_of, too_little


def next_either(parent: Parent, plan: Oco, moment: Moment) -> Move:
    """Return what is to be done for one of two entries."""
    if parent.live:
        is_resting = not (parent.is_leaving or parent.is_taking)
        return TakeBack() if is_resting and _is_touched(parent, plan) else Wait()
    return over_of(parent) or _given_up(parent, moment) or _ask(parent, plan, moment)


def _given_up(parent: Parent, moment: Moment) -> Move | None:
    expires_at_ms = parent.signal.expires_at_ms
    if parent.rest < parent.lot.least:
        return too_little(parent)
    if parent.is_taking:
        return Over(OrderState.EXPIRED, parent.missed_by or "its stop price took no more")
    if expires_at_ms is not None and moment.now_ms >= expires_at_ms:
        return Over(OrderState.EXPIRED, UNFILLED)
    return None


def _ask(parent: Parent, plan: Oco, moment: Moment) -> Move:
    """Take at the market what the stop price was touched for, or let the limit rest."""
    if parent.is_leaving or _is_touched(parent, plan):
        # Its reference is the stop price: the gate refuses it where the price has run away.
        return Place(parent.rest, Form(OrderType.MARKET, plan.stop_price, TimeInForce.GTC))
    until_ms = parent.over_ms + PAUSE_MS
    if parent.asked and moment.elapsed_ms < until_ms:
        return Wait(until_ms)
    return Place(parent.rest)


def _is_touched(parent: Parent, plan: Oco) -> bool:
    """True when what the stop price would take costs that, or more."""
    if parent.side is Side.BUY:
        return parent.ask >= plan.stop_price
    return ZERO < parent.bid <= plan.stop_price
