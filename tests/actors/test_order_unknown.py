"""Test of OrderManager: the unknown outcome, what ends it, and the venue's listings."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.messages.events import AlertRaised, OrderResolved, OrderUnknown
from callboard.messages.orders import (
    ApprovedOrder,
    EnqueueOrder,
    HoldSymbol,
    LegChanged,
    ReleaseSymbol,
    RenewApproval,
    SlotFreed,
)
from callboard.messages.reconciliation import CompareOrders, OrdersCompared
from callboard.messages.values import Action, OrderState, Phase, Priority
from callboard.messages.venue import MakeCall, OrderEvidence, QueryOne, RequestPermit
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    LIMIT,
    ONE,
    STOP,
    SYMBOL,
    ZERO,
    OrderBench,
    evidence,
    stop_evidence,
    trade,
)
from support.steps import MS, SECOND, Step

HORIZON_NS = 14 * SECOND
"""Well past the last moment at which a first attempt of a bench can be accepted."""


def queried(bench: OrderBench) -> QueryOne:
    """Let the next question become due, and return the call that it makes."""
    (request,) = bench.steps.fire(f"query/{bench.cid}").told(RequestPermit)
    (call,) = bench.grant("?", int(request.token.partition("?")[2])).told(MakeCall)
    assert isinstance(call.call, QueryOne)
    return call.call


def listing(
    bench: OrderBench, *orders: OrderEvidence, final: bool = False, departed_ago_ns: int = 0
) -> Step:
    """Let a listing come in that left after everything so far, unless told otherwise."""
    departed_at_ns = bench.steps.now_ns + 1 - departed_ago_ns
    message = CompareOrders(3, departed_at_ns, orders, final)
    return bench.tell(message, sender="reconciler", after_ns=2)


def compared(*mismatched: str, unsettled: int = 0) -> OrdersCompared:
    """Return what the reconciler should hear; what is unsettled here is an entry."""
    return OrdersCompared(3, mismatched, unsettled, (SYMBOL,) if unsettled else ())


def test_a_lost_answer_makes_the_order_unknown_and_holds_its_symbol() -> None:
    bench = OrderBench().submitted()

    step = bench.direct(Action.QUERY, reason="timed out")

    assert [OrderUnknown("s1", CID, SYMBOL, "timed out")] == step.told(OrderUnknown)
    assert [HoldSymbol(SYMBOL, CID)] == step.told(HoldSymbol)
    assert [] == step.told(SlotFreed)
    assert OrderState.UNKNOWN is bench.state


def test_the_question_goes_out_as_a_reducing_request() -> None:
    bench = OrderBench().unknown()

    (request,) = bench.steps.fire(f"query/{CID}").told(RequestPermit)

    assert ("QueryOne", f"{CID}?1", Priority.REDUCING, True) == (
        request.call,
        request.token,
        request.priority,
        request.by_symbol,
    )


@pytest.mark.parametrize("approved", [ENTRY, STOP])
def test_questions_alternate_between_the_two_stores(approved: ApprovedOrder) -> None:
    bench = OrderBench(approved).unknown()

    stores: list[bool] = []
    for number in (1, 2, 3):
        stores.append(queried(bench).conditional)
        bench.absent(number)

    own = approved is STOP
    assert [own, not own, own] == stores


def test_questions_are_asked_less_and_less_often_up_to_the_cap() -> None:
    bench = OrderBench().unknown()

    waits = [bench.absent(number).timers[0][1] // MS for number in range(1, 8)]

    assert [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000] == waits


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (evidence("NEW"), OrderState.ACTIVE),
        (evidence("CANCELED"), OrderState.CANCELLED),
        (evidence("EXPIRED"), OrderState.EXPIRED),
        (evidence("REJECTED"), OrderState.REJECTED),
    ],
)
def test_what_a_question_finds_resolves_the_order_and_releases_the_symbol(
    found: OrderEvidence, state: OrderState
) -> None:
    bench = OrderBench().unknown()
    queried(bench)

    step = bench.answer("?", result=found)

    assert [OrderResolved("s1", CID, SYMBOL, state)] == step.told(OrderResolved)
    assert [ReleaseSymbol(SYMBOL, CID)] == step.told(ReleaseSymbol)
    assert [SlotFreed(CID)] == step.told(SlotFreed)
    assert f"query/{CID}" not in bench.steps.timers


def test_a_report_of_the_stream_resolves_it_as_well() -> None:
    bench = OrderBench().unknown()

    step = bench.report("FILLED", ONE, trade())

    assert [OrderState.FILLED] == [resolved.state for resolved in step.told(OrderResolved)]


def test_the_answer_to_the_placement_may_come_late_and_resolves_it() -> None:
    bench = OrderBench().unknown()

    bench.answer("#", result=evidence("NEW"))

    assert OrderState.ACTIVE is bench.state


def test_absence_before_the_horizon_proves_nothing_however_often_it_is_said() -> None:
    """C-06, C-45: a negative answer before the horizon is inconclusive."""
    bench = OrderBench().unknown()

    for number in range(1, 6):
        bench.absent(number, after_ns=SECOND)

    assert OrderState.UNKNOWN is bench.state
    assert 0 == bench.order.absent


def test_absence_counts_after_the_horizon_in_both_stores_and_renews_an_entry() -> None:
    """C-06, C-07, C-45: only then may it be sent again, and through the gate."""
    bench = OrderBench().unknown()

    first = bench.absent(1, after_ns=HORIZON_NS)
    between = bench.state
    second = bench.absent(2)

    assert (OrderState.UNKNOWN, []) == (between, first.told(RenewApproval))
    assert [RenewApproval(CID, "1")] == second.told(RenewApproval)
    assert OrderState.PENDING is bench.state


def test_an_absent_exit_is_sent_again_without_asking_the_gate() -> None:
    bench = OrderBench(EXIT).unknown()
    bench.absent(1, after_ns=HORIZON_NS)
    bench.absent(2)

    step = bench.steps.fire(f"retry/{bench.cid}")

    assert [bench.cid] == [each.client_order_id for each in step.told(EnqueueOrder)]


@pytest.mark.parametrize(
    "said", [{"phase": Phase.MAYBE_SENT}, {"phase": Phase.NOT_CONNECTED}, {"code": -1000}]
)
def test_only_the_venue_s_own_word_counts_as_absence(said: dict[str, Any]) -> None:
    bench = OrderBench().unknown()
    bench.absent(1, after_ns=HORIZON_NS)

    bench.answer("?", 2, **said)
    bench.absent(3)

    assert OrderState.UNKNOWN is bench.state
    assert 1 == bench.order.absent


def test_a_question_that_left_before_the_last_change_proves_nothing() -> None:
    bench = OrderBench().unknown()
    left_at_ns = bench.steps.now_ns - 1
    bench.steps.now_ns += HORIZON_NS

    bench.answer("?", code=-2013, sent_at_ns=left_at_ns)

    assert 0 == bench.order.absent


def test_each_attempt_must_be_proven_absent_for_itself() -> None:
    bench = OrderBench(EXIT).unknown()
    bench.absent(1, after_ns=HORIZON_NS)
    bench.absent(2)
    bench.steps.fire(f"retry/{bench.cid}")
    bench.release()
    bench.direct(Action.QUERY, attempt=2)

    bench.absent(1)
    bench.absent(2)

    assert OrderState.UNKNOWN is bench.state


def test_an_order_that_the_venue_knew_is_parked_when_it_has_no_record_any_more() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.direct(Action.QUERY)
    listing(bench, final=True)
    bench.steps.fire(f"query/{CID}")
    bench.absent(1, after_ns=HORIZON_NS)

    step = bench.absent(2)

    assert ["order_vanished"] == [alert.alert for alert in step.told(AlertRaised)]
    assert OrderState.PARKED is bench.state


@pytest.mark.parametrize("approved", [STOP, EXIT])
def test_one_inconclusive_question_lets_the_monitor_send_another_leg(
    approved: ApprovedOrder,
) -> None:
    bench = OrderBench(approved).unknown()

    first = bench.absent(1)
    second = bench.absent(2)

    assert [("INCONCLUSIVE", OrderState.UNKNOWN)] == [
        (change.kind, change.state) for change in first.told(LegChanged)
    ]
    assert [] == second.told(LegChanged)


def test_an_entry_in_doubt_is_never_doubled() -> None:
    bench = OrderBench().unknown()

    step = bench.absent(1)

    assert [] == [told for _, told in step.tells]


def test_a_listing_that_shows_the_order_resolves_it() -> None:
    bench = OrderBench().unknown()

    step = listing(bench, evidence("NEW"))

    assert [("reconciler", compared(unsettled=1))] == [
        each for each in step.tells if each[0] == "reconciler"
    ]
    assert OrderState.ACTIVE is bench.state


def test_a_listing_that_left_before_the_last_change_says_nothing() -> None:
    bench = OrderBench().unknown()

    step = listing(bench, evidence("NEW"), departed_ago_ns=10)

    assert (("reconciler", compared(unsettled=1)),) == step.tells
    assert OrderState.UNKNOWN is bench.state


def test_an_order_that_two_listings_lack_is_asked_for_and_unsettled_until_then() -> None:
    bench = OrderBench(LIMIT).resting()

    first = listing(bench)
    second = listing(bench)

    assert ([], [f"query/{CID}"]) == (
        [key for key, _, _ in first.timers],
        [key for key, _, _ in second.timers],
    )
    assert (("reconciler", compared(unsettled=1)),) == second.tells


def test_a_final_listing_lets_ask_at_once_and_is_not_settled() -> None:
    bench = OrderBench(LIMIT).resting()

    step = listing(bench, final=True)

    assert [f"query/{CID}"] == [key for key, _, _ in step.timers]
    assert (("reconciler", compared(unsettled=1)),) == step.tells


def test_a_listing_that_shows_the_order_again_starts_the_count_anew() -> None:
    bench = OrderBench(LIMIT).resting()
    listing(bench)
    bench.report("PARTIALLY_FILLED", Decimal("0.5"), trade(1, Decimal("0.5")))

    step = listing(bench)

    assert () == step.timers


def test_a_second_listing_of_the_same_truth_changes_nothing() -> None:
    bench = OrderBench(STOP).resting()

    step = listing(bench, stop_evidence("NEW"))

    assert (("reconciler", compared()),) == step.tells
    assert () == step.facts


def test_an_order_under_our_prefix_that_nobody_knows_is_told_and_left() -> None:
    stranger = evidence("NEW", client_order_id="cb9-9-e1", symbol="BTCUSDT")
    foreign = evidence("NEW", client_order_id="web_1", symbol="XRPUSDT")

    step = listing(OrderBench(), stranger, foreign)

    assert [compared("BTCUSDT")] == step.to("reconciler")
    assert ["cb9-9-e1", "web_1"] == [alert.subject for alert in step.told(AlertRaised)]


def test_an_order_whose_fills_are_missing_is_unsettled() -> None:
    bench = OrderBench().unknown()
    bench.answer("?", result=evidence("FILLED", ONE))

    step = listing(bench)

    assert (("reconciler", compared(unsettled=1)),) == step.tells


@pytest.mark.parametrize("attempt_is_out", [False, True])
def test_a_waiting_order_is_in_no_listing_and_one_that_is_out_is_unsettled(
    *, attempt_is_out: bool
) -> None:
    bench = OrderBench()
    bench.approve()
    if attempt_is_out:
        bench.release()

    step = listing(bench)

    assert (("reconciler", compared(unsettled=int(attempt_is_out))),) == step.tells
    assert () == step.facts


def test_an_end_in_the_listing_without_its_fill_stays_open() -> None:
    bench = OrderBench().unknown()

    bench.answer("?", result=evidence("FILLED", ONE))

    assert (OrderState.ACTIVE, "FILL", ZERO) == (bench.state, bench.order.final, bench.order.filled)
