"""Terms of an order at the venue: its time, its price, and what is answered."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.scenarios.venue.market import Depth, DepthShape, Quote
from callboard.scenarios.venue.settings import ETHUSDT, VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

MINUTE_MS = 60_000
TEN_MINUTES_MS = 10 * MINUTE_MS
YEAR_MS = 365 * 24 * 60 * MINUTE_MS
YEAR_9999_MS = 253_402_300_799_000


def opened(settings: VenueSettings | None = None) -> VenueWorld:
    """Return a venue with ETHUSDT at 2600.00 / 2600.10, twenty levels deep, and a listener."""
    world = VenueWorld(settings)
    shape = DepthShape(20, Decimal("0.10"), Decimal(10))
    size = Decimal(100)
    quote = Quote("ETHUSDT", world.now_ns, Decimal(2600), size, Decimal("2600.10"), size, shape)
    world.say(quote)
    world.mark("2600.05")
    world.listen()
    return world


@pytest.fixture
def world() -> VenueWorld:
    return opened()


def gtd(world: VenueWorld, ahead_ms: int, name: str = "a", **more: str) -> dict[str, str]:
    """Return a resting GTD order that ends so long after now."""
    terms = {"timeInForce": "GTD", "goodTillDate": str(world.now_ms + ahead_ms)}
    return limit_order("BUY", "1", "2500.00", name) | terms | more


def last_update(world: VenueWorld) -> Any:
    world.wait(10)
    return world.frames_of("ORDER_TRADE_UPDATE")[-1]["o"]


def test_a_dated_order_expires_at_its_whole_second(world: VenueWorld) -> None:
    body = world.done("POST", ORDER, **gtd(world, TEN_MINUTES_MS + 5_999))

    assert ("GTD", 0) == (body["timeInForce"], body["goodTillDate"] % 1000)
    world.wait(body["goodTillDate"] - world.now_ms - 11)
    assert "NEW" == world.done("GET", ORDER, symbol="ETHUSDT", origClientOrderId="a")["status"]
    world.wait(20)
    ended = world.done("GET", ORDER, symbol="ETHUSDT", origClientOrderId="a")
    assert ("EXPIRED", body["goodTillDate"]) == (ended["status"], ended["updateTime"])
    told = last_update(world)
    assert ("EXPIRED", "EXPIRED", body["goodTillDate"]) == (told["x"], told["X"], told["gtd"])


def test_a_dated_order_that_was_partly_filled_expires_with_its_fills(world: VenueWorld) -> None:
    world.done("POST", ORDER, **gtd(world, TEN_MINUTES_MS + 5_000))
    world.trade("2500.00", "0.4", is_buyer_maker=True)

    world.wait(TEN_MINUTES_MS + 6_000)

    [order] = world.venue.ledger().orders
    assert ("EXPIRED", Decimal("0.4")) == (order.status, order.executed)


def test_dated_orders_end_in_the_order_of_their_dates(world: VenueWorld) -> None:
    for number, name in ((3, "late"), (1, "early"), (2, "middle"), (1, "cancelled")):
        world.done("POST", ORDER, **gtd(world, (10 + number) * MINUTE_MS, name))
    world.done("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="cancelled")

    world.wait(20 * MINUTE_MS)

    ended = [f["o"]["c"] for f in world.frames_of("ORDER_TRADE_UPDATE") if f["o"]["x"] == "EXPIRED"]
    assert ["early", "middle", "late"] == ended


def test_a_dated_order_keeps_its_date_when_it_is_amended(world: VenueWorld) -> None:
    body = world.done("POST", ORDER, **gtd(world, TEN_MINUTES_MS + 5_000))

    amended = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                         quantity="2", price="2501.00")  # fmt: skip

    assert body["goodTillDate"] == amended["goodTillDate"]
    world.wait(TEN_MINUTES_MS + 6_000)
    assert ["EXPIRED"] == [order.status for order in world.venue.ledger().orders]


def test_a_dated_order_that_fills_has_no_end_to_wait_for(world: VenueWorld) -> None:
    world.done("POST", ORDER, **gtd(world, TEN_MINUTES_MS + 5_000))
    world.trade("2499.00", "5", is_buyer_maker=True)

    world.wait(TEN_MINUTES_MS + 6_000)

    assert ["FILLED"] == [order.status for order in world.venue.ledger().orders]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"goodTillDate": ""}, -1102),
        ({"goodTillDate": "soon"}, -1100),
        ({"goodTillDate": "1000"}, -5040),
        ({"goodTillDate": str(YEAR_9999_MS)}, -5040),
        ({"timeInForce": "GTC"}, -1106),
        ({"timeInForce": "GTG"}, -1115),
    ],
)
def test_a_wrong_date_is_refused(world: VenueWorld, change: dict[str, str], code: int) -> None:
    order = gtd(world, TEN_MINUTES_MS + 5_000) | change

    assert code == world.refused("POST", ORDER, **order)
    assert world.venue.ledger().orders == ()


def test_a_date_must_lie_more_than_ten_minutes_ahead_by_its_whole_second(
    world: VenueWorld,
) -> None:
    # The world's clock shows a whole second when the request arrives, 5 ms after it left.
    world.wait(1000 - world.now_ms % 1000 - 5)
    arrives_ms = world.now_ms + 5

    early = gtd(world, 0) | {"goodTillDate": str(arrives_ms + TEN_MINUTES_MS + 999)}
    assert -5040 == world.refused("POST", ORDER, **early)

    world.wait(990)
    later_ms = world.now_ms + 5
    assert later_ms % 1000 == 0
    world.done("POST", ORDER, **(early | {"goodTillDate": str(later_ms + TEN_MINUTES_MS + 1000)}))


def test_any_resting_order_is_cancelled_after_a_year(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    world.wait(YEAR_MS + 10)

    [order] = world.venue.ledger().orders
    assert "CANCELED" == order.status


def test_only_what_never_rests_has_a_result(world: VenueWorld) -> None:
    resting = limit_order("BUY", "1", "2600.10", "a", newOrderRespType="RESULT")
    taking = limit_order("BUY", "1", "2600.10", "b", newOrderRespType="RESULT")

    assert "NEW" == world.done("POST", ORDER, **resting)["status"]
    assert "FILLED" == world.done("POST", ORDER, **(taking | {"timeInForce": "FOK"}))["status"]
    assert "FILLED" == world.done("POST", ORDER, **(taking | {"timeInForce": "IOC"}))["status"]
    assert Decimal(3) == world.position()


@pytest.mark.parametrize(
    ("mode", "side", "price"),
    [
        ("OPPONENT", "BUY", "2600.10"),
        ("OPPONENT_5", "BUY", "2600.50"),
        ("OPPONENT_10", "SELL", "2599.10"),
        ("OPPONENT_20", "SELL", "2598.10"),
        ("QUEUE", "BUY", "2600.00"),
        ("QUEUE", "SELL", "2600.10"),
        ("QUEUE_5", "BUY", "2599.60"),
        ("QUEUE_10", "SELL", "2601.00"),
        ("QUEUE_20", "BUY", "2598.10"),
    ],
)
def test_a_matched_price_is_taken_from_the_book(mode: str, side: str, price: str) -> None:
    world = opened(VenueSettings(price_matches_withdrawn=()))
    order = limit_order(side, "1", "", "a", priceMatch=mode)

    body = world.done("POST", ORDER, **order)

    assert (mode, Decimal(price)) == (body["priceMatch"], Decimal(body["price"]))
    assert mode == last_update(world)["pm"]


def test_a_matched_price_follows_an_l2_book() -> None:
    world = VenueWorld()
    bids = tuple((Decimal(2600 - number), Decimal(1)) for number in range(5))
    world.say(Depth("ETHUSDT", world.now_ns, bids, ((Decimal(2601), Decimal(1)),), True))

    body = world.done("POST", ORDER, **limit_order("BUY", "1", "", "a", priceMatch="QUEUE_5"))

    assert "2596" == body["price"]
    deeper = limit_order("SELL", "1", "", "b", priceMatch="QUEUE_5")
    assert -5041 == world.refused("POST", ORDER, **deeper)


def test_an_order_is_amended_to_a_matched_price(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    body = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                      quantity="1", priceMatch="QUEUE")  # fmt: skip

    back = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                      quantity="1", price="2500.00")  # fmt: skip

    assert (Decimal("2600.00"), "QUEUE") == (Decimal(body["price"]), body["priceMatch"])
    assert "NONE" == back["priceMatch"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"priceMatch": "BEST"}, -5037),
        ({"priceMatch": "OPPONENT_10"}, -5037),
        ({"priceMatch": "OPPONENT_20"}, -5037),
        ({"priceMatch": "QUEUE", "price": "2600.00"}, -1106),
        ({"priceMatch": "NONE"}, -1102),
        ({"priceMatch": "OPPONENT", "timeInForce": "GTX"}, -5022),
        ({"price": "2600.00", "selfTradePreventionMode": "MAYBE"}, -5039),
        ({"price": "2600.00", "newOrderRespType": "FULL"}, -1136),
    ],
)
def test_wrong_terms_are_refused(world: VenueWorld, change: dict[str, str], code: int) -> None:
    order = limit_order("BUY", "1", "") | change

    assert code == world.refused("POST", ORDER, **order)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"priceMatch": "QUEUE"}, -5038),
        ({"price": "2600.00"}, -1106),
        ({"timeInForce": "GTC"}, -1106),
        ({"goodTillDate": "1800000000000"}, -1106),
    ],
)
def test_a_market_order_has_no_terms_of_a_limit(
    world: VenueWorld, change: dict[str, str], code: int
) -> None:
    assert code == world.refused("POST", ORDER, **(market_order("BUY", "1") | change))


def test_an_order_cannot_be_amended_while_its_symbol_does_not_trade() -> None:
    world = opened()
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    account = world.venue.core.account
    account.rules = dict(account.rules) | {"ETHUSDT": evolve(ETHUSDT, status="TRADING_HALT")}

    code = world.refused("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                         quantity="1", price="2501.00")  # fmt: skip

    assert -5024 == code


def test_only_limit_orders_are_amended(world: VenueWorld) -> None:
    thin = Decimal("0.001")
    world.say(Quote("ETHUSDT", world.now_ns, Decimal(2600), thin, Decimal("2600.10"), thin))
    world.done("POST", ALGO, **stop_order("BUY", "2700.00", "s", quantity="1"))

    code = world.refused("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="s",
                         quantity="1", price="2501.00")  # fmt: skip

    assert -2013 == code


def test_a_conditional_hands_its_terms_to_its_child(world: VenueWorld) -> None:
    terms = {"priceMatch": "QUEUE_5", "selfTradePreventionMode": "EXPIRE_BOTH", "quantity": "1"}
    stop = stop_order("BUY", "2610.00", "s", **terms) | {"type": "STOP"}
    dated = {"timeInForce": "GTD", "goodTillDate": str(world.now_ms + TEN_MINUTES_MS + 2000)}
    world.done("POST", ALGO, **(stop | dated))

    world.mark("2610.00")
    world.wait(50)

    [child] = world.done("GET", "/fapi/v1/openOrders", symbol="ETHUSDT")
    assert ("QUEUE_5", "EXPIRE_BOTH", Decimal("2599.60")) == (
        child["priceMatch"], child["selfTradePreventionMode"], Decimal(child["price"]),
    )  # fmt: skip
    world.wait(TEN_MINUTES_MS + 3000)
    assert "EXPIRED" == last_update(world)["X"]


def test_a_conditional_without_depth_for_its_match_is_rejected_at_its_trigger() -> None:
    world = VenueWorld()
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    world.listen()
    stop = stop_order("BUY", "2610.00", "s", priceMatch="QUEUE_5", quantity="1")
    world.done("POST", ALGO, **(stop | {"type": "STOP"}))

    world.mark("2610.00")
    world.wait(50)

    told = world.frames_of("ALGO_UPDATE")[-1]["o"]
    assert ("REJECTED", "No depth matches this BBO order") == (told["X"], told["rm"])


def test_a_market_order_takes_nothing_far_from_the_mark(world: VenueWorld) -> None:
    size = Decimal(1)
    shape = DepthShape(20, Decimal("20.00"), Decimal(1))
    world.say(Quote("ETHUSDT", world.now_ns, Decimal(2600), size, Decimal(2610), size, shape))
    world.mark("2600.00")

    world.done("POST", ORDER, **market_order("BUY", "20", "a"))

    # Five in a hundred of 2600 are 130, so 2730.00 is the last price that it pays.
    assert Decimal("2730.00") == max(fill.price for fill in world.venue.ledger().fills)
    told = last_update(world)
    assert ("EXPIRED", "9", "7") == (told["X"], told["er"], told["z"])


@pytest.mark.parametrize(
    ("time_in_force", "quantity", "reason"), [("FOK", "999", "10"), ("GTX", "1", "11")]
)
def test_orders_that_their_own_terms_forbid_expire_where_the_setting_says_so(
    time_in_force: str, quantity: str, reason: str
) -> None:
    world = opened(VenueSettings(unfit_orders_expire=True, wallet_balance=Decimal(10**9)))
    order = limit_order("BUY", quantity, "2600.10", "a", timeInForce=time_in_force)

    world.done("POST", ORDER, **order)

    told = last_update(world)
    assert ("EXPIRED", reason, "0") == (told["X"], told["er"], told["z"])
