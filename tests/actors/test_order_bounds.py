"""Test of an order's bounds: its time, its quantity, its redelivery, the venue's words."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.events import AlertRaised, OrderCorrected, OrderFailed, OrderUnknown
from callboard.messages.failure import ClassifyFailure
from callboard.messages.orders import (
    ApprovedOrder,
    ExposureChanged,
    FillBooked,
    HoldSymbol,
    OrderDropped,
    OrderEnded,
    OrderReleased,
    SlotFreed,
    WithdrawOrder,
)
from callboard.messages.stream import BackfillNeeded
from callboard.messages.values import Action, OrderState, Phase
from callboard.messages.venue import CancelOne, MakeCall, Permit, RequestPermit
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    HALF,
    LIMIT,
    ONE,
    START_MS,
    STOP,
    SYMBOL,
    OrderBench,
    evidence,
    tokens,
    trade,
)
from support.steps import MS, SECOND, START_NS, Step

HOUR_MS = 3_600_000


def alerts(step: Step) -> list[str]:
    return [alert.alert for alert in step.told(AlertRaised)]


@pytest.mark.parametrize("status", ["NEW", "FILLED", "CANCELED"])
def test_a_report_of_the_id_takes_the_waiting_attempt_out_of_the_queue(status: str) -> None:
    bench = OrderBench(LIMIT).submitted()
    bench.direct(Action.REDELIVER)
    bench.steps.fire(f"retry/{CID}")

    step = bench.report(status, ONE if status == "FILLED" else Decimal(0))
    late = bench.tell(OrderReleased(CID, Permit("p2", bench.steps.now_ns + SECOND)))

    assert [WithdrawOrder(CID)] == step.told(WithdrawOrder)
    assert [SlotFreed(CID)] == late.told(SlotFreed)
    assert [] == late.told(MakeCall)


def test_what_a_query_finds_cancels_the_pending_redelivery_too() -> None:
    bench = OrderBench(LIMIT).unknown()
    bench.steps.fire(f"query/{CID}")
    bench.absent(1, after_ns=60 * SECOND)
    bench.absent(2)

    step = bench.answer("?", 2, result=evidence("NEW"))

    assert [WithdrawOrder(CID)] == step.told(WithdrawOrder)
    assert OrderState.ACTIVE is bench.state


def test_a_fill_beyond_what_was_ordered_is_booked_alerted_and_compared_with_the_venue() -> None:
    bench = OrderBench().resting()

    step = bench.report("FILLED", Decimal(2), trade(1, Decimal(2)))

    assert ["overfill"] == alerts(step)
    assert [Decimal(2)] == [fill.trade.quantity for fill in step.told(FillBooked)]
    assert [START_MS] == [each.since_ms for each in step.told(BackfillNeeded)]
    assert OrderState.FILLED is bench.state


@pytest.mark.parametrize("quantity", [HALF, ONE])
def test_a_fill_after_the_whole_is_booked_alerted_and_corrects_the_end(quantity: Decimal) -> None:
    bench = OrderBench().resting()
    bench.report("FILLED", ONE, trade())

    step = bench.report("FILLED", ONE + quantity, trade(2, quantity))

    assert ["overfill"] == alerts(step)
    assert [True] == [fill.late for fill in step.told(FillBooked)]
    assert [quantity] == [change.fill for change in step.told(ExposureChanged)]
    assert [ONE + quantity] == [each.filled for each in step.told(OrderCorrected)]
    assert 1 == len(step.told(BackfillNeeded))
    assert (OrderState.FILLED, ONE + quantity) == (bench.state, bench.order.filled)


def test_a_status_that_nobody_knows_makes_the_order_unknown_and_is_asked_after() -> None:
    """C-06: a word that nobody knows is no end; the order is in doubt, never failed."""
    bench = OrderBench().resting()

    step = bench.report("PENDING_NEW")

    assert ["unknown_status"] == alerts(step)
    assert [CID] == [each.client_order_id for each in step.told(OrderUnknown)]
    assert [HoldSymbol(SYMBOL, CID)] == step.told(HoldSymbol)
    assert [] == [*step.told(OrderEnded), *step.told(OrderFailed)]
    assert f"query/{CID}" in bench.steps.timers
    assert OrderState.UNKNOWN is bench.state


def test_the_same_strange_word_is_alarmed_once_and_asked_less_and_less_often() -> None:
    bench = OrderBench().resting()
    bench.report("PENDING_NEW")
    delays: list[int] = []
    heard: list[str] = []
    for number in range(1, 5):
        bench.steps.fire(f"query/{CID}")
        step = bench.answer("?", number, result=evidence("PENDING_NEW"))
        heard += alerts(step)
        delays.append([delay for key, delay, _ in step.timers if key == f"query/{CID}"][-1] // MS)

    other = bench.report("PENDING_CANCEL")

    assert [] == heard
    assert ["unknown_status"] == alerts(other)
    assert sorted(delays) == delays
    assert delays[0] < delays[-1]


def test_the_fill_that_comes_with_a_strange_word_counts() -> None:
    bench = OrderBench().resting()

    step = bench.report("HALF_DONE", HALF, trade(1, HALF))

    assert [HALF] == [fill.trade.quantity for fill in step.told(FillBooked)]
    assert f"query/{CID}" in bench.steps.timers
    assert (OrderState.PARTIALLY_FILLED, HALF) == (bench.state, bench.order.filled)


def test_a_strange_word_after_the_end_is_only_alarmed() -> None:
    bench = OrderBench().resting()
    bench.report("FILLED", ONE, trade())

    step = bench.report("REOPENED", ONE)

    assert ["unknown_status"] == alerts(step)
    assert [] == step.told(OrderUnknown)
    assert OrderState.FILLED is bench.state


def test_a_known_word_ends_the_quarantine() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("PENDING_NEW")

    bench.report("NEW")

    assert OrderState.ACTIVE is bench.state


@pytest.mark.parametrize(
    ("approved", "deadline_ms"),
    [(ENTRY, ENTRY.deadline_ms), (EXIT, START_MS + HOUR_MS), (STOP, 0)],
)
def test_every_order_but_protection_has_a_deadline(
    approved: ApprovedOrder, deadline_ms: int
) -> None:
    """C-06: the total deadline has a default; a stop rests as long as its position."""
    bench = OrderBench(approved)

    bench.approve()

    assert deadline_ms == bench.order.deadline_ms


def test_the_default_deadline_is_a_setting_and_on_the_venue_s_clock() -> None:
    bench = OrderBench(EXIT, deadline_ms_default=5_000)
    bench.approve()
    bench.release()

    step = bench.answer("#", phase=Phase.NOT_CONNECTED)

    (failure,) = step.told(ClassifyFailure)
    assert START_MS + 5_000 == failure.deadline_ms


def test_an_entry_that_is_unknown_at_its_deadline_is_cancelled_once_and_alerted() -> None:
    """C-06: a total deadline bounds the whole order, whatever is known of it."""
    bench = OrderBench(evolve(ENTRY, deadline_ms=START_MS + 5_000)).unknown()
    bench.steps.now_ns = START_NS + 4_999 * MS
    before = bench.steps.fire(f"query/{CID}")
    bench.answer("?", 1, phase=Phase.MAYBE_SENT)
    bench.steps.now_ns = START_NS + 5_000 * MS

    due = bench.steps.fire(f"query/{CID}")
    bench.answer("?", 2, phase=Phase.MAYBE_SENT)
    after = bench.steps.fire(f"query/{CID}")

    assert ([], [f"{CID}?1"]) == (alerts(before), tokens(before))
    assert (["order_overdue"], [f"{CID}!1", f"{CID}?2"]) == (alerts(due), tokens(due))
    assert ([], [f"{CID}?3"]) == (alerts(after), tokens(after))
    assert (OrderState.UNKNOWN, "deadline") == (bench.state, bench.order.cancel_reason)


def test_a_resting_entry_is_cancelled_at_the_venue_when_its_time_is_over() -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.steps.fire(f"deadline/{CID}")
    call = bench.grant("!").told(MakeCall)

    assert [f"{CID}!1"] == [request.token for request in step.told(RequestPermit)]
    assert [CancelOne(CID, SYMBOL, conditional=False)] == [made.call for made in call]
    assert OrderState.CANCELLING is bench.state


def test_an_order_that_the_queue_dropped_is_not_taken_out_of_it_again() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(OrderDropped(CID, "queue_full"))

    assert [] == step.told(WithdrawOrder)
    assert OrderState.FAILED is bench.state
