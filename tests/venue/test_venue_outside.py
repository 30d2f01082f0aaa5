"""What others do to positions: automatic deleveraging and the settlement of a contract."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.scenarios.venue import outside
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

D = Decimal
ETH = {"symbol": "ETHUSDT"}
FORCED = "/fapi/v1/forceOrders"


@pytest.fixture
def world() -> VenueWorld:
    """A venue where 2 ETH were bought at 2600 and are worth 2700."""
    made = VenueWorld()
    made.quote("2600.00", "2600.00")
    made.mark("2600.00")
    made.listen()
    made.done("POST", ORDER, **market_order("BUY", "2"))
    made.quote("2700.00", "2700.00")
    made.mark("2700.00")
    made.wait(20)
    made.frames.clear()
    return made


def executions(world: VenueWorld) -> list[Any]:
    return [frame["o"] for frame in world.frames_of("ORDER_TRADE_UPDATE")]


def test_a_deleveraging_takes_a_share_of_a_winning_position_at_the_mark(world: VenueWorld) -> None:
    outside.deleverage(world.venue.core)
    world.wait(20)

    [told] = executions(world)
    assert ("adl_autoclose", "CALCULATED", "NEW", "SELL", D(1), D(2700), D(100)) == (
        told["c"], told["x"], told["X"], told["S"], D(told["l"]), D(told["L"]), D(told["rp"]),
    )  # fmt: skip
    assert D(1) == world.position()
    [row] = world.done("GET", FORCED, autoCloseType="ADL")
    assert ("adl_autoclose", "FILLED") == (row["clientOrderId"], row["status"])
    assert [] == world.done("GET", FORCED, autoCloseType="LIQUIDATION")


def test_no_losing_position_is_deleveraged(world: VenueWorld) -> None:
    world.mark("2500.00")

    assert outside.deleverage(world.venue.core) is None
    assert D(2) == world.position()


def test_the_best_position_on_its_cost_is_deleveraged_first(world: VenueWorld) -> None:
    world.quote("60000.00", "60000.00", symbol="BTCUSDT")
    world.mark("60000.00", symbol="BTCUSDT")
    world.done("POST", ORDER, **(market_order("BUY", "0.1") | {"symbol": "BTCUSDT"}))
    world.mark("66000.00", symbol="BTCUSDT")

    outside.deleverage(world.venue.core)

    assert (D(2), D("0.05")) == (world.position(), world.position("BTCUSDT"))


def test_a_position_of_one_step_is_left(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("SELL", "1.999"))

    assert outside.deleverage(world.venue.core, "ETHUSDT", "BOTH") is None


def test_a_deleveraging_knocks_out_reducers_that_would_reverse(world: VenueWorld) -> None:
    target = limit_order("SELL", "2", "2800.00", "t1", reduceOnly="true")
    world.done("POST", ORDER, **target)

    outside.deleverage(world.venue.core)

    assert "EXPIRED" == world.done("GET", ORDER, **ETH, origClientOrderId="t1")["status"]


def test_a_settlement_ends_orders_positions_and_trading_of_its_contract(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "rest"))
    world.done("POST", ALGO, **stop_order("SELL", "2500.00", "s1", closePosition="true"))
    world.wait(20)
    world.frames.clear()

    outside.settle(world.venue.core, "ETHUSDT")
    world.wait(20)

    expired, settled = executions(world)
    assert ("rest", "EXPIRED", "7") == (expired["c"], expired["x"], expired["er"])
    assert settled["c"].startswith("settlement_autoclose-")
    assert ("CALCULATED", D(2), D(2700)) == (settled["x"], D(settled["l"]), D(settled["L"]))
    assert 0 == world.position()
    assert [] == world.done("GET", "/fapi/v1/openAlgoOrders")
    assert -1122 == world.refused("POST", ORDER, **market_order("BUY", "1"))
    info = world.done("GET", "/fapi/v1/exchangeInfo")
    assert {"BTCUSDT": "TRADING", "ETHUSDT": "CLOSE"} == {
        row["symbol"]: row["status"] for row in info["symbols"]
    }


def test_in_hedge_mode_the_named_side_is_deleveraged() -> None:
    world = VenueWorld(VenueSettings(hedge_mode=True))
    world.quote("2600.00", "2600.00")
    world.mark("2600.00")
    world.done("POST", ORDER, **market_order("BUY", "2", positionSide="LONG"))
    world.quote("2650.00", "2650.00")
    world.done("POST", ORDER, **market_order("SELL", "2", positionSide="SHORT"))
    world.mark("2640.00")

    outside.deleverage(world.venue.core, "ETHUSDT", "SHORT")

    assert (D(2), D(-1)) == (world.position(side="LONG"), world.position(side="SHORT"))
