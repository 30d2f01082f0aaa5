"""Types of conditional orders: limit children, trailing stops, dates and their refusals."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.algo_orders import AlgoOrder, AlgoRequest
from callboard.scenarios.venue.triggers import TrailingLine
from venue_world import ALGO, ORDER, VenueWorld, long_world, stop_order

SYMBOL = {"symbol": "ETHUSDT"}


@pytest.fixture
def world() -> VenueWorld:
    """A venue with an open long position."""
    return long_world()


def stop_limit(side: str, trigger: str, price: str, name: str, **more: str) -> dict[str, str]:
    params = stop_order(side, trigger, name) | {"type": "STOP", "price": price, "quantity": "1"}
    return params | more


def trailing(side: str, rate: str, name: str, **more: str) -> dict[str, str]:
    params = stop_order(side, "", name) | {"type": "TRAILING_STOP_MARKET", "quantity": "1"}
    del params["triggerPrice"]
    return params | {"callbackRate": rate} | more


def status(world: VenueWorld, client_algo_id: str) -> str:
    found: str = world.done("GET", ALGO, clientAlgoId=client_algo_id)["algoStatus"]
    return found


def marks(world: VenueWorld, *prices: str) -> None:
    """Let the mark go from price to price, and the book with it."""
    for price in prices:
        world.quote(price, str(Decimal(price) + Decimal("0.10")))
        world.mark(price)
        world.wait(50)


def last_update(world: VenueWorld) -> Any:
    return world.frames_of("ALGO_UPDATE")[-1]["o"]


def test_a_stop_becomes_a_limit_order_that_rests_until_it_is_met(world: VenueWorld) -> None:
    order = stop_limit("SELL", "2500.00", "2510.00", "s1", reduceOnly="true")
    world.done("POST", ALGO, **order)

    marks(world, "2499.00")
    [child] = world.done("GET", "/fapi/v1/openOrders", **SYMBOL)
    resting = status(world, "s1")
    marks(world, "2511.00")

    assert ("s1", "LIMIT", "STOP", "2510.00", "2500.00", "TRIGGERED") == (
        child["clientOrderId"], child["type"], child["origType"], child["price"],
        child["stopPrice"], resting,
    )  # fmt: skip
    assert ("FINISHED", Decimal(0)) == (status(world, "s1"), world.position())
    last = last_update(world)
    assert ("FINISHED", "LIMIT", "1", "2510.00") == (last["X"], last["act"], last["aq"], last["p"])


def test_a_take_profit_limit_fires_on_the_other_side(world: VenueWorld) -> None:
    order = stop_limit("SELL", "2700.00", "2690.00", "t1", reduceOnly="true")
    world.done("POST", ALGO, **(order | {"type": "TAKE_PROFIT"}))

    marks(world, "2600.00", "2700.00")

    assert ("FINISHED", Decimal(0)) == (status(world, "t1"), world.position())


def test_a_child_that_may_not_rest_expires_and_its_conditional_is_finished_unfilled(
    world: VenueWorld,
) -> None:
    order = stop_limit("SELL", "2500.00", "2510.00", "s1", reduceOnly="true", timeInForce="IOC")
    world.done("POST", ALGO, **order)

    marks(world, "2499.00")

    last = last_update(world)
    assert ("FINISHED", "0", Decimal(1)) == (last["X"], last["aq"], world.position())


def test_a_post_only_child_that_would_take_is_rejected_at_its_trigger(world: VenueWorld) -> None:
    order = stop_limit("SELL", "2500.00", "2490.00", "s1", reduceOnly="true", timeInForce="GTX")
    world.done("POST", ALGO, **order)

    marks(world, "2499.00")

    last = last_update(world)
    assert "REJECTED" == last["X"]
    assert "Post Only" in last["rm"]


def test_cancelling_the_child_finishes_its_conditional(world: VenueWorld) -> None:
    order = stop_limit("SELL", "2500.00", "2510.00", "s1", reduceOnly="true")
    world.done("POST", ALGO, **order)
    marks(world, "2499.00")

    world.done("DELETE", ORDER, **SYMBOL, origClientOrderId="s1")
    world.wait(20)

    assert ("FINISHED", "0") == (last_update(world)["X"], last_update(world)["aq"])
    assert world.refused("DELETE", ALGO, clientAlgoId="s1") == -2011


def test_a_conditional_that_is_firing_can_no_longer_be_cancelled(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.mark("2499.00")

    assert -4117 == world.refused("DELETE", ALGO, clientAlgoId="s1")
    world.wait(10)
    assert -2011 == world.refused("DELETE", ALGO, clientAlgoId="s1")


def test_a_trailing_stop_without_activation_follows_at_once(world: VenueWorld) -> None:
    world.done("POST", ALGO, **trailing("SELL", "1", "t1", reduceOnly="true"))
    [row] = world.done("GET", "/fapi/v1/openAlgoOrders", **SYMBOL)

    marks(world, "2650.00", "2700.00", "2673.10")
    before = status(world, "t1")
    marks(world, "2673.00")

    assert (True, "1", "0") == (row["isActivated"], row["callbackRate"], row["activatePrice"])
    assert ("NEW", "FINISHED", Decimal(0)) == (before, status(world, "t1"), world.position())


def test_a_trailing_stop_waits_for_its_activation_price(world: VenueWorld) -> None:
    order = trailing("SELL", "1", "t1", reduceOnly="true", activatePrice="2700.00")
    world.done("POST", ALGO, **order)

    marks(world, "2690.00", "2600.00")
    [row] = world.done("GET", "/fapi/v1/openAlgoOrders", **SYMBOL)
    marks(world, "2700.00", "2720.00", "2692.00")

    assert not row["isActivated"]
    assert ("FINISHED", True) == (status(world, "t1"), last_update(world)["ia"])


def test_a_trailing_buy_follows_the_price_down() -> None:
    world = VenueWorld()
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    order = trailing("BUY", "0.5", "t1", activatePrice="2550.00")
    world.done("POST", ALGO, **order)

    marks(world, "2550.00", "2500.00", "2512.49")
    before = status(world, "t1")
    marks(world, "2512.50")

    assert ("NEW", Decimal(1)) == (before, world.position())


def test_a_cancelled_trailing_stop_follows_no_more(world: VenueWorld) -> None:
    world.done("POST", ALGO, **trailing("SELL", "1", "active", reduceOnly="true"))
    world.done(
        "POST", ALGO, **trailing("SELL", "1", "waits", reduceOnly="true", activatePrice="2700.00")
    )

    world.done("DELETE", "/fapi/v1/algoOpenOrders", **SYMBOL)
    marks(world, "2800.00", "2500.00")

    assert ("CANCELED", "CANCELED") == (status(world, "active"), status(world, "waits"))
    assert Decimal(1) == world.position()


def test_a_dated_conditional_expires_at_its_date_by_the_venues_clock(world: VenueWorld) -> None:
    until_ms = (world.now_ms // 1000 + 700) * 1000
    order = stop_limit("SELL", "2500.00", "2510.00", "s1", timeInForce="GTD")
    world.done("POST", ALGO, **order, goodTillDate=str(until_ms))

    def kept() -> str:
        return world.venue.ledger().orders[-1].status

    world.wait(until_ms - 50 - world.now_ms)
    before = kept()
    world.venue.set_clock_skew_ms(-5_000)
    world.wait(5_000)
    behind = kept()
    world.wait(100)

    assert ("NEW", "NEW", "EXPIRED") == (before, behind, kept())


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (trailing("SELL", "0.09", "t"), -2007),
        (trailing("SELL", "10.1", "t"), -2007),
        (trailing("SELL", "0.15", "t"), -2007),
        (trailing("SELL", "1", "t", activatePrice="2600.00"), -2021),
        (trailing("BUY", "1", "t", activatePrice="2600.00"), -2021),
        (trailing("SELL", "1", "t", activatePrice="2700.005"), -1111),
        (trailing("SELL", "1", "t", closePosition="true"), -4136),
        (trailing("SELL", "1", "t", price="2500.00"), -1106),
        (trailing("SELL", "1", "t", callbackRate=""), -1102),
        (stop_limit("SELL", "2500.00", "", "s"), -1102),
        (stop_limit("SELL", "2500.00", "2500.005", "s"), -1111),
        (stop_limit("SELL", "2500.00", "2124.99", "s"), -4184),
        (stop_limit("BUY", "2700.00", "3105.01", "s"), -4183),
        (stop_limit("SELL", "2500.00", "2500.00", "s", callbackRate="1"), -1106),
        (stop_limit("SELL", "2500.00", "2500.00", "s", closePosition="true"), -4136),
        (stop_limit("SELL", "2500.00", "2500.00", "s", timeInForce="DAY"), -1115),
        (stop_limit("SELL", "2500.00", "2500.00", "s", timeInForce="GTD"), -1102),
        (stop_limit("SELL", "2500.00", "9.00", "s", quantity="10001"), -4013),
        (stop_limit("SELL", "2500.00", "2500.00", "s", quantity="10001"), -4005),
        (stop_order("SELL", "2500.00", "s", quantity="2001"), -4005),
    ],
)
def test_a_conditional_that_breaks_its_types_rule_is_refused(
    world: VenueWorld, order: dict[str, str], code: int
) -> None:
    assert code == world.refused("POST", ALGO, **order)


def test_a_date_too_near_is_refused(world: VenueWorld) -> None:
    order = stop_limit("SELL", "2500.00", "2500.00", "s", timeInForce="GTD")

    near = world.refused("POST", ALGO, **order, goodTillDate=str(world.now_ms + 600_000))

    assert -5040 == near


TRAILING = AlgoRequest(
    "ETHUSDT", "SELL", "BOTH", "TRAILING_STOP_MARKET", "GTC", Decimal(1), Decimal(0),
    "MARK_PRICE", False, False, False, "t1", callback_rate=Decimal("2.5"),
)  # fmt: skip


@given(
    st.sampled_from(["BUY", "SELL"]),
    st.lists(st.integers(90_000, 110_000), min_size=1, max_size=40),
)
def test_a_trailing_stop_fires_where_the_price_first_came_back_from_its_best(
    side: str, cents: list[int]
) -> None:
    prices = [Decimal(each) / 100 for each in cents]
    line = TrailingLine()
    line.add(AlgoOrder(1, evolve(TRAILING, side=side), 0, 0, 0), Decimal(0))

    fired = next((n for n, price in enumerate(prices) if line.fired(price)), None)

    def has_turned(number: int) -> bool:
        seen, price = prices[: number + 1], prices[number]
        if side == "SELL":
            return price <= max(seen) * Decimal("0.975")
        return price >= min(seen) * Decimal("1.025")

    assert next((n for n in range(len(prices)) if has_turned(n)), None) == fired
