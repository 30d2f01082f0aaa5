"""python-binance, call by call: its sync client, unmodified but for its URLs, at the venue."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from binance.client import Client
from binance.exceptions import BinanceAPIException

from callboard.scenarios.venue.server.accounts import read_accounts
from callboard.scenarios.venue.server.door import ClosedDoor
from callboard.scenarios.venue.server.serving import VenueServer
from support.venue_servers import served

KEY, SECRET = "client-key", "client-secret"
SYMBOL = "BTCUSDT"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueServer]:
    accounts = tmp_path_factory.mktemp("accounts") / "accounts.toml"
    accounts.write_text(f'[[accounts]]\nkey = "{KEY}"\nsecret = "{SECRET}"\n')
    with served(door=ClosedDoor(read_accounts(accounts))) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: VenueServer) -> Iterator[Any]:
    client = connected(server, SECRET)
    yield client
    client.close_connection()
    client.loop.close()


def connected(server: VenueServer, secret: str) -> Any:
    """Return python-binance's client of the venue."""
    urls = {"API_URL": f"{server.rest_url}/api", "FUTURES_URL": f"{server.rest_url}/fapi"}
    return type("Here", (Client,), urls)(KEY, secret)


@pytest.fixture(autouse=True)
def flat(client: Any) -> Iterator[None]:
    """Leave neither orders nor a position behind."""
    yield
    client.futures_cancel_all_open_orders(symbol=SYMBOL)
    client.futures_cancel_all_algo_open_orders(symbol=SYMBOL)
    for position in client.futures_position_information(symbol=SYMBOL):
        client.futures_create_order(
            symbol=SYMBOL, side="SELL", type="MARKET", quantity=position["positionAmt"],
            reduceOnly="true",
        )  # fmt: skip


def bid(client: Any, share: str = "1") -> str:
    """Return a price, on a tick, of so much of the best bid."""
    best = Decimal(client.futures_orderbook_ticker(symbol=SYMBOL)["bidPrice"])
    return str((best * Decimal(share)).quantize(Decimal("0.1")))


def buy(client: Any, **params: str) -> Any:
    return client.futures_create_order(symbol=SYMBOL, side="BUY", quantity="0.01", **params)


def test_it_reads_time_rules_and_prices(client: Any) -> None:
    rules = {row["symbol"]: row for row in client.futures_exchange_info()["symbols"]}

    assert {"BTCUSDT", "ETHUSDT"} == set(rules)
    assert {} == client.futures_ping()
    assert 0 < client.futures_time()["serverTime"]
    assert 5 == len(client.futures_order_book(symbol=SYMBOL, limit=5)["asks"])
    assert SYMBOL == client.futures_mark_price(symbol=SYMBOL)["symbol"]
    assert SYMBOL == client.futures_symbol_ticker(symbol=SYMBOL)["symbol"]
    assert isinstance(client.futures_aggregate_trades(symbol=SYMBOL), list)
    assert isinstance(client.futures_klines(symbol=SYMBOL, interval="1m"), list)


def test_a_market_order_fills_and_makes_a_position(client: Any) -> None:
    placed = buy(client, type="MARKET", newOrderRespType="RESULT", newClientOrderId="m-1")

    queried = client.futures_get_order(symbol=SYMBOL, origClientOrderId="m-1")
    positions = client.futures_position_information(symbol=SYMBOL)
    trades = client.futures_account_trades(symbol=SYMBOL, orderId=placed["orderId"])
    assert ("FILLED", "m-1") == (placed["status"], placed["clientOrderId"])
    assert "avgPrice" not in placed
    assert Decimal(queried["avgPrice"]) > 0
    assert ["0.01"] == [row["positionAmt"] for row in positions]
    assert Decimal("0.01") == sum(Decimal(row["qty"]) for row in trades)


def test_a_limit_order_rests_is_amended_and_cancelled(client: Any) -> None:
    placed = buy(client, type="LIMIT", timeInForce="GTC", price=bid(client, "0.95"))
    wanted = bid(client, "0.94")

    amended = client.futures_modify_order(
        symbol=SYMBOL, side="BUY", quantity="0.01", price=wanted, orderId=placed["orderId"]
    )
    listed = client.futures_get_open_orders(symbol=SYMBOL)
    cancelled = client.futures_cancel_order(symbol=SYMBOL, orderId=placed["orderId"])

    assert wanted == amended["price"]
    assert [(placed["orderId"], wanted)] == [(row["orderId"], row["price"]) for row in listed]
    assert "CANCELED" == cancelled["status"]
    assert [] == client.futures_get_open_orders(symbol=SYMBOL)


