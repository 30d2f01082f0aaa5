"""Test of PositionMonitor: what others closed, and fills that it had lost."""

from decimal import Decimal
from typing import Any

from callboard.messages.events import AlertRaised, PositionClosed
from callboard.messages.orders import CancelLeg, FillBooked, RequestExit
from callboard.messages.positions import PositionAdopted, StrangerFilled, TakeStranger
from callboard.messages.values import CloseReason, Leg, OrderState, PositionSide
from callboard.messages.venue import TradeEvidence
from support.position_bench import (
    ONE,
    STOP_CID,
    SYMBOL,
    TARGET_CID,
    ZERO,
    PositionBench,
    exit_fill,
    fill,
    leg,
)
from support.steps import Step

HALF = Decimal("0.5")


def sold(quantity: Decimal = ONE, **changes: Any) -> TradeEvidence:
    """A sale by somebody else."""
    given: dict[str, Any] = {"trade_trade_id": "70", "trade_realised_pnl": Decimal(-40)}
    named = {f"trade_{name}": value for name, value in changes.items()}
    return exit_fill(quantity, Decimal(1960), **{**given, **named}).trade


def closed(step: Step) -> tuple[CloseReason, Decimal, Decimal]:
    (event,) = step.told(PositionClosed)
    return event.reason, event.exit_price, event.realised_pnl


def test_a_liquidation_closes_the_position_with_its_price_and_reason() -> None:
    bench = PositionBench().protected()

    step = bench.tell(StrangerFilled("autoclose-1", CloseReason.LIQUIDATION, sold()))

    assert (CloseReason.LIQUIDATION, Decimal(1960), Decimal(-40)) == closed(step)
    assert [PositionAdopted(SYMBOL, PositionSide.BOTH, -ONE)] == step.told(PositionAdopted)
    assert [CancelLeg(STOP_CID), CancelLeg(TARGET_CID)] == step.told(CancelLeg)
    assert ["stranger_closed"] == [alert.alert for alert in step.told(AlertRaised)]


def test_a_deleveraging_of_a_part_leaves_the_rest_protected() -> None:
    bench = PositionBench().protected()

    step = bench.tell(StrangerFilled("adl_autoclose", CloseReason.ADL, sold(HALF)))

    assert (HALF, [], []) == (
        bench.guard.position.quantity,
        step.told(CancelLeg),
        step.told(RequestExit),
    )


def test_a_stranger_s_fill_is_booked_once() -> None:
    bench = PositionBench().protected()
    bench.tell(StrangerFilled("adl_autoclose", CloseReason.ADL, sold(HALF)))

    step = bench.tell(StrangerFilled("adl_autoclose", CloseReason.ADL, sold(HALF)))

    assert ((), ()) == (step.facts, step.tells)


def test_a_liquidation_of_more_than_is_ours_waits_for_the_comparison() -> None:
    bench = PositionBench().protected()

    step = bench.tell(StrangerFilled("autoclose-1", CloseReason.LIQUIDATION, sold(Decimal(2))))

    assert () == step.tells
    assert ONE == bench.guard.position.quantity


def test_a_hand_s_fill_changes_nothing_until_the_positions_differ() -> None:
    bench = PositionBench().protected()

    noted = bench.tell(StrangerFilled("web_1", CloseReason.FOREIGN, sold()))
    bench.compare(None)
    adopted = bench.adopt()
    step = bench.tell(TakeStranger(sold()))

    assert () == noted.tells
    assert [TakeStranger(sold())] == adopted.told(TakeStranger)
    assert (CloseReason.FOREIGN, Decimal(1960), Decimal(-40)) == closed(step)


def test_a_hand_s_fills_that_do_not_explain_the_difference_are_not_booked() -> None:
    bench = PositionBench().protected()
    bench.tell(StrangerFilled("web_1", CloseReason.FOREIGN, sold(HALF)))
    bench.compare(None)

    step = bench.adopt()

    assert [] == step.told(TakeStranger)
    assert CloseReason.FOREIGN is closed(step)[0]


def test_a_fill_that_was_taken_already_is_not_taken_again() -> None:
    bench = PositionBench().protected()

    assert () == bench.tell(TakeStranger(sold())).tells


def test_a_fill_of_before_the_position_and_one_of_no_position_are_noted_only() -> None:
    bench = PositionBench()
    stranger = StrangerFilled("web_1", CloseReason.FOREIGN, sold(trade_id="0"))
    nobody = bench.tell(stranger)
    bench.tell(fill())

    before = bench.tell(stranger)

    assert [((), ()), ((), ())] == [(step.facts, step.tells) for step in (nobody, before)]


def test_a_fill_that_was_lost_is_booked_when_it_is_told_again_and_protected_then() -> None:
    bench = PositionBench()
    bench.compare(ONE)

    told = bench.tell(fill())
    again = bench.tell(fill())

    assert [Leg.STOP, Leg.TARGET] == [each.leg for each in told.told(RequestExit)]
    assert ((), ()) == (again.facts, again.tells)


def test_a_lost_last_fill_closes_the_position_when_it_is_told_again() -> None:
    bench = PositionBench().protected()
    bench.tell(leg(Leg.STOP, OrderState.FILLED))
    lost = exit_fill(leg=Leg.STOP, client_order_id=STOP_CID)

    step = bench.tell(lost)

    assert CloseReason.STOP_LOSS is closed(step)[0]
    assert [CancelLeg(TARGET_CID)] == step.told(CancelLeg)


def test_a_stranger_s_fill_that_was_ours_after_all_counts_once_everywhere() -> None:
    bench = PositionBench().protected()
    bench.tell(StrangerFilled("adl_autoclose", CloseReason.ADL, sold(HALF)))
    ours: FillBooked = exit_fill(HALF, trade_trade_id="70")

    first, second = bench.tell(ours), bench.tell(ours)

    assert HALF == bench.guard.position.quantity
    assert [PositionAdopted(SYMBOL, PositionSide.BOTH, HALF)] == first.told(PositionAdopted)
    assert ((), ()) == (second.facts, second.tells)


def test_a_closed_life_forgets_what_strangers_did_in_it() -> None:
    bench = PositionBench().protected()
    bench.tell(StrangerFilled("web_1", CloseReason.FOREIGN, sold(HALF)))
    bench.tell(exit_fill())

    assert ({}, ZERO) == (bench.guard.strangers, bench.guard.position.quantity)
