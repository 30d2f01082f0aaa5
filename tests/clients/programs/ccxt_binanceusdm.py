"""CcxtBinanceusdm: ccxt trades with nothing changed but its URLs."""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

# By name, since it lives in an environment of its own.
CCXT: Any = import_module("ccxt.pro")

SYMBOL = "BTC/USDT:USDT"


async def main(rest: str, ws: str) -> dict[str, Any]:
    """Trade a little and return what the client was told."""
    exchange: Any = CCXT.binanceusdm({"apiKey": "ccxt", "secret": "secret"})
    urls = exchange.urls["api"]
    for name in [name for name in urls if name.startswith("fapi")]:
        version = name[-2:].lower() if name[-2] == "V" else "v1"
        urls[name] = f"{rest}/fapi/{version}"
    urls["ws"]["linear"] = f"{ws}/ws"
    urls["ws"]["ws-api"]["linear"] = f"{ws}/ws-fapi/v1"
    exchange.options["fetchCurrencies"] = False
    exchange.options["defaultType"] = "swap"
    try:
        await exchange.load_markets()
        hearing = asyncio.create_task(hear(exchange))
        await connected(exchange)
        told = await trade(exchange)
        told["events"] = await hearing
        told["over_ws"] = await trade_over_websocket(exchange)
        ticker = await exchange.watch_ticker(SYMBOL)
        told["market_stream"] = [ticker["symbol"], ticker["last"] is not None]
        book = await exchange.watch_order_book(SYMBOL)
        told["book"] = len(book["bids"]) > 0
    finally:
        await exchange.close()
    return told


async def trade(exchange: Any) -> dict[str, Any]:
    """Place, query, amend and cancel, and read the position."""
    book = await exchange.fetch_order_book(SYMBOL, 5)
    price = round(book["bids"][0][0] * 0.95)
    limit = await exchange.create_order(SYMBOL, "limit", "buy", 0.01, price)
    seen = await exchange.fetch_order(limit["id"], SYMBOL)
    amended = await exchange.edit_order(limit["id"], SYMBOL, "limit", "buy", 0.02, price)
    cancelled = await exchange.cancel_order(limit["id"], SYMBOL)
    bought = await exchange.create_order(SYMBOL, "market", "buy", 0.01)
    filled = await exchange.fetch_order(bought["id"], SYMBOL)
    positions = await exchange.fetch_positions([SYMBOL])
    stop = await exchange.create_order(
        SYMBOL, "STOP_MARKET", "sell", 0.01, None, {"stopPrice": price, "reduceOnly": True}
    )
    stops = await exchange.fetch_open_orders(SYMBOL, params={"trigger": True})
    ended = await exchange.cancel_order(stop["id"], SYMBOL, {"trigger": True})
    balance = await exchange.fetch_balance()
    return {
        "limit": [limit["status"], seen["status"], amended["amount"], cancelled["status"]],
        "market": [filled["status"], filled["filled"]],
        "position": [[row["symbol"], row["contracts"]] for row in positions],
        "stop": [stop["status"], len(stops), ended["id"] == stop["id"]],
        "balance": balance["USDT"]["total"] > 0,
    }


async def trade_over_websocket(exchange: Any) -> list[Any]:
    """Place, query, amend and cancel over the websocket API."""
    price = round((await exchange.fetch_ticker(SYMBOL))["last"] * 0.95)
    placed = await exchange.create_order_ws(SYMBOL, "limit", "buy", 0.01, price)
    seen = await exchange.fetch_order_ws(placed["id"], SYMBOL)
    amended = await exchange.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", 0.02, price)
    ended = await exchange.cancel_order_ws(placed["id"], SYMBOL)
    return [placed["status"], seen["status"], amended["amount"], ended["status"]]


async def connected(exchange: Any) -> None:
    """Wait until the order watch stands on its websocket."""
    while True:
        for url, client in exchange.clients.items():
            if "/private/" in url:
                await client.connected
                return
        await asyncio.sleep(0)


async def hear(exchange: Any) -> list[list[Any]]:
    """Return what the client's order watch saw, up to the first fill."""
    heard: list[list[Any]] = []
    while True:
        for order in await exchange.watch_orders(SYMBOL):
            heard.append([order["type"], order["status"]])
            if order["status"] == "closed":
                return heard


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:3]))))
