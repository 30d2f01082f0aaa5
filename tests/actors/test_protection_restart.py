"""Test of Protection: what a new life of the monitor does about waits that have begun."""

import pytest

from callboard.messages.orders import CancelLeg, RequestExit
from callboard.messages.positions import CheckPositions, ProtectionFailing
from callboard.messages.values import Leg, OrderState, OrderType
from support.order_bench import stop_evidence
from support.position_bench import (
    KEY,
    ONE,
    STOP_CID,
    SYMBOL,
    TARGET_CID,
    PositionBench,
    exit_fill,
    leg,
)
from support.steps import SECOND, Step

ALARM = f"unprotected/{KEY}"


def legs(step: Step) -> list[tuple[Leg, int]]:
    """The orders that are asked for, with their numbers."""
    return [(request.leg, request.attempt) for request in step.told(RequestExit)]


def test_a_restart_asks_again_for_what_nobody_answered_under_the_same_number() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    step = bench.steps.start()

    assert [(Leg.TARGET, 1)] == legs(step)


def test_a_restart_keeps_the_wait_that_has_begun() -> None:
    bench = PositionBench().opened()
    bench.steps.now_ns += 4 * SECOND
    bench.steps.timers.clear()

    bench.steps.start()

    assert 6 * SECOND == bench.steps.timers[ALARM].due_ns - bench.steps.now_ns


def restarted(after_s: int, state: OrderState = OrderState.UNKNOWN) -> PositionBench:
    """A monitor that begins anew over a position of whose stop it heard so much."""
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, state))
    bench.steps.now_ns += after_s * SECOND
    bench.steps.timers.clear()
    bench.steps.start()
    return bench


def test_a_wait_that_ran_out_before_a_restart_begins_anew() -> None:
    bench = restarted(60)

    assert 10 * SECOND == bench.steps.timers[ALARM].due_ns - bench.steps.now_ns


def test_after_a_restart_the_venue_is_looked_at_before_anything_is_closed() -> None:
    bench = restarted(60)

    step = bench.steps.fire(ALARM)

    assert [ProtectionFailing(SYMBOL, alarm=True)] == step.told(ProtectionFailing)
    assert [CheckPositions(f"{KEY}: no stop is known to rest")] == step.told(CheckPositions)
    assert [] == legs(step)


def test_a_listing_after_a_restart_that_shows_no_stop_closes_what_waited_too_long() -> None:
    bench = restarted(60)
    bench.steps.fire(ALARM)

    stale = bench.compare(ONE, departed_at_ns=0)
    step = bench.compare(ONE)

    assert [] == legs(stale)
    assert [(Leg.EXIT, 1)] == legs(step)


def test_once_the_venue_was_listed_the_end_of_the_wait_closes() -> None:
    bench = restarted(60)

    listed = bench.compare(ONE)
    step = bench.steps.fire(ALARM)

    assert [] == legs(listed)
    assert [(Leg.EXIT, 1)] == legs(step)


@pytest.mark.parametrize("client_order_id", [STOP_CID, "web_1"])
def test_a_listing_after_a_restart_that_shows_a_stop_closes_nothing(client_order_id: str) -> None:
    bench = restarted(60)
    bench.steps.fire(ALARM)
    stop = stop_evidence(
        "NEW",
        client_order_id=client_order_id,
        order_type=OrderType.STOP_MARKET,
        close_position=True,
    )

    step = bench.compare(ONE, closers=(stop,))
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    assert [] == legs(step)
    assert not bench.guard.closing
    assert not bench.guard.is_alarmed


def test_a_stop_that_is_lost_after_it_was_found_again_is_missed_as_ever() -> None:
    bench = restarted(60)
    bench.tell(leg(Leg.STOP, OrderState.ACTIVE))
    bench.tell(leg(Leg.STOP, OrderState.UNKNOWN))

    assert [(Leg.EXIT, 1)] == legs(bench.steps.fire(ALARM))


def test_a_restart_sweeps_what_protects_nothing() -> None:
    bench = PositionBench().protected()
    bench.tell(exit_fill())

    step = bench.steps.start()

    assert [CancelLeg(STOP_CID), CancelLeg(TARGET_CID)] == step.told(CancelLeg)


def test_a_restart_of_a_protected_position_does_nothing() -> None:
    step = PositionBench().protected().steps.start()

    assert ((), ()) == (step.facts, step.tells)
