"""Test of OrderManager: failed attempts, the directives about them, and the fence."""

from typing import Any

import pytest

from callboard.actors.order_facts import VenueNoted
from callboard.messages.account import RefreshAccount
from callboard.messages.events import OrderUnknown
from callboard.messages.failure import ClassifyFailure, VenueAnswered
from callboard.messages.instruments import RefreshInstruments
from callboard.messages.orders import (
    ApprovedOrder,
    EnqueueOrder,
    ExposureChanged,
    HoldSymbol,
    LegChanged,
    OrderEnded,
    RenewApproval,
    SlotFreed,
)
from callboard.messages.values import (
    Action,
    ErrorKind,
    Fix,
    OrderState,
    Outcome,
    Phase,
)
from callboard.messages.venue import (
    Fenced,
    MakeCall,
    PermitRefused,
    PlaceOrder,
    RequestPermit,
)
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    FIXES,
    ONE,
    STOP,
    STOP_CID,
    SYMBOL,
    OrderBench,
    evidence,
    trade,
)
from support.steps import MS, SECOND


def test_a_failed_attempt_is_classified_with_all_that_the_lane_saw() -> None:
    bench = OrderBench().submitted()

    step = bench.answer("#", code=-1003, status=429, text="slow down", retry_after_s=30)

    (failure,) = step.told(ClassifyFailure)
    assert (CID, 1, 429, -1003, "slow down", 30, ENTRY.send_by_ms) == (
        failure.client_order_id,
        failure.attempt,
        failure.status,
        failure.code,
        failure.text,
        failure.retry_after_s,
        failure.send_by_ms,
    )
    assert OrderState.SUBMITTED is bench.state


def test_a_failure_of_a_reducing_order_has_no_send_by() -> None:
    bench = OrderBench(EXIT).submitted()

    step = bench.answer("#", phase=Phase.NOT_CONNECTED)

    assert [0] == [failure.send_by_ms for failure in step.told(ClassifyFailure)]


def test_a_failure_of_an_earlier_attempt_says_nothing_about_the_one_that_is_out() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.REDELIVER)
    bench.steps.fire(f"retry/{CID}")
    bench.release()

    step = bench.answer("#", 1, phase=Phase.MAYBE_SENT)

    assert ([VenueNoted], ()) == ([type(fact) for fact in step.facts], step.tells)
    assert 2 == bench.order.attempt


def test_evidence_in_the_answer_of_an_earlier_attempt_counts() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.REDELIVER)

    bench.answer("#", 1, result=evidence("NEW"))

    assert OrderState.ACTIVE is bench.state


def test_a_redelivery_waits_for_its_delay_and_keeps_the_same_id() -> None:
    """C-07: one id for an intent, in every repetition."""
    bench = OrderBench().submitted()

    step = bench.direct(Action.REDELIVER, delay_ms=2_000)
    waiting = bench.steps.fire(f"retry/{CID}")
    again = bench.release()

    assert [2_000 * MS] == [delay for _, delay, _ in step.timers]
    assert [SlotFreed(CID)] == step.told(SlotFreed)
    assert [CID] == [each.client_order_id for each in waiting.told(EnqueueOrder)]
    (call,) = again.told(MakeCall)
    assert isinstance(call.call, PlaceOrder)
    assert (f"{CID}#2", CID) == (call.call_id, call.call.client_order_id)


def test_a_report_of_the_id_cancels_its_pending_redelivery() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.REDELIVER)
    bench.report("FILLED", ONE, trade())

    assert f"retry/{CID}" not in bench.steps.timers


@pytest.mark.parametrize("fix", FIXES)
def test_a_fix_is_asked_of_its_owner_and_remembered(fix: Fix) -> None:
    bench = OrderBench().submitted()

    step = bench.direct(Action.FIX_AND_REDELIVER, fix=fix)
    bench.steps.fire(f"retry/{CID}")
    bench.release()
    failure = bench.answer("#", 2, code=-1021).told(ClassifyFailure)[0]

    owners = {
        Fix.REFRESH_FILTERS: ("instruments", RefreshInstruments(SYMBOL, "because")),
        Fix.REFRESH_MODE: ("account", RefreshAccount("because")),
    }
    assert owners[fix] in step.tells
    assert (fix,) == failure.fixes_tried


def test_an_approval_that_would_age_out_goes_back_through_the_gate() -> None:
    bench = OrderBench().submitted()

    step = bench.direct(Action.REAPPROVE)

    assert [RenewApproval(CID, "1")] == step.told(RenewApproval)
    assert OrderState.PENDING is bench.state


def test_a_final_refusal_ends_the_order_and_tells_why() -> None:
    bench = OrderBench().submitted()

    step = bench.direct(
        Action.END, outcome=Outcome.REJECTED, kind=ErrorKind.NO_MARGIN, reason="too poor"
    )

    (ended,) = step.told(OrderEnded)
    assert (OrderState.REJECTED, f"{ErrorKind.NO_MARGIN}: too poor") == (ended.state, ended.reason)
    assert [True] == [exposure.sent for exposure in step.told(ExposureChanged)]


def test_an_order_that_was_certainly_not_executed_fails_and_costs_nothing() -> None:
    bench = OrderBench().submitted()

    step = bench.direct(Action.END, outcome=Outcome.NOT_EXECUTED)

    assert OrderState.FAILED is bench.state
    assert [False] == [exposure.sent for exposure in step.told(ExposureChanged)]


