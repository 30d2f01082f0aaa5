"""The venue's stores: lines of resting orders and triggers, and what happens at their edges."""

from decimal import Decimal

import pytest

from callboard.scenarios.venue.market import Mark
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order


@pytest.fixture
def world() -> VenueWorld:
    made = VenueWorld()
    made.quote("2600.00", "2600.10")
    made.mark("2600.00")
    made.listen()
    return made


def test_a_cancelled_order_leaves_nothing_in_its_line(world: VenueWorld) -> None:
    for price in ("2500.00", "2400.00"):
        world.done("POST", ORDER, **limit_order("BUY", "1", price, "same"))
        world.done("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="same")

    orders = world.venue.core.matching.orders
    assert 0 == len(orders.resting("ETHUSDT", is_buy=True))


def test_an_amended_order_stands_in_line_once(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
               quantity="1", price="2400.00")  # fmt: skip

    orders = world.venue.core.matching.orders
    [left] = orders.resting("ETHUSDT", is_buy=True).within(Decimal(1))
    assert left.price == Decimal("2400.00")


def test_a_cancelled_conditional_leaves_nothing_in_its_line(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", quantity="1"))
    world.done("DELETE", ALGO, clientAlgoId="s1")

    assert 0 == len(world.venue.core.conditional.triggers["ETHUSDT"].mark.falling)


def test_triggers_fire_nearest_first(world: VenueWorld) -> None:
    for trigger in ("2400.00", "2550.00", "2500.00"):
        world.done("POST", ALGO, **stop_order("SELL", trigger, f"s{trigger[:4]}", quantity="0.1"))

    world.mark("2450.00")
    world.wait(20)

    fired = [f["o"]["caid"] for f in world.frames_of("ALGO_UPDATE") if f["o"]["X"] == "TRIGGERING"]
    assert ["s2550", "s2500"] == fired


def test_an_amendment_that_would_take_cancels_a_post_only_order(world: VenueWorld) -> None:
    order = limit_order("BUY", "1", "2590.00", "a") | {"timeInForce": "GTX"}
    world.done("POST", ORDER, **order)

    body = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                      quantity="1", price="2600.10")  # fmt: skip

    assert body["status"] == "CANCELED"
    assert world.position() == 0


def test_an_amendment_that_crosses_takes_at_once(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2590.00", "a"))

    body = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                      quantity="2", price="2600.10")  # fmt: skip

    assert ("FILLED", "2") == (body["status"], body["executedQty"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"side": "SELL"}, -1117),
        ({"quantity": "0.001", "price": "2591.00"}, -5029),
        ({"price": "2591.005"}, -1111),
        ({"price": "2999.00"}, -4016),
        ({"quantity": "99"}, -2019),
        ({"origClientOrderId": "other"}, -2013),
        ({"origClientOrderId": ""}, -1102),
    ],
)
def test_a_wrong_amendment_leaves_the_order_as_it_was(
    world: VenueWorld, change: dict[str, str], code: int
) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2590.00", "a"))
    wanted = {"symbol": "ETHUSDT", "side": "BUY", "origClientOrderId": "a", "quantity": "1",
              "price": "2580.00"}  # fmt: skip

    assert world.refused("PUT", ORDER, **(wanted | change)) == code

    [left] = world.done("GET", "/fapi/v1/openOrders", symbol="ETHUSDT")
    assert ("1", "2590.00", "0") == (left["origQty"], left["price"], left["executedQty"])


def test_a_reducing_order_grows_to_its_position_at_most(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.done("POST", ORDER, **limit_order("SELL", "1", "2700.00", "a", reduceOnly="true"))

    body = world.done("PUT", ORDER, symbol="ETHUSDT", side="SELL", origClientOrderId="a",
                      quantity="9", price="2701.00")  # fmt: skip

    assert body["origQty"] == "2"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"fromId": "1", "startTime": "1"}, -1128),
        ({"startTime": "0", "endTime": "604800001"}, -1127),
        ({"startTime": "2", "endTime": "1"}, -1127),
        ({"limit": "many"}, -1100),
    ],
)
def test_a_wrong_window_of_trades_is_refused(
    world: VenueWorld, params: dict[str, str], code: int
) -> None:
    assert world.refused("GET", "/fapi/v1/userTrades", symbol="ETHUSDT", **params) == code


def test_histories_can_be_read_from_an_id(world: VenueWorld) -> None:
    ids = [
        str(world.done("POST", ORDER, **market_order("BUY", "1", name))["orderId"])
        for name in ("a", "b")
    ]
    algo_ids = [
        str(world.done("POST", ALGO, **stop_order("SELL", "2500.00", name, quantity="1"))["algoId"])
        for name in ("s1", "s2")
    ]

    orders = world.done("GET", "/fapi/v1/allOrders", symbol="ETHUSDT", orderId=ids[1])
    algos = world.done("GET", "/fapi/v1/allAlgoOrders", symbol="ETHUSDT", algoId=algo_ids[1])

    assert ["b"] == [row["clientOrderId"] for row in orders]
    assert ["s2"] == [row["clientAlgoId"] for row in algos]


def test_two_prices_of_different_symbols_do_not_meet(world: VenueWorld) -> None:
    world.say(Mark("DOGEUSDT", world.now_ns, Decimal(1)))

    assert world.venue.core.unknown_symbol_events == 1
    assert world.venue.core.books["ETHUSDT"].mark == Decimal("2600.00")


def test_without_a_mark_price_the_middle_fires_stops() -> None:
    world = VenueWorld()
    world.quote("2600.00", "2600.10")
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))

    world.quote("2499.00", "2499.10")
    world.wait(50)

    assert world.position() == 0


def test_hundreds_of_stops_fire_in_one_tick() -> None:
    world = VenueWorld()
    world.quote("2600.00", "2600.10", quantity="1000")
    world.mark("2600.00")
    world.done("POST", ORDER, **market_order("BUY", "20"))
    for number in range(200):
        stop = stop_order("SELL", f"{2400 + number}.00", f"s{number}", quantity="0.1",
                          reduceOnly="true")  # fmt: skip
        world.send("POST", ALGO, **stop)
    world.wait(10)

    world.mark("2300.00")
    world.wait(50)

    assert world.position() == 0
    finished = [o for o in world.venue.ledger().orders if o.is_algo and o.status == "FINISHED"]
    assert len(finished) == 200
