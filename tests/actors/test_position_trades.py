"""Test of PositionMonitor: what it tells of a position as a trade, and whose profit it is."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.messages.events import (
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionUpdated,
)
from callboard.messages.orders import FillSettled
from callboard.messages.positions import FlattenAll
from callboard.messages.queries import GetPositions, PositionsView, PositionView
from callboard.messages.stream import FundingPaid
from callboard.messages.values import CloseReason, Leg, PositionSide, Side, SignalSource
from support.position_bench import (
    ENTRY_PRICE,
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
    wish,
)
from support.steps import Step

HALF = Decimal("0.5")
FEE = Decimal("0.8")


def closed(step: Step) -> PositionClosed:
    (event,) = step.told(PositionClosed)
    return event


def view(bench: PositionBench) -> PositionsView:
    (answer,) = bench.tell(GetPositions()).replies
    assert isinstance(answer, PositionsView)
    return answer


def test_an_opened_trade_carries_its_signal_its_source_and_its_protection() -> None:
    """C-23: trade.opened comes with the first fill and its real price."""
    step = PositionBench().tell(fill(source=SignalSource.MANUAL, model_version="m7", trade_at_ms=5))

    opened = PositionOpened(
        SYMBOL,
        PositionSide.BOTH,
        ONE,
        ENTRY_PRICE,
        "alpha",
        position_id="p1",
        signal_id="s1",
        source=SignalSource.MANUAL,
        model_version="m7",
        stop_loss=STOP_PRICE,
        take_profit=TARGET_PRICE,
        fees=FEE,
        at_ms=5,
    )
    assert [opened] == step.told(PositionOpened)


def test_a_scaled_trade_tells_the_change_and_its_price() -> None:
    bench = PositionBench().opened()
    bench.mark(2020)

    step = bench.tell(fill(ONE, Decimal(2010), trade_trade_id="2"))

    updated = PositionUpdated(
        SYMBOL,
        PositionSide.BOTH,
        Decimal(2),
        Decimal(2005),
        ZERO,
        position_id="p1",
        change=ONE,
        price=Decimal(2010),
        reason=None,
        fees=2 * FEE,
        unrealised_pnl=Decimal(30),
        strategy="alpha",
    )
    assert [updated] == step.told(PositionUpdated)


def test_a_partly_closed_trade_tells_why() -> None:
    bench = PositionBench().protected()

    target: dict[str, Any] = {"leg": Leg.TARGET, "client_order_id": TARGET_CID}
    step = bench.tell(exit_fill(HALF, trade_realised_pnl=Decimal(50), **target))

    (updated,) = step.told(PositionUpdated)
    assert (CloseReason.TAKE_PROFIT, -HALF, Decimal(50)) == (
        updated.reason,
        updated.change,
        updated.realised_pnl,
    )


def test_a_closed_trade_carries_its_averages_its_costs_and_its_reason() -> None:
    bench = PositionBench()
    bench.tell(fill(source=SignalSource.MANUAL, model_version="m7", trade_at_ms=5))
    bench.tell(fill(ONE, Decimal(2010), trade_trade_id="2"))
    bench.tell(exit_fill(ONE, Decimal(2100), trade_trade_id="3", trade_realised_pnl=Decimal(95)))

    event = closed(
        bench.tell(
            exit_fill(
                ONE,
                Decimal(1900),
                leg=Leg.STOP,
                client_order_id=STOP_CID,
                trade_trade_id="4",
                trade_realised_pnl=Decimal(-105),
                trade_at_ms=9,
            )
        )
    )

    assert (Decimal(2005), Decimal(2000), Decimal(2)) == (
        event.entry_price,
        event.exit_price,
        event.quantity,
    )
    assert (Decimal(-10), 4 * FEE, CloseReason.STOP_LOSS) == (
        event.realised_pnl,
        event.fees,
        event.reason,
    )
    assert ("p1", SignalSource.MANUAL, "m7", 5, 9) == (
        event.position_id,
        event.source,
        event.model_version,
        event.opened_at_ms,
        event.closed_at_ms,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leg": Leg.STOP, "client_order_id": STOP_CID}, CloseReason.STOP_LOSS),
        ({"leg": Leg.TARGET, "client_order_id": TARGET_CID}, CloseReason.TAKE_PROFIT),
        ({"signal_id": "s9", "intent_id": "9"}, CloseReason.SIGNAL),
    ],
)
def test_the_order_that_closes_a_trade_says_why(
    changes: dict[str, Any], reason: CloseReason
) -> None:
    bench = PositionBench().protected()

    assert reason is closed(bench.tell(exit_fill(**changes))).reason


@pytest.mark.parametrize(
    ("sender", "reason"),
    [("circuit_breaker", CloseReason.BREAKER), ("execution_system", CloseReason.OPERATOR)],
)
def test_a_flatten_says_who_wanted_it(sender: str, reason: CloseReason) -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "enough"), sender=sender)

    assert reason is closed(bench.tell(exit_fill())).reason


def test_a_missing_stop_and_a_signal_are_told_apart_as_reasons() -> None:
    unprotected = PositionBench().opened()
    unprotected.steps.fire("unprotected/ETHUSDT/BOTH")
    wished = PositionBench().protected()
    wished.tell(wish())

    assert [CloseReason.PROTECTION, CloseReason.SIGNAL] == [
        closed(bench.tell(exit_fill())).reason for bench in (unprotected, wished)
    ]


def test_a_trade_that_a_hand_closed_is_told_with_that_reason() -> None:
    bench = PositionBench().protected()
    bench.compare(None)

    event = closed(bench.adopt())

    assert CloseReason.FOREIGN is event.reason


def test_a_fee_in_another_asset_is_kept_in_that_asset() -> None:
    bench = PositionBench()
    paid: dict[str, Any] = {
        "trade_fee": ZERO,
        "trade_other_fee": Decimal("0.001"),
        "trade_other_fee_asset": "BNB",
    }
    bench.tell(fill(**paid))

    event = closed(bench.tell(exit_fill(**paid)))

    assert (ZERO, (("BNB", Decimal("0.002")),)) == (event.fees, event.other_fees)
    assert (ZERO, (("BNB", Decimal("0.002")),)) == (view(bench).fees, view(bench).other_fees)


def test_a_late_word_brings_a_fee_in_another_asset_too() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_fee=ZERO, trade_settled=False))
    trade = fill(trade_other_fee=Decimal("0.001"), trade_other_fee_asset="BNB").trade

    bench.tell(FillSettled("cb1-1-e1", evolve(trade, fee=ZERO)))

    assert (("BNB", Decimal("0.001")),) == bench.guard.book.other_fees


def test_two_strategies_in_one_symbol_have_their_own_profit() -> None:
    bench = PositionBench().opened()
    bench.tell(fill(ONE, Decimal(2010), trade_trade_id="2", strategy="beta", signal_id="s2"))
    bench.tell(
        exit_fill(
            ONE,
            Decimal(2020),
            trade_trade_id="3",
            trade_realised_pnl=Decimal(15),
            signal_id="s3",
            strategy="beta",
        )
    )

    results = {each.strategy: each.realised_pnl for each in view(bench).strategies}

    assert {"alpha": ZERO, "beta": Decimal(10)} == results


def test_the_parts_of_the_strategies_add_up_when_the_trade_is_closed() -> None:
    bench = PositionBench().opened()
    bench.tell(fill(ONE, Decimal(2010), trade_trade_id="2", strategy="beta"))

    event = closed(
        bench.tell(
            exit_fill(Decimal(2), Decimal(2020), trade_trade_id="3", trade_realised_pnl=Decimal(30))
        )
    )

    assert [("alpha", Decimal(20)), ("beta", Decimal(10))] == [
        (each.strategy, each.realised_pnl) for each in event.results
    ]
    assert [Decimal(20), Decimal(10)] == [each.realised_pnl for each in view(bench).strategies]


def test_a_correction_of_a_closed_trade_is_its_strategy_s() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill(trade_fee=ZERO, trade_settled=False))

    bench.tell(FillSettled("cb1-p1-x1", exit_fill(trade_realised_pnl=Decimal(99)).trade))

    (alpha,) = view(bench).strategies
    assert (Decimal(99), 2 * FEE) == (alpha.realised_pnl, alpha.fees)


def test_a_snapshot_tells_the_open_positions_and_the_run_s_totals() -> None:
    bench = PositionBench().protected()
    bench.mark(2050)

    (view,) = bench.tell(GetPositions()).replies

    position = PositionView(
        symbol=SYMBOL,
        position_side=PositionSide.BOTH,
        quantity=ONE,
        entry_price=ENTRY_PRICE,
        mark_price=Decimal(2050),
        realised_pnl=ZERO,
        fees=FEE,
        stop_price=STOP_PRICE,
        protected=True,
        position_id="p1",
        strategy="alpha",
    )
    assert ((position,), ZERO, FEE) == (view.positions, view.realised_pnl, view.fees)


def test_funding_is_a_part_of_the_trade_and_of_its_strategies() -> None:
    bench = PositionBench().opened()

    step = bench.tell(FundingPaid(SYMBOL, Decimal("-0.4"), 7))
    event = closed(bench.tell(exit_fill()))

    assert [Decimal("-0.4")] == [each.funding for each in step.told(PositionUpdated)]
    assert (Decimal("-0.4"), [Decimal("-0.4")]) == (
        event.funding,
        [each.funding for each in event.results],
    )
    assert Decimal("-0.4") == view(bench).funding


def test_funding_of_a_hedged_symbol_is_paid_by_each_side_for_its_own_quantity() -> None:
    bench = PositionBench()
    bench.tell(fill(Decimal(3), trade_position_side=PositionSide.LONG))
    short: dict[str, Any] = {"trade_position_side": PositionSide.SHORT, "trade_trade_id": "2"}
    bench.tell(fill(ONE, side=Side.SELL, **short))

    bench.tell(FundingPaid(SYMBOL, Decimal(-4), 7))

    assert [Decimal(-6), Decimal(2)] == [each.funding for each in view(bench).positions]


def test_funding_that_comes_after_the_close_corrects_the_trade() -> None:
    bench = PositionBench().opened()
    bench.tell(exit_fill())

    (corrected,) = bench.tell(FundingPaid(SYMBOL, Decimal(-4), 7)).told(PositionCorrected)

    assert ("p1", Decimal(-4), ZERO) == (
        corrected.position_id,
        corrected.funding,
        corrected.realised_pnl,
    )
    assert [Decimal(-4)] == [each.funding for each in view(bench).strategies]


def test_funding_of_a_position_that_nobody_knows_counts_in_the_totals() -> None:
    bench = PositionBench()

    step = bench.tell(FundingPaid("XRPUSDT", Decimal(-4), 7))

    assert ((), Decimal(-4)) == (step.tells, view(bench).funding)
