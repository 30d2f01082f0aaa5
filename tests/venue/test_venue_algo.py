"""Conditional orders at the simulated venue: their own store, their life, their refusals."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.scenarios.venue.settings import AlgoTiming, VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, long_world, market_order, stop_order


@pytest.fixture
def world() -> VenueWorld:
    """A venue with an open long position."""
    return long_world()


def told(world: VenueWorld) -> list[str]:
    """Return what the user stream said, in order: algo status or order execution."""
    words: list[str] = []
    for frame in world.frames:
        if frame["e"] == "ALGO_UPDATE":
            words.append(f"algo {frame['o']['X']}")
        elif frame["e"] == "ORDER_TRADE_UPDATE":
            words.append(f"order {frame['o']['x']}")
    return words


def query(world: VenueWorld, client_algo_id: str) -> Any:
    return world.done("GET", ALGO, clientAlgoId=client_algo_id)


def test_a_conditional_type_on_the_regular_endpoint_is_sent_to_the_algo_service(
    world: VenueWorld,
) -> None:
    order = market_order("SELL", "1") | {"type": "STOP_MARKET", "stopPrice": "2500"}

    assert world.refused("POST", ORDER, **order) == -4120


def test_a_stop_rests_in_its_own_store(world: VenueWorld) -> None:
    body = world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))

    assert ("NEW", "s1", "2500.00", 0) == (
        body["algoStatus"], body["clientAlgoId"], body["triggerPrice"], body["triggerTime"],
    )  # fmt: skip
    assert world.done("GET", "/fapi/v1/openOrders", symbol="ETHUSDT") == []
    [row] = world.done("GET", "/fapi/v1/openAlgoOrders", symbol="ETHUSDT")
    assert ("", "0", False) == (row["actualOrderId"], row["actualQty"], row["isActivated"])


def test_a_stop_lives_through_triggering_and_triggered_to_finished(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.quote("2498.00", "2498.10")

    world.mark("2499.00")
    triggering = query(world, "s1")
    world.wait(50)

    assert triggering["algoStatus"] == "TRIGGERING"
    assert [
        "algo NEW", "algo TRIGGERING", "order NEW", "algo TRIGGERED", "order TRADE",
        "algo FINISHED",
    ] == told(world)  # fmt: skip
    assert world.position() == 0
    finished = query(world, "s1")
    assert ("FINISHED", "1") == (finished["algoStatus"], finished["actualQty"])


def test_the_child_carries_the_clients_algo_id(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", quantity="1", reduceOnly="true"))
    world.quote("2498.00", "2498.10")
    world.mark("2499.00")
    world.wait(50)

    child = world.done("GET", ORDER, symbol="ETHUSDT", origClientOrderId="s1")
    algo = query(world, "s1")

    assert ("MARKET", "STOP_MARKET", "FILLED") == (
        child["type"], child["origType"], child["status"],
    )  # fmt: skip
    assert str(child["orderId"]) == algo["actualOrderId"]
    last = world.frames_of("ALGO_UPDATE")[-1]["o"]
    assert (str(child["orderId"]), "1", "MARKET") == (last["ai"], last["aq"], last["act"])


def test_a_childs_fills_can_arrive_before_the_triggered_frame() -> None:
    world = long_world(VenueSettings(algo_timing=AlgoTiming(child_to_triggered_frame_ms=30)))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.quote("2498.00", "2498.10")

    world.mark("2499.00")
    world.wait(100)

    assert [
        "algo NEW", "algo TRIGGERING", "order NEW", "order TRADE", "algo TRIGGERED",
        "algo FINISHED",
    ] == told(world)  # fmt: skip


def test_a_take_profit_fires_on_the_other_side(world: VenueWorld) -> None:
    target = stop_order("SELL", "2700.00", "t1", closePosition="true")
    world.done("POST", ALGO, **(target | {"type": "TAKE_PROFIT_MARKET"}))
    world.quote("2701.00", "2701.10")

    world.mark("2650.00")
    before = world.position()
    world.mark("2700.00")
    world.wait(50)

    assert (Decimal(1), Decimal(0)) == (before, world.position())


def test_a_contract_price_stop_listens_to_prints_and_not_to_the_mark(world: VenueWorld) -> None:
    world.trade("2600.00", "1", is_buyer_maker=True)
    stop = stop_order("SELL", "2500.00", "s1", closePosition="true")
    world.done("POST", ALGO, **(stop | {"workingType": "CONTRACT_PRICE"}))

    world.mark("2400.00")
    world.wait(50)
    before = query(world, "s1")["algoStatus"]
    world.trade("2500.00", "1", is_buyer_maker=True)
    world.wait(50)

    assert ("NEW", "FINISHED") == (before, query(world, "s1")["algoStatus"])


def test_a_stop_on_the_wrong_side_would_trigger_at_once(world: VenueWorld) -> None:
    assert world.refused("POST", ALGO, **stop_order("SELL", "2600.00", quantity="1")) == -2021
    assert world.refused("POST", ALGO, **stop_order("BUY", "2600.00", quantity="1")) == -2021


def test_a_second_whole_position_stop_of_one_direction_is_refused(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))

    code = world.refused("POST", ALGO, **stop_order("SELL", "2400.00", "s2", closePosition="true"))
    target = stop_order("SELL", "2700.00", "t1", closePosition="true")
    world.done("POST", ALGO, **(target | {"type": "TAKE_PROFIT_MARKET"}))
    world.done("POST", ALGO, **stop_order("SELL", "2400.00", "s3", quantity="1", reduceOnly="true"))

    assert code == -4130


def test_a_whole_position_stop_without_a_position_left_expires(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.done("POST", ORDER, **market_order("SELL", "1", "exit", reduceOnly="true"))

    world.mark("2499.00")
    world.wait(50)

    assert query(world, "s1")["algoStatus"] == "EXPIRED"
    assert world.position() == 0


def test_a_reducing_stop_without_a_position_is_rejected_when_it_fires(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", quantity="1", reduceOnly="true"))
    world.done("POST", ORDER, **market_order("SELL", "1", "exit", reduceOnly="true"))

    world.mark("2499.00")
    world.wait(50)

    last = world.frames_of("ALGO_UPDATE")[-1]["o"]
    assert ("REJECTED", "ReduceOnly Order is rejected.") == (last["X"], last["rm"])
    assert world.position() == 0


def test_margin_is_looked_at_when_the_stop_fires() -> None:
    world = long_world(VenueSettings(wallet_balance=Decimal(1000)))
    world.done("POST", ALGO, **stop_order("BUY", "2700.00", "s1", quantity="50"))
    world.quote("2700.00", "2700.10")

    world.mark("2700.00")
    world.wait(50)

    last = world.frames_of("ALGO_UPDATE")[-1]["o"]
    assert ("REJECTED", "Margin is insufficient.") == (last["X"], last["rm"])
    assert world.position() == Decimal(1)


def test_a_stop_that_lives_with_its_position_ends_with_it(world: VenueWorld) -> None:
    stop = stop_order("SELL", "2500.00", "s1", closePosition="true", timeInForce="GTE_GTC")
    world.done("POST", ALGO, **stop)

    world.done("POST", ORDER, **market_order("SELL", "1", "exit", reduceOnly="true"))

    assert query(world, "s1")["algoStatus"] == "EXPIRED"
    assert world.refused("POST", ALGO, **stop) == -4509


def test_a_cancelled_stop_answers_with_a_textual_code_and_never_fires(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))

    body = world.done("DELETE", ALGO, clientAlgoId="s1")
    world.mark("2400.00")
    world.wait(50)

    assert body["code"] == "200"
    assert query(world, "s1")["algoStatus"] == "CANCELED"
    assert world.position() == Decimal(1)
    assert world.refused("DELETE", ALGO, clientAlgoId="s1") == -2011


def test_a_query_by_algo_id_can_be_told_to_fail_for_a_live_order() -> None:
    world = long_world(VenueSettings(algo_query_by_id_fails=True))
    body = world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))

    assert world.refused("GET", ALGO, algoId=str(body["algoId"])) == -2013
    assert query(world, "s1")["algoStatus"] == "NEW"


def test_a_whole_position_stop_closes_past_resting_reducers() -> None:
    world = long_world(VenueSettings(resting_reducers_refuse=True))
    world.done("POST", ORDER, **limit_order("SELL", "1", "2700.00", "t1", reduceOnly="true"))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.quote("2498.00", "2498.10")

    world.mark("2499.00")
    world.wait(50)

    assert world.position() == 0
    assert world.done("GET", "/fapi/v1/openOrders", symbol="ETHUSDT") == []


def test_cancelling_all_conditionals_leaves_regular_orders_alone(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "rest"))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))

    world.done("DELETE", "/fapi/v1/algoOpenOrders", symbol="ETHUSDT")

    assert world.done("GET", "/fapi/v1/openAlgoOrders") == []
    assert len(world.done("GET", "/fapi/v1/openOrders", symbol="ETHUSDT")) == 1
    [row] = world.done("GET", "/fapi/v1/allAlgoOrders", symbol="ETHUSDT")
    assert ("CANCELED", "") == (row["algoStatus"], row["actualOrderId"])


def test_more_open_conditionals_than_the_account_admits_are_refused() -> None:
    world = long_world(VenueSettings(conditional_orders_max=2))
    for trigger in ("2500.00", "2501.00"):
        world.done("POST", ALGO, **stop_order("SELL", trigger, quantity="1"))

    assert world.refused("POST", ALGO, **stop_order("SELL", "2502.00", quantity="1")) == -4045


def test_a_client_algo_id_is_unique_among_open_conditionals(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", quantity="1"))
    assert world.refused("POST", ALGO, **stop_order("SELL", "2501.00", "s1", quantity="1")) == -4116

    world.done("DELETE", ALGO, clientAlgoId="s1")

    assert world.done("POST", ALGO, **stop_order("SELL", "2501.00", "s1", quantity="1"))


def test_price_protection_keeps_a_stop_from_firing_into_a_torn_market(world: VenueWorld) -> None:
    stop = stop_order("SELL", "2300.00", "s1", closePosition="true", priceProtect="true")
    world.done("POST", ALGO, **stop)

    world.mark("2300.00")
    world.wait(50)

    assert query(world, "s1")["algoStatus"] == "REJECTED"
    assert world.position() == Decimal(1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"closePosition": "true", "quantity": "1"}, -4137),
        ({"closePosition": "true", "reduceOnly": "true"}, -1106),
        ({"quantity": "0.0001"}, -1111),
        ({"quantity": "0.001"}, -4164),
        ({}, -1102),
        ({"quantity": "1", "workingType": "INDEX"}, -4031),
        ({"quantity": "1", "type": "LIMIT"}, -1116),
        ({"quantity": "1", "type": "TRAILING_STOP_MARKET"}, -1106),
        ({"quantity": "1", "triggerPrice": "2500.005"}, -1111),
        ({"quantity": "1", "triggerPrice": "0"}, -4006),
        ({"quantity": "1", "algoType": "VP"}, -1102),
        ({"quantity": "1", "clientAlgoId": "x" * 37}, -4015),
    ],
)
def test_a_malformed_conditional_is_refused_with_its_code(
    world: VenueWorld, change: dict[str, str], code: int
) -> None:
    assert world.refused("POST", ALGO, **(stop_order("SELL", "2500.00") | change)) == code
