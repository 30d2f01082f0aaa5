"""Algorithms at the intake: taken once, deferred, corrected, and never more than a bound."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.algorithms.parents import RUNNING_MAX
from callboard.messages.algorithms import AlgorithmAdmitted, ReleaseAlgorithm, RequestAlgorithm
from callboard.messages.control import RecoveryDone
from callboard.messages.events import (
    AlertRaised,
    OrderCancelled,
    OrderCorrected,
    OrderFilled,
    OrderRefused,
    OrderUnresolved,
)
from callboard.messages.intake import CancelOrder, ExecuteAlgorithm
from callboard.messages.orders import ApprovalRefused, CancelIntent, OrderEnded, RequestEntry
from callboard.messages.plans import Twap
from callboard.messages.queries import AlgorithmsView, GetAlgorithms
from callboard.messages.values import Leg, OrderState, Side
from support.entries import ETH, SYMBOL, entry, mark
from support.intakes import TIMEOUT_MS, intake
from support.steps import MS, SECOND, Step, StepRunner

D = Decimal
PLAN = Twap(20_000, 2)


def command(signal_id: str = "s1") -> ExecuteAlgorithm:
    return ExecuteAlgorithm(entry(signal_id=signal_id, quantity=D("0.1")), PLAN)


def begun() -> StepRunner:
    """Return an intake whose algorithm has asked for its first slice."""
    steps = intake()
    steps.tell(command())
    steps.tell(AlgorithmAdmitted("1", ETH, mark(SYMBOL)))
    return steps


def ended(steps: StepRunner, number: int, filled: str = "0.05", **changes: Any) -> Step:
    plain = OrderEnded(
        f"1_{number}",
        f"cb1-1_{number}-e1",
        SYMBOL,
        Side.BUY,
        OrderState.FILLED,
        "",
        D(filled),
        D(2),
    )
    return steps.tell(evolve(plain, **changes))


def test_it_is_judged_by_the_gate_before_its_first_slice() -> None:
    step = intake().tell(command())

    assert (("risk_gate", RequestAlgorithm("1", command())),) == step.tells


def test_its_first_slice_is_a_signal_with_a_name_and_an_intent_of_the_whole() -> None:
    steps = intake()
    steps.tell(command())

    step = steps.tell(AlgorithmAdmitted("1", ETH, mark(SYMBOL)))

    (asked,) = step.told(RequestEntry)
    assert ("1_1", "s1/1", D("0.05")) == (
        asked.intent_id,
        asked.signal.signal_id,
        asked.signal.quantity,
    )


def test_the_name_of_a_slice_that_a_host_has_used_is_left_out() -> None:
    steps = intake()
    steps.tell(entry(signal_id="s1/1"))
    steps.tell(command())

    step = steps.tell(AlgorithmAdmitted("2", ETH, mark(SYMBOL)))

    assert ["s1/2"] == [each.signal.signal_id for each in step.told(RequestEntry)]


def test_one_that_is_told_before_readiness_waits_and_can_be_taken_back() -> None:
    steps = intake(ready=False)
    waits = steps.tell(command())
    steps.tell(command("s2"))
    taken_back = steps.tell(CancelOrder("c1", "s2"))

    (run_next,) = steps.tell(RecoveryDone(1)).to("execution_system")
    step = steps.tell(run_next)

    assert () == waits.tells
    assert ["taken_back"] == [each.guard for each in taken_back.told(OrderRefused)]
    assert [RequestAlgorithm("1", command())] == step.told(RequestAlgorithm)


def test_the_gates_refusal_of_the_whole_is_its_end() -> None:
    steps = intake()
    steps.tell(command())

    refused = ApprovalRefused("1", Leg.ENTRY, "s1", SYMBOL, "cooldown", "10", "900000")
    first, again = steps.tell(refused), steps.tell(refused)

    assert ["cooldown"] == [each.guard for each in first.told(OrderRefused)]
    assert [] == again.told(OrderRefused)
    view = steps.tell(GetAlgorithms()).replies[0]
    assert isinstance(view, AlgorithmsView)
    assert ["REFUSED"] == [each.outcome for each in view.algorithms]


def test_one_that_is_cancelled_before_the_gate_has_answered_never_begins() -> None:
    steps = intake()
    steps.tell(command())

    cancelled = steps.tell(CancelOrder("c1", "s1"))
    late = steps.tell(AlgorithmAdmitted("1", ETH, mark(SYMBOL)))

    assert 1 == len(cancelled.told(OrderCancelled))
    assert [ReleaseAlgorithm("1")] == cancelled.told(ReleaseAlgorithm)
    assert () == late.tells


def test_the_slice_under_way_is_cancelled_through_the_gate_and_ends_the_whole() -> None:
    steps = begun()

    cancel = steps.tell(CancelOrder("c1", "s1"))
    end = ended(steps, 1, "0.02", state=OrderState.CANCELLED)

    assert [CancelIntent("s1/1", "1_1")] == cancel.to("risk_gate")
    assert [("s1/1", D("0.02")), ("s1", D("0.02"))] == [
        (each.signal_id, each.filled) for each in end.told(OrderCancelled)
    ]


def test_a_late_fill_of_a_slice_counts_for_the_whole_while_it_runs() -> None:
    steps = begun()
    ended(steps, 1, "0.04", state=OrderState.CANCELLED)

    late = steps.tell(OrderCorrected("s1/1", "cb1-1_1-e1", SYMBOL, "CANCELLED", D("0.05")))
    steps.now_ns += 10 * SECOND
    step = steps.fire("algorithm/1")

    assert [] == late.told(AlertRaised)
    assert [D("0.05")] == [each.signal.quantity for each in step.told(RequestEntry)]


def test_a_late_fill_after_the_end_corrects_the_whole_too() -> None:
    steps = begun()
    ended(steps, 1)
    steps.now_ns += 10 * SECOND
    steps.fire("algorithm/1")
    end = ended(steps, 2, "0.05")

    step = steps.tell(OrderCorrected("s1/2", "cb1-1_2-e1", SYMBOL, "FILLED", D("0.06")))

    assert ["s1/2", "s1"] == [each.signal_id for each in end.told(OrderFilled)]
    assert [("s1/2", D("0.06")), ("s1", D("0.11"))] == [
        (each.signal_id, each.filled) for each in step.told(OrderCorrected)
    ]
    assert ["0.11 filled of 0.1: it stays under its stop"] == [
        each.text for each in step.told(AlertRaised)
    ]


def test_an_algorithm_is_never_late_and_its_slices_are() -> None:
    steps = begun()

    steps.now_ns += TIMEOUT_MS * MS
    step = steps.fire("sweep")

    assert ["s1/1"] == [each.signal_id for each in step.told(OrderUnresolved)]


def test_more_than_so_many_at_a_time_are_refused() -> None:
    steps = intake(signals_kept=1_000)
    for number in range(RUNNING_MAX):
        steps.tell(command(f"s{number}"))

    (refused,) = steps.tell(command("one more")).told(OrderRefused)

    assert ("algorithms_running", str(RUNNING_MAX)) == (refused.guard, refused.limit)
