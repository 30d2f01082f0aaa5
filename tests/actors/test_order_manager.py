"""Test of OrderManager: an order's approval, its turn, its placing and its end by time."""

import pytest
from attrs import evolve

from callboard.actors.order_facts import AttemptStarted
from callboard.messages.control import EngineStarted
from callboard.messages.events import AlertRaised
from callboard.messages.market import ClockChanged
from callboard.messages.orders import (
    ApprovalRenewed,
    ApprovedOrder,
    CancelLeg,
    EnqueueOrder,
    ExposureChanged,
    LegChanged,
    OrderDropped,
    OrderEnded,
    OrderReleased,
    RenewalRefused,
    RenewApproval,
    SlotFreed,
)
from callboard.messages.queries import GetOrders
from callboard.messages.values import (
    LastRun,
    OrderState,
    Priority,
)
from callboard.messages.venue import (
    MakeCall,
    Permit,
    PlaceOrder,
    RequestPermit,
)
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    LIMIT,
    ONE,
    START_MS,
    STOP,
    STOP_CID,
    SYMBOL,
    ZERO,
    OrderBench,
    evidence,
    trade,
)
from support.steps import SECOND

APPROVED_EACH = [ENTRY, EXIT, STOP]


@pytest.mark.parametrize("approved", APPROVED_EACH)
def test_an_approved_order_waits_for_its_turn(approved: ApprovedOrder) -> None:
    bench = OrderBench(approved)

    step = bench.approve()

    waiting = EnqueueOrder(
        client_order_id=approved.client_order_id,
        symbol=SYMBOL,
        priority=approved.priority,
        conditional=approved is STOP,
        send_by_ms=approved.send_by_ms,
        signal_id=approved.signal_id,
    )
    assert (("order_queue", waiting),) == step.tells
    assert OrderState.PENDING is bench.state


def test_an_order_is_taken_once() -> None:
    bench = OrderBench().submitted()

    step = bench.approve()

    assert ((), ()) == (step.facts, step.tells)


def test_a_request_that_is_repeated_after_a_start_finds_the_order_that_the_last_start_made() -> (
    None
):
    bench = OrderBench(EXIT).resting()

    step = bench.tell(evolve(EXIT, client_order_id="cb2-p1-x1"))

    assert () == step.facts
    assert [(EXIT.client_order_id, OrderState.ACTIVE)] == [
        (change.client_order_id, change.state) for change in step.told(LegChanged)
    ]


def test_an_order_that_history_forgot_is_forgotten_by_what_asked_for_it() -> None:
    bench = OrderBench(EXIT, history_max=1).resting()
    bench.report("EXPIRED")
    bench.tell(STOP)
    bench.tell(CancelLeg(STOP_CID))

    assert ["p1-s1"] == list(bench.steps.actor.state.legs)


def test_an_order_that_waits_is_queued_again_for_who_asks_twice() -> None:
    bench = OrderBench(STOP)
    bench.approve()

    step = bench.approve()

    assert ([STOP_CID], ()) == (
        [each.client_order_id for each in step.told(EnqueueOrder)],
        step.facts,
    )


def test_who_asks_twice_for_a_leg_is_told_again_where_it_stands() -> None:
    bench = OrderBench(STOP).resting()

    step = bench.approve()

    assert ((), [OrderState.ACTIVE]) == (
        step.facts,
        [change.state for change in step.told(LegChanged)],
    )


def test_a_released_order_is_recorded_as_sent_with_the_horizon_of_its_permit() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.release()

    horizon_ms = START_MS + 1_000 + 2_500 + 10_000
    assert (AttemptStarted(CID, 1, horizon_ms, bench.steps.now_ns),) == step.facts
    (call,) = step.to("lane_opening")
    assert isinstance(call.call, PlaceOrder)
    assert (f"{CID}#1", Priority.OPENING, 7, ENTRY.send_by_ms) == (
        call.call_id,
        call.priority,
        call.epoch,
        call.send_by_ms,
    )


@pytest.mark.parametrize("approved", [EXIT, STOP])
def test_reducing_orders_take_the_lane_that_carries_nothing_else(approved: ApprovedOrder) -> None:
    bench = OrderBench(approved)
    bench.approve()

    step = bench.release()

    assert [f"{approved.client_order_id}#1"] == [call.call_id for call in step.to("lane_reducing")]


def test_the_clock_moves_the_horizon() -> None:
    bench = OrderBench()
    bench.tell(ClockChanged(offset_ns=5 * SECOND, error_ns=10, trusted=True))
    bench.approve()

    bench.release()

    assert START_MS + 5_000 + 1_000 + 12_500 == bench.order.horizon_ms


