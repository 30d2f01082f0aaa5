"""Plan rules: a plan that cannot be carried out is told with all its faults."""

from decimal import Decimal

from callboard.actors.policies.plan_rules import plan_faults
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.plans import Twap
from callboard.messages.values import SignalType
from support.entries import entry

D = Decimal


def faults(plan: Twap, **signal: object) -> tuple[str, ...]:
    wish = {"quantity": D("0.1"), **signal}
    return plan_faults(ExecuteAlgorithm(entry(**wish), plan))


def test_a_plan_that_can_be_carried_out_has_no_fault() -> None:
    assert () == faults(Twap(60_000, 6, jitter_pct=D(30)))


def test_every_fault_is_told_at_once() -> None:
    found = faults(Twap(0, 1, jitter_pct=D(101)), quantity=None, signal=SignalType.REDUCE_50)

    assert ["quantity", "signal", "slices", "duration_ms", "jitter_pct"] == [
        each.partition(":")[0] for each in found
    ]


def test_slices_that_come_too_fast_are_told_with_the_time_that_they_need() -> None:
    assert ("duration_ms: 100 slices need 25000 or more, 250 each",) == faults(Twap(9_000, 100))


def test_a_jitter_that_is_no_figure_is_a_fault() -> None:
    assert ("jitter_pct: is 0 to 100, not NaN",) == faults(Twap(60_000, 6, jitter_pct=D("NaN")))
