"""Bodies: what REST answers say about orders and fills, field by field.

Owns the spelling of order and trade bodies (binance-futures notes: order replies lost
avgPrice and cumQuote on 2026-06-30; queries kept them). Every call returns a fresh dict.
"""

from typing import Any

from .fills import Fill
from .frames import ASSET, average_text, text
from .orders import Order

Body = dict[str, Any]


def placed(order: Order) -> Body:
    """Answer to POST, PUT and DELETE of an order: no prices of fills."""
    request, executed = order.request, text(order.executed)
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "status": order.status,
        "clientOrderId": order.client_order_id,
        "price": text(order.price),
        "origQty": text(order.quantity),
        "executedQty": executed,
        "cumQty": executed,
        "timeInForce": request.time_in_force,
        "type": request.type,
        "origType": request.original_type or request.type,
        "side": request.side,
        "positionSide": request.position_side,
        "reduceOnly": request.reduce_only,
        "closePosition": request.close_position,
        "stopPrice": text(request.stop_price) if request.stop_price else "0",
        "workingType": request.working_type,
        "priceProtect": False,
        "priceMatch": request.price_match,
        "selfTradePreventionMode": request.self_trade_mode,
        "goodTillDate": request.good_till_ms,
        "updateTime": order.updated_ms,
    }


def amended(order: Order, modify_id: str) -> Body:
    """Answer to PUT of an order."""
    return placed(order) | {"pair": order.symbol, "modifyId": int(modify_id)}


def queried(order: Order) -> Body:
    """Answer to a query, with what the fills came to."""
    return placed(order) | {
        "avgPrice": average_text(order.average_price),
        "cumQuote": text(order.quote_executed),
        "time": order.created_ms,
    }


def listed(order: Order) -> Body:
    """One row of allOrders."""
    return queried(order) | {"cumBase": text(order.executed), "pair": order.symbol}


def trade(fill: Fill) -> Body:
    """One row of userTrades."""
    return {
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "symbol": fill.symbol,
        "pair": fill.symbol,
        "side": fill.side,
        "positionSide": fill.position_side,
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "quoteQty": text(fill.price * fill.quantity),
        "baseQty": text(fill.quantity),
        "commission": text(fill.fee),
        "commissionAsset": fill.fee_asset,
        "marginAsset": ASSET,
        "realizedPnl": text(fill.realized),
        "maker": fill.is_maker,
        "buyer": fill.side == "BUY",
        "time": fill.at_ms,
    }


def acknowledged(message: str) -> Body:
    """Answer of calls that return a code and a message only."""
    return {"code": 200, "msg": message}
