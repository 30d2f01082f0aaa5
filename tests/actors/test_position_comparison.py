"""Test of position comparison: what the venue lists, and what is taken over of it."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.events import (
    AlertRaised,
    PositionClosed,
)
from callboard.messages.orders import CancelLeg
from callboard.messages.positions import PositionAdopted
from callboard.messages.reconciliation import AdoptPosition, PositionsCompared
from callboard.messages.values import Leg, OrderState, OrderType, PositionSide
from callboard.messages.venue import OrderEvidence, PositionEvidence
from support.order_bench import stop_evidence
from support.position_bench import (
    ENTRY_PRICE,
    ONE,
    STOP_CID,
    SYMBOL,
    TARGET_CID,
    ZERO,
    PositionBench,
    fill,
    leg,
)
from support.steps import SECOND

HALF = Decimal("0.5")


@pytest.mark.parametrize("quantity", [None, HALF, Decimal(2), -ONE])
def test_a_listing_that_differs_names_the_symbol(quantity: Decimal | None) -> None:
    step = PositionBench().opened().compare(quantity)

    assert (("reconciler", PositionsCompared(1, (SYMBOL,), ())),) == step.tells


def test_a_listing_that_left_before_the_last_fill_says_nothing() -> None:
    bench = PositionBench().opened()

    step = bench.compare(None, departed_at_ns=bench.steps.now_ns)

    assert (("reconciler", PositionsCompared(1, (), ())),) == step.tells


def test_a_position_that_was_never_ours_is_told_as_foreign() -> None:
    step = PositionBench().compare(ONE)

    assert (("reconciler", PositionsCompared(1, (), (SYMBOL,))),) == step.tells


@pytest.mark.parametrize(("left", "change"), [(None, -ONE), (HALF, -HALF)])
def test_less_than_our_fills_say_is_taken_over(left: Decimal | None, change: Decimal) -> None:
    bench = PositionBench().protected()
    bench.compare(left)

    step = bench.tell(AdoptPosition(1, SYMBOL))

    assert [PositionAdopted(SYMBOL, PositionSide.BOTH, change)] == step.told(PositionAdopted)
    assert ["position_adopted"] == [alert.alert for alert in step.told(AlertRaised)]
    assert (left or ZERO) == bench.guard.position.quantity


def test_a_position_that_is_gone_is_told_closed_and_swept_and_its_exit_ends() -> None:
    bench = PositionBench().protected()
    bench.mark(1938)
    bench.compare(None)

    step = bench.tell(AdoptPosition(1, SYMBOL))
    late = bench.tell(leg(Leg.EXIT, OrderState.REJECTED, reason="-2022"))

    assert [ZERO] == [closed.realised_pnl for closed in step.told(PositionClosed)]
    assert [CancelLeg(STOP_CID), CancelLeg(TARGET_CID)] == step.told(CancelLeg)
    assert ((), {}) == (late.tells, bench.steps.timers)


@pytest.mark.parametrize("quantity", [-Decimal(2), -ONE, -HALF])
def test_a_position_that_somebody_turned_over_is_gone_and_its_rest_is_foreign(
    quantity: Decimal,
) -> None:
    bench = PositionBench().protected()
    bench.compare(quantity)

    step = bench.tell(AdoptPosition(1, SYMBOL))
    told = [
        compared.foreign
        for _ in range(2)
        for compared in bench.compare(quantity).told(PositionsCompared)
    ]

    assert [PositionAdopted(SYMBOL, PositionSide.BOTH, -ONE)] == step.told(PositionAdopted)
    assert 1 == len(step.told(PositionClosed))
    assert (ZERO, (SYMBOL,)) == (bench.guard.position.quantity, told[-1])


def test_more_than_ours_is_foreign_and_left() -> None:
    bench = PositionBench().protected()
    bench.compare(Decimal(2))

    step = bench.tell(AdoptPosition(1, SYMBOL))

    assert ((), ()) == (step.facts, step.tells)


def test_what_another_pass_showed_is_not_taken_over() -> None:
    bench = PositionBench().protected()
    bench.compare(None)

    assert () == bench.tell(AdoptPosition(2, SYMBOL)).tells


def test_what_a_fill_has_overtaken_is_not_taken_over() -> None:
    bench = PositionBench().protected()
    bench.compare(None)
    bench.tell(fill(trade_trade_id="2"), after_ns=SECOND)

    assert () == bench.tell(AdoptPosition(1, SYMBOL)).tells


def test_a_difference_that_is_gone_is_forgotten() -> None:
    bench = PositionBench().protected()
    bench.compare(None)
    bench.compare(ONE)

    assert bench.guard.venue is None
    assert () == bench.tell(AdoptPosition(1, SYMBOL)).tells


def test_each_side_of_a_hedged_symbol_is_compared_for_itself() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_position_side=PositionSide.LONG))
    long = PositionEvidence(SYMBOL, PositionSide.LONG, ONE, ENTRY_PRICE)
    short = evolve(long, position_side=PositionSide.SHORT, quantity=-ONE)

    step = bench.compare(None, positions=(long, short))

    assert (("reconciler", PositionsCompared(1, (), (SYMBOL,))),) == step.tells


def whole_stop(client_order_id: str) -> OrderEvidence:
    """Return what the venue says of a stop that closes a whole position."""
    return stop_evidence(
        "NEW",
        client_order_id=client_order_id,
        order_type=OrderType.STOP_MARKET,
        close_position=True,
    )


def closers_cancelled(bench: PositionBench, quantity: Decimal | None, closer: str) -> list[str]:
    """Compare with a listing that shows a closePosition order; return what is to be cancelled."""
    shown = whole_stop(closer)
    step = bench.compare(quantity, closers=(shown,))
    return [cancel.client_order_id for cancel in step.told(CancelLeg)]


def test_what_would_close_a_flat_position_and_is_no_leg_of_ours_is_to_be_cancelled() -> None:
    assert ["cb1-p9-s1"] == closers_cancelled(PositionBench(), None, "cb1-p9-s1")


def test_what_would_close_an_open_position_is_left_whoever_holds_it() -> None:
    assert [] == closers_cancelled(PositionBench().protected(), ONE, "cb1-p9-s1")
    assert [] == closers_cancelled(PositionBench(), ONE, "cb1-p9-s1")


def test_a_stop_beside_ours_is_to_be_cancelled_once_ours_is_listed() -> None:
    bench = PositionBench().protected()

    step = bench.compare(ONE, closers=(whole_stop("cb1-p9-s1"), whole_stop(STOP_CID)))

    assert [CancelLeg("cb1-p9-s1")] == step.told(CancelLeg)
