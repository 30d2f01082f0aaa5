"""Test of Protection: a stop rests within its time, and what happens where none does."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.events import AlertRaised, PositionProtected
from callboard.messages.instruments import InstrumentsChanged
from callboard.messages.orders import ApprovalRefused, CancelLeg, RequestExit
from callboard.messages.positions import ProtectionFailing
from callboard.messages.queries import GetPositions
from callboard.messages.values import ErrorKind, Leg, OrderState, PositionSide
from support import entries
from support.position_bench import (
    KEY,
    ONE,
    STOP_CID,
    STOP_PRICE,
    SYMBOL,
    TARGET_CID,
    ZERO,
    PositionBench,
    exit_fill,
    fill,
    leg,
)
from support.steps import MS, SECOND, Step

ALARM = f"unprotected/{KEY}"
AGAIN_STOP = f"again/{KEY}/s"
AGAIN_TARGET = f"again/{KEY}/t"


def legs(step: Step) -> list[tuple[Leg, int]]:
    """The orders that are asked for, with their numbers."""
    return [(request.leg, request.attempt) for request in step.told(RequestExit)]


def longest_ms(bench: PositionBench) -> int:
    """The longest time without a stop that the monitor answers with."""
    (view,) = bench.tell(GetPositions()).replies
    assert isinstance(view.longest_unprotected_ms, int)
    return view.longest_unprotected_ms


def test_a_resting_stop_ends_the_wait_and_is_told_with_its_time() -> None:
    bench = PositionBench().opened()

    step = bench.tell(leg(Leg.STOP, OrderState.ACTIVE), after_ns=120 * MS)

    protected = PositionProtected(SYMBOL, PositionSide.BOTH, STOP_PRICE, 120)
    assert (("event_bus", protected),) == step.tells
    assert ALARM not in bench.steps.timers
    assert 120 == longest_ms(bench)


def test_ten_seconds_without_a_stop_alarm_and_close() -> None:
    bench = PositionBench().opened()
    due_ns = bench.steps.timers[ALARM].due_ns - bench.steps.now_ns

    step = bench.steps.fire(ALARM)

    assert 10 * SECOND == due_ns
    assert [ProtectionFailing(SYMBOL, alarm=True)] == step.told(ProtectionFailing)
    assert ["unprotected"] == [alert.alert for alert in step.told(AlertRaised)]
    assert [(Leg.EXIT, 1)] == legs(step)


def test_the_alarm_ends_when_a_stop_rests_after_all() -> None:
    bench = PositionBench().opened()
    bench.steps.fire(ALARM)

    step = bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    assert [ProtectionFailing(SYMBOL, alarm=False)] == step.told(ProtectionFailing)


def test_the_alarm_ends_when_the_position_is_closed() -> None:
    bench = PositionBench().opened()
    bench.steps.fire(ALARM)

    step = bench.tell(exit_fill())

    assert [ProtectionFailing(SYMBOL, alarm=False)] == step.told(ProtectionFailing)
    assert 10_000 == longest_ms(bench)


def test_an_alarm_of_an_earlier_life_is_void() -> None:
    bench = PositionBench().opened()
    late = bench.steps.timers[ALARM].message
    bench.tell(exit_fill())
    bench.tell(fill(trade_trade_id="3"))

    assert () == bench.tell(late).tells


def test_an_alarm_that_comes_with_the_stop_resting_is_void() -> None:
    bench = PositionBench().opened()
    late = bench.steps.timers[ALARM].message
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    assert () == bench.tell(late).tells


def test_a_stop_asked_for_again_lies_on_the_grid_that_the_venue_has_by_then() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.REJECTED, kind=ErrorKind.STALE_FILTERS))
    coarser = evolve(entries.ETH, tick_size=Decimal(7), price_min=Decimal(7))
    bench.tell(InstrumentsChanged((coarser,), (), 0))

    step = bench.steps.fire(AGAIN_STOP)

    prices = [each.trigger_price for each in step.told(RequestExit) if each.leg is Leg.STOP]
    assert [Decimal(1904)] == prices


def test_a_refused_stop_is_asked_for_again_under_its_own_number() -> None:
    bench = PositionBench().opened()

    refused = bench.tell(leg(Leg.STOP, OrderState.REJECTED, kind=ErrorKind.INVALID))
    step = bench.steps.fire(AGAIN_STOP)

    assert [] == legs(refused)
    assert [(Leg.STOP, 2)] == legs(step)


def test_stops_that_fail_in_a_row_are_asked_for_less_and_less_often_up_to_the_cap() -> None:
    bench = PositionBench(unprotected_ms_max=10**9).opened()

    waits: list[int] = []
    for number in range(1, 8):
        refused = leg(Leg.STOP, OrderState.REJECTED, client_order_id=f"cb1-p1-s{number}")
        waits += [delay // MS for _, delay, _ in bench.tell(refused).timers]
        bench.steps.fire(AGAIN_STOP)

    assert [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] == waits


@pytest.mark.parametrize("which", [Leg.STOP, Leg.TARGET])
def test_a_protective_price_that_is_passed_already_closes_at_once(which: Leg) -> None:
    bench = PositionBench().opened()

    step = bench.tell(leg(which, OrderState.REJECTED, kind=ErrorKind.WOULD_TRIGGER))

    assert [(Leg.EXIT, 1)] == legs(step)


def test_a_stop_in_doubt_gets_a_second_one_beside_it_at_once() -> None:
    bench = PositionBench().opened()
    unknown = bench.tell(leg(Leg.STOP, OrderState.UNKNOWN))

    bench.tell(leg(Leg.STOP, OrderState.UNKNOWN, kind="INCONCLUSIVE"))
    step = bench.steps.fire(AGAIN_STOP)

    assert [] == legs(unknown)
    assert [(Leg.STOP, 2)] == legs(step)
    assert ALARM in bench.steps.timers


@pytest.mark.parametrize("which", [Leg.STOP, Leg.TARGET])
def test_one_in_doubt_is_withdrawn_as_soon_as_another_rests(which: Leg) -> None:
    bench = PositionBench().opened()
    bench.tell(leg(which, OrderState.UNKNOWN, kind="INCONCLUSIVE"))

    step = bench.tell(leg(which, OrderState.ACTIVE, client_order_id=f"cb1-p1-{which}2"))
    again = bench.tell(leg(which, OrderState.CANCELLED))

    assert [CancelLeg(f"cb1-p1-{which}1")] == step.told(CancelLeg)
    assert [] == again.told(CancelLeg)


def test_the_surplus_of_a_doubted_stop_protects_and_is_swept_with_the_rest() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.UNKNOWN, kind="INCONCLUSIVE"))
    bench.steps.fire(AGAIN_STOP)
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE, client_order_id="cb1-p1-s2"))
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    step = bench.tell(exit_fill())

    assert [CancelLeg(STOP_CID), CancelLeg("cb1-p1-s2")] == step.told(CancelLeg)


@pytest.mark.parametrize(
    "state", [OrderState.CANCELLED, OrderState.EXPIRED, OrderState.UNKNOWN, OrderState.PARKED]
)
def test_a_stop_that_rested_and_is_gone_starts_the_wait_anew(state: OrderState) -> None:
    bench = PositionBench().protected()

    bench.tell(leg(Leg.STOP, state), after_ns=SECOND)

    assert 10 * SECOND == bench.steps.timers[ALARM].due_ns - bench.steps.now_ns


def test_the_end_of_one_of_two_stops_leaves_the_position_protected() -> None:
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE, client_order_id="cb1-p1-s2"))

    bench.tell(leg(Leg.STOP, OrderState.CANCELLED))

    assert ALARM not in bench.steps.timers
    assert bench.guard.is_protected


@pytest.mark.parametrize("state", [OrderState.TRIGGERING, OrderState.PARTIALLY_FILLED])
def test_a_stop_at_work_still_protects(state: OrderState) -> None:
    bench = PositionBench().protected()

    step = bench.tell(leg(Leg.STOP, state))

    assert () == step.tells
    assert bench.guard.is_protected


@pytest.mark.parametrize(("which", "key"), [(Leg.STOP, AGAIN_STOP), (Leg.TARGET, AGAIN_TARGET)])
def test_a_leg_that_filled_and_left_a_rest_is_followed_by_another(which: Leg, key: str) -> None:
    bench = PositionBench().protected()
    bench.tell(fill(trade_trade_id="2"))
    bench.tell(exit_fill(trade_trade_id="3"))

    bench.tell(leg(which, OrderState.FILLED, filled=ONE))
    step = bench.steps.fire(key)

    assert [(which, 2)] == legs(step)


def test_a_missing_target_is_an_alert_and_is_asked_for_again() -> None:
    bench = PositionBench().protected()

    lost = bench.tell(leg(Leg.TARGET, OrderState.EXPIRED, reason="expired"))
    step = bench.steps.fire(AGAIN_TARGET)

    assert [("target_missing", "expired")] == [(a.alert, a.text) for a in lost.told(AlertRaised)]
    assert [(Leg.TARGET, 2)] == legs(step)
    assert ALARM not in bench.steps.timers


def test_a_leg_that_lives_is_not_asked_for_twice() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.REJECTED))
    again = bench.steps.timers[AGAIN_STOP].message
    bench.steps.fire(AGAIN_STOP)
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE, client_order_id="cb1-p1-s2"))

    assert () == bench.tell(again).tells


def test_a_request_that_nobody_answers_is_repeated_under_the_same_number() -> None:
    bench = PositionBench().opened()

    step = bench.steps.fire(AGAIN_STOP)

    assert [(Leg.STOP, 1)] == legs(step)
    assert 5 * SECOND == bench.steps.timers[AGAIN_STOP].due_ns - bench.steps.now_ns


def test_an_answered_request_is_not_repeated() -> None:
    bench = PositionBench().opened()

    bench.tell(leg(Leg.STOP, OrderState.UNKNOWN))

    assert AGAIN_STOP not in bench.steps.timers


def test_every_comparison_sweeps_what_protects_nothing() -> None:
    bench = PositionBench().protected()
    bench.tell(exit_fill())

    step = bench.compare(None)

    assert [CancelLeg(STOP_CID), CancelLeg(TARGET_CID)] == step.told(CancelLeg)


def test_a_request_that_the_gate_refuses_is_made_again() -> None:
    bench = PositionBench().opened()

    bench.tell(ApprovalRefused("p1", Leg.STOP, "", SYMBOL, "not_reducing", "1", "0"))
    step = bench.steps.fire(AGAIN_STOP)

    assert [(Leg.STOP, 2)] == legs(step)


def test_legs_of_an_earlier_life_say_nothing_about_this_one() -> None:
    bench = PositionBench().protected()
    bench.tell(exit_fill())
    bench.tell(fill(trade_trade_id="3"))

    steps = [
        bench.tell(leg(Leg.STOP, OrderState.CANCELLED)),
        bench.tell(leg(Leg.TARGET, OrderState.CANCELLED, kind=ErrorKind.WOULD_TRIGGER)),
    ]

    assert [(), ()] == [step.tells for step in steps]
    assert not bench.guard.is_protected


def test_a_stop_that_comes_to_rest_after_the_close_is_swept() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill())

    step = bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    assert (("order_manager", CancelLeg(STOP_CID)),) == step.tells


def test_a_leg_of_a_position_that_nobody_knows_is_only_noted() -> None:
    step = PositionBench().tell(leg(Leg.STOP, OrderState.ACTIVE))

    assert ((), ()) == (step.facts, step.tells)


def test_a_position_without_a_price_for_its_stop_is_closed() -> None:
    step = PositionBench().tell(fill(stop_loss=None, take_profit=None))

    assert [(Leg.EXIT, 1)] == legs(step)


def test_the_side_of_protection_follows_the_position() -> None:
    bench = PositionBench()

    short = fill(side=exit_fill().trade.side, stop_loss=Decimal(2100), take_profit=None)
    (stop,) = bench.tell(short).told(RequestExit)

    assert (fill().trade.side, Decimal(2100), -ONE) == (
        stop.side,
        stop.trigger_price,
        stop.position_quantity,
    )


def test_a_swept_leg_is_forgotten_when_it_has_ended() -> None:
    bench = PositionBench().protected()
    bench.tell(exit_fill())
    bench.tell(leg(Leg.STOP, OrderState.CANCELLED))
    bench.tell(evolve(leg(Leg.TARGET, OrderState.CANCELLED), filled=ZERO))

    assert {} == bench.guard.legs
