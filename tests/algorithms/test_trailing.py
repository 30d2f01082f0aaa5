"""Trailing stops: a whole engine has the venue follow a position, beside the stop."""

from decimal import Decimal
from typing import Any

from callboard.messages.events import OrderCancelled, OrderFilled, PositionClosed
from callboard.messages.intake import CancelOrder, FlattenPositions
from callboard.messages.plans import Bracket, TrailingStop
from callboard.messages.values import CloseReason, OrderType
from callboard.scenarios.planned import PriceMove
from callboard.scenarios.venue.algo_orders import AlgoOrder
from support.algorithm_runs import SIGNAL_ID, Stage

D = Decimal
FOLLOWED = {"stop_loss": D("2590"), "trailing": TrailingStop(D("0.5"))}
UP_AND_BACK = (PriceMove(9_000, 100, over_ms=1_000), PriceMove(14_000, -70, over_ms=1_000))


def resting(stage: Stage, kind: str = "TRAILING_STOP_MARKET") -> list[AlgoOrder]:
    """Return our conditional orders of a type at the venue."""
    found = stage.world.engine.venue.core.conditional.store.open_of("ETHUSDT")
    return [each for each in found if each.request.type == kind]


def closed(stage: Stage) -> Any:
    """Return how the position ended, None while it has not."""
    ends = [each for each in stage.events if isinstance(each, PositionClosed)]
    return ends[-1] if ends else None


def test_a_position_is_closed_where_the_price_comes_back_and_its_stop_goes() -> None:
    stage = Stage(price_moves=UP_AND_BACK)

    stage.tell(Bracket(), **FOLLOWED)
    stage.world.run_for(3)
    before = len(resting(stage)), len(resting(stage, "STOP_MARKET")), stage.held()
    stage.world.run_for(15)

    assert (1, 1, D("0.1")) == before
    assert CloseReason.TRAILING_STOP == closed(stage).reason
    assert closed(stage).exit_price > closed(stage).entry_price
    assert isinstance(stage.end(), OrderFilled)
    assert (D(0), ()) == (
        stage.held(),
        stage.world.engine.venue.core.conditional.store.open_of("ETHUSDT"),
    )
    assert [] == stage.close()


def test_the_stop_closes_a_position_that_never_rose_and_the_trailing_stop_goes() -> None:
    stage = Stage(price_moves=(PriceMove(9_000, -60, over_ms=200),))

    stage.tell(Bracket(), **FOLLOWED | {"trailing": TrailingStop(D(5))})
    stage.world.run_for(15)

    assert CloseReason.STOP_LOSS == closed(stage).reason
    assert [] == resting(stage)
    assert isinstance(stage.end(), OrderFilled)
    assert [] == stage.close()


def test_it_follows_from_its_activation_price_on() -> None:
    stage = Stage(price_moves=UP_AND_BACK)

    stage.tell(Bracket(), **FOLLOWED | {"trailing": TrailingStop(D("0.5"), D("2610.01"))})
    stage.world.run_for(3)
    waiting = [(each.request.activate_price, each.is_activated) for each in resting(stage)]
    stage.world.run_for(15)

    assert [(D("2610.01"), False)] == waiting
    assert CloseReason.TRAILING_STOP == closed(stage).reason
    assert [] == stage.close()


def test_an_activation_price_that_is_passed_already_follows_at_once() -> None:
    stage = Stage()

    stage.tell(Bracket(), **FOLLOWED | {"trailing": TrailingStop(D(2), D(2500))})
    stage.world.run_for(3)

    assert [(D(0), True)] == [
        (each.request.activate_price, each.is_activated) for each in resting(stage)
    ]
    assert [] == stage.close()


def test_an_entry_that_fills_in_parts_is_followed_whole_and_never_twice() -> None:
    stage = Stage(is_thin=True)

    wish = {"order_type": OrderType.LIMIT, "price": D("2600.2"), "quantity": D("0.19")}
    stage.tell(Bracket(), **FOLLOWED | {"trailing": TrailingStop(D(5))} | wish)
    stage.world.run_for(10)

    held = stage.held()
    assert held > D(0)
    assert [held] == [each.request.quantity for each in resting(stage)]
    assert [] == stage.close()


def test_what_is_closed_in_part_keeps_the_price_that_it_has_followed() -> None:
    stage = Stage()
    stage.tell(Bracket(), **FOLLOWED | {"trailing": TrailingStop(D(5))})
    stage.world.run_for(3)
    before = [each.algo_id for each in resting(stage)]

    stage.reduce("r1", D("0.04"))
    stage.world.run_for(3)

    assert D("0.06") == stage.held()
    assert before == [each.algo_id for each in resting(stage)]
    assert [] == stage.close()


def test_a_killed_engine_finds_its_trailing_stop_and_sends_no_second_one() -> None:
    stage = Stage(price_moves=(PriceMove(14_000, 100, over_ms=1_000), PriceMove(19_000, -70)))
    stage.tell(Bracket(), **FOLLOWED)
    stage.world.run_for(3)
    before = [each.algo_id for each in resting(stage)]

    stage.world.crash(down_ms=2_000)
    stage.world.run_for(3)
    after = [each.algo_id for each in resting(stage)]
    stage.world.run_for(15)

    assert before == after
    assert isinstance(stage.end(), OrderFilled)
    assert D(0) == stage.held()
    assert [] == stage.close()


def test_a_bracket_that_is_cancelled_is_followed_on() -> None:
    stage = Stage()
    stage.tell(Bracket(), **FOLLOWED)
    stage.world.run_for(3)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(2)

    assert isinstance(stage.end(), OrderCancelled)
    assert 1 == len(resting(stage))
    assert [] == stage.close()


def test_a_flatten_takes_it_away_with_the_position() -> None:
    stage = Stage()
    stage.tell(Bracket(), **FOLLOWED)
    stage.world.run_for(3)

    stage.world.tell(FlattenPositions("f1"))
    stage.world.run_for(5)

    assert (D(0), []) == (stage.held(), resting(stage))
    assert [] == stage.close()
