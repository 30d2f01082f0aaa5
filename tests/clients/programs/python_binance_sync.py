"""PythonBinanceSync: the Client trades with nothing changed but its URLs."""

import json
import sys
from typing import Any

from binance import Client
from binance.exceptions import BinanceAPIException

SYMBOL = "BTCUSDT"


def main(rest: str) -> dict[str, Any]:
    """Trade a little and return what the client was told."""
    Client.FUTURES_URL = f"{rest}/fapi"
    client: Any = Client("python-binance", "secret", ping=False)
    price = str(int(float(client.futures_orderbook_ticker(symbol=SYMBOL)["bidPrice"]) * 0.95))
    terms: dict[str, Any] = {"symbol": SYMBOL, "side": "BUY", "quantity": "0.010"}
    limit = client.futures_create_order(**terms, type="LIMIT", timeInForce="GTC", price=price)
    seen = client.futures_get_order(symbol=SYMBOL, orderId=limit["orderId"])
    amended = client.futures_modify_order(
        **(terms | {"quantity": "0.020"}), price=price, orderId=limit["orderId"]
    )
    cancelled = client.futures_cancel_order(symbol=SYMBOL, orderId=limit["orderId"])
    bought = client.futures_create_order(**terms, type="MARKET", newOrderRespType="RESULT")
    positions = client.futures_position_information(symbol=SYMBOL)
    stop = client.futures_create_order(
        symbol=SYMBOL,
        side="SELL",
        type="STOP_MARKET",
        stopPrice=price,
        quantity="0.010",
        reduceOnly="true",
        clientAlgoId="stop-1",
    )
    stops = client.futures_get_open_orders(symbol=SYMBOL, conditional=True)
    ended = client.futures_cancel_order(symbol=SYMBOL, clientAlgoId="stop-1")
    row = terms | {"type": "LIMIT", "timeInForce": "GTC", "price": price}
    batch = client.futures_place_batch_order(batchOrders=[dict(row), dict(row)])
    leverage = client.futures_change_leverage(symbol=SYMBOL, leverage=7)
    return {
        "limit": [limit["status"], seen["status"], amended["origQty"], cancelled["status"]],
        "market": [bought["status"], bought["executedQty"]],
        "position": [each["positionAmt"] for each in positions],
        "stop": [stop["algoStatus"], len(stops), ended["code"]],
        "batch": [each["status"] for each in batch],
        "leverage": [leverage["symbol"], leverage["leverage"]],
        "refused": [
            code_of(client.futures_change_margin_type, symbol="ETHUSDT", marginType="CROSSED"),
            code_of(client.futures_get_order, symbol=SYMBOL, origClientOrderId="nobody"),
        ],
    }


def code_of(method: Any, **params: str) -> int:
    """Return the code with which a call is refused."""
    try:
        method(**params)
    except BinanceAPIException as refusal:
        return int(refusal.code)
    return 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])))
