"""ApiTrial: an order that is read and checked like a new one and goes no further.

Owns the answer of the trial: as of a new order, under the id 0. Conditional types are tried in
their old spelling, as the page of 2026-11 still lists it (`stopPrice`, `activationPrice`), though
a new order of these types is refused (-4120). Margin is checked where a new order's is.
"""

from typing import Any

from . import api_algo, bodies
from .core import Core
from .order_params import CONDITIONAL_TYPES, read_order
from .orders import Order, OrderRequest
from .params import Params

OLD_NAMES = {
    "stopPrice": "triggerPrice",
    "activationPrice": "activatePrice",
    "newClientOrderId": "clientAlgoId",
}


def try_out(core: Core, params: Params) -> Any:
    """POST /fapi/v1/order/test."""
    if params.optional("type") in CONDITIONAL_TYPES:
        request = _conditional(core, params.renamed(OLD_NAMES))
        quantity = request.quantity
    else:
        request = read_order(core, params)
        quantity = core.matching.admission.check(request)
    now_ms = core.moment.ms
    order = Order(
        order_id=0,
        request=request,
        quantity=quantity,
        price=request.price,
        created_ns=core.moment.ns,
        created_ms=now_ms,
        updated_ms=now_ms,
        ends_ms=now_ms,
    )
    return bodies.placed(order)


def _conditional(core: Core, params: Params) -> OrderRequest:
    wanted = api_algo.read(core, params)
    return OrderRequest(
        symbol=wanted.symbol,
        side=wanted.side,
        position_side=wanted.position_side,
        type=wanted.type,
        time_in_force=wanted.time_in_force,
        quantity=wanted.quantity,
        price=wanted.price,
        reduce_only=wanted.reduce_only,
        client_order_id=wanted.client_algo_id,
        close_position=wanted.close_position,
        stop_price=wanted.trigger_price,
        working_type=wanted.working_type,
        good_till_ms=wanted.good_till_ms,
        price_match=wanted.price_match,
        self_trade_mode=wanted.self_trade_mode,
    )
