"""Test of OrderManager: what the venue's reports, answers and listings of fills mean."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.control import TradingStateChanged
from callboard.messages.events import AlertRaised, OrderCorrected, OrderPartiallyFilled, OrderPlaced
from callboard.messages.market import ClockChanged
from callboard.messages.orders import (
    ApprovedOrder,
    ExposureChanged,
    FillBooked,
    FillSettled,
    HoldSymbol,
    LegChanged,
    OrderEnded,
)
from callboard.messages.reconciliation import TradesFound
from callboard.messages.values import (
    Action,
    Leg,
    OrderState,
    Outcome,
    Phase,
    PositionSide,
    Side,
    TradingState,
)
from callboard.messages.venue import ListTrades, MakeCall, RequestPermit, TradesListed
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    HALF,
    LIMIT,
    ONE,
    PRICE,
    STOP,
    SYMBOL,
    ZERO,
    OrderBench,
    evidence,
    trade,
)
from support.steps import SECOND

BARE = trade(fee=ZERO, position_side=PositionSide.BOTH, settled=False)


def test_an_accepted_order_is_told_as_placed_once() -> None:
    bench = OrderBench().submitted()

    first = bench.report("NEW")
    second = bench.report("NEW")

    assert [OrderPlaced("s1", CID, SYMBOL, Side.BUY, ONE)] == first.told(OrderPlaced)
    assert ((), ()) == (second.facts, second.tells)


def test_a_full_fill_is_booked_and_ends_the_order() -> None:
    bench = OrderBench().resting()

    step = bench.report("FILLED", ONE, trade())

    (fill,) = step.told(FillBooked)
    assert (trade(), Leg.ENTRY, "alpha", ENTRY.stop_loss, ENTRY.take_profit, False) == (
        fill.trade,
        fill.leg,
        fill.strategy,
        fill.stop_loss,
        fill.take_profit,
        fill.late,
    )
    (ended,) = step.told(OrderEnded)
    assert (OrderState.FILLED, ONE, PRICE) == (ended.state, ended.filled, ended.average_price)
    assert [] == [key for key in bench.steps.timers if key.endswith(CID)]


def test_each_fill_moves_exposure_with_filled_and_remaining_together() -> None:
    bench = OrderBench().resting()

    first = bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))
    second = bench.report("FILLED", ONE, trade(2, HALF))

    moved = [
        (each.fill, each.filled, each.remaining, each.ended)
        for step in (first, second)
        for each in step.told(ExposureChanged)
    ]
    assert [
        (HALF, HALF, HALF, False),
        (HALF, ONE, ZERO, False),
        (ZERO, ONE, ZERO, True),
    ] == moved


def test_a_partial_fill_is_told_with_its_average_price() -> None:
    bench = OrderBench().resting()
    bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    quarter = Decimal("0.25")
    step = bench.report("PARTIALLY_FILLED", HALF + quarter, trade(2, quarter, price=Decimal(2030)))

    (partial,) = step.told(OrderPartiallyFilled)
    assert (Decimal("0.75"), quarter, Decimal(2010)) == (
        partial.filled,
        partial.remaining,
        partial.average_price,
    )


def test_the_same_fill_counts_once() -> None:
    bench = OrderBench().resting()
    bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    step = bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    assert ((), ()) == (step.facts, step.tells)


def test_fills_in_the_wrong_order_add_up() -> None:
    bench = OrderBench().resting()

    bench.report("FILLED", ONE, trade(2, HALF))
    waiting = bench.state
    bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    assert (OrderState.PARTIALLY_FILLED, OrderState.FILLED) == (waiting, bench.state)


def test_a_fill_before_the_answer_is_booked_and_the_answer_changes_nothing() -> None:
    bench = OrderBench().submitted()
    bench.report("FILLED", ONE, trade())

    step = bench.answer("#", result=evidence("NEW"))

    assert ((), ()) == (step.facts, step.tells)
    assert OrderState.FILLED is bench.state


def test_an_end_without_its_fills_waits_for_them_and_asks() -> None:
    bench = OrderBench().submitted()

    step = bench.answer("#", result=evidence("FILLED", ONE))
    asked = bench.steps.fire(f"fills/{CID}")

    assert [] == step.told(OrderEnded)
    assert [("ListTrades", f"{CID}$1")] == [(e.call, e.token) for e in asked.told(RequestPermit)]


def test_fills_are_asked_for_by_their_order_since_clocks_are_set_meanwhile() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", result=evidence("FILLED", ONE))
    bench.tell(ClockChanged(24_000_000_000, 0, trusted=True))
    bench.steps.fire(f"fills/{CID}")

    (call,) = bench.grant("$").told(MakeCall)

    assert ListTrades(SYMBOL, 0, evidence("FILLED").venue_order_id) == call.call


def test_listed_fills_complete_an_order_whose_end_is_known() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", result=evidence("FILLED", ONE))
    bench.steps.fire(f"fills/{CID}")
    bench.grant("$")

    step = bench.answer("$", result=TradesListed(SYMBOL, (trade(),)))

    assert [OrderState.FILLED] == [ended.state for ended in step.told(OrderEnded)]


def test_fills_that_are_not_listed_yet_are_looked_for_again() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", result=evidence("FILLED", ONE))

    bench.answer("$", result=TradesListed(SYMBOL, ()))
    empty = bench.steps.fire(f"fills/{CID}")
    bench.answer("$", phase=Phase.MAYBE_SENT)
    failed = bench.steps.fire(f"fills/{CID}")

    assert [1, 1] == [len(step.told(RequestPermit)) for step in (empty, failed)]


def test_fills_that_stay_unlisted_are_alerted_once_and_nothing_of_it_is_cancelled() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", result=evidence("FILLED", ONE))

    looks = [bench.answer("$", result=TradesListed(SYMBOL, ())) for _ in range(7)]
    halted = bench.tell(TradingStateChanged(TradingState.HALTED, 2, "enough", venue_open=True))

    alerts = [alert.alert for step in looks for alert in step.told(AlertRaised)]
    assert (["fills_missing"], 1) == (alerts, len(looks[4].told(AlertRaised)))
    assert ((), ()) == (halted.facts, halted.tells)


def test_several_listed_fills_of_an_order_are_booked_one_a_step() -> None:
    bench = OrderBench().resting()

    step = bench.tell(TradesFound(SYMBOL, (trade(1, HALF), trade(2, HALF))))

    assert [HALF] == [fill.trade.quantity for fill in step.told(FillBooked)]
    assert (("order_manager", TradesFound(SYMBOL, (trade(2, HALF),))),) == step.tells[-1:]


def test_fills_of_other_orders_are_not_ours() -> None:
    step = OrderBench().resting().tell(TradesFound(SYMBOL, (trade(venue_order_id="1"),)))

    assert ((), ()) == (step.facts, step.tells)


def test_an_order_cancelled_after_a_part_keeps_the_part() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    step = bench.report("CANCELED", HALF)

    assert [(OrderState.CANCELLED, HALF)] == [(e.state, e.filled) for e in step.told(OrderEnded)]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CANCELED", OrderState.CANCELLED),
        ("EXPIRED", OrderState.EXPIRED),
        ("EXPIRED_IN_MATCH", OrderState.EXPIRED),
        ("REJECTED", OrderState.REJECTED),
    ],
)
def test_each_end_without_a_fill_is_an_end(status: str, state: OrderState) -> None:
    bench = OrderBench().resting()

    step = bench.report(status)

    assert [state] == [ended.state for ended in step.told(OrderEnded)]


def test_a_late_fill_corrects_the_end_that_was_told() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("CANCELED")

    step = bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    assert [OrderCorrected("s1", CID, SYMBOL, "CANCELLED", HALF)] == step.told(OrderCorrected)
    assert [True] == [fill.late for fill in step.told(FillBooked)]
    (exposure,) = step.told(ExposureChanged)
    assert (HALF, ZERO, True) == (exposure.fill, exposure.remaining, exposure.ended)
    assert OrderState.CANCELLED is bench.state


def test_a_late_fill_that_completes_the_order_makes_it_filled() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("EXPIRED")

    bench.report("FILLED", ONE, trade())

    assert OrderState.FILLED is bench.state


def test_a_failed_order_that_lives_after_all_is_unknown_and_asked_for() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.END, outcome=Outcome.NOT_EXECUTED)

    step = bench.report("NEW")

    assert [HoldSymbol(SYMBOL, CID)] == step.told(HoldSymbol)
    assert OrderState.UNKNOWN is bench.state
    assert 1 == len(bench.steps.fire(f"query/{CID}").told(RequestPermit))


def test_more_than_was_ordered_is_booked_with_a_critical_alert() -> None:
    bench = OrderBench().resting()

    step = bench.report("FILLED", Decimal(2), trade(1, Decimal(2)))

    assert ["overfill"] == [alert.alert for alert in step.told(AlertRaised)]
    assert [Decimal(2)] == [fill.trade.quantity for fill in step.told(FillBooked)]


def test_a_report_that_cannot_be_is_alarmed_and_changes_nothing() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))

    step = bench.report("REJECTED", HALF)

    assert ["illegal_report"] == [alert.alert for alert in step.told(AlertRaised)]
    assert OrderState.PARTIALLY_FILLED is bench.state


def test_a_triggered_stop_goes_on_under_its_child_s_id() -> None:
    bench = OrderBench(STOP).resting()

    bench.report("TRIGGERED", conditional=True, child_order_id="901", quantity=ZERO)
    step = bench.report("FILLED", ONE, trade(5, venue_order_id="901"), venue_order_id="901")

    assert [trade(5, venue_order_id="901")] == [fill.trade for fill in step.told(FillBooked)]
    assert [(OrderState.FILLED, ONE)] == [(e.state, e.filled) for e in step.told(LegChanged)]


@pytest.mark.parametrize("approved", [ENTRY, EXIT])
def test_an_end_is_told_to_whom_it_concerns(approved: ApprovedOrder) -> None:
    bench = OrderBench(approved).resting()

    step = bench.report("EXPIRED")

    is_entry = approved is ENTRY
    assert [is_entry, not is_entry] == [bool(step.told(OrderEnded)), bool(step.told(LegChanged))]


def test_a_bare_fill_is_booked_at_once_with_the_order_s_position_side() -> None:
    bench = OrderBench(evolve(ENTRY, position_side=PositionSide.LONG)).resting()

    step = bench.tell(TradesFound(SYMBOL, (BARE,)))

    (fill,) = step.told(FillBooked)
    assert evolve(BARE, position_side=PositionSide.LONG) == fill.trade
    assert OrderState.FILLED is bench.state


def test_the_full_report_of_a_bare_fill_settles_its_fee_and_books_nothing_twice() -> None:
    bench = OrderBench().resting()
    bench.tell(TradesFound(SYMBOL, (BARE,)))

    step = bench.report("FILLED", ONE, trade())
    again = bench.report("FILLED", ONE, trade())

    assert (("position_monitor", FillSettled(CID, trade())),) == step.tells
    assert ONE == bench.order.filled
    assert ((), ()) == (again.facts, again.tells)


def test_a_bare_fill_that_comes_twice_counts_once() -> None:
    bench = OrderBench().resting()
    bench.tell(TradesFound(SYMBOL, (BARE,)))

    step = bench.tell(TradesFound(SYMBOL, (BARE,)))

    assert ((), ()) == (step.facts, step.tells)


def test_a_bare_fill_after_the_full_one_changes_nothing() -> None:
    bench = OrderBench().resting()
    bench.report("FILLED", ONE, trade())

    step = bench.tell(TradesFound(SYMBOL, (BARE,)))

    assert ((), ()) == (step.facts, step.tells)


def test_a_bare_fill_without_its_full_report_is_looked_for_in_the_listing() -> None:
    bench = OrderBench().resting()
    bench.tell(TradesFound(SYMBOL, (BARE,)))

    asked = bench.steps.fire(f"settle/{CID}")
    bench.grant("$")
    step = bench.answer("$", result=TradesListed(SYMBOL, (trade(),)))

    assert ["ListTrades"] == [request.call for request in asked.told(RequestPermit)]
    assert [FillSettled(CID, trade())] == step.told(FillSettled)
    assert [] == bench.order.bare_trades


def test_the_wait_for_a_full_report_survives_the_end_of_the_order_and_a_restart() -> None:
    bench = OrderBench().resting()
    bench.tell(TradesFound(SYMBOL, (BARE,)))
    bench.steps.timers.clear()

    step = bench.steps.start()

    assert [f"settle/{CID}"] == [key for key, _, _ in step.timers]


def test_nothing_is_looked_for_once_everything_is_there() -> None:
    bench = OrderBench().resting()
    bench.tell(TradesFound(SYMBOL, (BARE,)))
    late = bench.steps.timers[f"settle/{CID}"].message
    bench.report("FILLED", ONE, trade())

    step = bench.tell(late, after_ns=SECOND)

    assert f"settle/{CID}" not in bench.steps.timers
    assert () == step.tells
