"""PythonBinanceAsync: AsyncClient and user socket, nothing changed but their URLs."""

import asyncio
import json
import sys
from typing import Any

from binance import AsyncClient, BinanceSocketManager

SYMBOL = "BTCUSDT"


async def main(rest: str, ws: str) -> dict[str, Any]:
    """Trade a little and return what the client was told."""
    kind: Any = AsyncClient
    kind.FUTURES_URL = f"{rest}/fapi"
    kind.WS_FUTURES_URL = f"{ws}/ws-fapi/v1"
    client = kind("python-binance", "secret")
    manager: Any = BinanceSocketManager(client)
    manager.FSTREAM_URL = f"{ws}/"
    # Its sockets are left to the loop's end: closing a quiet one waits for ten seconds.
    user = manager.futures_user_socket()
    market = manager.futures_multiplex_socket(["btcusdt@markPrice@1s"])
    try:
        await user.connect()
        await market.connect()
        told = await trade(client)
        told |= await trade_over_websocket(client)
        told["events"] = await hear(user, told["last"])
        told["market_stream"] = (await market.recv())["data"]["e"]
    finally:
        await client.close_connection()
    return told


async def trade(client: Any) -> dict[str, Any]:
    """Place, query, amend and cancel over REST, and read the position."""
    price = await resting_price(client)
    terms = {"symbol": SYMBOL, "side": "BUY", "quantity": "0.010"}
    limit = await client.futures_create_order(
        **terms, type="LIMIT", timeInForce="GTC", price=price, newClientOrderId="limit-1"
    )
    seen = await client.futures_get_order(symbol=SYMBOL, origClientOrderId="limit-1")
    amended = await client.futures_modify_order(
        **(terms | {"quantity": "0.020"}), price=price, orderId=limit["orderId"]
    )
    cancelled = await client.futures_cancel_order(symbol=SYMBOL, orderId=limit["orderId"])
    bought = await client.futures_create_order(**terms, type="MARKET", newOrderRespType="RESULT")
    positions = await client.futures_position_information(symbol=SYMBOL)
    stop = await client.futures_create_order(
        symbol=SYMBOL,
        side="SELL",
        type="STOP_MARKET",
        stopPrice=price,
        closePosition="true",
        clientAlgoId="stop-1",
    )
    stops = await client.futures_get_open_orders(symbol=SYMBOL, conditional=True)
    ended = await client.futures_cancel_order(symbol=SYMBOL, clientAlgoId="stop-1")
    return {
        "limit": [limit["status"], seen["status"], amended["origQty"], cancelled["status"]],
        "market": [bought["status"], bought["executedQty"]],
        "position": [row["positionAmt"] for row in positions],
        "stop": [stop["algoStatus"], len(stops), ended["code"]],
    }


async def trade_over_websocket(client: Any) -> dict[str, Any]:
    """Place, query, amend and cancel over the websocket API."""
    price = await resting_price(client)
    terms = {"symbol": SYMBOL, "side": "BUY", "quantity": "0.010"}
    placed = await client.ws_futures_create_order(
        **terms, type="LIMIT", timeInForce="GTC", price=price, newClientOrderId="ws-limit-1"
    )
    amended = await client.ws_futures_edit_order(
        **(terms | {"quantity": "0.020"}), price=price, orderId=placed["orderId"]
    )
    seen = await client.ws_futures_get_order(symbol=SYMBOL, orderId=placed["orderId"])
    positions = await client.ws_futures_v2_account_position(symbol=SYMBOL)
    balances = await client.ws_futures_v2_account_balance()
    ended = await client.ws_futures_cancel_order(symbol=SYMBOL, orderId=placed["orderId"])
    return {
        "over_ws": [placed["status"], amended["origQty"], seen["status"], ended["status"]],
        "ws_position": [row["positionAmt"] for row in positions],
        "ws_assets": [row["asset"] for row in balances],
        "last": "ws-limit-1",
    }


async def resting_price(client: Any) -> str:
    """Return a price well below the market."""
    ticker = await client.futures_orderbook_ticker(symbol=SYMBOL)
    return str(int(float(ticker["bidPrice"]) * 0.95))


async def hear(user: Any, last: str) -> list[list[str]]:
    """Return the events of the user socket up to the last order's cancellation."""
    heard: list[list[str]] = []
    while True:
        event = await user.recv()
        order = event.get("o", {})
        name = order.get("c") or order.get("caid", "")
        heard.append([event["e"], order.get("X", "")])
        if name == last and order.get("X") == "CANCELED":
            return heard


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:3]))))