def test_a_refused_exit_tells_the_position_monitor_its_kind() -> None:
    bench = OrderBench(STOP).submitted()

    step = bench.direct(Action.END, outcome=Outcome.REJECTED, kind=ErrorKind.WOULD_TRIGGER)

    (change,) = step.told(LegChanged)
    assert (STOP_CID, OrderState.REJECTED, ErrorKind.WOULD_TRIGGER) == (
        change.client_order_id,
        change.state,
        change.kind,
    )
    assert [] == step.told(ExposureChanged)


def test_a_bug_parks_the_order_and_holds_its_symbol() -> None:
    bench = OrderBench().submitted()

    step = bench.direct(Action.PARK)

    assert [HoldSymbol(SYMBOL, CID)] == step.told(HoldSymbol)
    assert OrderState.PARKED is bench.state


def test_a_directive_for_an_earlier_attempt_is_void() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.REDELIVER)
    bench.steps.fire(f"retry/{CID}")
    bench.release()

    step = bench.direct(Action.END, attempt=1)

    assert ["ErrorNoted"] == [type(fact).__name__ for fact in step.facts]
    assert () == step.tells


def test_a_directive_that_comes_after_evidence_is_void() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", phase=Phase.MAYBE_SENT)
    bench.report("NEW")

    assert () == bench.direct(Action.QUERY).tells
    assert OrderState.ACTIVE is bench.state


def test_a_failure_about_which_nobody_decides_is_an_unknown_outcome() -> None:
    """C-06: without a verdict nothing is concluded."""
    bench = OrderBench().submitted()
    bench.answer("#", phase=Phase.NOT_CONNECTED)

    step = bench.steps.fire(f"word/{CID}")

    assert [OrderUnknown("s1", CID, SYMBOL, "no directive came")] == step.told(OrderUnknown)
    assert OrderState.UNKNOWN is bench.state


def test_a_directive_in_time_ends_the_wait_for_it() -> None:
    bench = OrderBench().submitted()
    bench.answer("#", phase=Phase.NOT_CONNECTED)

    bench.direct(Action.REDELIVER)

    assert f"word/{CID}" not in bench.steps.timers


@pytest.mark.parametrize("reason", ["halted", "symbol_reducing"])
def test_a_fenced_entry_of_an_older_epoch_is_given_up_unsent(reason: str) -> None:
    bench = OrderBench().submitted()

    step = bench.tell(Fenced(f"{CID}#1", 8, reason))

    assert [(OrderState.FAILED, reason)] == [(e.state, e.reason) for e in step.told(OrderEnded)]
    assert [False] == [exposure.sent for exposure in step.told(ExposureChanged)]


@pytest.mark.parametrize("reason", ["too_late", "permit_expired"])
def test_a_late_entry_goes_back_through_the_gate(reason: str) -> None:
    bench = OrderBench().submitted()

    step = bench.tell(Fenced(f"{CID}#1", 7, reason))

    assert [RenewApproval(CID, "1")] == step.told(RenewApproval)


@pytest.mark.parametrize(
    ("approved", "reason"), [(EXIT, "permit_expired"), (ENTRY, "clock_untrusted")]
)
def test_an_exit_and_what_could_not_be_signed_are_sent_again_after_a_moment(
    approved: ApprovedOrder, reason: str
) -> None:
    bench = OrderBench(approved).submitted()

    bench.tell(Fenced(f"{bench.cid}#1", 7, reason))
    step = bench.steps.fire(f"retry/{bench.cid}")

    assert [bench.cid] == [each.client_order_id for each in step.told(EnqueueOrder)]


def test_a_fence_for_an_attempt_that_is_over_does_nothing() -> None:
    bench = OrderBench().resting()

    assert () == bench.tell(Fenced(f"{CID}#1", 8, "halted")).tells


def test_a_query_that_was_fenced_or_got_no_permit_is_asked_again() -> None:
    for refusal in (Fenced(f"{CID}?1", 7, "permit_expired"), PermitRefused(f"{CID}?1", "late")):
        bench = OrderBench().unknown()

        bench.tell(refusal)
        step = bench.steps.fire(f"query/{CID}")

        assert [f"{CID}?1"] == [request.token for request in step.told(RequestPermit)]


@pytest.mark.parametrize(
    "failure", [{"phase": Phase.NOT_CONNECTED}, {"phase": Phase.MAYBE_SENT}, {"status": 503}]
)
def test_for_a_minute_after_a_failure_the_breaker_hears_of_answers(
    failure: dict[str, Any],
) -> None:
    """C-28: the share of failed requests needs the answers beside them."""
    bench = OrderBench().submitted()

    failed = bench.answer("#", 1, **failure)
    refused = bench.answer("?", 1, code=-2013)
    bench.steps.now_ns += 60 * SECOND
    later = bench.answer("?", 1, code=-2013)

    assert [] == failed.told(VenueAnswered)
    assert [VenueAnswered()] == refused.told(VenueAnswered)
    assert [] == later.told(VenueAnswered)


def test_what_never_left_says_nothing_about_the_venue() -> None:
    bench = OrderBench().submitted()

    bench.answer("#", 1, phase=Phase.NOT_SENT)

    assert 0 == bench.steps.actor.state.silent_at_ns


def test_an_answer_that_comes_when_its_order_is_forgotten_changes_nothing() -> None:
    bench = OrderBench()

    step = bench.answer("?", 1, result=evidence("NEW"))

    assert ((), ()) == (step.facts, step.tells)
