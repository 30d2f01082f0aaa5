"""TWAP: a whole engine carries it out; restart, cancel and halt in the midst of it."""

from decimal import Decimal

import pytest

from callboard.messages.events import (
    CommandRefused,
    OrderCancelled,
    OrderExpired,
    OrderFilled,
    OrderRefused,
)
from callboard.messages.intake import (
    CancelOrder,
    ExecuteAlgorithm,
    FlattenPositions,
    HaltTrading,
)
from callboard.messages.plans import Twap
from callboard.messages.values import OrderType, SignalType
from callboard.scenarios.planned import PriceMove
from support.algorithm_runs import SIGNAL_ID, Stage, troubled, wished

D = Decimal
PLAN = Twap(8_000, 4)
FILLED = [(f"{SIGNAL_ID}/{number}", "FILLED") for number in (1, 2, 3, 4)]


def test_every_slice_comes_at_its_time_and_the_whole_ends_once() -> None:
    stage = Stage()

    stage.tell(PLAN)
    stage.world.run_for(2.9)
    halfway = stage.held()
    stage.world.run_for(8)

    assert D("0.05") == halfway
    assert FILLED == stage.progress()
    assert isinstance(stage.end(), OrderFilled)
    assert (D("0.1"), D("0.1"), "FILLED") == (
        stage.held(),
        stage.view().filled,
        stage.view().outcome,
    )
    assert [] == stage.close()


def test_the_orders_ids_derive_from_the_parents_intent() -> None:
    stage = Stage()

    stage.tell(PLAN)
    stage.world.run_for(10)

    orders = stage.world.engine.venue.core.matching.orders.history_of("ETHUSDT")
    assert [f"cb1-1_{number}-e1" for number in (1, 2, 3, 4)] == [
        each.client_order_id for each in orders
    ]


def test_a_reducing_one_closes_in_slices_and_goes_on_while_trading_is_halted() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(10)

    stage.tell(PLAN, signal_id="a2", signal=SignalType.CLOSE_LONG)
    stage.world.run_for(3)
    stage.world.tell(HaltTrading("h1", "drill"))
    stage.world.run_for(8)

    assert isinstance(stage.end("a2"), OrderFilled)
    assert D(0) == stage.held()
    assert [] == stage.close()


def test_more_than_is_held_is_closed_until_nothing_is_left() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(10)

    stage.tell(PLAN, signal_id="a2", signal=SignalType.CLOSE_LONG, quantity=D("0.15"))
    stage.world.run_for(10)

    assert isinstance(stage.end("a2"), OrderFilled)
    assert D("0.1") == stage.view().filled
    assert [] == stage.close()


def test_a_killed_engine_goes_on_where_the_schedule_is() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(2.9)

    stage.world.crash(down_ms=3_000)
    stage.world.run_for(12)

    assert D("0.1") == stage.held()
    assert isinstance(stage.end(), OrderFilled)
    assert [] == stage.close()


def test_an_actor_that_crashes_asks_for_no_slice_twice() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(1)

    for actor in ("execution_system", "risk_gate"):
        stage.world.crash_actor(actor)
    stage.world.run_for(12)

    assert D("0.1") == stage.held()
    assert FILLED == stage.progress()
    assert [] == stage.close()


def test_it_is_cancelled_as_one() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(2.9)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(10)

    end = stage.end()
    assert isinstance(end, OrderCancelled)
    assert D("0.05") == end.filled == stage.held()
    assert "cancelled by c1" == stage.view().reason
    assert [] == stage.close()


def test_a_second_cancel_has_nothing_to_cancel() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(1)

    for number in (1, 2):
        stage.world.tell(CancelOrder(f"c{number}", SIGNAL_ID))
        stage.world.run_for(1)

    refused = [each for each in stage.events if isinstance(each, CommandRefused)]
    assert [("c2", f"no open signal {SIGNAL_ID}")] == [(e.command_id, e.reason) for e in refused]


