"""Self-trade prevention at the venue: what happens when an account's orders meet each other."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.scenarios.venue.market import DepthShape, Quote
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ORDER, VenueWorld, limit_order, market_order

MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")


@pytest.fixture
def world() -> VenueWorld:
    """A venue where a buy of 2 rests at 2600.05, between 2600.00 and 2600.10."""
    made = VenueWorld(VenueSettings())
    made.quote("2600.00", "2600.10", quantity="5")
    made.mark("2600.05")
    made.listen()
    made.done("POST", ORDER, **limit_order("BUY", "2", "2600.05", "maker"))
    return made


def selling(quantity: str, price: str, mode: str, **more: str) -> dict[str, str]:
    return limit_order("SELL", quantity, price, "taker", selfTradePreventionMode=mode, **more)


def ends(world: VenueWorld) -> dict[str, tuple[str, Decimal]]:
    return {o.client_order_id: (o.status, o.executed) for o in world.venue.ledger().orders}


def told(world: VenueWorld, name: str) -> Any:
    """Return execution, status and expiry reason of an order's last frame."""
    world.wait(10)
    frame = [f["o"] for f in world.frames_of("ORDER_TRADE_UPDATE") if f["o"]["c"] == name][-1]
    return frame["x"], frame["X"], frame["er"]


def test_the_maker_expires_unless_the_order_says_otherwise(world: VenueWorld) -> None:
    order = limit_order("SELL", "1", "2600.00", "taker")

    body = world.done("POST", ORDER, **order)

    assert "EXPIRE_MAKER" == body["selfTradePreventionMode"]
    assert ("EXPIRED", "EXPIRED_IN_MATCH", "1") == told(world, "maker")
    assert {"maker": ("EXPIRED_IN_MATCH", Decimal(0)), "taker": ("FILLED", Decimal(1))} == ends(
        world
    )
    assert [Decimal("2600.00")] == [fill.price for fill in world.venue.ledger().fills]


def test_the_taker_expires_where_it_asks_for_it(world: VenueWorld) -> None:
    world.done("POST", ORDER, **selling("1", "2600.00", "EXPIRE_TAKER"))

    assert ("EXPIRED", "EXPIRED_IN_MATCH", "1") == told(world, "taker")
    assert {"maker": ("NEW", Decimal(0)), "taker": ("EXPIRED_IN_MATCH", Decimal(0))} == ends(world)


def test_both_expire_where_the_taker_asks_for_it(world: VenueWorld) -> None:
    world.done("POST", ORDER, **selling("1", "2600.00", "EXPIRE_BOTH"))

    assert {"EXPIRED_IN_MATCH"} == {status for status, _ in ends(world).values()}
    assert world.venue.ledger().fills == ()


def test_without_prevention_both_sides_fill_at_the_resting_price(world: VenueWorld) -> None:
    world.done("POST", ORDER, **selling("3", "2600.00", "NONE"))

    fills = world.venue.ledger().fills
    assert [
        ("maker", Decimal("2600.05"), Decimal(2), True),
        ("taker", Decimal("2600.05"), Decimal(2), False),
        ("taker", Decimal("2600.00"), Decimal(1), False),
    ] == [(f.client_order_id, f.price, f.quantity, f.is_maker) for f in fills]
    assert Decimal(-1) == world.position()


def test_what_was_filled_before_the_meeting_stays_filled(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("SELL", "5", "2600.20", "far"))

    buy = limit_order("BUY", "9", "2600.30", "taker", selfTradePreventionMode="EXPIRE_TAKER")
    world.done("POST", ORDER, **buy)

    assert ("EXPIRED_IN_MATCH", Decimal(5)) == ends(world)["taker"]
    assert ("NEW", Decimal(0)) == ends(world)["far"]


@pytest.mark.parametrize("order_type", ["IOC", "MARKET"])
def test_a_remainder_lost_to_prevention_has_its_own_reason(
    world: VenueWorld, order_type: str
) -> None:
    mode = "EXPIRE_TAKER"
    if order_type == "IOC":
        order = selling("1", "2600.00", mode) | {"timeInForce": "IOC"}
    else:
        order = market_order("SELL", "1", "taker", selfTradePreventionMode=mode)

    world.done("POST", ORDER, **order)

    assert ("EXPIRED", "EXPIRED_IN_MATCH", "3") == told(world, "taker")


def test_prevention_does_not_reach_a_fill_or_kill(world: VenueWorld) -> None:
    world.done("POST", ORDER, **(selling("7", "2600.00", "EXPIRE_MAKER") | {"timeInForce": "FOK"}))

    assert {"maker": ("FILLED", Decimal(2)), "taker": ("FILLED", Decimal(7))} == ends(world)


def test_a_post_only_order_that_would_meet_an_own_order_is_refused(world: VenueWorld) -> None:
    order = limit_order("SELL", "1", "2600.05", "taker") | {"timeInForce": "GTX"}

    assert -5022 == world.refused("POST", ORDER, **order)


def test_an_amendment_that_crosses_an_own_order_meets_it_by_the_mode_it_was_placed_with(
    world: VenueWorld,
) -> None:
    world.done("POST", ORDER, **selling("1", "2700.00", "EXPIRE_TAKER"))

    world.done("PUT", ORDER, symbol="ETHUSDT", side="SELL", origClientOrderId="taker",
               quantity="1", price="2600.05")  # fmt: skip

    assert {"maker": ("NEW", Decimal(0)), "taker": ("EXPIRED_IN_MATCH", Decimal(0))} == ends(world)


def test_a_better_market_price_goes_before_an_own_order(world: VenueWorld) -> None:
    world.quote("2600.06", "2600.10", quantity="1")

    world.done("POST", ORDER, **selling("2", "2600.00", "NONE"))

    prices = [f.price for f in world.venue.ledger().fills if f.client_order_id == "taker"]
    assert [Decimal("2600.06"), Decimal("2600.05")] == prices


def test_a_market_order_does_not_meet_own_orders_beyond_the_known_depth() -> None:
    world = VenueWorld()
    shape, one = DepthShape(2, Decimal("0.10"), Decimal(1)), Decimal(1)
    world.say(Quote("ETHUSDT", world.now_ns, Decimal(2600), one, Decimal("2600.10"), one, shape))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "far"))

    world.done("POST", ORDER, **market_order("SELL", "9", "taker"))

    assert {"far": ("NEW", Decimal(0)), "taker": ("EXPIRED", Decimal(2))} == ends(world)


@pytest.mark.parametrize("mode", MODES)
def test_an_account_never_rests_on_both_sides_of_a_price(world: VenueWorld, mode: str) -> None:
    for number, price in enumerate(("2600.05", "2599.90", "2600.20")):
        world.done(
            "POST", ORDER, **(selling("9", price, mode) | {"newClientOrderId": f"s{number}"})
        )

    orders = world.venue.core.matching.orders
    buy = orders.resting("ETHUSDT", is_buy=True).first()
    sell = orders.resting("ETHUSDT", is_buy=False).first()
    assert buy is None or sell is None or buy.price < sell.price
