"""Binance requests: each venue call in the spelling of the USDM REST interface.

Owns paths and parameter names of what the engine asks for; pure. Numbers are plain decimal text,
never scientific. Conditional types go to the algo service, which alone takes them since
2025-12-09. A call that the venue has no words for raises `Inexpressible`: our bug, nothing sent.

Source: Binance USDS-M endpoint pages as told by the official SDK's docstrings, read 2026-11-20.
"""

from decimal import Decimal
from typing import assert_never

from attrs import frozen

from ...messages.account import (
    ArmCountdown,
    ReadBrackets,
    ReadFeePrice,
    ReadSymbolConfigs,
    SetLeverage,
    SetMarginType,
)
from ...messages.listen_key import RenewListenKey
from ...messages.values import Operation, OrderType, PositionSide, TimeInForce
from ...messages.venue import (
    AmendOne,
    Call,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    PlaceOrder,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
)
from ..errors import InvariantBroken
from ..ports import VenueRequest

ORDER = "/fapi/v1/order"
ALGO_ORDER = "/fapi/v1/algoOrder"
LISTEN_KEY = "/fapi/v1/listenKey"
TRADES_MAX = 1_000
"""Rows of one `userTrades` page, the venue's own bound; the oldest rows are kept."""

_WHOLE_CLOSE_TYPES = (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET)
_PRICED_TYPES = (OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT)

Params = dict[str, str]


class Inexpressible(InvariantBroken):
    """A call that the venue has no words for."""


@frozen
class _Route:
    method: str
    path: str
    params: Params
    signed: bool = True


def build_request(call: Call, request_id: str) -> VenueRequest:
    """Return the request of a call, still without time and signature."""
    route = _route(call)
    return VenueRequest(
        request_id=request_id,
        method=route.method,
        path=route.path,
        params=route.params,
        signed=route.signed,
    )


def stamp(request: VenueRequest, *, at_ms: int, recv_window_ms: int) -> VenueRequest:
    """Return a signed request with the venue time at which it leaves; others stay as they are."""
    if not request.signed:
        return request
    stamped = {
        **request.params,
        "recvWindow": str(recv_window_ms),
        "timestamp": str(at_ms),
    }
    return VenueRequest(request.request_id, request.method, request.path, stamped)


def operation_of(call: Call) -> Operation:
    """Return the kind of a call, as the error table knows it."""
    match call:
        case PlaceOrder():
            return Operation.PLACE
        case AmendOne():
            return Operation.AMEND
        case CancelOne():
            return Operation.CANCEL
        case SetLeverage() | SetMarginType() | ArmCountdown():
            return Operation.CONFIGURE
        case _:
            return Operation.READ


def plain(number: Decimal) -> str:
    """Return a number as plain decimal text."""
    return format(number, "f")


def _route(call: Call) -> _Route:
    match call:
        case PlaceOrder():
            is_algo = call.order_type.is_conditional
            params = _conditional(call) if is_algo else _regular(call)
            return _Route("POST", ALGO_ORDER if is_algo else ORDER, params)
        case AmendOne():
            return _Route("PUT", ORDER, _amendment(call))
        case CancelOne():
            return _of_one("DELETE", call)
        case QueryOne():
            return _of_one("GET", call)
        case SetLeverage() | SetMarginType() | ArmCountdown():
            return _setting(call)
        case _:
            return _listing(call)


def _setting(call: SetLeverage | SetMarginType | ArmCountdown) -> _Route:
    params = {"symbol": call.symbol}
    match call:
        case SetLeverage():
            params["leverage"] = str(call.leverage)
            return _Route("POST", "/fapi/v1/leverage", params)
        case SetMarginType():
            params["marginType"] = "ISOLATED" if call.isolated else "CROSSED"
            return _Route("POST", "/fapi/v1/marginType", params)
        case ArmCountdown():
            params["countdownTime"] = str(call.countdown_ms)
            return _Route("POST", "/fapi/v1/countdownCancelAll", params)
        case _:
            assert_never(call)


def _listing(  # noqa: C901, PLR0911 - one arm a call
    call: ListOpenOrders
    | ListPositions
    | ListTrades
    | ReadAccount
    | ReadAccountMode
    | ReadSymbolConfigs
    | ReadBrackets
    | ReadFeePrice
    | ReadInstruments
    | ReadTime
    | RenewListenKey,
) -> _Route:
    match call:
        case ListOpenOrders():
            store = "openAlgoOrders" if call.conditional else "openOrders"
            return _Route("GET", f"/fapi/v1/{store}", {})
        case ListPositions():
            return _Route("GET", "/fapi/v3/positionRisk", {})
        case ListTrades():
            return _Route("GET", "/fapi/v1/userTrades", _trades(call))
        case ReadAccount():
            return _Route("GET", "/fapi/v3/account", {})
        case ReadAccountMode():
            return _Route("GET", "/fapi/v1/accountConfig", {})
        case ReadSymbolConfigs():
            return _Route("GET", "/fapi/v1/symbolConfig", {})
        case ReadBrackets():
            return _Route("GET", "/fapi/v1/leverageBracket", {})
        case ReadFeePrice():
            return _Route("GET", "/fapi/v1/premiumIndex", {"symbol": call.symbol}, signed=False)
        case ReadInstruments():
            return _Route("GET", "/fapi/v1/exchangeInfo", {}, signed=False)
        case ReadTime():
            return _Route("GET", "/fapi/v1/time", {}, signed=False)
        case RenewListenKey():
            # POST and never PUT: it gives the living key another hour, and a new one for a dead
            # key, so that nobody needs to know which of the two it is.
            return _Route("POST", LISTEN_KEY, {}, signed=False)
        case _:
            assert_never(call)


