"""Test of PositionMonitor: positions that are not ours, reported or protected by setting."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.messages.events import AlertRaised, PositionClosed, PositionOpened
from callboard.messages.orders import CancelLeg, RequestExit
from callboard.messages.positions import FlattenAll, PositionAdopted
from callboard.messages.reconciliation import PositionsCompared
from callboard.messages.values import ErrorKind, Leg, OrderState, PositionSide, Side, SignalType
from support.position_bench import (
    KEY,
    ONE,
    SYMBOL,
    PositionBench,
    exit_fill,
    fill,
    leg,
    wish,
)
from support.steps import Step

D = Decimal


def seen(quantity: Decimal = ONE, **settings: Any) -> tuple[PositionBench, Step]:
    """A position that nobody here opened, which the reconciler says may be taken over."""
    given: dict[str, Any] = {"adopt_foreign": "protected", "stop_loss_pct_max": D(3)}
    bench = PositionBench(**{**given, **settings})
    bench.compare(quantity)
    return bench, bench.adopt()


def protected() -> PositionBench:
    bench, _ = seen()
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE, trigger_price=D(1940)))
    return bench


def compared(step: Step) -> PositionsCompared:
    (answer,) = step.told(PositionsCompared)
    return answer


def alerts(step: Step) -> list[str]:
    return [alert.alert for alert in step.told(AlertRaised)]


def test_by_default_a_foreign_position_is_reported_and_left() -> None:
    bench, step = seen(adopt_foreign="reported")

    assert () == step.tells
    assert {} == bench.steps.actor.state.guards


@pytest.mark.parametrize(
    ("quantity", "side", "trigger"), [(ONE, Side.SELL, D(1940)), (-ONE, Side.BUY, D(2060))]
)
def test_by_setting_it_gets_a_stop_as_far_away_as_any_may_be(
    quantity: Decimal, side: Side, trigger: Decimal
) -> None:
    """C-10: at -3.0 % from its entry."""
    _, step = seen(quantity)

    (stop,) = step.told(RequestExit)
    assert (Leg.STOP, side, trigger, None) == (
        stop.leg,
        stop.side,
        stop.trigger_price,
        stop.quantity,
    )
    assert [PositionAdopted(SYMBOL, PositionSide.BOTH, quantity)] == step.told(PositionAdopted)
    assert ["foreign"] == [opened.strategy for opened in step.told(PositionOpened)]
    assert ["foreign_protected"] == alerts(step)


def test_a_protected_foreign_position_differs_no_more() -> None:
    bench = protected()

    answer = compared(bench.compare(ONE))

    assert ((), ()) == (answer.mismatched, answer.foreign)
    assert bench.guard.is_protected


def test_one_that_is_gone_before_it_is_taken_over_is_forgotten() -> None:
    bench = PositionBench(adopt_foreign="protected")
    bench.compare(ONE)
    bench.compare(None)

    step = bench.adopt()

    assert ((), {}) == (step.tells, bench.steps.actor.state.foreign)


def test_its_owner_s_changes_are_followed() -> None:
    bench = protected()

    step = bench.compare(D(3))

    assert [PositionAdopted(SYMBOL, PositionSide.BOTH, D(2))] == step.told(PositionAdopted)
    assert (D(3), True) == (bench.guard.position.quantity, bench.guard.is_protected)
    assert ((), ()) == (compared(step).mismatched, compared(step).foreign)


@pytest.mark.parametrize("quantity", [None, -ONE])
def test_when_its_owner_closes_it_or_turns_it_over_the_stop_is_swept(
    quantity: Decimal | None,
) -> None:
    bench = protected()

    step = bench.compare(quantity)

    assert [CancelLeg("cb1-p1-s1")] == step.told(CancelLeg)
    assert 1 == len(step.told(PositionClosed))
    assert bench.guard.position.is_flat


def test_neither_a_flatten_nor_a_loss_nor_a_missing_stop_closes_a_foreign_position() -> None:
    """A breaker's flatten never closes a foreign position."""
    bench, _ = seen()

    steps = [
        bench.tell(FlattenAll("f1", "", "loss"), sender="circuit_breaker"),
        bench.mark(1000),
        bench.steps.fire(f"unprotected/{KEY}"),
        bench.tell(leg(Leg.STOP, OrderState.REJECTED, kind=ErrorKind.WOULD_TRIGGER)),
    ]

    assert [[], [], [], []] == [step.told(RequestExit) for step in steps]
    assert ["unprotected", "foreign_unprotected"] == alerts(steps[2])
    assert [(Leg.STOP, 2)] == [
        (each.leg, each.attempt) for each in bench.steps.fire(f"again/{KEY}/s").told(RequestExit)
    ]


def test_a_signal_that_names_it_closes_it() -> None:
    step = protected().tell(wish(SignalType.CLOSE_LONG))

    assert [(Leg.EXIT, ONE)] == [(each.leg, each.quantity) for each in step.told(RequestExit)]


def test_its_stop_s_fill_ends_it_like_any_other() -> None:
    bench = protected()

    step = bench.tell(exit_fill(leg=Leg.STOP, client_order_id="cb1-p1-s1"))

    assert ["foreign"] == [closed.strategy for closed in step.told(PositionClosed)]


def test_a_position_of_ours_after_it_is_ours() -> None:
    bench = protected()
    bench.compare(None)

    bench.tell(fill(trade_trade_id="9"))

    assert (False, "alpha") == (bench.guard.is_foreign, bench.guard.strategy)


def test_what_opens_where_ours_was_closed_is_foreign_the_second_time_it_is_seen() -> None:
    bench = PositionBench(adopt_foreign="protected").protected()
    bench.tell(exit_fill())

    first, second = compared(bench.compare(D(2))), compared(bench.compare(D(2)))
    step = bench.adopt()

    assert [((SYMBOL,), ()), ((), (SYMBOL,))] == [
        (answer.mismatched, answer.foreign) for answer in (first, second)
    ]
    assert [D(2)] == [opened.quantity for opened in step.told(PositionOpened)]


def test_what_a_hand_added_to_ours_is_foreign_and_left_to_it() -> None:
    bench = PositionBench(adopt_foreign="protected").protected()

    bench.compare(D(2))
    answer = compared(bench.compare(D(2)))
    step = bench.adopt()

    assert ((), (SYMBOL,)) == (answer.mismatched, answer.foreign)
    assert ((), ONE) == (step.tells, bench.guard.position.quantity)