def test_a_release_of_an_order_that_is_not_pending_only_frees_its_slot() -> None:
    bench = OrderBench().submitted()

    step = bench.release()

    assert ((), (("order_queue", SlotFreed(CID)),)) == (step.facts, step.tells)


def test_a_release_of_an_order_that_nobody_knows_only_frees_its_slot() -> None:
    step = OrderBench().tell(OrderReleased("cb1-9-e1", Permit("p", 0)))

    assert (("order_queue", SlotFreed("cb1-9-e1")),) == step.tells


def test_an_order_that_went_stale_in_the_queue_asks_the_gate_again() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(OrderDropped(CID, "stale"))

    assert (("risk_gate", RenewApproval(CID, "1")),) == step.tells
    assert OrderState.PENDING is bench.state


@pytest.mark.parametrize("reason", ["queue_full", "halted"])
def test_an_order_that_the_queue_does_not_take_fails_and_gives_back_its_reservation(
    reason: str,
) -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(OrderDropped(CID, reason))

    (exposure,) = step.told(ExposureChanged)
    assert (False, True, ZERO) == (exposure.sent, exposure.ended, exposure.remaining)
    (ended,) = step.told(OrderEnded)
    assert (OrderState.FAILED, reason) == (ended.state, ended.reason)


def test_a_dropped_order_that_is_out_already_stays_out() -> None:
    bench = OrderBench().submitted()

    assert () == bench.tell(OrderDropped(CID, "halted")).tells


def test_a_renewed_approval_waits_again_under_its_new_epoch() -> None:
    bench = OrderBench()
    bench.approve()
    bench.tell(OrderDropped(CID, "stale"))

    step = bench.tell(ApprovalRenewed(CID, 9, START_MS + 9_000))
    call = bench.release().told(MakeCall)[0]

    assert [START_MS + 9_000] == [each.send_by_ms for each in step.told(EnqueueOrder)]
    assert (9, START_MS + 9_000) == (call.epoch, call.send_by_ms)


def test_a_renewal_that_comes_after_the_order_s_end_does_nothing() -> None:
    bench = OrderBench()
    bench.approve()
    bench.tell(OrderDropped(CID, "halted"))

    assert () == bench.tell(ApprovalRenewed(CID, 9, START_MS)).tells


def test_a_refused_renewal_ends_the_order_with_the_guard_named() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(RenewalRefused(CID, "stale_mark"))

    assert ["stale_mark"] == [ended.reason for ended in step.told(OrderEnded)]
    assert OrderState.FAILED is bench.state


def test_an_answered_placement_frees_the_slot_of_its_symbol() -> None:
    bench = OrderBench().submitted()

    step = bench.answer("#", result=evidence("NEW"))

    assert [SlotFreed(CID)] == step.told(SlotFreed)
    assert OrderState.ACTIVE is bench.state


def test_a_start_says_how_many_orders_are_open() -> None:
    step = OrderBench().resting().tell(EngineStarted(2, LastRun.STOPPED))

    assert (("orders_open", {"count": 1}),) == step.logs


def test_a_query_for_orders_is_answered_with_the_open_ones_of_the_symbol() -> None:
    bench = OrderBench().resting()
    other = evolve(LIMIT, client_order_id="cb1-2-e1", symbol="BTCUSDT")
    bench.tell(other)

    (all_open,) = bench.tell(GetOrders()).replies
    (one,) = bench.tell(GetOrders(SYMBOL)).replies

    assert [CID, "cb1-2-e1"] == [view.client_order_id for view in all_open.orders]
    assert [(CID, OrderState.ACTIVE, 1)] == [
        (view.client_order_id, view.state, view.attempts) for view in one.orders
    ]


def test_a_query_for_all_orders_tells_the_ended_ones_first() -> None:
    bench = OrderBench().resting()
    bench.tell(evolve(ENTRY, client_order_id="cb1-2-e1"))
    bench.report("FILLED", ONE, trade())

    (answer,) = bench.tell(GetOrders(open_only=False)).replies

    assert [CID, "cb1-2-e1"] == [view.client_order_id for view in answer.orders]


def test_a_market_order_without_a_fill_is_asked_for() -> None:
    bench = OrderBench().resting()

    step = bench.steps.fire(f"fills/{CID}")

    assert [f"{CID}?1"] == [request.token for request in step.told(RequestPermit)]


def test_an_unknown_order_that_is_too_old_is_parked_with_an_alert() -> None:
    """C-45: after three days absence proves nothing, and a person looks."""
    bench = OrderBench(intent_age_ms_max=1_000).unknown()
    bench.steps.now_ns += 2 * SECOND

    step = bench.steps.fire(f"query/{CID}")

    assert ["order_parked"] == [alert.alert for alert in step.told(AlertRaised)]
    assert OrderState.PARKED is bench.state