def _regular(call: PlaceOrder) -> Params:
    if call.quantity is None or call.close_position:
        raise Inexpressible(f"{call.client_order_id}: {call.order_type} needs a quantity")
    params = _common(call)
    params["quantity"] = plain(call.quantity)
    params.update(_price(call))
    params.update(_reduce_only(call))
    params["newClientOrderId"] = call.client_order_id
    params["newOrderRespType"] = "RESULT"
    return params


def _conditional(call: PlaceOrder) -> Params:
    params = {"algoType": "CONDITIONAL", **_common(call)}
    params.update(_size(call))
    params.update(_price(call))
    params.update(_trigger(call))
    params["workingType"] = call.working_type.value
    params["clientAlgoId"] = call.client_order_id
    params["newOrderRespType"] = "RESULT"
    return params


def _trigger(call: PlaceOrder) -> Params:
    """A trailing stop has no trigger price: the venue moves it behind the best price."""
    if call.order_type is not OrderType.TRAILING_STOP_MARKET:
        if call.trigger_price is None:
            raise Inexpressible(f"{call.client_order_id}: {call.order_type} needs a trigger price")
        return {"triggerPrice": plain(call.trigger_price)}
    if call.trailing is None:
        raise Inexpressible(f"{call.client_order_id}: a trailing stop needs a callback rate")
    params = {"callbackRate": plain(call.trailing.callback_pct)}
    if call.trailing.activate_price is not None:
        params["activatePrice"] = plain(call.trailing.activate_price)
    return params


def _common(call: PlaceOrder) -> Params:
    params = {"symbol": call.symbol, "side": call.side.value, "type": call.order_type.value}
    if call.position_side is not PositionSide.BOTH:
        params["positionSide"] = call.position_side.value
    if call.self_trade_prevention is not None:
        params["selfTradePreventionMode"] = call.self_trade_prevention.value
    return params


def _size(call: PlaceOrder) -> Params:
    """A whole close names no quantity and no reduceOnly: the venue refuses them beside it."""
    if call.close_position:
        if call.order_type not in _WHOLE_CLOSE_TYPES:
            raise Inexpressible(f"{call.client_order_id}: {call.order_type} closes no position")
        return {"closePosition": "true"}
    if call.quantity is None:
        raise Inexpressible(f"{call.client_order_id}: {call.order_type} needs a quantity")
    return {"quantity": plain(call.quantity), **_reduce_only(call)}


def _reduce_only(call: PlaceOrder) -> Params:
    """In hedge mode the position side says it, and reduceOnly is refused (-1106)."""
    if call.reduce_only and call.position_side is PositionSide.BOTH:
        return {"reduceOnly": "true"}
    return {}


def _price(call: PlaceOrder) -> Params:
    if call.order_type not in _PRICED_TYPES:
        return {}
    return {
        **_limit(call),
        "timeInForce": call.time_in_force.value,
        **_good_till_date(call),
    }


def _limit(call: PlaceOrder) -> Params:
    """A price that the book gives is not named as well: the venue refuses both (-1106)."""
    if call.price_match is not None:
        return {"priceMatch": call.price_match.value}
    if call.price is None:
        raise Inexpressible(f"{call.client_order_id}: {call.order_type} needs a price")
    return {"price": plain(call.price)}


def _good_till_date(call: PlaceOrder) -> Params:
    """The venue counts whole seconds, and wants a date beside GTD and nowhere else."""
    if call.time_in_force is not TimeInForce.GTD:
        return {}
    if not call.good_till_ms:
        raise Inexpressible(f"{call.client_order_id}: GTD needs a date")
    return {"goodTillDate": str(call.good_till_ms // 1_000 * 1_000)}


def _amendment(call: AmendOne) -> Params:
    return {
        "symbol": call.symbol,
        "side": call.side.value,
        "quantity": plain(call.quantity),
        "price": plain(call.price),
        "origClientOrderId": call.client_order_id,
    }


def _of_one(method: str, call: CancelOne | QueryOne) -> _Route:
    """The algo service knows an order by its id alone; the order service wants the symbol too."""
    if call.conditional:
        return _Route(method, ALGO_ORDER, {"clientAlgoId": call.client_order_id})
    params = {"symbol": call.symbol, "origClientOrderId": call.client_order_id}
    return _Route(method, ORDER, params)


def _trades(call: ListTrades) -> Params:
    params = {"symbol": call.symbol, "limit": str(TRADES_MAX)}
    if call.since_ms > 0:
        params["startTime"] = str(call.since_ms)
    if call.venue_order_id:
        params["orderId"] = call.venue_order_id
    return params
