"""Venue liquidation: the warning, the forced orders, the insurance fund, the refusals."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.scenarios.venue.account_settings import LiquidationRules
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

D = Decimal
ETH = {"symbol": "ETHUSDT"}
FORCED = "/fapi/v1/forceOrders"


def opened(settings: VenueSettings | None = None, *, quantity: str = "10") -> VenueWorld:
    """Return a venue with 1000 in the wallet and a long position bought at 2600."""
    world = VenueWorld(settings or VenueSettings(wallet_balance=D(1400)))
    world.quote("2600.00", "2600.00", quantity="1000")
    world.mark("2600.00")
    world.listen()
    if quantity != "0":
        world.done("POST", ORDER, **market_order("BUY", quantity))
        world.wait(20)
    world.frames.clear()
    return world


@pytest.fixture
def world() -> VenueWorld:
    """A venue where the whole account stands behind 10 long at 2600."""
    return opened()


def fall(world: VenueWorld, price: str) -> None:
    """Let book and mark fall to a price, and whatever follows happen."""
    world.quote(price, price, quantity="1000")
    world.mark(price)
    world.wait(100)


def forced_updates(world: VenueWorld) -> list[Any]:
    found = [frame["o"] for frame in world.frames_of("ORDER_TRADE_UPDATE")]
    return [order for order in found if order["c"].startswith("autoclose-")]


def test_the_told_liquidation_price_is_where_it_happens(world: VenueWorld) -> None:
    [row] = world.done("GET", "/fapi/v3/positionRisk")
    price = D(row["liquidationPrice"])

    fall(world, str((price + D("0.02")).quantize(D("0.01"))))
    before = world.position()
    fall(world, str((price - D("0.02")).quantize(D("0.01"))))

    assert (D(10), D(0)) == (before, world.position())


def test_a_warning_comes_before_once_until_the_margin_has_recovered(world: VenueWorld) -> None:
    fall(world, "2473.00")
    fall(world, "2472.50")
    fall(world, "2600.00")
    fall(world, "2473.00")

    first, second = world.frames_of("MARGIN_CALL")
    [position] = first["p"]
    assert ("ETHUSDT", "CROSSED", D(10), D("-1270")) == (
        position["s"], position["mt"], D(position["pa"]), D(position["up"]),
    )  # fmt: skip
    assert D(first["cw"]) == world.venue.core.account.cross_wallet
    assert first["p"] == second["p"]
    assert world.position() == D(10)


def test_the_forced_order_is_told_as_an_execution_of_a_new_order(world: VenueWorld) -> None:
    fall(world, "2470.00")

    [order] = forced_updates(world)
    assert ("LIQUIDATION", "CALCULATED", "NEW", "SELL", D(10), D(2470)) == (
        order["o"], order["x"], order["X"], order["S"], D(order["l"]), D(order["L"]),
    )  # fmt: skip
    assert D(0) == D(order["n"])
    reasons = [frame["a"]["m"] for frame in world.frames_of("ACCOUNT_UPDATE")]
    assert ["ORDER", "INSURANCE_CLEAR"] == reasons


def test_a_forced_order_can_be_queried_and_stands_among_the_forced_orders(
    world: VenueWorld,
) -> None:
    fall(world, "2470.00")

    [row] = world.done("GET", FORCED, **ETH)
    order = world.done("GET", ORDER, **ETH, origClientOrderId=row["clientOrderId"])

    assert ("FILLED", "LIMIT", "IOC", "10") == (
        row["status"], row["type"], row["timeInForce"], row["executedQty"],
    )  # fmt: skip
    assert (row["orderId"], "FILLED") == (order["orderId"], order["status"])
    assert [row] == world.done("GET", FORCED, autoCloseType="LIQUIDATION")
    assert [] == world.done("GET", FORCED, autoCloseType="ADL")
    assert [] == world.done("GET", FORCED, symbol="BTCUSDT")
    assert -1130 == world.refused("GET", FORCED, autoCloseType="OTHER")


def test_the_insurance_fund_takes_its_fee_out_of_what_is_left(world: VenueWorld) -> None:
    fall(world, "2470.00")

    ledger = world.venue.ledger()
    left = D(1400) + ledger.realized - ledger.fees
    fee = min(left, 10 * 2470 * D("0.0125"))
    assert -fee == ledger.incomes["INSURANCE_CLEAR"]
    assert left - fee == ledger.wallet_balance


def test_the_insurance_fund_pays_what_is_missing(world: VenueWorld) -> None:
    fall(world, "2300.00")

    ledger = world.venue.ledger()
    assert D(0) == ledger.wallet_balance
    assert ledger.incomes["INSURANCE_CLEAR"] == D(1600) + ledger.fees


def test_open_orders_expire_and_new_ones_are_refused_during_the_takeover() -> None:
    world = opened(VenueSettings(wallet_balance=D(1700)))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2000.00", "rest"))
    world.done("POST", ALGO, **stop_order("BUY", "2700.00", "stop", quantity="1"))

    world.quote("2430.00", "2430.00")
    world.mark("2430.00")
    refused = world.refused("POST", ORDER, **market_order("SELL", "10", reduceOnly="true"))
    world.wait(100)

    assert -2023 == refused
    rest = next(
        frame["o"]
        for frame in world.frames_of("ORDER_TRADE_UPDATE")
        if frame["o"]["c"] == "rest" and frame["o"]["x"] == "EXPIRED"
    )
    assert "5" == rest["er"]
    assert 0 == world.position()
    assert "NEW" == world.done("GET", ALGO, clientAlgoId="stop")["algoStatus"]
    world.mark("2430.00")
    assert world.refused("POST", ORDER, **market_order("SELL", "1", reduceOnly="true")) == -2022


def test_a_stop_that_lives_with_its_position_ends_with_the_liquidation(world: VenueWorld) -> None:
    stop = stop_order("SELL", "2000.00", "s1", closePosition="true", timeInForce="GTE_GTC")
    world.done("POST", ALGO, **stop)

    fall(world, "2470.00")

    assert "EXPIRED" == world.done("GET", ALGO, clientAlgoId="s1")["algoStatus"]


def test_what_the_book_does_not_hold_is_taken_over_at_the_mark(world: VenueWorld) -> None:
    world.quote("2470.00", "2470.00", quantity="4")
    world.mark("2465.00")
    world.wait(100)

    first, second = forced_updates(world)
    assert [(D(4), D(2470)), (D(6), D(2465))] == [
        (D(order["l"]), D(order["L"])) for order in (first, second)
    ]
    assert "NEW" == second["X"]
    assert 0 == world.position()


def test_the_larger_loss_goes_first_and_what_is_then_covered_stays() -> None:
    rules = evolve(LiquidationRules(), clearance_fee=D("0.001"))
    world = VenueWorld(VenueSettings(wallet_balance=D(4000), liquidation=rules))
    for symbol, price in (("ETHUSDT", "2600.00"), ("BTCUSDT", "60000.00")):
        world.quote(price, price, quantity="1000", symbol=symbol)
        world.mark(price, symbol=symbol)
    world.done("POST", ORDER, **market_order("BUY", "20"))
    world.done("POST", ORDER, **(market_order("BUY", "0.1") | {"symbol": "BTCUSDT"}))

    fall(world, "2411.00")

    assert (D(0), D("0.1")) == (world.position(), world.position("BTCUSDT"))


def test_an_isolated_position_loses_its_own_wallet_at_most() -> None:
    world = opened(quantity="0")
    world.done("POST", "/fapi/v1/marginType", **ETH, marginType="ISOLATED")
    world.done("POST", ORDER, **market_order("BUY", "4"))
    beside = world.venue.core.account.cross_wallet

    fall(world, "2300.00")

    assert (D(0), beside) == (world.position(), world.venue.ledger().wallet_balance)
    assert D(1200) - D(520) == world.venue.ledger().incomes["INSURANCE_CLEAR"]


def test_an_isolated_loss_leaves_cross_positions_alone() -> None:
    world = opened(quantity="0")
    world.done("POST", "/fapi/v1/marginType", **ETH, marginType="ISOLATED")
    world.quote("60000.00", "60000.00", symbol="BTCUSDT")
    world.mark("60000.00", symbol="BTCUSDT")
    world.done("POST", ORDER, **(market_order("BUY", "0.1") | {"symbol": "BTCUSDT"}))
    world.done("POST", ORDER, **market_order("BUY", "4"))

    fall(world, "2300.00")

    assert (D(0), D("0.1")) == (world.position(), world.position("BTCUSDT"))


def test_an_isolated_position_is_warned_of_by_itself() -> None:
    world = opened(quantity="0")
    world.done("POST", "/fapi/v1/marginType", **ETH, marginType="ISOLATED")
    world.done("POST", ORDER, **market_order("BUY", "4"))

    fall(world, "2482.00")

    [call] = world.frames_of("MARGIN_CALL")
    assert "cw" not in call
    assert ("ISOLATED", D(520)) == (call["p"][0]["mt"], D(call["p"][0]["iw"]))


def test_a_position_opened_anew_is_warned_of_anew(world: VenueWorld) -> None:
    fall(world, "2473.00")
    world.done("POST", ORDER, **market_order("SELL", "10"))
    world.mark("2473.00")
    world.venue.core.account.move(D(1300), at_ms=world.now_ms)
    world.quote("2600.00", "2600.00")
    world.mark("2600.00")
    world.done("POST", ORDER, **market_order("BUY", "10"))

    fall(world, "2473.00")

    assert 2 == len(world.frames_of("MARGIN_CALL"))


def test_both_sides_of_a_hedge_stand_behind_each_other() -> None:
    world = opened(VenueSettings(wallet_balance=D(2800), hedge_mode=True), quantity="0")
    world.done("POST", ORDER, **market_order("BUY", "10", positionSide="LONG"))
    world.done("POST", ORDER, **market_order("SELL", "10", positionSide="SHORT"))

    fall(world, "2000.00")

    assert (D(10), D(-10)) == (world.position(side="LONG"), world.position(side="SHORT"))


def test_a_venue_can_be_told_to_liquidate_nobody() -> None:
    rules = evolve(LiquidationRules(), is_on=False)
    world = opened(VenueSettings(wallet_balance=D(1400), liquidation=rules))

    fall(world, "2300.00")

    assert D(10) == world.position()


def test_what_a_close_in_time_left_below_zero_is_paid_by_the_fund() -> None:
    rules = evolve(LiquidationRules(), is_on=False)
    world = opened(VenueSettings(wallet_balance=D(1400), liquidation=rules))
    world.quote("2400.00", "2400.00")
    # A market order would not take so far from the mark.
    world.done("POST", ORDER, **limit_order("SELL", "10", "2400.00", reduceOnly="true"))
    before = world.venue.ledger().wallet_balance

    world.mark("2400.00")

    assert before < 0
    assert (D(0), -before) == (
        world.venue.ledger().wallet_balance, world.venue.ledger().incomes["INSURANCE_CLEAR"],
    )  # fmt: skip
