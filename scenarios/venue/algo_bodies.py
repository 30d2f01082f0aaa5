"""AlgoBodies: what REST answers and the stream say about conditional orders.

Owns the three shapes of an answer (placed, open, listed), the query's, and ALGO_UPDATE
(binance-futures notes §1.5 and §4.5, read 2026-11). Every call returns a fresh dict.
"""

from typing import Any

from .algo_orders import AlgoOrder
from .frames import Frame, average_text, text

Body = dict[str, Any]


def placed(algo: AlgoOrder) -> Body:
    """Answer to POST of a conditional order."""
    request = algo.request
    return {
        "algoId": algo.algo_id,
        "clientAlgoId": request.client_algo_id,
        "algoType": "CONDITIONAL",
        "orderType": request.type,
        "symbol": request.symbol,
        "side": request.side,
        "positionSide": request.position_side,
        "timeInForce": request.time_in_force,
        "quantity": text(request.quantity),
        "algoStatus": algo.status,
        "triggerPrice": text(request.trigger_price),
        "price": text(request.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": request.self_trade_mode,
        "workingType": request.working_type,
        "priceMatch": request.price_match,
        "closePosition": request.close_position,
        "priceProtect": request.price_protect,
        "reduceOnly": request.reduce_only,
        "activatePrice": text(request.activate_price) if request.is_trailing else "",
        "callbackRate": text(request.callback_rate) if request.is_trailing else "",
        "createTime": algo.created_ms,
        "updateTime": algo.updated_ms,
        "triggerTime": algo.triggered_ms,
        "goodTillDate": request.good_till_ms,
    }


def opened(algo: AlgoOrder) -> Body:
    """One row of openAlgoOrders."""
    return placed(algo) | {
        "actualOrderId": "",
        "actualQty": "0",
        "isActivated": algo.is_activated,
    }


def listed(algo: AlgoOrder) -> Body:
    """One row of allAlgoOrders."""
    child = algo.child
    return placed(algo) | {
        "actualOrderId": str(child.order_id) if child is not None else "",
        "actualPrice": average_text(child.average_price) if child is not None else "0",
        "tpOrderType": "",
    }


def queried(algo: AlgoOrder) -> Body:
    """Answer to GET of a conditional order; the child's fields appear when it has fired."""
    child = algo.child
    body = placed(algo) | {
        "actualOrderId": str(child.order_id) if child is not None else "",
        "actualPrice": average_text(child.average_price) if child is not None else "0",
    }
    if child is not None:
        body |= {"actualType": child.request.type, "actualQty": text(child.executed)}
    return body


def cancelled(algo: AlgoOrder) -> Body:
    """Answer to DELETE of a conditional order: its code is text."""
    return {
        "algoId": algo.algo_id,
        "clientAlgoId": algo.request.client_algo_id,
        "code": "200",
        "msg": "success",
    }


def update(algo: AlgoOrder, status: str, *, at_ms: int) -> Frame:
    """ALGO_UPDATE of a conditional order that reaches `status`."""
    request = algo.request
    child = algo.child if status != "TRIGGERING" else None
    ended = child if status == "FINISHED" else None
    return {
        "e": "ALGO_UPDATE",
        "T": at_ms,
        "E": at_ms,
        "o": {
            "caid": request.client_algo_id,
            "aid": algo.algo_id,
            "at": "CONDITIONAL",
            "o": request.type,
            "s": request.symbol,
            "S": request.side,
            "ps": request.position_side,
            "f": request.time_in_force,
            "q": text(request.quantity),
            "X": status,
            "ai": str(child.order_id) if child is not None else "",
            "ap": average_text(ended.average_price) if ended is not None else "0",
            "aq": text(ended.executed) if ended is not None else "0",
            "act": child.request.type if child is not None else "",
            "tp": text(request.trigger_price),
            "p": text(request.price),
            "V": request.self_trade_mode,
            "wt": request.working_type,
            "pm": request.price_match,
            "cp": request.close_position,
            "pP": request.price_protect,
            "R": request.reduce_only,
            "tt": algo.triggered_ms,
            "gtd": request.good_till_ms,
            "rm": algo.reason,
            "ia": algo.is_activated,
        },
    }
