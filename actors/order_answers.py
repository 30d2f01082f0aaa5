"""Order answers: what a query hears of the orders, open and ended.

Snapshots of what OrderManager keeps; nothing changes. An order is found by any of its four ids;
the search walks the open orders and the bounded history, since only people ask so.
"""

from ..messages.orders import ApprovedOrder
from ..messages.queries import GetOrder, GetOrders, OrdersView, OrderView, StrangerView
from .order_facts import StrangerSeen
from .order_state import MS, OrdersState, is_open
from .policies.order_record import Order


def orders_view(state: OrdersState, query: GetOrders) -> OrdersView:
    """Return the open orders, or all with the ended ones first, of a symbol or of every one."""
    orders = list(state.orders.values())
    if not query.open_only:
        orders = [*state.history.values(), *orders]
    views = (order_view(each) for each in orders if _is_meant(each.approved, query))
    strangers = (
        _stranger_view(each)
        for each in state.strangers.values()
        if not query.signal_id
        and query.symbol in ("", each.evidence.symbol)
        and (is_open(each) or not query.open_only)
    )
    return OrdersView(tuple(views), tuple(strangers))


def _is_meant(approved: ApprovedOrder, query: GetOrders) -> bool:
    is_of_symbol = query.symbol in ("", approved.symbol)
    return is_of_symbol and query.signal_id in ("", approved.signal_id)


def order_found(state: OrdersState, query: GetOrder) -> OrdersView:
    """Return the order of that client, venue, algo or client algo id, if there is one."""
    order = find_by_any_id(state, query.order_id)
    return OrdersView(() if order is None else (order_view(order),))


def find_by_any_id(state: OrdersState, order_id: str) -> Order | None:
    """Return the order that one of its four ids names, None for no such order."""
    named = state.find(order_id)
    if named is not None or not order_id:
        return named
    orders = (*state.orders.values(), *state.history.values())
    return next((each for each in orders if order_id in (each.venue_order_id, each.algo_id)), None)


def order_view(order: Order) -> OrderView:
    """Return the order as a query answers it."""
    approved = order.approved
    has_child = order.venue_order_id != order.algo_id
    return OrderView(
        client_order_id=approved.client_order_id,
        venue_order_id=order.venue_order_id if has_child else "",
        client_algo_id=_client_algo_id(approved),
        algo_id=order.algo_id,
        intent_id=approved.intent_id,
        leg=approved.leg,
        signal_id=approved.signal_id,
        strategy=approved.strategy,
        symbol=approved.symbol,
        side=approved.side,
        position_side=approved.position_side,
        order_type=approved.order_type,
        time_in_force=approved.time_in_force,
        state=order.state,
        reason=order.reason,
        quantity=order.quantity,
        price=order.price,
        trigger_price=approved.trigger_price,
        reduce_only=approved.reduce_only,
        close_position=approved.close_position,
        filled=order.filled,
        average_price=order.average_price,
        attempts=order.attempt,
        created_at_ms=order.created_at_ns // MS,
        deadline_ms=order.deadline_ms,
        times=tuple(order.times),
        errors=tuple(order.errors),
    )


def _stranger_view(stranger: StrangerSeen) -> StrangerView:
    evidence = stranger.evidence
    return StrangerView(
        client_order_id=evidence.client_order_id,
        venue_order_id=evidence.venue_order_id,
        symbol=evidence.symbol,
        side=evidence.side,
        position_side=evidence.position_side,
        order_type=evidence.order_type,
        status=evidence.status,
        quantity=evidence.quantity,
        filled=evidence.filled,
        average_price=evidence.average_price,
        made_by=stranger.reason,
    )


def _client_algo_id(approved: ApprovedOrder) -> str:
    return approved.client_order_id if approved.order_type.is_conditional else ""
