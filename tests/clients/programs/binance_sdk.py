"""BinanceSdk: the official SDK trades with nothing changed but its URLs."""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

# By name, since it lives in an environment of its own.
SDK: Any = import_module(
    "binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures"
)
SYMBOL = "BTCUSDT"
KEYS = {"api_key": "sdk", "api_secret": "secret"}


async def main(rest: str, ws: str) -> dict[str, Any]:
    """Trade a little and return what the client was told."""
    client: Any = SDK.DerivativesTradingUsdsFutures(
        config_rest_api=SDK.ConfigurationRestAPI(**KEYS, base_path=rest, timeout=10_000),
        config_ws_api=SDK.ConfigurationWebSocketAPI(**KEYS, stream_url=f"{ws}/ws-fapi/v1"),
        config_ws_streams=SDK.ConfigurationWebSocketStreams(stream_url=ws),
    )
    streams = await client.websocket_streams.create_connection()
    try:
        key = client.rest_api.start_user_data_stream().data().listen_key
        user = await streams.user_data(key)
        heard = Heard(last="ws-limit-1")
        user.on("message", heard.take)
        marks = Heard(last="")
        mark = await streams.mark_price_stream(symbol="btcusdt", update_speed="1s")
        mark.on("message", marks.take)
        told = await asyncio.to_thread(trade, client.rest_api)
        told |= await trade_over_websocket(client)
        await heard.is_over.wait()
        await marks.is_begun.wait()
        told["events"] = heard.events
    finally:
        await streams.close_connection()
    return told


class Heard:
    """The events of a stream, as the SDK's models read them."""

    def __init__(self, last: str) -> None:
        self.events: list[list[str]] = []
        self.is_begun = asyncio.Event()
        self.is_over = asyncio.Event()
        self._last = last

    def take(self, event: Any) -> None:
        """Keep one event; the last order's cancellation ends them."""
        self.is_begun.set()
        found = getattr(event, "actual_instance", event)
        event_type = type(found).__name__
        order = getattr(found, "o", None)
        self.events.append([event_type, getattr(order, "X", None) or ""])
        if getattr(order, "c", None) == self._last and self.events[-1][1] == "CANCELED":
            self.is_over.set()


def trade(rest: Any) -> dict[str, Any]:
    """Place, query, amend and cancel over REST, and read the position."""
    price = resting_price(rest)
    terms: dict[str, Any] = {"symbol": SYMBOL, "side": "BUY", "quantity": 0.01}
    limit = rest.new_order(**terms, type="LIMIT", time_in_force="GTC", price=price).data()
    seen = rest.query_order(symbol=SYMBOL, order_id=limit.order_id).data()
    amended = rest.modify_order(
        **(terms | {"quantity": 0.02}), price=price, order_id=limit.order_id
    ).data()
    cancelled = rest.cancel_order(symbol=SYMBOL, order_id=limit.order_id).data()
    bought = rest.new_order(**terms, type="MARKET", new_order_resp_type="RESULT").data()
    positions = rest.position_information_v3(symbol=SYMBOL).data()
    account = rest.account_information_v3().data()
    stop = rest.new_algo_order(
        algo_type="CONDITIONAL",
        symbol=SYMBOL,
        side="SELL",
        type="STOP_MARKET",
        trigger_price=price,
        close_position="true",
        client_algo_id="stop-1",
    ).data()
    stops = rest.current_all_algo_open_orders(symbol=SYMBOL).data()
    ended = rest.cancel_algo_order(client_algo_id="stop-1").data()
    return {
        "limit": [limit.status, seen.status, amended.orig_qty, cancelled.status],
        "market": [bought.status, bought.executed_qty],
        "position": [row.position_amt for row in positions],
        "positions_of_account": len(account.positions),
        "stop": [stop.algo_status, len(stops), ended.code],
    }


async def trade_over_websocket(client: Any) -> dict[str, Any]:
    """Place, query, amend and cancel over the websocket API."""
    price = resting_price(client.rest_api)
    terms: dict[str, Any] = {"symbol": SYMBOL, "side": "BUY", "quantity": 0.01}
    api = await client.websocket_api.create_connection()
    try:
        placed = await api.new_order(
            **terms,
            type="LIMIT",
            time_in_force="GTC",
            price=price,
            new_client_order_id="ws-limit-1",
        )
        order_id = placed.data().result.order_id
        amended = await api.modify_order(
            **(terms | {"quantity": 0.02}), price=price, order_id=order_id
        )
        seen = await api.query_order(symbol=SYMBOL, order_id=order_id)
        positions = await api.position_information_v2(symbol=SYMBOL)
        balances = await api.futures_account_balance_v2()
        account = await api.account_information_v2()
        ended = await api.cancel_order(symbol=SYMBOL, order_id=order_id)
    finally:
        await api.close_connection()
    return {
        "over_ws": [
            placed.data().result.status,
            amended.data().result.orig_qty,
            seen.data().result.status,
            ended.data().result.status,
        ],
        "ws_limits": [each.rateLimitType for each in placed.rate_limits],
        "ws_position": [row.position_amt for row in positions.data().result],
        "ws_assets": [row.asset for row in balances.data().result],
        "ws_account": account.data().status,
    }


def resting_price(rest: Any) -> int:
    """Return a price well below the market."""
    ticker = rest.symbol_order_book_ticker(symbol=SYMBOL).data()
    return int(float(ticker.actual_instance.bid_price) * 0.95)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:3]))))
