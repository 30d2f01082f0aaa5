"""ApiAlgo: the endpoints of conditional orders.

Owns the reading of their parameters and the choice of their three shapes of answer.
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from . import algo_bodies, bodies
from .ageing import knows_algo
from .algo_orders import FIRING, LIMIT_TYPES, TRAILING, AlgoOrder, AlgoRequest
from .api_orders import in_window, row_limit, symbols_of
from .core import Core
from .order_params import (
    CONDITIONAL_TYPES,
    SIDES,
    read_good_till,
    read_position_side,
    read_price_match,
    read_self_trade_mode,
)
from .params import Params
from .price_match import NO_MATCH
from .refusal import VenueRefusal

ZERO = Decimal(0)
WORKING_TYPES = ("CONTRACT_PRICE", "MARK_PRICE")
TIMES_IN_FORCE = ("GTC", "GTE_GTC", "GTD", "IOC", "FOK", "GTX")
WHOLE_CLOSE_TYPES = ("STOP_MARKET", "TAKE_PROFIT_MARKET")


def place(core: Core, params: Params) -> Any:
    """POST /fapi/v1/algoOrder."""
    if params.text("algoType") != "CONDITIONAL":
        raise VenueRefusal(-1102, "algoType")
    return algo_bodies.placed(core.conditional.place(read(core, params)))


def read(core: Core, params: Params) -> AlgoRequest:
    """Read a conditional order from its parameters."""
    symbol = params.text("symbol")
    if core.rules(symbol).status != "TRADING":
        raise VenueRefusal(-1122)
    side = params.choice("side", SIDES, code=-1117)
    order_type = params.choice("type", CONDITIONAL_TYPES, code=-1116)
    position_side, reduces = read_position_side(core, params, side)
    closes_all = params.flag("closePosition")
    if closes_all:
        _check_close_position(core, params, order_type, reduces=reduces)
    is_trailing, is_limit = order_type == TRAILING, order_type in LIMIT_TYPES
    _check_prices_belong(params, is_trailing=is_trailing, is_limit=is_limit)
    price_match = read_price_match(core, params, takes_price=is_limit)
    time_in_force = params.choice("timeInForce", TIMES_IN_FORCE, code=-1115, default="GTC")
    return AlgoRequest(
        symbol=symbol,
        side=side,
        position_side=position_side,
        type=order_type,
        time_in_force=time_in_force,
        quantity=ZERO if closes_all else params.number("quantity"),
        trigger_price=ZERO if is_trailing else params.number("triggerPrice"),
        working_type=params.choice(
            "workingType", WORKING_TYPES, code=-4031, default="CONTRACT_PRICE"
        ),
        reduce_only=reduces or closes_all,
        close_position=closes_all,
        price_protect=params.flag("priceProtect"),
        client_algo_id=params.client_id("clientAlgoId") or _generated_id(core),
        price=params.number("price") if is_limit and price_match == NO_MATCH else ZERO,
        activate_price=_optional_number(params, "activatePrice") if is_trailing else ZERO,
        callback_rate=params.number("callbackRate") if is_trailing else ZERO,
        price_match=price_match,
        self_trade_mode=read_self_trade_mode(params),
        good_till_ms=read_good_till(core, params, time_in_force),
    )


def _check_close_position(core: Core, params: Params, order_type: str, *, reduces: bool) -> None:
    if order_type not in WHOLE_CLOSE_TYPES:
        raise VenueRefusal(-4136, order_type, "true")
    if params.optional("quantity"):
        raise VenueRefusal(-4137)
    if core.account.is_hedged and not reduces:
        raise VenueRefusal(-4136, order_type, "true")
    if not core.account.is_hedged and params.optional("reduceOnly"):
        raise VenueRefusal(-1106, "reduceonly")


def _check_prices_belong(params: Params, *, is_trailing: bool, is_limit: bool) -> None:
    """Refuse prices that the type has no use for."""
    foreign = ("triggerPrice",) if is_trailing else ("activatePrice", "callbackRate")
    for name in foreign if is_limit else (*foreign, "price"):
        if params.optional(name):
            raise VenueRefusal(-1106, name)


def _optional_number(params: Params, name: str) -> Decimal:
    return params.number(name) if params.optional(name) else ZERO


def cancel(core: Core, params: Params) -> Any:
    """DELETE /fapi/v1/algoOrder."""
    algo = _find(core, params, code=-2011)
    if algo.status == FIRING:
        raise VenueRefusal(-4117)
    if not algo.is_open:
        raise VenueRefusal(-2011)
    core.conditional.cancel(algo)
    return algo_bodies.cancelled(algo)


def cancel_all(core: Core, params: Params) -> Any:
    """DELETE /fapi/v1/algoOpenOrders."""
    symbol = params.text("symbol")
    core.rules(symbol)
    for algo in core.conditional.store.open_of(symbol):
        core.conditional.cancel(algo)
    return bodies.acknowledged("The operation of cancel all open order is done.")


def query(core: Core, params: Params) -> Any:
    """GET /fapi/v1/algoOrder."""
    if core.settings.algo_query_by_id_fails and params.optional("algoId"):
        raise VenueRefusal(-2013)
    return algo_bodies.queried(_find(core, params, code=-2013))


def list_open(core: Core, params: Params) -> Any:
    """GET /fapi/v1/openAlgoOrders."""
    wanted_id = params.optional_integer("algoId")
    return [
        algo_bodies.opened(algo)
        for symbol in symbols_of(core, params)
        for algo in core.conditional.store.open_of(symbol)
        if wanted_id is None or algo.algo_id == wanted_id
    ]


def list_all(core: Core, params: Params) -> Any:
    """GET /fapi/v1/allAlgoOrders; the limit keeps the newest rows."""
    symbol = params.text("symbol")
    core.rules(symbol)
    history = core.conditional.store.history_of(symbol)
    first_id = params.optional_integer("algoId")
    if first_id is not None:
        rows: Sequence[AlgoOrder] = history[
            bisect_left(history, first_id, key=lambda algo: algo.algo_id) :
        ]
    else:
        rows = in_window(core, params, history, lambda algo: algo.created_ms)
    ages, now_ms = core.settings.ages, core.moment.ms
    known = [algo for algo in rows if knows_algo(ages, algo, now_ms)]
    return [algo_bodies.listed(algo) for algo in known[-row_limit(params) :]]


def _find(core: Core, params: Params, *, code: int) -> AlgoOrder:
    algo_id = params.optional_integer("algoId")
    client_algo_id = params.optional("clientAlgoId")
    if algo_id is None and not client_algo_id:
        raise VenueRefusal(-1102, "algoId' or 'clientAlgoId")
    algo = core.conditional.store.find(algo_id=algo_id, client_algo_id=client_algo_id)
    if algo is None or not knows_algo(core.settings.ages, algo, core.moment.ms):
        raise VenueRefusal(code)
    return algo


def _generated_id(core: Core) -> str:
    return f"x-algo-{core.conditional.store.next_id()}"
