"""ApiAlgo: the endpoints of conditional orders.

Owns the reading of their parameters and the choice of their three shapes of answer. Supports
STOP_MARKET and TAKE_PROFIT_MARKET; the limit and trailing types are refused as invalid (-1116).
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from . import bodies
from .algo_orders import AlgoOrder, AlgoRequest
from .api_orders import SIDES, in_window, read_position_side, row_limit, symbols_of
from .core import Core
from .params import Params
from .refusal import VenueRefusal

ZERO = Decimal(0)
WORKING_TYPES = ("CONTRACT_PRICE", "MARK_PRICE")
TIMES_IN_FORCE = ("GTC", "GTE_GTC")


def place(core: Core, params: Params) -> Any:
    """POST /fapi/v1/algoOrder."""
    if params.text("algoType") != "CONDITIONAL":
        raise VenueRefusal(-1102, "algoType")
    return bodies.algo_placed(core.conditional.place(_read(core, params)))


def _read(core: Core, params: Params) -> AlgoRequest:
    symbol = params.text("symbol")
    if core.rules(symbol).status != "TRADING":
        raise VenueRefusal(-1122)
    side = params.choice("side", SIDES, code=-1117)
    order_type = params.choice("type", ("STOP_MARKET", "TAKE_PROFIT_MARKET"), code=-1116)
    position_side, reduces = read_position_side(core, params, side)
    closes_all = params.flag("closePosition")
    if closes_all:
        _check_close_position(core, params, order_type, reduces=reduces)
    return AlgoRequest(
        symbol=symbol,
        side=side,
        position_side=position_side,
        type=order_type,
        time_in_force=params.choice("timeInForce", TIMES_IN_FORCE, code=-1115, default="GTC"),
        quantity=ZERO if closes_all else params.number("quantity"),
        trigger_price=params.number("triggerPrice"),
        working_type=params.choice(
            "workingType", WORKING_TYPES, code=-4031, default="CONTRACT_PRICE"
        ),
        reduce_only=reduces or closes_all,
        close_position=closes_all,
        price_protect=params.flag("priceProtect"),
        client_algo_id=params.client_id("clientAlgoId") or _generated_id(core),
    )


def _check_close_position(core: Core, params: Params, order_type: str, *, reduces: bool) -> None:
    if params.optional("quantity"):
        raise VenueRefusal(-4137)
    if core.account.is_hedged and not reduces:
        raise VenueRefusal(-4136, order_type, "true")
    if not core.account.is_hedged and params.optional("reduceOnly"):
        raise VenueRefusal(-1106, "reduceonly")


def cancel(core: Core, params: Params) -> Any:
    """DELETE /fapi/v1/algoOrder."""
    algo = _find(core, params, code=-2011)
    if not algo.is_open:
        raise VenueRefusal(-2011)
    core.conditional.cancel(algo)
    return bodies.algo_cancelled(algo)


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
    return bodies.algo_queried(_find(core, params, code=-2013))


def list_open(core: Core, params: Params) -> Any:
    """GET /fapi/v1/openAlgoOrders."""
    wanted_id = params.optional_integer("algoId")
    return [
        bodies.algo_open(algo)
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
    return [bodies.algo_listed(algo) for algo in rows[-row_limit(params) :]]


def _find(core: Core, params: Params, *, code: int) -> AlgoOrder:
    algo_id = params.optional_integer("algoId")
    client_algo_id = params.optional("clientAlgoId")
    if algo_id is None and not client_algo_id:
        raise VenueRefusal(-1102, "algoId' or 'clientAlgoId")
    algo = core.conditional.store.find(algo_id=algo_id, client_algo_id=client_algo_id)
    if algo is None:
        raise VenueRefusal(code)
    return algo


def _generated_id(core: Core) -> str:
    return f"x-algo-{core.conditional.store.next_id()}"
