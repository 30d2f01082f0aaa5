"""Test of OrderManager: wishes to cancel, in every state, and what a restart takes up."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.control import TradingStateChanged
from callboard.messages.failure import ClassifyFailure
from callboard.messages.orders import (
    AmendIntent,
    ApprovedOrder,
    CancelEntries,
    CancelIntent,
    CancelLeg,
    EnqueueOrder,
    ExposureChanged,
    LegChanged,
    OrderEnded,
    OrderReported,
    WithdrawOrder,
)
from callboard.messages.positions import FlattenAll
from callboard.messages.values import Action, Operation, OrderState, Phase, TradingState
from callboard.messages.venue import (
    CancelAccepted,
    CancelOne,
    Fenced,
    PermitRefused,
)
from support.order_bench import (
    CANCEL,
    CID,
    HALF,
    LIMIT,
    ONE,
    STOP,
    STOP_CID,
    SYMBOL,
    ZERO,
    OrderBench,
    calls,
    evidence,
    stop_evidence,
    tokens,
    trade,
)
from support.steps import SECOND


def test_a_waiting_order_is_withdrawn_at_once() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(CANCEL)

    assert [WithdrawOrder(CID)] == step.told(WithdrawOrder)
    assert [(OrderState.CANCELLED, "cancelled by command")] == [
        (ended.state, ended.reason) for ended in step.told(OrderEnded)
    ]
    assert [False] == [exposure.sent for exposure in step.told(ExposureChanged)]


@pytest.mark.parametrize(
    ("approved", "call"),
    [
        (LIMIT, CancelOne(CID, SYMBOL, conditional=False)),
        (STOP, CancelOne(STOP_CID, SYMBOL, conditional=True)),
    ],
)
def test_a_resting_order_is_cancelled_in_the_store_where_it_lives(
    approved: ApprovedOrder, call: CancelOne
) -> None:
    bench = OrderBench(approved).resting()

    asked = bench.tell(CANCEL if approved is LIMIT else CancelLeg(STOP_CID))
    made = bench.grant("!")

    assert [f"{bench.cid}!1"] == tokens(asked)
    assert [call] == calls(made)
    assert OrderState.CANCELLING is bench.state


def test_the_child_of_a_triggered_stop_is_cancelled_as_an_ordinary_order() -> None:
    bench = OrderBench(STOP).resting()
    bench.report("TRIGGERED", conditional=True, child_order_id="901", quantity=ZERO)
    bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF), venue_order_id="901")

    bench.tell(CancelLeg(STOP_CID))

    assert [CancelOne(STOP_CID, SYMBOL, conditional=False)] == calls(bench.grant("!"))


def test_a_stop_that_is_found_after_its_cancel_was_wished_is_told_as_leaving() -> None:
    bench = OrderBench(STOP).unknown()
    bench.tell(CancelLeg(STOP_CID))

    found = bench.tell(OrderReported(stop_evidence("NEW"), None, "stream"))

    assert [OrderState.CANCELLING] == [leg.state for leg in found.told(LegChanged)]


def test_a_wish_is_not_made_twice() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    step = bench.tell(CancelEntries("", "flatten"))

    assert ((), ()) == (step.facts, step.tells)


@pytest.mark.parametrize("flattens", [True, False])
def test_what_is_filled_of_an_entry_after_a_flatten_is_closed(flattens: bool) -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CancelEntries("", "over", flattens=flattens))

    overtaken = bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF))
    bench.report("CANCELED", HALF)
    late = bench.report("CANCELED", ONE, trade(2, HALF))

    closes = [FlattenAll(CID, SYMBOL, "filled after a flatten")] if flattens else []
    assert [closes, closes] == [step.told(FlattenAll) for step in (overtaken, late)]


def test_a_cancel_waits_for_the_answer_of_the_placement_which_it_could_overtake() -> None:
    bench = OrderBench(LIMIT).submitted()

    early = bench.tell(CANCEL)
    bench.answer("#", result=evidence("NEW"))
    step = bench.steps.fire(f"retry/{CID}")

    assert ([], [f"{CID}!1"]) == (tokens(early), tokens(step))


def test_a_cancel_wished_while_the_order_is_out_is_sent_when_the_stream_tells_of_it() -> None:
    bench = OrderBench(STOP).submitted()
    bench.tell(CancelLeg(STOP_CID))
    bench.report("NEW", conditional=True, venue_order_id="77")

    step = bench.steps.fire(f"retry/{STOP_CID}")

    assert [f"{STOP_CID}!1"] == tokens(step)
    assert OrderState.CANCELLING is bench.state


@pytest.mark.parametrize("action", [Action.REDELIVER, Action.REAPPROVE])
def test_an_order_to_be_cancelled_is_not_sent_again(action: Action) -> None:
    bench = OrderBench().submitted()
    bench.tell(CANCEL)

    step = bench.direct(action)

    assert [(OrderState.CANCELLED, "cancelled by command")] == [
        (ended.state, ended.reason) for ended in step.told(OrderEnded)
    ]
    assert [] == step.told(EnqueueOrder)
    assert f"retry/{CID}" not in bench.steps.timers


def test_a_fenced_order_to_be_cancelled_is_cancelled() -> None:
    bench = OrderBench().submitted()
    bench.tell(CANCEL)

    bench.tell(Fenced(f"{CID}#1", 7, "too_late"))

    assert OrderState.CANCELLED is bench.state


def test_an_unknown_order_to_be_cancelled_is_withdrawn_when_it_proves_absent() -> None:
    bench = OrderBench().unknown()
    bench.tell(CANCEL)
    bench.absent(1, after_ns=14 * SECOND)

    step = bench.absent(2)

    assert [OrderState.CANCELLED] == [ended.state for ended in step.told(OrderEnded)]


def test_the_venue_s_word_confirms_a_cancel() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    step = bench.answer("!", result=evidence("CANCELED"))

    assert [OrderState.CANCELLED] == [ended.state for ended in step.told(OrderEnded)]


def test_the_algo_store_s_short_answer_confirms_a_cancel() -> None:
    bench = OrderBench(STOP).resting()
    bench.tell(CancelLeg(STOP_CID))

    bench.answer("!", result=CancelAccepted(STOP_CID, SYMBOL))

    assert OrderState.CANCELLED is bench.state


def test_a_cancel_that_meets_a_fill_leaves_the_order_filled() -> None:
    """C-15: the final state is what the venue says, here a fill that won the race."""
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)
    bench.report("FILLED", ONE, trade())

    step = bench.answer("!", code=-2011)

    assert ((), ()) == (step.facts, step.tells)
    assert OrderState.FILLED is bench.state


def test_a_failed_cancel_is_classified_as_a_cancel() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    step = bench.answer("!", code=-2011)

    assert [Operation.CANCEL] == [failure.operation for failure in step.told(ClassifyFailure)]


def test_a_cancel_is_repeated_by_directive() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    bench.direct(Action.REDELIVER, operation=Operation.CANCEL, delay_ms=500)
    step = bench.steps.fire(f"retry/{CID}")

    assert [f"{CID}!2"] == tokens(step)


def test_a_cancel_that_got_no_permit_is_asked_for_again() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    bench.tell(PermitRefused(f"{CID}!1", "no permit in time"))

    assert [f"{CID}!2"] == tokens(bench.steps.fire(f"retry/{CID}"))


@pytest.mark.parametrize("mark", "!~?$")
def test_a_call_that_got_no_permit_is_not_repeated_for_an_order_that_is_over(mark: str) -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("CANCELED")
    before = dict(bench.steps.timers)

    bench.tell(PermitRefused(f"{CID}{mark}1", "no permit in time"))

    assert before == dict(bench.steps.timers)


@pytest.mark.parametrize("action", [Action.QUERY, Action.END])
def test_an_order_whose_cancel_came_to_nothing_is_unknown_and_asked_for(action: Action) -> None:
    """C-15: a refused cancel is not repeated; the order is asked for."""
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    bench.direct(action, operation=Operation.CANCEL)

    assert OrderState.UNKNOWN is bench.state
    assert f"query/{CID}" in bench.steps.timers


def test_a_lost_cancel_is_pursued_until_the_order_is_gone() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)
    bench.direct(Action.QUERY, operation=Operation.CANCEL)
    bench.steps.fire(f"query/{CID}")
    bench.answer("?", result=evidence("NEW"))

    step = bench.steps.fire(f"retry/{CID}")

    assert [f"{CID}!2"] == tokens(step)
    assert OrderState.CANCELLING is bench.state


def test_a_cancel_about_which_nobody_decides_is_asked_after() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)
    bench.answer("!", phase=Phase.NOT_CONNECTED)

    bench.steps.fire(f"word/{CID}")

    assert OrderState.UNKNOWN is bench.state


def test_a_resting_entry_is_cancelled_at_its_deadline() -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.steps.fire(f"deadline/{CID}")

    assert [f"{CID}!1"] == tokens(step)
    assert "deadline" == bench.order.cancel_reason


@pytest.mark.parametrize(("symbol", "count"), [("", 1), (SYMBOL, 1), ("BTCUSDT", 0)])
def test_the_entries_of_a_symbol_or_of_all_are_cancelled(symbol: str, count: int) -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.tell(CancelEntries(symbol, "flatten"))

    assert count == len(tokens(step))


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_a_halt_cancels_resting_entries_and_no_protection(state: TradingState) -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(STOP)

    step = bench.tell(TradingStateChanged(state, 8, "loss", venue_open=True))

    assert [f"{CID}!1"] == tokens(step)
    assert "halted: loss" == bench.order.cancel_reason


def test_a_return_to_trading_cancels_nothing() -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.tell(TradingStateChanged(TradingState.ACTIVE, 9, "resumed", venue_open=True))

    assert ((), ()) == (step.facts, step.tells)


def test_a_cancel_of_an_order_that_nobody_knows_does_nothing() -> None:
    bench = OrderBench(LIMIT).resting()

    assert () == bench.tell(CancelIntent("c1", "77")).tells
    assert () == bench.tell(CancelLeg("cb1-p9-s1")).tells


def test_a_restart_takes_a_waiting_order_up_where_it_was() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.steps.start()

    assert [CID] == [each.client_order_id for each in step.told(EnqueueOrder)]


@pytest.mark.parametrize("amending", [False, True])
def test_a_restart_while_a_request_is_out_makes_the_order_unknown(*, amending: bool) -> None:
    bench = OrderBench(LIMIT)
    if amending:
        bench.resting().tell(AmendIntent("c1", "1", Decimal(1990), None))
    else:
        bench.submitted()

    bench.steps.start()

    assert OrderState.UNKNOWN is bench.state
    assert f"query/{CID}" in bench.steps.timers


def test_a_restart_asks_for_what_rests_and_keeps_its_deadline() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.steps.timers.clear()

    bench.steps.start()

    assert [f"deadline/{CID}", f"query/{CID}"] == sorted(bench.steps.timers)


def test_a_restart_cancels_again_after_a_while_what_was_to_be_cancelled() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)

    started = bench.steps.start()
    again = bench.steps.fire(f"retry/{CID}")

    assert [] == tokens(started)
    assert [f"{CID}!2"] == tokens(again)


def test_the_answer_to_a_cancel_that_was_out_at_a_restart_is_enough() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CANCEL)
    bench.steps.start()

    bench.answer("!", result=evidence("CANCELED"))

    assert f"retry/{CID}" not in bench.steps.timers


def test_a_restart_looks_for_the_fills_of_an_end_that_is_known() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", result=evidence("FILLED", ONE))
    bench.steps.timers.clear()

    bench.steps.start()

    assert [f"{CID}$1"] == tokens(bench.steps.fire(f"fills/{CID}"))


def test_a_parked_order_waits_for_a_person_across_a_restart() -> None:
    bench = OrderBench(evolve(LIMIT, deadline_ms=0)).submitted()
    bench.direct(Action.PARK)
    bench.steps.timers.clear()

    step = bench.steps.start()

    assert ((), [f"deadline/{CID}"]) == (step.tells, list(bench.steps.timers))
