"""VenueServer: the venue over plain HTTP, path by path, as Binance answers today."""

from collections.abc import Iterator

import pytest

from callboard.scenarios.venue.api import ROUTES
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server.listening import PortInUseError
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.settings import RateLimits
from support.venue_servers import Caller, served

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
EARLY_IN_A_MINUTE_NS = 1_795_320_001_000_000_000
"""No window of the limits turns soon."""
LOST_FIELDS = {"avgPrice", "cumQuote", "cumBase"}


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    with served(clock=ScaledClock.begin(at_ns=EARLY_IN_A_MINUTE_NS)) as server:
        yield server


@pytest.fixture
def caller(server: VenueServer, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Return a client with an account of its own."""
    with Caller(server, request.node.name) as caller:
        yield caller


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/fapi/v1/ping", None),
        ("/fapi/v1/time", "serverTime"),
        ("/fapi/v1/exchangeInfo", "symbols"),
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=5", "bids"),
        ("/fapi/v1/ticker/bookTicker?symbol=BTCUSDT", "bidPrice"),
        ("/fapi/v1/ticker/price?symbol=BTCUSDT", "price"),
        ("/fapi/v2/ticker/price?symbol=ETHUSDT", "price"),
        ("/fapi/v1/premiumIndex?symbol=BTCUSDT", "markPrice"),
    ],
)
def test_what_is_public_needs_no_key(server: VenueServer, path: str, field: str | None) -> None:
    with Caller(server, key="") as caller:
        answer = caller.send("GET", path)

    assert 200 == answer.status
    assert field is None or field in answer.body


@pytest.mark.parametrize("path", ["/fapi/v1/aggTrades", "/fapi/v1/klines"])
def test_prints_are_listed(server: VenueServer, path: str) -> None:
    with Caller(server, key="") as caller:
        answer = caller.public(path, symbol="BTCUSDT", interval="1m")

    assert 200 == answer.status
    assert isinstance(answer.body, list)


def test_depth_shows_as_many_levels_as_asked_best_first(server: VenueServer) -> None:
    with Caller(server, key="") as caller:
        depth = caller.public("/fapi/v1/depth", symbol="ETHUSDT", limit=5).body
        refused = caller.public("/fapi/v1/depth", symbol="ETHUSDT", limit=7)

    bids = [float(price) for price, _ in depth["bids"]]
    asks = [float(price) for price, _ in depth["asks"]]
    assert (5, 5) == (len(bids), len(asks))
    assert sorted(bids, reverse=True) + sorted(asks) == bids + asks
    assert -4021 == refused.code


def test_an_unknown_path_is_404_as_the_exchange_words_it(server: VenueServer) -> None:
    with Caller(server) as caller:
        answer = caller.send("GET", "/fapi/v1/position")

    assert 404 == answer.status
    assert {"code": -5000, "msg": "Path /fapi/v1/position, Method GET is invalid"} == answer.body


def test_a_placement_tells_no_price_of_its_fills_and_a_query_does(caller: Caller) -> None:
    placed = caller.done(
        "POST",
        ORDER,
        symbol="BTCUSDT",
        side="BUY",
        type="MARKET",
        quantity="0.01",
        newOrderRespType="RESULT",
    )
    queried = caller.done("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])

    assert "FILLED" == placed["status"]
    assert set() == LOST_FIELDS & set(placed)
    assert {"avgPrice", "cumQuote"} <= set(queried)


def test_parameters_come_from_query_and_body_together_and_the_query_wins(
    server: VenueServer, caller: Caller
) -> None:
    now_ms = server.call(lambda floor: floor.now().now_ms)

    answer = caller.send(
        "POST",
        ORDER,
        f"symbol=BTCUSDT&side=BUY&timestamp={now_ms}",
        "symbol=ETHUSDT&type=MARKET&quantity=0.01",
    )

    assert (200, "BTCUSDT") == (answer.status, answer.body.get("symbol"))


def test_an_order_is_placed_amended_and_cancelled(caller: Caller) -> None:
    bid = float(caller.public("/fapi/v1/ticker/bookTicker", symbol="BTCUSDT").body["bidPrice"])
    low, lower = f"{bid * 0.95:.1f}", f"{bid * 0.94:.1f}"
    common = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}

    placed = caller.done("POST", ORDER, **common, type="LIMIT", timeInForce="GTC", price=low)
    amended = caller.done("PUT", ORDER, **common, orderId=placed["orderId"], price=lower)
    listed = caller.done("GET", "/fapi/v1/openOrders", symbol="BTCUSDT")
    cancelled = caller.done("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])

    assert lower == amended["price"]
    assert [placed["orderId"]] == [row["orderId"] for row in listed]
    assert "CANCELED" == cancelled["status"]
    assert set() == LOST_FIELDS & (set(amended) | set(cancelled))


def test_a_trial_is_checked_and_leaves_nothing(caller: Caller) -> None:
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}

    tried = caller.done("POST", "/fapi/v1/order/test", **market, quantity="0.01")
    refused = caller.signed("POST", "/fapi/v1/order/test", **market, quantity="0.0001")
    stop = caller.done(
        "POST",
        "/fapi/v1/order/test",
        symbol="BTCUSDT",
        side="SELL",
        type="STOP_MARKET",
        quantity="0.01",
        stopPrice="45000",
    )

    assert (0, "NEW") == (tried["orderId"], tried["status"])
    assert -1111 == refused.code
    assert "45000" == stop["stopPrice"]
    assert [] == caller.done("GET", "/fapi/v1/allOrders", symbol="BTCUSDT")


def test_a_conditional_order_lives_in_the_algo_service_alone(caller: Caller) -> None:
    stop = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.01"}

    refused = caller.signed("POST", ORDER, **stop, stopPrice="45000")
    placed = caller.done(
        "POST", ALGO, **stop, algoType="CONDITIONAL", triggerPrice="45000", clientAlgoId="s-1"
    )
    listed = caller.done("GET", "/fapi/v1/openAlgoOrders")
    cancelled = caller.done("DELETE", ALGO, clientAlgoId="s-1")

    assert -4120 == refused.code
    assert [placed["algoId"]] == [row["algoId"] for row in listed]
    assert "200" == cancelled["code"]


def test_brackets_are_told_in_json_numbers(caller: Caller) -> None:
    rows = caller.done("GET", "/fapi/v1/leverageBracket", symbol="BTCUSDT")

    first = rows[0]["brackets"][0]
    assert (0.004, 0.0) == (first["maintMarginRatio"], first["cum"])


def test_every_documented_path_is_served() -> None:
    paths = {path.removeprefix("/fapi/") for _, path in ROUTES}

    assert {
        "v1/ping", "v1/time", "v1/exchangeInfo", "v1/depth", "v1/ticker/bookTicker",
        "v1/ticker/price", "v1/premiumIndex", "v1/aggTrades", "v1/klines", "v1/order",
        "v1/order/test", "v1/openOrder", "v1/openOrders", "v1/allOrders", "v1/batchOrders",
        "v1/allOpenOrders", "v1/countdownCancelAll", "v1/algoOrder", "v1/openAlgoOrders",
        "v1/allAlgoOrders", "v1/algoOpenOrders", "v1/userTrades", "v2/account", "v3/account",
        "v2/balance", "v3/balance", "v2/positionRisk", "v3/positionRisk", "v1/symbolConfig",
        "v1/accountConfig", "v1/leverage", "v1/marginType", "v1/positionSide/dual",
        "v1/multiAssetsMargin", "v1/positionMargin", "v1/leverageBracket", "v1/commissionRate",
        "v1/income", "v1/forceOrders", "v1/rateLimit/order", "v1/listenKey",
    } <= paths  # fmt: skip


def test_a_port_in_use_is_told_with_its_number(server: VenueServer) -> None:
    with pytest.raises(PortInUseError, match=str(server.port)):
        served(port=server.port).start()


def test_accounts_of_two_keys_do_not_meet(server: VenueServer, caller: Caller) -> None:
    caller.done("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")

    with Caller(server, "another") as other:
        others = other.done("GET", "/fapi/v3/positionRisk")

    assert ["BTCUSDT"] == [row["symbol"] for row in caller.done("GET", "/fapi/v3/positionRisk")]
    assert [] == others


def test_who_ignores_refusals_is_banned_with_everybody_of_his_address() -> None:
    limits = RateLimits(weight_1m_max=4, refusals_before_ban=3)
    with (
        served(rate_limits=limits, clock=ScaledClock.begin(at_ns=EARLY_IN_A_MINUTE_NS)) as server,
        Caller(server, "one") as one,
        Caller(server, "other") as other,
    ):
        answers = [one.signed("GET", "/fapi/v3/balance") for _ in range(4)]
        others = other.public("/fapi/v1/time")

    assert [429, 429, 429, 418] == [answer.status for answer in answers]
    assert (418, -1003) == (others.status, others.code)
    assert "banned until" in others.body["msg"]
    assert 1 <= int(answers[0].headers["Retry-After"]) <= 60
    assert 60 < int(others.headers["Retry-After"]) <= 120


def test_weight_is_counted_by_address_and_orders_by_account(server: VenueServer) -> None:
    with Caller(server, "heavy") as heavy, Caller(server, "light") as light:
        before = int(light.public("/fapi/v1/time").headers["X-MBX-USED-WEIGHT-1M"])
        placed = heavy.signed(
            "POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
        )
        heavy.done("GET", "/fapi/v1/openOrders")
        after = light.public("/fapi/v1/time")
        others = light.signed(
            "POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
        )

    assert before + 41 == int(after.headers["X-MBX-USED-WEIGHT-1M"])
    assert "1" == placed.headers["X-MBX-ORDER-COUNT-10S"]
    assert "1" == others.headers["X-MBX-ORDER-COUNT-1M"]
