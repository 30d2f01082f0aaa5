"""Order listing: our open orders against the venue's listings of both stores.

What moved since the question left does not count. What a listing shows is evidence; what it lacks
proves nothing, but is asked for: at once when a start or a gap must be settled, else after
`UNLISTED_MAX` listings in a row. A parked order waits for a person and holds up nothing but its
symbol. A stranger is told, not touched; one under our prefix is an alarm.
"""

from ..messages.reconciliation import CompareOrders, OrdersCompared
from ..messages.values import Leg, OrderState
from .order_desk import Desk
from .order_facts import ListingNoted
from .order_strangers import Strangers
from .policies.order_record import Order

UNLISTED_MAX = 2
"""Listings in a row without an open order of ours, after which it is asked for."""

UNSETTLED = (OrderState.UNKNOWN, OrderState.SUBMITTED)


def compare(desk: Desk, message: CompareOrders) -> OrdersCompared:
    """Compare a listing with the open orders; return what is still unclear."""
    listed = {evidence.client_order_id: evidence for evidence in message.orders}
    unsettled: list[Order] = []
    for order in list(desk.state.orders.values()):
        if order.changed_at_ns >= message.departed_at_ns:
            unsettled += [order] if _is_unclear(order) else []
            continue
        evidence = listed.get(order.approved.client_order_id)
        if evidence is not None:
            desk.take(order, evidence, None)
            desk.pursue_cancel(order)
        else:
            _note_unlisted(desk, order, final=message.final)
        is_missed = evidence is None and _is_missed(order, message.final)
        unsettled += [order] if is_missed or _is_unclear(order) else []
    Strangers(desk).compare(listed)
    strangers = tuple(
        evidence.symbol
        for cid, evidence in listed.items()
        if desk.state.find(cid) is None and cid.startswith(desk.settings.id_prefix)
    )
    entries = (order.approved for order in unsettled if order.approved.leg is Leg.ENTRY)
    unclear = tuple(dict.fromkeys(approved.symbol for approved in entries))
    return OrdersCompared(message.pass_number, strangers, len(unsettled), unclear)


def _is_unclear(order: Order) -> bool:
    """True while the venue may have done more for the order than is booked."""
    return order.state in UNSETTLED or bool(order.final)


def _is_missed(order: Order, final: bool) -> bool:
    """True for one that a listing should show: until it has told, a fill of it is possible."""
    if order.state is OrderState.PENDING:
        return final
    return order.state is not OrderState.PARKED


def _note_unlisted(desk: Desk, order: Order, *, final: bool) -> None:
    if order.state in (OrderState.PENDING, OrderState.SUBMITTED, OrderState.PARKED):
        return
    unlisted = order.unlisted + 1
    desk.ctx.record(ListingNoted(order.approved.client_order_id, unlisted))
    if final or unlisted >= UNLISTED_MAX:
        desk.query_later(order, 0)
