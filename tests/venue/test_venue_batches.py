"""Batches and the countdown at the venue: many orders with one request, or with none."""

import json
from decimal import Decimal
from typing import Any

import pytest

from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

BATCH, COUNTDOWN = "/fapi/v1/batchOrders", "/fapi/v1/countdownCancelAll"


def opened(settings: VenueSettings | None = None) -> VenueWorld:
    """Return a venue with ETHUSDT quoted at 2600.00 / 2600.10 and a listening client."""
    world = VenueWorld(settings)
    world.quote("2600.00", "2600.10")
    world.mark("2600.05")
    world.listen()
    return world


@pytest.fixture
def world() -> VenueWorld:
    return opened()


def batch(*orders: dict[str, Any]) -> dict[str, str]:
    return {"batchOrders": json.dumps(orders)}


def resting(name: str, price: str = "2500.00") -> dict[str, str]:
    return limit_order("BUY", "1", price, name)


def open_names(world: VenueWorld, symbol: str = "ETHUSDT") -> list[str]:
    rows = world.done("GET", "/fapi/v1/openOrders", symbol=symbol)
    return [row["clientOrderId"] for row in rows]


def count_down(world: VenueWorld, duration_ms: int, symbol: str = "ETHUSDT") -> Any:
    return world.done("POST", COUNTDOWN, symbol=symbol, countdownTime=str(duration_ms))


def test_each_order_of_a_batch_has_its_own_answer_in_its_own_place(world: VenueWorld) -> None:
    stop = {"symbol": "ETHUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "1"}

    body = world.done("POST", BATCH, **batch(resting("a"), stop, resting("a"), resting("b")))

    assert ["a", -4120, -4116, "b"] == [row.get("clientOrderId", row.get("code")) for row in body]
    assert ["a", "b"] == open_names(world)


def test_values_of_a_batch_may_be_numbers_and_booleans(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    order = market_order("SELL", "1", "a") | {"quantity": 0.1, "reduceOnly": True, "price": None}

    [row] = world.done("POST", BATCH, **batch(order))

    assert ("0.1", True) == (row["origQty"], row["reduceOnly"])
    assert Decimal("1.9") == world.position()


def test_a_batch_is_amended_and_cancelled(world: VenueWorld) -> None:
    placed = world.done("POST", BATCH, **batch(resting("a"), resting("b")))
    change = {"symbol": "ETHUSDT", "side": "BUY", "quantity": "2", "price": "2499.00"}

    amended = world.done("PUT", BATCH, **batch(
        change | {"origClientOrderId": "a"}, change | {"orderId": 5},
        change | {"origClientOrderId": "b", "quantity": "1", "price": "2500.00"},
    ))  # fmt: skip
    by_id = json.dumps([placed[0]["orderId"], 5])
    by_name = json.dumps(["b", "a"])
    first = world.done("DELETE", BATCH, symbol="ETHUSDT", orderIdList=by_id)
    second = world.done("DELETE", BATCH, symbol="ETHUSDT", origClientOrderIdList=by_name)

    assert ["2", -2013, -5027] == [row.get("origQty", row.get("code")) for row in amended]
    assert ["CANCELED", -2011] == [row.get("status", row.get("code")) for row in first]
    assert ["CANCELED", -2011] == [row.get("status", row.get("code")) for row in second]
    assert [] == open_names(world)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("POST", {}, -1102),
        ("POST", {"batchOrders": "[]"}, -4082),
        ("POST", batch(*[resting(str(number)) for number in range(6)]), -4082),
        ("POST", {"batchOrders": "{}"}, -1130),
        ("PUT", {"batchOrders": "[1]"}, -1130),
        ("PUT", {"batchOrders": "[{'a'}]"}, -1130),
        ("DELETE", {"symbol": "ETHUSDT"}, -1102),
        ("DELETE", {"symbol": "DOGEUSDT", "orderIdList": "[1]"}, -1121),
        ("DELETE", {"symbol": "ETHUSDT", "orderIdList": str([1] * 11)}, -4032),
    ],
)
def test_a_wrong_batch_is_refused_whole(
    world: VenueWorld, method: str, params: dict[str, str], code: int
) -> None:
    assert code == world.refused(method, BATCH, **params)
    assert world.venue.ledger().orders == ()


def test_a_batch_counts_five_orders_in_ten_seconds_but_one_in_the_minute(world: VenueWorld) -> None:
    answer = world.ask("POST", BATCH, **batch(resting("a")))

    assert ("5", "5", "1") == (
        answer.headers["X-MBX-USED-WEIGHT-1M"],
        answer.headers["X-MBX-ORDER-COUNT-10S"],
        answer.headers["X-MBX-ORDER-COUNT-1M"],
    )


def test_a_countdown_that_runs_out_cancels_the_symbols_orders(world: VenueWorld) -> None:
    world.quote("60000.00", "60000.10", symbol="BTCUSDT")
    bitcoin = limit_order("BUY", "0.01", "59000.00", "other") | {"symbol": "BTCUSDT"}
    world.done("POST", BATCH, **batch(resting("a"), resting("b"), bitcoin))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s", quantity="1"))

    body = count_down(world, 1_000)
    world.wait(970)
    before = open_names(world)
    world.wait(50)

    assert {"symbol": "ETHUSDT", "countdownTime": "1000"} == body
    assert ["a", "b"] == before
    assert [] == open_names(world)
    assert ["other"] == open_names(world, "BTCUSDT")
    assert 1 == len(world.done("GET", "/fapi/v1/openAlgoOrders"))


def test_a_countdown_reaches_conditionals_where_the_setting_says_so() -> None:
    world = opened(VenueSettings(countdown_reaches_algo=True))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s", quantity="1"))

    count_down(world, 1_000)
    world.wait(1_020)

    assert [] == world.done("GET", "/fapi/v1/openAlgoOrders")


def test_a_heartbeat_puts_the_countdown_off_and_zero_stops_it(world: VenueWorld) -> None:
    world.done("POST", ORDER, **resting("a"))
    count_down(world, 1_000)
    for _ in range(3):
        world.wait(800)
        count_down(world, 1_000)
    kept = open_names(world)
    count_down(world, 0)

    world.wait(5_000)

    assert ["a"] == kept == open_names(world)


def test_a_countdown_that_ran_out_does_not_touch_later_orders(world: VenueWorld) -> None:
    count_down(world, 1_000)
    world.wait(2_000)
    world.done("POST", ORDER, **resting("a"))

    world.wait(5_000)

    assert ["a"] == open_names(world)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"countdownTime": "1000"}, -1102),
        ({"symbol": "ETHUSDT"}, -1102),
        ({"symbol": "ETHUSDT", "countdownTime": "-1"}, -1100),
        ({"symbol": "DOGEUSDT", "countdownTime": "1000"}, -1121),
    ],
)
def test_a_wrong_countdown_is_refused(world: VenueWorld, params: dict[str, str], code: int) -> None:
    assert code == world.refused("POST", COUNTDOWN, **params)


def test_a_countdown_costs_ten(world: VenueWorld) -> None:
    answer = world.ask("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime="1000")

    assert "10" == answer.headers["X-MBX-USED-WEIGHT-1M"]
