"""ApiOrders: the endpoints of regular orders.

Owns the choice of their answers. Each function takes the core and the parameters and returns a body
or raises VenueRefusal.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from . import bodies
from .ageing import known_fills, knows_order
from .core import Core
from .fills import Fill
from .order_params import SIDES, read_order, read_price_match
from .orders import Order
from .params import Params
from .price_match import NO_MATCH, matched_price
from .refusal import VenueRefusal

WEEK_MS = 7 * 24 * 60 * 60 * 1000
ROWS_MAX, ROWS_DEFAULT = 1000, 500
Row = TypeVar("Row")


def place(core: Core, params: Params) -> Any:
    """POST /fapi/v1/order."""
    request = read_order(core, params)
    answer_type = params.choice("newOrderRespType", ("ACK", "RESULT"), code=-1136, default="ACK")
    order = core.matching.place(request)
    acknowledgement = bodies.placed(order)
    core.matching.execute(order)
    # An order that rests has no result yet: RESULT tells the end of those that never rest.
    is_final = request.type == "MARKET" or request.time_in_force in ("IOC", "FOK")
    return bodies.placed(order) if answer_type == "RESULT" and is_final else acknowledgement


def amend(core: Core, params: Params) -> Any:
    """PUT /fapi/v1/order."""
    order = _open_order(core, params, code=-2013)
    if params.choice("side", SIDES, code=-1117) != order.request.side:
        raise VenueRefusal(-1117)
    modify_id = str(params.optional_integer("modifyId") or 0)
    mode = read_price_match(core, params, takes_price=True)
    core.matching.amend(
        order,
        quantity=params.number("quantity"),
        price=_amended_price(core, params, order, mode),
        price_match=mode,
        modify_id=modify_id,
    )
    return bodies.amended(order, modify_id)


def _amended_price(core: Core, params: Params, order: Order, mode: str) -> Decimal:
    if mode == NO_MATCH:
        return params.number("price")
    return matched_price(core.books[order.symbol], mode, is_buy=order.is_buy)


def cancel(core: Core, params: Params) -> Any:
    """DELETE /fapi/v1/order."""
    order = _open_order(core, params, code=-2011)
    core.matching.cancel(order)
    return bodies.placed(order)


def cancel_all(core: Core, params: Params) -> Any:
    """DELETE /fapi/v1/allOpenOrders."""
    symbol = params.text("symbol")
    core.rules(symbol)
    for order in core.matching.orders.open_of(symbol):
        core.matching.cancel(order)
    return bodies.acknowledged("The operation of cancel all open order is done.")


def count_down(core: Core, params: Params) -> Any:
    """POST /fapi/v1/countdownCancelAll."""
    symbol = params.text("symbol")
    core.rules(symbol)
    duration_ms = params.integer("countdownTime")
    core.countdown.set(symbol, duration_ms)
    return {"symbol": symbol, "countdownTime": str(duration_ms)}


def query(core: Core, params: Params) -> Any:
    """GET /fapi/v1/order."""
    return bodies.queried(_find(core, params, code=-2013))


def query_open(core: Core, params: Params) -> Any:
    """GET /fapi/v1/openOrder."""
    return bodies.queried(_open_order(core, params, code=-2013))


def list_open(core: Core, params: Params) -> Any:
    """GET /fapi/v1/openOrders."""
    return [
        bodies.queried(order)
        for symbol in symbols_of(core, params)
        for order in core.matching.orders.open_of(symbol)
    ]


def list_all(core: Core, params: Params) -> Any:
    """GET /fapi/v1/allOrders; the limit keeps the newest rows."""
    symbol = params.text("symbol")
    core.rules(symbol)
    history: Sequence[Order] = core.matching.orders.history_of(symbol)
    first_id = params.optional_integer("orderId")
    if first_id is not None:
        rows: Sequence[Order] = history[bisect_left(history, first_id, key=_order_id) :]
    else:
        rows = in_window(core, params, history, _created_ms)
    ages, now_ms = core.settings.ages, core.moment.ms
    known = [order for order in rows if knows_order(ages, order, now_ms)]
    return [bodies.listed(order) for order in known[-row_limit(params) :]]


def list_trades(core: Core, params: Params) -> Any:
    """GET /fapi/v1/userTrades; the limit keeps the oldest rows."""
    symbol = params.text("symbol")
    core.rules(symbol)
    fills = known_fills(core.settings.ages, core.matching.fills.of(symbol), core.moment.ms)
    order_id = params.optional_integer("orderId")
    from_id = params.optional_integer("fromId")
    has_times = bool(params.optional("startTime") or params.optional("endTime"))
    if from_id is not None and has_times:
        raise VenueRefusal(-1128)
    if from_id is not None:
        rows: Sequence[Fill] = fills[bisect_left(fills, from_id, key=lambda fill: fill.trade_id) :]
    elif order_id is not None and not has_times:
        rows = fills
    else:
        rows = in_window(core, params, fills, lambda fill: fill.at_ms)
    if order_id is not None:
        rows = [fill for fill in rows if fill.order_id == order_id]
    return [bodies.trade(fill) for fill in rows[: row_limit(params)]]


def symbols_of(core: Core, params: Params) -> tuple[str, ...]:
    """Return the one symbol asked for, or all."""
    symbol = params.optional("symbol")
    if not symbol:
        return tuple(core.books)
    core.rules(symbol)
    return (symbol,)


def in_window(
    core: Core, params: Params, rows: Sequence[Row], at_ms: Callable[[Row], int]
) -> Sequence[Row]:
    """Return the rows in startTime..endTime, by default the last seven days."""
    start_ms = params.optional_integer("startTime")
    end_ms = params.optional_integer("endTime")
    if start_ms is not None and end_ms is not None and not 0 <= end_ms - start_ms <= WEEK_MS:
        raise VenueRefusal(-1127)
    if start_ms is None:
        start_ms = (core.moment.ms if end_ms is None else end_ms) - WEEK_MS
    if end_ms is None:
        end_ms = start_ms + WEEK_MS
    return rows[bisect_left(rows, start_ms, key=at_ms) : bisect_right(rows, end_ms, key=at_ms)]


def row_limit(params: Params) -> int:
    """Return how many rows are wanted, at least one and at most a thousand."""
    return max(1, min(ROWS_MAX, params.optional_integer("limit") or ROWS_DEFAULT))


def _order_id(order: Order) -> int:
    return order.order_id


def _created_ms(order: Order) -> int:
    return order.created_ms


def _find(core: Core, params: Params, *, code: int) -> Order:
    symbol = params.text("symbol")
    core.rules(symbol)
    order_id = params.optional_integer("orderId")
    client_order_id = params.optional("origClientOrderId")
    if order_id is None and not client_order_id:
        raise VenueRefusal(-1102, "orderId' or 'origClientOrderId")
    order = core.matching.orders.find(symbol, order_id=order_id, client_order_id=client_order_id)
    if order is None or not knows_order(core.settings.ages, order, core.moment.ms):
        raise VenueRefusal(code)
    return order


def _open_order(core: Core, params: Params, *, code: int) -> Order:
    order = _find(core, params, code=code)
    if not order.is_open:
        raise VenueRefusal(code)
    return order
