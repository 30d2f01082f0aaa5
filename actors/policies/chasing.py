"""Chasing: one post-only order at the best price, moved as that moves, within a bound.

Pure. An order that is not the best any more is taken back, and follows at the new best price.
After `moves_max` moves, or where the best price is farther than `distance_bps_max` from where it
began, or beyond the signal's own, what is left is given up, or taken at the market by setting.
"""

from decimal import Decimal

from ...messages.plans import Chase
from ...messages.values import OrderState, OrderType, Side, TimeInForce
from .iceberg import PAUSE_MS
from .parent_order import Form, Moment, Move, Over, Parent, Place, TakeBack, Wait
from .rounding import ZERO
from .slicing import over_of, too_little

BPS = Decimal(10_000)
AT_THE_MARKET = Form(OrderType.MARKET, None, TimeInForce.GTC)


def next_chase(parent: Parent, plan: Chase, moment: Moment) -> Move:
    """Return what is to be done for a chase."""
    if parent.live:
        return TakeBack() if _is_behind(parent) else Wait()
    return over_of(parent) or _pause(parent, moment) or _follow(parent, plan, moment)


def _pause(parent: Parent, moment: Moment) -> Move | None:
    """Wait after an order that the venue ended unfilled: its price was crossed by then."""
    until_ms = parent.over_ms + PAUSE_MS
    is_paused = parent.is_idle and not parent.is_leaving and moment.elapsed_ms < until_ms
    return Wait(until_ms) if is_paused else None


def _follow(parent: Parent, plan: Chase, moment: Moment) -> Move:
    if parent.rest < parent.lot.least:
        return too_little(parent)
    best = best_of(parent)
    reason = _given_up(parent, plan, best, moment)
    if not reason:
        return Place(parent.rest, Form(OrderType.LIMIT, best, TimeInForce.GTX))
    if plan.takes and not parent.is_taking:
        return Place(parent.rest, AT_THE_MARKET)
    return Over(OrderState.EXPIRED, parent.missed_by or reason)


def best_of(parent: Parent) -> Decimal:
    """Return the best price of the parent's own side, zero while none is known."""
    return parent.bid if parent.side is Side.BUY else parent.ask


def _is_behind(parent: Parent) -> bool:
    """True when the order at work is not at the best price, and was not asked back yet."""
    price, best = parent.live_price, best_of(parent)
    if price is None or parent.is_leaving:
        return False
    return best > price if parent.side is Side.BUY else best < price


def _given_up(parent: Parent, plan: Chase, best: Decimal, moment: Moment) -> str:
    """Say why it is not followed any more, empty where it is."""
    expires_at_ms = parent.signal.expires_at_ms
    if expires_at_ms is not None and moment.now_ms >= expires_at_ms:
        return "its time is over"
    if best <= ZERO:
        return "no best price is known"
    if parent.asked > plan.moves_max:
        return f"it was moved {plan.moves_max} times"
    sign = 1 if parent.side is Side.BUY else -1
    began = parent.first_price or best
    limit, far = parent.signal.price, began * (1 + sign * plan.distance_bps_max / BPS)
    if (best - far) * sign > ZERO:
        return f"the best price is more than {plan.distance_bps_max} bps from where it began"
    if limit is not None and (best - limit) * sign > ZERO:
        return "the best price is beyond the signal's own"
    return ""
