"""Test of PositionMonitor: fills, lives, profit and fees, and values."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.messages.account import PositionsValued
from callboard.messages.events import (
    AlertRaised,
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionUpdated,
)
from callboard.messages.market import ClockChanged
from callboard.messages.orders import CancelLeg, FillBooked, FillSettled, RequestExit
from callboard.messages.positions import ProtectionFailing
from callboard.messages.queries import GetPositions
from callboard.messages.reconciliation import PositionsCompared
from callboard.messages.stream import PositionReported
from callboard.messages.values import Leg, OrderType, PositionSide, Side
from support.position_bench import (
    ENTRY_PRICE,
    KEY,
    ONE,
    STOP_CID,
    STOP_PRICE,
    SYMBOL,
    TARGET_CID,
    TARGET_PRICE,
    ZERO,
    PositionBench,
    exit_fill,
    fill,
)

HALF = Decimal("0.5")
FEE = Decimal("0.8")


def turning_entry(quantity: Decimal, **changes: Any) -> FillBooked:
    """The fill of a short entry in a symbol that is held long, with a stop and no target."""
    return fill(
        quantity,
        side=Side.SELL,
        trade_trade_id="2",
        stop_loss=Decimal(2100),
        take_profit=None,
        **changes,
    )


def test_a_first_fill_opens_a_position_and_asks_for_stop_and_target() -> None:
    step = PositionBench().tell(fill())

    (opened,) = step.told(PositionOpened)
    assert (SYMBOL, ONE, ENTRY_PRICE, "alpha") == (
        opened.symbol,
        opened.quantity,
        opened.entry_price,
        opened.strategy,
    )
    asked = [
        (each.leg, each.order_type, each.trigger_price, each.side, each.quantity, each.attempt)
        for each in step.told(RequestExit)
    ]
    assert [
        (Leg.STOP, OrderType.STOP_MARKET, STOP_PRICE, Side.SELL, None, 1),
        (Leg.TARGET, OrderType.TAKE_PROFIT_MARKET, TARGET_PRICE, Side.SELL, None, 1),
    ] == asked


def test_protection_names_the_position_that_it_guards() -> None:
    step = PositionBench().tell(fill(trade_position_side=PositionSide.LONG))

    stop = step.told(RequestExit)[0]
    assert ("p1", PositionSide.LONG, ONE) == (
        stop.intent_id,
        stop.position_side,
        stop.position_quantity,
    )


def test_a_fill_without_a_target_asks_for_a_stop_alone() -> None:
    step = PositionBench().tell(fill(take_profit=None))

    assert [Leg.STOP] == [each.leg for each in step.told(RequestExit)]


def test_later_fills_need_no_new_stop() -> None:
    bench = PositionBench().opened()

    step = bench.tell(fill(ONE, Decimal(2010), trade_trade_id="2"))

    assert [PositionUpdated] == [type(message) for _, message in step.tells]


def test_the_last_fill_closes_the_position_and_sweeps_what_protected_it() -> None:
    bench = PositionBench().protected()

    step = bench.tell(exit_fill(trade_realised_pnl=Decimal(100)))

    (closed,) = step.told(PositionClosed)
    assert (Decimal(2100), Decimal(100), Decimal("1.6")) == (
        closed.exit_price,
        closed.realised_pnl,
        closed.fees,
    )
    assert [CancelLeg(STOP_CID), CancelLeg(TARGET_CID)] == step.told(CancelLeg)


@pytest.mark.parametrize(
    ("filled", "cid", "sibling"),
    [(Leg.STOP, STOP_CID, TARGET_CID), (Leg.TARGET, TARGET_CID, STOP_CID)],
)
def test_a_filled_leg_sweeps_its_sibling_and_not_itself(
    filled: Leg, cid: str, sibling: str
) -> None:
    bench = PositionBench().protected()

    step = bench.tell(exit_fill(leg=filled, client_order_id=cid))

    assert [CancelLeg(sibling)] == step.told(CancelLeg)


def test_a_partial_exit_keeps_its_protection() -> None:
    bench = PositionBench().protected()

    step = bench.tell(exit_fill(HALF))

    assert [] == step.told(CancelLeg)
    assert HALF == bench.guard.position.quantity


def test_a_new_life_counts_its_own_profit_fees_and_orders() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill(trade_realised_pnl=Decimal(100)))
    reopened = bench.tell(fill(trade_trade_id="3", strategy="beta"))

    step = bench.tell(exit_fill(trade_trade_id="4", trade_realised_pnl=Decimal(-7)))

    assert ["p2", "p2"] == [each.intent_id for each in reopened.told(RequestExit)]
    (closed,) = step.told(PositionClosed)
    assert (Decimal(-7), 2 * FEE, "beta") == (closed.realised_pnl, closed.fees, closed.strategy)


def test_a_late_fill_of_an_entry_opens_a_position_that_is_protected_too() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill())

    step = bench.tell(fill(HALF, trade_trade_id="3", late=True))

    assert [Leg.STOP, Leg.TARGET] == [each.leg for each in step.told(RequestExit)]


def test_an_entry_that_turns_a_position_over_ends_one_life_and_protects_the_next() -> None:
    bench = PositionBench().protected()

    step = bench.tell(turning_entry(Decimal(3), trade_realised_pnl=Decimal(100)))

    (closed,) = step.told(PositionClosed)
    assert (Decimal(100), "alpha") == (closed.realised_pnl, closed.strategy)
    assert [Decimal(-2)] == [opened.quantity for opened in step.told(PositionOpened)]
    assert [CancelLeg(STOP_CID), CancelLeg(TARGET_CID)] == step.told(CancelLeg)
    (stop,) = step.told(RequestExit)
    assert (Leg.STOP, Side.BUY, Decimal(2100), "p2") == (
        stop.leg,
        stop.side,
        stop.trigger_price,
        stop.intent_id,
    )
    assert (ZERO, Decimal(100)) == (
        bench.guard.position.realised_pnl - bench.guard.realised_before,
        bench.guard.realised_before,
    )


def test_an_alarm_of_the_old_life_ends_when_it_is_turned_over() -> None:
    bench = PositionBench().opened()
    bench.steps.fire(f"unprotected/{KEY}")

    step = bench.tell(turning_entry(Decimal(2)))

    assert [ProtectionFailing(SYMBOL, alarm=False)] == step.told(ProtectionFailing)


def test_long_and_short_of_a_hedged_symbol_are_two_positions() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_position_side=PositionSide.LONG))
    bench.tell(fill(side=Side.SELL, trade_position_side=PositionSide.SHORT))

    (view,) = bench.tell(GetPositions()).replies

    assert [(PositionSide.LONG, ONE), (PositionSide.SHORT, -ONE)] == [
        (each.position_side, each.quantity) for each in view.positions
    ]


def test_a_bare_fill_is_booked_with_our_own_profit_until_the_venue_s_comes() -> None:
    bench = PositionBench().opened()

    half_closed = bench.tell(exit_fill(HALF, trade_fee=ZERO, trade_settled=False))
    before = bench.steps.actor.state
    ours, fees = before.realised_pnl, before.fees
    full = exit_fill(HALF, trade_realised_pnl=Decimal("49.5")).trade
    step = bench.tell(FillSettled("cb1-p1-x1", full))

    assert [Decimal(50)] == [each.realised_pnl for each in half_closed.told(PositionUpdated)]
    assert (Decimal(50), FEE) == (ours, fees)
    after = bench.steps.actor.state
    assert (Decimal("49.5"), 2 * FEE) == (after.realised_pnl, after.fees)
    assert () == step.tells


def test_a_position_that_was_told_closed_is_corrected_by_what_comes_late() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill(trade_fee=ZERO, trade_settled=False))

    step = bench.tell(FillSettled("cb1-p1-x1", exit_fill(trade_realised_pnl=Decimal(99)).trade))

    corrected = PositionCorrected(
        SYMBOL, PositionSide.BOTH, Decimal(-1), FEE, "alpha", position_id="p1"
    )
    assert (("event_bus", corrected),) == step.tells


def test_a_correction_of_an_earlier_life_leaves_the_next_one_s_figures_alone() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill(trade_fee=ZERO, trade_settled=False))
    bench.tell(fill(trade_trade_id="3", strategy="beta"))

    told = bench.tell(FillSettled("cb1-p1-x1", exit_fill(trade_realised_pnl=Decimal(99)).trade))
    step = bench.tell(exit_fill(trade_trade_id="4", trade_realised_pnl=Decimal(5)))

    assert ["alpha"] == [each.strategy for each in told.told(PositionCorrected)]
    (closed,) = step.told(PositionClosed)
    assert (Decimal(5), 2 * FEE) == (closed.realised_pnl, closed.fees)


def test_a_fill_is_settled_once() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill(HALF, trade_fee=ZERO, trade_settled=False))
    settled = FillSettled("cb1-p1-x1", exit_fill(HALF).trade)
    bench.tell(settled)

    step = bench.tell(settled)

    assert ((), ()) == (step.facts, step.tells)


def test_positions_are_valued_at_each_mark_of_theirs() -> None:
    bench = PositionBench().opened()

    step = bench.mark(2050)

    assert (("account", PositionsValued(Decimal(50), bench.steps.now_ns)),) == step.tells


def test_other_marks_value_nothing() -> None:
    bench = PositionBench().opened()

    assert () == bench.mark(60_000, "BTCUSDT").tells


def test_a_loss_beyond_the_stop_means_that_the_stop_failed() -> None:
    bench = PositionBench().protected()

    at_limit = bench.mark(1939)
    beyond = bench.mark(1938)

    assert [] == at_limit.told(RequestExit)
    assert ["stop_failed"] == [alert.alert for alert in beyond.told(AlertRaised)]
    assert [(Leg.EXIT, ONE)] == [(each.leg, each.quantity) for each in beyond.told(RequestExit)]


def test_a_failed_stop_is_acted_upon_once() -> None:
    bench = PositionBench().protected()
    bench.mark(1938)

    step = bench.mark(1937)

    assert ([], []) == (step.told(AlertRaised), step.told(RequestExit))


@pytest.mark.parametrize(
    "message",
    [
        ClockChanged(0, 0, trusted=True),
        PositionReported(SYMBOL, PositionSide.BOTH, ONE, ENTRY_PRICE, 1),
    ],
)
def test_what_is_only_noted_changes_nothing(message: object) -> None:
    step = PositionBench().opened().tell(message)

    assert ((), (), 1) == (step.facts, step.tells, len(step.logs))


def test_a_listing_that_agrees_says_so() -> None:
    step = PositionBench().opened().compare(ONE)

    assert (("reconciler", PositionsCompared(1, (), ())),) == step.tells
    assert () == step.facts
