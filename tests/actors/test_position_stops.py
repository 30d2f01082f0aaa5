"""Test of PositionMonitor: stops that move, follow, fire and fail, and exits that compete."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.messages.events import AlertRaised, PositionProtected
from callboard.messages.orders import CancelLeg, RequestExit
from callboard.messages.positions import CheckPositions, FlattenAll
from callboard.messages.values import (
    ErrorKind,
    Leg,
    OrderState,
    OrderType,
    PositionSide,
    Severity,
)
from support.order_bench import stop_evidence
from support.position_bench import (
    KEY,
    ONE,
    STOP_CID,
    STOP_PRICE,
    SYMBOL,
    TARGET_CID,
    PositionBench,
    exit_fill,
    fill,
    leg,
    wish,
)
from support.steps import SECOND, Step

HALF = Decimal("0.5")
STOP_MARKET = OrderType.STOP_MARKET
AGAIN_STOP = f"again/{KEY}/s"
FIRED = f"fired/{KEY}"
ALARM = f"unprotected/{KEY}"

Asked = list[tuple[Leg, int, Decimal | None, Decimal | None]]


def asked(step: Step) -> Asked:
    """The orders that are asked for: leg, number, quantity, trigger."""
    return [
        (each.leg, each.attempt, each.quantity, each.trigger_price)
        for each in step.told(RequestExit)
    ]


def stop(number: int, state: OrderState, **changes: Any) -> Any:
    return leg(Leg.STOP, state, client_order_id=f"cb1-p1-s{number}", **changes)


def alerts(step: Step) -> list[tuple[str, Severity]]:
    return [(each.alert, each.severity) for each in step.told(AlertRaised)]


def test_a_stop_that_meets_a_whole_one_is_bridged_by_quantity_at_once() -> None:
    """C-13: -4130 is evidence that a closePosition stop lives; the venue is looked at."""
    bench = PositionBench().opened()

    step = bench.tell(
        leg(Leg.STOP, OrderState.REJECTED, kind=ErrorKind.CLOSE_POSITION_EXISTS, reason="lives")
    )

    assert [(Leg.STOP, 2, ONE, Decimal(1900))] == asked(step)
    assert [CheckPositions(f"{KEY}: lives")] == step.told(CheckPositions)


def test_a_bridge_protects_and_goes_when_the_whole_stop_is_found_alive() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.UNKNOWN, kind="INCONCLUSIVE"))
    bench.steps.fire(AGAIN_STOP)
    bench.tell(stop(2, OrderState.REJECTED, kind=ErrorKind.CLOSE_POSITION_EXISTS))
    bench.tell(stop(3, OrderState.ACTIVE))
    protected = bench.guard.is_protected

    found = bench.tell(leg(Leg.STOP, OrderState.ACTIVE))

    assert protected
    assert [CancelLeg("cb1-p1-s3")] == found.told(CancelLeg)


def test_a_bridge_is_followed_by_a_whole_stop_when_what_was_in_the_way_has_ended() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.REJECTED, kind=ErrorKind.CLOSE_POSITION_EXISTS))
    bench.tell(stop(2, OrderState.ACTIVE))

    bench.tell(leg(Leg.STOP, OrderState.CANCELLED, intent_id="p0", client_order_id="cb1-p0-s1"))
    step = bench.steps.fire(AGAIN_STOP)

    assert [(Leg.STOP, 3, None, Decimal(1900))] == asked(step)


def test_a_bridge_stays_while_somebody_else_s_stop_is_in_the_way_and_no_longer() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.REJECTED, kind=ErrorKind.CLOSE_POSITION_EXISTS))
    bench.tell(stop(2, OrderState.ACTIVE))
    target = stop_evidence("NEW", order_type=OrderType.TAKE_PROFIT_MARKET)
    theirs = stop_evidence(
        "NEW", client_order_id="web_1", order_type=STOP_MARKET, close_position=True
    )

    bench.compare(ONE, closers=(theirs, target))
    stays = AGAIN_STOP in bench.steps.timers
    bench.compare(ONE, closers=(target,))
    step = bench.steps.fire(AGAIN_STOP)

    assert not stays
    assert [(Leg.STOP, 3, None, Decimal(1900))] == asked(step)


def test_a_quantity_stop_follows_the_position_and_the_old_one_goes_when_it_rests() -> None:
    bench = PositionBench(quantity_stops=True)
    first = bench.tell(fill(take_profit=None))
    bench.tell(stop(1, OrderState.ACTIVE))
    bench.tell(exit_fill(HALF, signal_id="s9"))
    second = bench.steps.fire(AGAIN_STOP)
    third = bench.tell(stop(2, OrderState.ACTIVE))

    assert [(Leg.STOP, 1, ONE, Decimal(1900))] == asked(first)
    assert [(Leg.STOP, 2, HALF, Decimal(1900))] == asked(second)
    assert [CancelLeg(STOP_CID)] == third.told(CancelLeg)


def test_a_quantity_stop_that_a_fill_outgrew_leaves_the_position_unprotected_until_resized() -> (
    None
):
    bench = PositionBench(quantity_stops=True)
    bench.tell(fill(take_profit=None))
    bench.tell(stop(1, OrderState.ACTIVE))

    bench.tell(fill(take_profit=None, trade_trade_id="2"), after_ns=SECOND)
    wait_ns = bench.steps.timers[ALARM].due_ns - bench.steps.now_ns
    bench.steps.fire(AGAIN_STOP)
    bench.tell(stop(2, OrderState.ACTIVE))

    assert 10 * SECOND == wait_ns
    assert ALARM not in bench.steps.timers
    assert bench.guard.is_protected


def test_a_position_that_shrinks_under_its_stop_is_without_one_no_longer() -> None:
    bench = PositionBench(quantity_stops=True)
    bench.tell(fill(take_profit=None))
    bench.tell(stop(1, OrderState.ACTIVE))
    bench.tell(fill(take_profit=None, trade_trade_id="2"))

    step = bench.tell(exit_fill(ONE, signal_id="s9", trade_trade_id="3"), after_ns=SECOND)

    protected = PositionProtected(SYMBOL, PositionSide.BOTH, STOP_PRICE, 1_000)
    assert [protected] == step.told(PositionProtected)
    assert ALARM not in bench.steps.timers


def test_scaling_in_with_a_tighter_stop_moves_the_stop_over_a_bridge() -> None:
    """C-13: place, confirm, cancel; for a closePosition stop with a bridge between."""
    bench = PositionBench().protected()

    bench.tell(fill(trade_trade_id="2", stop_loss=Decimal(1950)))
    bridged = bench.steps.fire(AGAIN_STOP)
    cancelled = bench.tell(stop(2, OrderState.ACTIVE, trigger_price=Decimal(1950)))
    bench.tell(leg(Leg.STOP, OrderState.CANCELLED))
    whole = bench.steps.fire(AGAIN_STOP)
    done = bench.tell(stop(3, OrderState.ACTIVE, trigger_price=Decimal(1950)))

    assert [(Leg.STOP, 2, Decimal(2), Decimal(1950))] == asked(bridged)
    assert [CancelLeg(STOP_CID)] == cancelled.told(CancelLeg)
    assert [(Leg.STOP, 3, None, Decimal(1950))] == asked(whole)
    assert [CancelLeg("cb1-p1-s2")] == done.told(CancelLeg)


def test_scaling_in_with_a_looser_stop_moves_nothing() -> None:
    bench = PositionBench().protected()

    bench.tell(fill(trade_trade_id="2", stop_loss=Decimal(1800)))

    assert AGAIN_STOP not in bench.steps.timers


def test_a_stop_never_rests_further_than_the_setting_from_the_average_entry() -> None:
    """C-10: at or inside -3.0 % from the entry price of the position."""
    step = PositionBench(stop_loss_pct_max=Decimal(3)).tell(fill(take_profit=None))

    assert [(Leg.STOP, 1, None, Decimal(1940))] == asked(step)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OrderState.ACTIVE, OrderState.REJECTED),
        (OrderState.TRIGGERING, OrderState.REJECTED),
        (OrderState.TRIGGERING, OrderState.CANCELLED),
        (OrderState.TRIGGERING, OrderState.EXPIRED),
        (OrderState.PARTIALLY_FILLED, OrderState.EXPIRED),
    ],
)
def test_a_stop_that_fired_and_failed_closes_at_once(before: OrderState, after: OrderState) -> None:
    """C-12: a stop that is rejected at its trigger protects nothing any more."""
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, before))

    step = bench.tell(leg(Leg.STOP, after, reason="margin"))

    assert [(Leg.EXIT, 1, ONE, None)] == asked(step)


def test_a_stop_that_fired_has_ten_seconds_to_fill() -> None:
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, OrderState.TRIGGERING))

    step = bench.steps.fire(FIRED)

    assert [("stop_failed", Severity.CRITICAL)] == alerts(step)
    assert [(Leg.EXIT, 1, ONE, None)] == asked(step)


def test_a_fired_stop_that_filled_in_time_is_left() -> None:
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, OrderState.TRIGGERING))
    bench.tell(fill(trade_trade_id="2"))
    bench.tell(exit_fill(leg=Leg.STOP, client_order_id=STOP_CID, trade_trade_id="3"))
    bench.tell(leg(Leg.STOP, OrderState.FILLED))

    assert () == bench.steps.fire(FIRED).tells


def test_a_restart_goes_on_watching_a_stop_that_fired() -> None:
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, OrderState.TRIGGERING))
    bench.steps.timers.clear()

    bench.steps.start()

    assert FIRED in bench.steps.timers


def test_a_fired_stop_of_an_earlier_life_is_void() -> None:
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, OrderState.TRIGGERING))
    late = bench.steps.timers[FIRED].message
    bench.tell(exit_fill())

    assert () == bench.tell(late).tells


@pytest.mark.parametrize("state", [OrderState.CANCELLED, OrderState.EXPIRED])
def test_a_stop_that_somebody_took_away_is_alarmed_and_replaced_at_once(
    state: OrderState,
) -> None:
    """C-12: a missing stop is an alert and is placed again at once, under an id of its own."""
    bench = PositionBench().protected()

    lost = bench.tell(leg(Leg.STOP, state))
    wait_ns = bench.steps.timers[AGAIN_STOP].due_ns - bench.steps.now_ns
    step = bench.steps.fire(AGAIN_STOP)

    assert [("stop_missing", Severity.CRITICAL)] == alerts(lost)
    assert 0 == wait_ns
    assert [(Leg.STOP, 2, None, Decimal(1900))] == asked(step)


def test_a_missing_target_is_a_warning() -> None:
    """C-12: the target is re-placed by the monitor, with a warning."""
    bench = PositionBench().protected()

    lost = bench.tell(leg(Leg.TARGET, OrderState.CANCELLED))

    assert [("target_missing", Severity.WARNING)] == alerts(lost)


def test_a_parked_stop_and_a_parked_exit_are_followed_by_others() -> None:
    bench = PositionBench().opened()
    bench.tell(leg(Leg.STOP, OrderState.PARKED))
    stops = bench.steps.fire(AGAIN_STOP)
    bench.tell(FlattenAll("f1", "", "flatten"))
    bench.tell(leg(Leg.EXIT, OrderState.PARKED))

    exits = bench.steps.fire(f"again/{KEY}/x")

    assert [(Leg.STOP, 2, ONE, Decimal(1900))] == asked(stops)
    assert [(Leg.EXIT, 2, ONE, None)] == asked(exits)


def test_an_exit_with_nothing_to_reduce_cancels_what_competes_and_asks_the_venue() -> None:
    """C-31: -2022 is success only where the venue shows no position; else it is repeated."""
    bench = PositionBench().protected()
    bench.tell(wish(quantity=Decimal("0.3")))
    mine: dict[str, Any] = {"intent_id": "9", "client_order_id": "cb1-9-x1"}
    bench.tell(leg(Leg.EXIT, OrderState.UNKNOWN, kind="INCONCLUSIVE", **mine))
    bench.tell(FlattenAll("f1", "", "flatten"))

    refused = leg(
        Leg.EXIT,
        OrderState.REJECTED,
        kind=ErrorKind.REDUCE_ONLY_REFUSED,
        reason="nothing",
        client_order_id="cb1-p1-x2",
    )
    step = bench.tell(refused)
    again = bench.steps.fire(f"again/{KEY}/x")

    assert [CancelLeg("cb1-9-x1")] == step.told(CancelLeg)
    assert [CheckPositions(f"{KEY}: nothing")] == step.told(CheckPositions)
    assert [(Leg.EXIT, 3, ONE, None)] == asked(again)


def test_a_partial_exit_with_nothing_to_reduce_asks_the_venue_too() -> None:
    bench = PositionBench().protected()
    bench.tell(wish(quantity=Decimal("0.3")))

    step = bench.tell(
        leg(
            Leg.EXIT,
            OrderState.REJECTED,
            kind=ErrorKind.REDUCE_ONLY_REFUSED,
            intent_id="9",
            client_order_id="cb1-9-x1",
        )
    )

    assert 1 == len(step.told(CheckPositions))


def test_a_flat_position_cancels_exits_that_are_still_out() -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "flatten"))
    bench.tell(leg(Leg.EXIT, OrderState.UNKNOWN, kind="INCONCLUSIVE"))

    step = bench.tell(exit_fill(leg=Leg.STOP, client_order_id=STOP_CID))

    assert [CancelLeg(TARGET_CID), CancelLeg("cb1-p1-x1")] == step.told(CancelLeg)
