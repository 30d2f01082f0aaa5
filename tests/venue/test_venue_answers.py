"""Venue answers: the ways in which an answer lies, lags, bans or comes in another shape."""

from typing import Any

import pytest

from callboard.actors.ports import VenueAnswer
from callboard.scenarios.venue.fault_targets import REFUSALS
from callboard.scenarios.venue.faults import Fault, Faults, ScriptedFault
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

OPEN, OPEN_ALGOS = "/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders"
TIME, RISK, ACCOUNT = "/fapi/v1/time", "/fapi/v3/positionRisk", "/fapi/v3/account"
TRADES = "/fapi/v1/userTrades"


def quoted(settings: VenueSettings | None = None) -> VenueWorld:
    """Return a venue with a quoted market and a listener."""
    world = VenueWorld(settings)
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    world.listen()
    return world


def aim(
    world: VenueWorld, fault: Fault, method: str = "POST", path: str = ORDER, **more: Any
) -> None:
    """Let a fault hit the next request of a kind."""
    world.venue.plan_fault(ScriptedFault(method, path, 1, fault, **more))


def test_a_pause_is_asked_for_with_its_length_or_without() -> None:
    world = quoted()

    aim(world, Fault.HTTP_429)
    told = world.ask("POST", ORDER, **market_order("BUY", "1"))
    aim(world, Fault.HTTP_429_BARE)
    bare = world.ask("POST", ORDER, **market_order("BUY", "1"))

    assert (429, 429) == (told.status, bare.status)
    assert "Retry-After" in told.headers
    assert {} == bare.headers


@pytest.mark.parametrize("is_told", [True, False])
def test_a_ban_holds_for_every_request_until_it_is_over(is_told: bool) -> None:
    world = quoted()

    aim(world, Fault.HTTP_418 if is_told else Fault.HTTP_418_BARE, size_ms=5_000)
    first = world.ask("POST", ORDER, **market_order("BUY", "1"))
    again = world.ask("GET", TIME)
    world.wait(5_000)

    assert [418, 418] == [first.status, again.status]
    for answer in (first, again):
        assert is_told == ("Retry-After" in answer.headers)
        assert is_told == ("banned until" in answer.body["msg"])
    assert 200 == world.ask("GET", TIME).status


def test_the_firewall_answers_with_a_page() -> None:
    world = quoted()

    aim(world, Fault.HTTP_403)
    answer = world.ask("POST", ORDER, **market_order("BUY", "1"))

    assert (403, None) == (answer.status, answer.body)
    assert "Forbidden" in answer.text
    assert () == world.venue.ledger().orders


def test_an_answer_may_come_twice() -> None:
    world = quoted()

    aim(world, Fault.ANSWER_TWICE, size_ms=300)
    world.send("POST", ORDER, **market_order("BUY", "1"))
    arrived = [each.payload for each in world.wait(400) if each.kind == "answer"]

    assert 2 == len(arrived)
    assert arrived[0] == arrived[1]
    assert 1 == len(world.venue.ledger().orders)


def test_an_order_can_be_told_filled_before_it_is_answered() -> None:
    world = quoted()

    aim(world, Fault.ANSWER_AFTER_FILL, size_ms=40)
    request_id = world.send("POST", ORDER, **market_order("BUY", "1"))
    world.wait(20)

    assert "FILLED" == world.frames_of("ORDER_TRADE_UPDATE")[-1]["o"]["X"]
    assert world.answer_to(request_id) is None
    world.wait(40)
    assert world.answer_to(request_id) is not None


def test_an_unreadable_answer_is_a_success_that_nobody_can_read() -> None:
    world = quoted()

    aim(world, Fault.ANSWER_UNREADABLE)
    answer = world.ask("POST", ORDER, **market_order("BUY", "1"))

    assert (200, None) == (answer.status, answer.body)
    assert 1 == len(world.venue.ledger().orders)


def test_an_unknown_status_stands_in_one_order_or_in_the_first_of_a_list() -> None:
    world = quoted()
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "b"))

    aim(world, Fault.ANSWER_UNKNOWN_STATUS, "GET")
    one = world.done("GET", ORDER, symbol="ETHUSDT", origClientOrderId="a")
    aim(world, Fault.ANSWER_UNKNOWN_STATUS, "GET", OPEN)
    listed = world.done("GET", OPEN, symbol="ETHUSDT")

    assert "SOMETHING_NEW" == one["status"]
    assert ["SOMETHING_NEW", "NEW"] == [row["status"] for row in listed]


@pytest.mark.parametrize("is_stop", [True, False])
def test_an_order_that_rests_and_arrives_twice_is_known_by_its_id(is_stop: bool) -> None:
    world = quoted()
    path = ALGO if is_stop else ORDER
    stop = stop_order("SELL", "2500.00", "a", quantity="1", reduceOnly="true")
    params = stop if is_stop else limit_order("BUY", "1", "2500.00", "a")

    aim(world, Fault.REQUEST_TWICE, path=path)

    assert -4116 == world.refused("POST", path, **params)
    assert 1 == len(world.venue.ledger().orders)