def test_a_stop_goes_to_the_algo_service_and_comes_back_from_there(client: Any) -> None:
    placed = client.futures_create_order(
        symbol=SYMBOL, side="SELL", type="STOP_MARKET", quantity="0.01",
        stopPrice=bid(client, "0.9"), clientAlgoId="stop-1",
    )  # fmt: skip

    queried = client.futures_get_algo_order(clientAlgoId="stop-1")
    listed = client.futures_get_open_algo_orders(symbol=SYMBOL)
    cancelled = client.futures_cancel_algo_order(clientAlgoId="stop-1")

    assert ("NEW", "STOP_MARKET") == (placed["algoStatus"], placed["orderType"])
    assert placed["algoId"] == queried["algoId"]
    assert [placed["algoId"]] == [row["algoId"] for row in listed]
    assert "200" == cancelled["code"]


def test_the_account_is_read_and_set_up_in_every_version(client: Any) -> None:
    changed = client.futures_change_leverage(symbol=SYMBOL, leverage=7)

    with pytest.raises(BinanceAPIException) as unchanged:
        client.futures_change_margin_type(symbol=SYMBOL, marginType="CROSSED")
    two, three = client.futures_account(), client.futures_account(version=3)
    assert 7 == changed["leverage"]
    assert -4046 == unchanged.value.code
    assert {row["symbol"] for row in two["positions"]} == {"BTCUSDT", "ETHUSDT"}
    assert two["totalWalletBalance"] == three["totalWalletBalance"]
    assert ["USDT"] == [row["asset"] for row in client.futures_account_balance()]
    assert [7] == [row["leverage"] for row in client.futures_symbol_config(symbol=SYMBOL)]
    assert {"dualSidePosition": False} == client.futures_get_position_mode()
    assert "makerCommissionRate" in client.futures_commission_rate(symbol=SYMBOL)
    assert 2 == len(client.futures_leverage_bracket())
    assert isinstance(client.futures_income_history(), list)


def test_several_orders_go_in_one_batch_and_are_cancelled_together(client: Any) -> None:
    price = bid(client, "0.95")
    order = {
        "symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
        "quantity": "0.01", "price": price,
    }  # fmt: skip

    placed = client.futures_place_batch_order(batchOrders=[order, {**order, "quantity": "9999"}])
    cancelled = client.futures_cancel_orders(symbol=SYMBOL, orderidlist=[placed[0]["orderId"]])

    assert ["NEW", -4005] == [placed[0].get("status"), placed[1].get("code")]
    assert ["CANCELED"] == [row.get("status") for row in cancelled]


def test_a_listen_key_is_given_kept_and_closed(client: Any) -> None:
    key = client.futures_stream_get_listen_key()

    assert key == client.futures_stream_keepalive(key)["listenKey"]
    assert {} == client.futures_stream_close(key)
    with pytest.raises(BinanceAPIException) as dead:
        client.futures_stream_keepalive(key)
    assert -1125 == dead.value.code


def test_a_dead_mans_switch_cancels_what_rests(server: VenueServer, client: Any) -> None:
    buy(client, type="LIMIT", timeInForce="GTC", price=bid(client, "0.95"))

    told = client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=1)

    assert {"symbol": SYMBOL, "countdownTime": "1"} == told
    while client.futures_get_open_orders(symbol=SYMBOL):
        server.call(lambda floor: floor.run())


def test_a_wrong_secret_and_an_unknown_symbol_are_told_by_code(
    server: VenueServer, client: Any
) -> None:
    stranger = connected(server, "wrong")

    with pytest.raises(BinanceAPIException, match=r"code=-1022"):
        stranger.futures_account()
    with pytest.raises(BinanceAPIException, match=r"code=-1121"):
        client.futures_orderbook_ticker(symbol="NOSUCH")

    stranger.close_connection()
