"""SocketCcxt: ccxt async sends the orders of the rows over sockets.

Run in an environment of its own. Takes the venue's URL and how many orders; prints the seconds of
each as JSON. Its rate limiter is off, its markets are loaded before the first that counts.
"""

import asyncio
import json
import os
import sys
import time
from importlib import import_module
from typing import Any

SYMBOL = "ETH/USDT:USDT"
QUANTITY = 0.01
WARMING = 20


async def main(url: str, orders: int) -> list[float]:
    """Send orders one after the other."""
    options = {"apiKey": f"ccxt-{os.getpid()}", "secret": "secret", "enableRateLimit": False}
    # By name, since it lives in an environment of its own.
    exchange: Any = import_module("ccxt.async_support").binanceusdm(options)
    urls = exchange.urls["api"]
    for name in [name for name in urls if name.startswith("fapi")]:
        version = name[-2:].lower() if name[-2] == "V" else "v1"
        urls[name] = f"{url}/fapi/{version}"
    exchange.options["fetchCurrencies"] = False
    exchange.options["defaultType"] = "swap"
    seconds: list[float] = []
    try:
        await exchange.load_markets()
        for number in range(WARMING + orders):
            side = "sell" if number % 2 else "buy"
            begin = time.perf_counter()
            await exchange.create_order(SYMBOL, "market", side, QUANTITY)
            seconds.append(time.perf_counter() - begin)
    finally:
        await exchange.close()
    return seconds[WARMING:]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2])))))