def test_a_market_order_that_arrives_twice_is_executed_once() -> None:
    world = quoted()

    aim(world, Fault.REQUEST_TWICE)

    assert "NEW" == world.done("POST", ORDER, **market_order("BUY", "1"))["status"]
    assert 1 == len(world.venue.ledger().orders)


@pytest.mark.parametrize("executed", [True, False])
def test_a_lost_amendment_is_silence_whatever_came_of_it(executed: bool) -> None:
    world = quoted()
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    named = {"symbol": "ETHUSDT", "origClientOrderId": "a"}

    aim(world, Fault.AMEND_LOST, "PUT", executed=executed)
    amended = named | {"side": "BUY", "quantity": "2", "price": "2500.00"}
    request_id = world.send("PUT", ORDER, **amended)
    world.wait(100)

    assert world.answer_to(request_id) is None
    assert ("2" if executed else "1") == world.done("GET", ORDER, **named)["origQty"]


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_refusal_that_no_rule_asks_for_changes_nothing(fault: Fault) -> None:
    world = quoted()

    aim(world, fault)
    answer = world.ask("POST", ORDER, **market_order("BUY", "1"))

    assert REFUSALS[fault].code == answer.body["code"]
    assert REFUSALS[fault].status == answer.status
    assert answer.body["msg"]
    assert () == world.venue.ledger().orders
    assert world.venue.is_made_up("r1")


def test_drawn_refusals_meet_only_what_they_can_refuse() -> None:
    both = Faults(margin_2019=1.0, reduce_only_2022=1.0)
    world = quoted(VenueSettings(faults=both))

    entry = world.refused("POST", ORDER, **market_order("BUY", "1"))
    exit_ = world.refused("POST", ORDER, **market_order("SELL", "1", reduceOnly="true"))

    assert (-2019, -2022) == (entry, exit_)
    assert (
        "NEW"
        == world.done(
            "POST", ALGO, **stop_order("SELL", "2500.00", quantity="1", reduceOnly="true")
        )["algoStatus"]
    )
    assert world.done("GET", TIME)


def lagging(world: VenueWorld, path: str, lag_ms: int, **params: str) -> VenueAnswer:
    """Return what a copy says that is so old."""
    aim(world, Fault.READS_LAG, "GET", path, size_ms=lag_ms)
    return world.ask("GET", path, **params)


def test_an_order_is_not_found_by_a_copy_that_is_older_than_it() -> None:
    world = quoted()
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    named = {"symbol": "ETHUSDT", "origClientOrderId": "a"}

    assert -2013 == lagging(world, ORDER, 500, **named).body["code"]
    assert [] == lagging(world, OPEN, 500).body
    world.wait(500)
    assert "NEW" == lagging(world, ORDER, 500, **named).body["status"]
    assert 1 == len(lagging(world, OPEN, 500).body)


def test_a_cancelled_order_is_still_open_in_an_old_copy() -> None:
    world = quoted()
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    world.wait(1_000)
    named = {"symbol": "ETHUSDT", "origClientOrderId": "a"}
    world.done("DELETE", ORDER, **named)

    assert "NEW" == lagging(world, ORDER, 500, **named).body["status"]
    assert ["a"] == [row["clientOrderId"] for row in lagging(world, OPEN, 500).body]
    assert "CANCELED" == world.done("GET", ORDER, **named)["status"]


def test_a_fill_an_its_money_are_not_in_an_old_copy() -> None:
    world = quoted()
    world.done("POST", ORDER, **market_order("BUY", "1", "a"))
    world.wait(1_000)
    world.done("POST", ORDER, **market_order("SELL", "0.4", "b", reduceOnly="true"))

    before = lagging(world, RISK, 500).body[0]
    after = world.done("GET", RISK)[0]
    wallet = lagging(world, ACCOUNT, 500).body["totalWalletBalance"]

    assert ("1", "0.6") == (before["positionAmt"], after["positionAmt"])
    assert "9998.69995000" == wallet
    assert wallet != world.done("GET", ACCOUNT)["totalWalletBalance"]
    assert 1 == len(lagging(world, TRADES, 500, symbol="ETHUSDT").body)


def test_a_fired_stop_still_waits_in_an_old_copy() -> None:
    world = quoted()
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", ALGO, **stop_order("SELL", "2590.00", "s", closePosition="true"))
    world.wait(1_000)
    world.mark("2589.00")
    world.wait(50)

    assert "NEW" == lagging(world, ALGO, 500, clientAlgoId="s").body["algoStatus"]
    assert ["s"] == [row["clientAlgoId"] for row in lagging(world, OPEN_ALGOS, 500).body]
    assert "TRIGGERING" == lagging(world, ALGO, 70, clientAlgoId="s").body["algoStatus"]
    assert "FINISHED" == world.done("GET", ALGO, clientAlgoId="s")["algoStatus"]
