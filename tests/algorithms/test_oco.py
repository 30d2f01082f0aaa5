"""One of two entries: a whole engine lets a limit rest, or takes at the stop price."""

from decimal import Decimal
from typing import Any

from callboard.messages.events import (
    OrderCancelled,
    OrderExpired,
    OrderFilled,
)
from callboard.messages.intake import CancelOrder, HaltTrading
from callboard.messages.plans import Oco
from callboard.messages.values import OrderType
from callboard.scenarios.planned import PriceMove
from support.algorithm_runs import SIGNAL_ID, Stage

D = Decimal
EITHER: dict[str, Any] = {
    "order_type": OrderType.LIMIT,
    "price": D("2596"),
    "stop_loss": D("2580"),
}
PLAN = Oco(D("2604"))
DIP = (PriceMove(9_000, -30, over_ms=1_000),)
RISE = (PriceMove(9_000, 30, over_ms=1_000),)


def entries(stage: Stage) -> list[tuple[str, Decimal]]:
    """Return type and filled quantity of every entry that the venue took, oldest first."""
    history = stage.world.engine.venue.core.matching.orders.history_of("ETHUSDT")
    return [(each.request.type, each.executed) for each in history if "-e1" in each.client_order_id]


def resting(stage: Stage) -> int:
    return len(stage.world.engine.venue.core.matching.orders.open_of("ETHUSDT"))


def test_where_the_price_falls_the_limit_fills_and_the_stop_price_is_off() -> None:
    stage = Stage(price_moves=(*DIP, PriceMove(14_000, 60, over_ms=1_000)))

    stage.tell(PLAN, **EITHER)
    stage.world.run_for(20)

    assert isinstance(stage.end(), OrderFilled)
    assert ([("LIMIT", D("0.100"))], D("0.1")) == (entries(stage), stage.held())
    assert [] == stage.close()


def test_where_the_price_rises_the_limit_goes_and_the_market_is_taken() -> None:
    stage = Stage(price_moves=(*RISE, PriceMove(14_000, -80, over_ms=1_000)))

    stage.tell(PLAN, **EITHER)
    stage.world.run_for(3)
    before = resting(stage), stage.held()
    stage.world.run_for(17)

    assert (1, D(0)) == before
    assert isinstance(stage.end(), OrderFilled)
    assert [("LIMIT", D(0)), ("MARKET", D("0.100"))] == entries(stage)
    assert (0, D("0.1")) == (resting(stage), stage.held())
    assert [] == stage.close()


def test_a_limit_that_fills_in_part_leaves_the_rest_to_the_stop_price() -> None:
    stage = Stage(is_thin=True, price_moves=RISE)

    stage.tell(PLAN, **EITHER | {"price": D("2600.2"), "quantity": D("0.19")})
    stage.world.run_for(20)

    assert isinstance(stage.end(), OrderFilled | OrderExpired)
    assert D(0) < stage.held() <= D("0.19")
    assert stage.held() == sum(filled for _, filled in entries(stage))
    assert [] == stage.close()


def test_a_price_that_has_run_away_is_not_followed() -> None:
    stage = Stage(price_moves=(PriceMove(9_000, 118),))

    stage.tell(PLAN, **EITHER)
    stage.world.run_for(20)

    assert isinstance(stage.end(), OrderExpired)
    assert stage.view().reason.startswith("slippage_reference: ")
    assert (D(0), 0) == (stage.held(), resting(stage))
    assert [] == stage.close()


def test_both_entries_are_cancelled_as_one() -> None:
    stage = Stage(price_moves=(PriceMove(14_000, 30, over_ms=1_000),))
    stage.tell(PLAN, **EITHER)
    stage.world.run_for(4)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(15)

    assert isinstance(stage.end(), OrderCancelled)
    assert (D(0), 0) == (stage.held(), resting(stage))
    assert [] == stage.close()


def test_a_halt_ends_both() -> None:
    stage = Stage(price_moves=(PriceMove(14_000, 30, over_ms=1_000),))
    stage.tell(PLAN, **EITHER)
    stage.world.run_for(4)

    stage.world.tell(HaltTrading("h1", "drill"))
    stage.world.run_for(15)

    assert isinstance(stage.end(), OrderCancelled)
    assert (D(0), 0) == (stage.held(), resting(stage))
    assert [] == stage.close()


def test_an_engine_that_was_killed_while_the_stop_price_was_touched_takes_it_once() -> None:
    stage = Stage(price_moves=(PriceMove(9_000, 25),))
    stage.tell(PLAN, **EITHER)
    stage.world.run_for(3.5)

    stage.world.crash(down_ms=3_000)
    stage.world.run_for(20)

    assert isinstance(stage.end(), OrderFilled)
    assert D("0.1") == stage.held()
    assert [("LIMIT", D(0)), ("MARKET", D("0.100"))] == entries(stage)
    assert [] == stage.close()
