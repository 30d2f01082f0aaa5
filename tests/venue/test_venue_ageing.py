"""Venue ageing: what is over is forgotten by age, and what is open never is."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve

from callboard.scenarios.venue.account_settings import DAY_MS, HistoryAges
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

ETH = {"symbol": "ETHUSDT"}
TRADES, ORDERS, ALGOS = "/fapi/v1/userTrades", "/fapi/v1/allOrders", "/fapi/v1/allAlgoOrders"
FIRST = {"orderId": "1"}


def opened(settings: VenueSettings | None = None) -> VenueWorld:
    world = VenueWorld(settings)
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    return world


@pytest.fixture
def world() -> VenueWorld:
    """A venue with a market and a flat account."""
    return opened()


def cancelled(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    world.done("DELETE", ORDER, **ETH, origClientOrderId="a")


def expired(world: VenueWorld) -> None:
    order = limit_order("BUY", "1", "2500.00", "a") | {"timeInForce": "IOC"}
    world.done("POST", ORDER, **order)


def filled(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1", "a"))


def cancelled_after_a_fill(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "2", "2599.00", "a"))
    world.trade("2599.00", "1", is_buyer_maker=True)
    world.done("DELETE", ORDER, **ETH, origClientOrderId="a")


def known(world: VenueWorld) -> tuple[bool, bool]:
    """Say whether order "a" can be queried, and whether it is listed."""
    answer = world.ask("GET", ORDER, **ETH, origClientOrderId="a")
    if answer.status != 200:
        assert answer.body["code"] == -2013
    return answer.status == 200, bool(world.done("GET", ORDERS, **ETH, **FIRST))


@pytest.mark.parametrize("end", [cancelled, expired])
def test_an_order_that_ended_without_a_fill_is_forgotten_after_three_days(
    world: VenueWorld, end: Callable[[VenueWorld], None]
) -> None:
    end(world)
    world.wait(3 * DAY_MS - 1_000)
    before = known(world)

    world.wait(1_001)

    assert ((True, True), (False, False)) == (before, known(world))


@pytest.mark.parametrize("end", [filled, cancelled_after_a_fill])
def test_an_order_with_a_fill_is_forgotten_after_ninety_days(
    world: VenueWorld, end: Callable[[VenueWorld], None]
) -> None:
    end(world)
    world.wait(90 * DAY_MS - 1_000)
    before = known(world)

    world.wait(1_001)

    assert ((True, True), (False, False)) == (before, known(world))


def test_an_open_order_is_known_however_old(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    world.wait(200 * DAY_MS)

    assert (True, True) == known(world)
    assert 1 == len(world.done("GET", "/fapi/v1/openOrders", **ETH))


def test_trades_are_forgotten_by_age_whichever_way_they_are_asked_for(world: VenueWorld) -> None:
    filled(world)
    [trade] = world.done("GET", TRADES, **ETH)
    by = ({"fromId": str(trade["id"])}, {"orderId": str(trade["orderId"])})

    world.wait(89 * DAY_MS)
    before = [len(world.done("GET", TRADES, **ETH, **each)) for each in by]
    world.wait(DAY_MS)

    assert ([1, 1], [0, 0]) == (before, [len(world.done("GET", TRADES, **ETH, **e)) for e in by])


def test_trades_of_the_last_seven_days_are_told_by_default(world: VenueWorld) -> None:
    filled(world)
    world.wait(8 * DAY_MS)

    assert [] == world.done("GET", TRADES, **ETH)


def test_a_conditional_that_never_fired_is_forgotten_after_three_days(world: VenueWorld) -> None:
    for name in ("ended", "waits"):
        world.done("POST", ALGO, **stop_order("SELL", "2500.00", name, quantity="1"))
    world.done("DELETE", ALGO, clientAlgoId="ended")

    world.wait(3 * DAY_MS + 1_000)

    assert -2013 == world.refused("GET", ALGO, clientAlgoId="ended")
    assert "NEW" == world.done("GET", ALGO, clientAlgoId="waits")["algoStatus"]
    [row] = world.done("GET", ALGOS, **ETH, algoId="1")
    assert "waits" == row["clientAlgoId"]


def test_a_conditional_whose_child_filled_is_forgotten_after_ninety_days(
    world: VenueWorld,
) -> None:
    filled(world)
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.quote("2499.00", "2499.10")
    world.mark("2499.00")
    world.wait(4 * DAY_MS)
    before = world.done("GET", ALGO, clientAlgoId="s1")["algoStatus"]

    world.wait(86 * DAY_MS + 1_000)

    assert "FINISHED" == before
    assert -2013 == world.refused("GET", ALGO, clientAlgoId="s1")


def test_the_ages_are_settings() -> None:
    ages = evolve(HistoryAges(), unfilled_order_ms=1_000)
    world = opened(VenueSettings(ages=ages, wallet_balance=Decimal(10_000)))
    cancelled(world)

    world.wait(1_001)

    assert (False, False) == known(world)