def test_one_that_waits_for_a_price_is_cancelled_between_its_slices() -> None:
    stage = Stage()
    stage.tell(PLAN, order_type=OrderType.LIMIT, price=D("2590"))
    stage.world.run_for(3)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(3)

    assert isinstance(stage.end(), OrderCancelled)
    assert [] == stage.close()


def test_a_halt_ends_what_opens_and_leaves_what_is_open_protected() -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(2.9)

    stage.world.tell(HaltTrading("h1", "drill"))
    stage.world.run_for(10)

    assert isinstance(stage.end(), OrderCancelled)
    assert "halted: operator: drill" == stage.view().reason
    assert D("0.05") == stage.held()
    assert [] == stage.close()


@pytest.mark.parametrize("is_flatten", [True, False])
def test_an_exit_or_a_flatten_ends_what_it_takes_back(is_flatten: bool) -> None:
    stage = Stage()
    stage.tell(PLAN)
    stage.world.run_for(2.9)

    exit_ = wished(signal_id="x1", signal=SignalType.CLOSE_LONG, quantity=None, stop_loss=None)
    stage.world.tell(FlattenPositions("f1") if is_flatten else exit_)
    stage.world.run_for(10)

    assert isinstance(stage.end(), OrderCancelled)
    assert D(0) == stage.held()
    assert [] == stage.close()


def test_a_position_that_its_stop_closed_is_not_opened_again() -> None:
    stage = Stage(price_moves=(PriceMove(20_000, -100),))

    stage.tell(Twap(40_000, 4), stop_loss=D("2590"))
    stage.world.run_for(60)

    assert isinstance(stage.end(), OrderCancelled)
    assert "its position is closed" == stage.view().reason
    assert D(0) == stage.held()
    assert [] == stage.close()


def test_at_a_price_that_nobody_gives_it_expires_unfilled() -> None:
    stage = Stage()

    stage.tell(PLAN, order_type=OrderType.LIMIT, price=D("2590"))
    stage.world.run_for(20)

    assert not isinstance(stage.end(), OrderFilled)
    assert D(0) == stage.held()
    assert [] == stage.close()


def test_a_whole_that_breaks_a_limit_is_refused_before_its_first_slice() -> None:
    stage = Stage()

    stage.tell(PLAN, quantity=D(5))
    stage.world.run_for(3)

    end = stage.end()
    assert isinstance(end, OrderRefused)
    assert "position_percent_max" == end.guard
    assert [] == stage.progress()
    assert [] == stage.close()


def test_a_plan_with_faults_is_refused_with_all_of_them() -> None:
    stage = Stage()

    stage.world.tell(ExecuteAlgorithm(wished(quantity=None), Twap(0, 1)))
    stage.world.run_for(1)

    end = stage.end()
    assert isinstance(end, OrderRefused)
    assert ("algorithm_plan", 3) == (end.guard, len(end.figure.split("; ")))


def test_the_same_id_is_taken_once() -> None:
    stage = Stage()

    for _ in range(2):
        stage.tell(PLAN)
    stage.world.run_for(10)

    assert D("0.1") == stage.held()


def test_a_thin_book_fills_in_parts_and_the_rest_is_made_up_for() -> None:
    stage = Stage(is_thin=True)

    stage.tell(Twap(4_000, 2), order_type=OrderType.LIMIT, price=D("2600.2"), quantity=D("0.15"))
    stage.world.run_for(30)

    assert isinstance(stage.end(), OrderFilled | OrderExpired)
    assert stage.view().filled == stage.held() <= D("0.15")
    assert [] == stage.close()


@pytest.mark.parametrize("seed", [3, 14, 33])
def test_drawn_algorithms_in_trouble_break_no_invariant_and_end(seed: int) -> None:
    report = troubled(seed).run()

    assert report.is_clean, str(report)
