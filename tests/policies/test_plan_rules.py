"""Plan rules: a plan that cannot be carried out is told with all its faults."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.actors.policies.plan_rules import plan_faults
from callboard.actors.policies.signal_rules import FIGURE_MAX
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.plans import Bracket, Chase, Iceberg, Oco, Plan, TrailingStop, Twap, Vwap
from callboard.messages.values import OrderType, PriceMatch, SignalType, TimeInForce
from support.entries import entry

D = Decimal
LIMIT = {"order_type": OrderType.LIMIT, "price": D(2_000)}
PRICED = {"stop_loss": D(1_950), "take_profit": D(2_100)}


def named(found: tuple[str, ...]) -> list[str]:
    return [each.partition(":")[0] for each in found]


def faults(plan: Plan, **signal: Any) -> tuple[str, ...]:
    wish: dict[str, Any] = {"quantity": D("0.1"), **signal}
    return plan_faults(ExecuteAlgorithm(entry(**wish), plan))


def test_a_plan_that_can_be_carried_out_has_no_fault() -> None:
    assert () == faults(Twap(60_000, 6, jitter_pct=D(30)))


def test_every_fault_is_told_at_once() -> None:
    found = faults(Twap(0, 1, jitter_pct=D(101)), quantity=None, signal=SignalType.REDUCE_50)

    assert ["quantity", "signal", "slices", "duration_ms", "jitter_pct"] == named(found)
    assert "signal: REDUCE_50 names no quantity; use CLOSE_LONG or CLOSE_SHORT with one" in found


def test_the_prices_of_slices_are_the_plan_s_and_not_the_book_s() -> None:
    found = faults(Twap(60_000, 6), **LIMIT, price_match=PriceMatch.QUEUE)

    assert ("price_match: is for a single order; the prices of slices are the plan's",) == found


@pytest.mark.parametrize(
    ("plan", "signal"),
    [
        (Twap(1_000, 2, jitter_pct=D(100)), {}),
        (Twap(125_000, 500), {}),
        (Twap(25_000, 100), {}),
        (Vwap(8_000, (D(0), D("0.1"), FIGURE_MAX), D(100)), {}),
        (Vwap(8_000, (D("0.05"), D("0.05")), D(100)), {}),
        (Iceberg(FIGURE_MAX, D(100)), LIMIT),
        (Oco(FIGURE_MAX), LIMIT),
        (Oco(D("0.5")), {**LIMIT, "signal": SignalType.SHORT_ENTRY}),
        (Chase(0, D(0)), {}),
        (Chase(500, D(1_000)), {}),
    ],
)
def test_a_plan_may_go_to_its_bounds(plan: Plan, signal: dict[str, Any]) -> None:
    assert () == faults(plan, **signal)


def test_a_time_too_short_for_any_plan_is_also_too_short_for_its_slices() -> None:
    assert [
        "duration_ms: is 1000 to 86400000, not 1",
        "duration_ms: 4 slices need 1000 or more, 250 each",
    ] == list(faults(Twap(1, 4)))


def test_slices_that_come_too_fast_are_told_with_the_time_that_they_need() -> None:
    assert ("duration_ms: 100 slices need 25000 or more, 250 each",) == faults(Twap(9_000, 100))


def test_a_jitter_that_is_no_figure_is_a_fault() -> None:
    assert ("jitter_pct: is 0 to 100, not NaN",) == faults(Twap(60_000, 6, jitter_pct=D("NaN")))


def test_a_curve_must_have_room_for_the_whole_within_its_share() -> None:
    curve = (D(1), D(3))

    assert () == faults(Vwap(8_000, curve, D(10)))
    assert ("participation_pct_max: 1 % of the curve is 0.04, not 0.1",) == faults(
        Vwap(8_000, curve, D(1))
    )


def test_a_curve_with_faults_is_told_with_all_of_them() -> None:
    found = faults(Vwap(0, (D("NaN"),), D(101)))

    assert ["curve", "duration_ms", "participation_pct_max", "curve"] == named(found)
    assert ["participation_pct_max"] == named(faults(Vwap(8_000, (D(1), D(1)), D("NaN"))))
    assert ["quantity"] == named(faults(Vwap(8_000, (D(1), D(1)), D(50)), quantity=None))


def test_an_iceberg_rests_at_a_price() -> None:
    assert () == faults(Iceberg(D("0.02"), D(20)), **LIMIT)
    assert () == faults(Iceberg(D("0.02")), **LIMIT, time_in_force=TimeInForce.GTX)
    found = faults(
        Iceberg(D(0), D(200)), signal=SignalType.CLOSE_LONG, time_in_force=TimeInForce.IOC
    )
    assert ["signal", "order_type", "time_in_force", "variance_pct", "show"] == named(found)
    assert "order_type: is LIMIT for orders that rest" in found


def test_a_bracket_has_a_stop_and_a_target() -> None:
    assert () == faults(Bracket(), **PRICED)
    assert ["signal", "stop_loss", "take_profit"] == named(
        faults(Bracket(), signal=SignalType.CLOSE_LONG)
    )


def test_a_bracket_may_be_followed_instead_of_having_a_target() -> None:
    assert () == faults(Bracket(), stop_loss=D(1_950), trailing=TrailingStop(D(1)))


def test_one_of_two_entries_has_a_limit_and_a_stop_price_beyond_it() -> None:
    assert () == faults(Oco(D(2_010)), **LIMIT)
    assert () == faults(Oco(D(1_990)), **LIMIT, signal=SignalType.SHORT_ENTRY)
    found = faults(Oco(D(2_000)), **LIMIT)
    assert ("stop_price: is above the limit's 2000, not 2000",) == found
    found = faults(Oco(D(2_010)), **LIMIT, signal=SignalType.SHORT_ENTRY)
    assert ("stop_price: is below the limit's 2000, not 2010",) == found


def test_one_of_two_entries_is_told_with_all_its_faults() -> None:
    found = faults(Oco(D(-1)), signal=SignalType.CLOSE_LONG, time_in_force=TimeInForce.IOC)
    assert ["signal", "order_type", "time_in_force", "stop_price"] == named(found)
    assert ["stop_price"] == named(faults(Oco(D("NaN")), **LIMIT))
    assert ("stop_price: is above 0, not 0",) == faults(Oco(D(0)), **LIMIT)
    assert ["order_type"] == named(faults(Oco(D(2_010))))
    assert () == faults(Oco(D(2_010)), order_type=OrderType.LIMIT, price=D("NaN"))


def test_a_chase_has_a_bound() -> None:
    assert () == faults(Chase(5, D(20)))
    found = faults(Chase(501, D(2_000)), signal=SignalType.CLOSE_SHORT)
    assert ["signal", "moves_max", "distance_bps_max"] == named(found)
