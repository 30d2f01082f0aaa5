"""SocketNautilus: NautilusTrader's HTTP client sends the orders of the socket rows.

Its client alone, with its signature and its decoder, without its live pipeline. Takes the venue's
URL and how many orders; prints the seconds of each as JSON.
"""

# The wheel is a yardstick and mostly absent where types are checked.
# mypy: disable-error-code="import-not-found, import-untyped, misc"
# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false

import asyncio
import json
import os
import sys
import time

from nautilus_trader.adapters.binance.common.enums import (
    BinanceAccountType,
    BinanceOrderSide,
    BinanceOrderType,
)
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.adapters.binance.http.client import BinanceHttpClient
from nautilus_trader.common.component import LiveClock

SYMBOL = "ETHUSDT"
QUANTITY = "0.010"
WARMING = 20


async def main(url: str, orders: int) -> list[float]:
    """Send orders one after the other."""
    clock = LiveClock()
    client = BinanceHttpClient(clock, f"nautilus-{os.getpid()}", "secret", url)
    account = BinanceFuturesAccountHttpAPI(client, clock, BinanceAccountType.USDT_FUTURES)
    seconds: list[float] = []
    for number in range(WARMING + orders):
        side = BinanceOrderSide.SELL if number % 2 else BinanceOrderSide.BUY
        begin = time.perf_counter()
        await account.new_order(SYMBOL, side, BinanceOrderType.MARKET, quantity=QUANTITY)
        seconds.append(time.perf_counter() - begin)
    return seconds[WARMING:]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2])))))
