"""Algorithms at the gate: judged whole, charged once, every slice judged by itself."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.messages.algorithms import (
    AlgorithmAdmitted,
    PositionGone,
    ReleaseAlgorithm,
    RequestAlgorithm,
)
from callboard.messages.control import TradingStateChanged
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.orders import (
    ApprovalRefused,
    ApprovedOrder,
    CancelIntent,
    RequestEntry,
)
from callboard.messages.plans import Twap
from callboard.messages.values import SignalType, TradingState
from support.entries import ACTIVE, SETTINGS, entry
from support.gates import GateBench
from support.steps import SECOND, Step

D = Decimal
PLAN = Twap(60_000, 4)
STRICT = evolve(SETTINGS, executions_per_day_max=1)


def begun(bench: GateBench, **wish: Any) -> Step:
    """Ask for an algorithm with the intent 7."""
    command = ExecuteAlgorithm(entry(quantity=D("0.1"), **wish), PLAN)
    return bench.steps.tell(RequestAlgorithm("7", command))


def sliced(bench: GateBench, number: int, quantity: str = "0.025") -> Step:
    signal = entry(signal_id=f"s1/{number}", quantity=D(quantity))
    return bench.steps.tell(RequestEntry(f"7_{number}", signal))


def approved(step: Step) -> ApprovedOrder:
    (order,) = step.told(ApprovedOrder)
    return order


def guards(step: Step) -> list[str]:
    return [each.guard for each in step.told(ApprovalRefused)]


def test_an_admitted_algorithm_reserves_nothing_and_learns_what_it_is_cut_by() -> None:
    bench = GateBench()

    step = begun(bench)

    (admitted,) = step.told(AlgorithmAdmitted)
    assert admitted.filters == bench.steps.actor.state.filters["ETHUSDT"]
    assert admitted.mark == bench.steps.actor.state.marks["ETHUSDT"]
    assert {} == bench.steps.actor.state.reservations


def test_a_whole_above_a_limit_is_refused_though_each_slice_would_pass() -> None:
    step = GateBench().steps.tell(
        RequestAlgorithm("7", ExecuteAlgorithm(entry(quantity=D(1)), PLAN))
    )

    assert ["position_percent_max"] == guards(step)


def test_a_reducing_one_is_admitted_whatever_the_world_is() -> None:
    step = begun(GateBench(ready=False), signal=SignalType.CLOSE_LONG)

    assert [AlgorithmAdmitted("7", None, None)] == step.told(AlgorithmAdmitted)


def test_slices_after_the_first_wait_for_no_cooldown_quota_or_scale_in() -> None:
    bench = GateBench(STRICT)
    begun(bench)

    bench.fill(approved(sliced(bench, 1)))
    second = approved(sliced(bench, 2))
    bench.fill(second)

    assert "cb3-7_2-e1" == second.client_order_id
    assert [] == guards(sliced(bench, 3))
    assert 1 == bench.steps.actor.state.executions.executions


def test_an_algorithm_that_is_charged_leaves_others_their_cooldown() -> None:
    bench = GateBench(evolve(SETTINGS, scale_in=True))
    begun(bench)
    bench.fill(approved(sliced(bench, 1)))
    bench.wait(600 * SECOND)
    bench.fill(approved(sliced(bench, 2)))

    assert "cooldown" == bench.guard()
    bench.wait(301 * SECOND)
    assert "" == bench.guard()


def test_a_first_slice_that_never_left_gives_the_charge_back() -> None:
    bench = GateBench(STRICT)
    begun(bench)

    bench.never_sent(approved(sliced(bench, 1)))
    bench.fill(approved(sliced(bench, 2)))

    assert 1 == bench.steps.actor.state.executions.executions
    assert bench.steps.actor.state.executions.executed_at_ns["ETHUSDT"] > 0


def test_a_slice_of_an_algorithm_that_is_over_is_refused() -> None:
    bench = GateBench()
    begun(bench)

    bench.steps.tell(ReleaseAlgorithm("7"))

    assert ["algorithm_over"] == guards(sliced(bench, 1))


def test_every_slice_meets_the_limits_as_the_world_is_then() -> None:
    bench = GateBench()
    begun(bench)
    bench.fill(approved(sliced(bench, 1)))

    bench.steps.tell(evolve(ACTIVE, state=TradingState.HALTED, epoch=2))

    assert ["trading_state"] == guards(sliced(bench, 2))


def test_a_halt_is_passed_on_while_an_algorithm_runs() -> None:
    bench, halted = GateBench(), evolve(ACTIVE, state=TradingState.HALTED, epoch=2)

    before = bench.steps.tell(halted).told(TradingStateChanged)
    bench.steps.tell(evolve(ACTIVE, epoch=3))
    begun(bench)

    assert [] == before
    assert [] == bench.steps.tell(evolve(ACTIVE, epoch=4)).told(TradingStateChanged)
    assert [halted] == bench.steps.tell(halted).to("execution_system")


def test_the_end_of_its_position_is_passed_on_while_an_algorithm_runs() -> None:
    bench = GateBench()
    begun(bench)
    order = approved(sliced(bench, 1))
    bench.fill(order)

    step = bench.move(order, fill=D("-0.025"), ended=True)

    assert [PositionGone("ETHUSDT", order.position_side)] == step.to("execution_system")


def test_a_cancel_goes_through_behind_what_it_cancels() -> None:
    cancel = CancelIntent("c1", "7_1")

    assert (("order_manager", cancel),) == GateBench().steps.tell(cancel).tells
