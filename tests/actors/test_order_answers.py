"""Test of order answers: one order by any of its ids, with its times and errors; the counts."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from attrs import evolve

from callboard.actors.order_answers import order_view
from callboard.actors.settings import OrderSettings
from callboard.messages.orders import CancelEntries, OrderDropped
from callboard.messages.queries import (
    GetOrder,
    GetOrders,
    GetStatistics,
    OrdersView,
    OrderView,
    StateTime,
    StatisticsView,
)
from callboard.messages.values import (
    Action,
    ErrorKind,
    ErrorType,
    Operation,
    OrderState,
    Outcome,
    Severity,
)
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    HALF,
    LIMIT,
    ONE,
    START_MS,
    STOP,
    STOP_CID,
    OrderBench,
    evidence,
    trade,
)
from support.steps import MS, SECOND

MEGABYTE = 1_000_000


def found(bench: OrderBench, order_id: str) -> list[OrderView]:
    (answer,) = bench.tell(GetOrder(order_id)).replies
    assert isinstance(answer, OrdersView)
    return list(answer.orders)


def statistics(bench: OrderBench) -> StatisticsView:
    (answer,) = bench.tell(GetStatistics()).replies
    assert isinstance(answer, StatisticsView)
    return answer


def filled(bench: OrderBench) -> OrderBench:
    bench.submitted()
    bench.answer("#", result=evidence("FILLED", ONE, client_order_id=bench.cid))
    bench.report("FILLED", ONE, trade())
    return bench


def test_every_move_of_an_order_has_its_time() -> None:
    """S3-073: the wait, the request, the rest and the end are all there, in milliseconds."""
    bench = OrderBench(LIMIT)
    bench.approve()
    bench.steps.now_ns += 5 * MS
    bench.release()
    bench.steps.now_ns += 40 * MS
    bench.report("NEW")
    bench.steps.now_ns += SECOND
    bench.report("FILLED", ONE, trade())

    (view,) = found(bench, CID)

    expected = (
        StateTime(OrderState.PENDING, START_MS),
        StateTime(OrderState.SUBMITTED, START_MS + 5),
        StateTime(OrderState.ACTIVE, START_MS + 45),
        StateTime(OrderState.FILLED, START_MS + 1_045),
    )
    assert expected == view.times
    assert (START_MS, OrderState.FILLED, 1) == (view.created_at_ms, view.state, view.attempts)


def test_a_failed_request_is_kept_with_its_type_number_severity_and_time() -> None:
    """S3-072, S0-061: what failed, how it was judged, and which call of how many it was."""
    bench = OrderBench().submitted()
    bench.steps.now_ns += 30 * MS

    bench.direct(
        Action.END,
        kind=ErrorKind.NO_MARGIN,
        outcome=Outcome.REJECTED,
        error_type=ErrorType.INSUFFICIENT_BALANCE,
        severity=Severity.CRITICAL,
        attempts_max=1,
        status=400,
        code=-2019,
        text="Margin is insufficient." + " " * 300,
    )

    (error,) = found(bench, CID)[0].errors
    assert (Operation.PLACE, 1, 1) == (error.operation, error.attempt, error.attempts_max)
    assert (ErrorType.INSUFFICIENT_BALANCE, ErrorKind.NO_MARGIN) == (error.error_type, error.kind)
    assert (Outcome.REJECTED, Severity.CRITICAL) == (error.outcome, error.severity)
    assert (400, -2019, START_MS + 30) == (error.status, error.code, error.at_ms)
    assert error.text.startswith("Margin is insufficient.")
    assert 256 == len(error.text)


def test_a_stop_is_found_by_each_of_its_four_ids() -> None:
    """S3-076, C-13: client order id, venue order id, algo id and client algo id."""
    bench = OrderBench(STOP).resting()
    before = found(bench, "77")

    bench.report("TRIGGERED", conditional=True, venue_order_id="77", child_order_id="900")

    by_cid, by_algo, by_child = (found(bench, each) for each in (STOP_CID, "77", "900"))
    assert by_cid == by_algo == by_child
    assert [("", STOP_CID, "77")] == [
        (view.venue_order_id, view.client_algo_id, view.algo_id) for view in before
    ]
    assert [("900", STOP_CID, "77")] == [
        (view.venue_order_id, view.client_algo_id, view.algo_id) for view in by_child
    ]


def test_an_ended_order_is_found_too_and_an_ordinary_one_has_no_algo_id() -> None:
    """S3-075: the history answers."""
    bench = filled(OrderBench())

    (view,) = found(bench, "900")

    assert (CID, "900", "", "") == (
        view.client_order_id,
        view.venue_order_id,
        view.client_algo_id,
        view.algo_id,
    )
    assert (ONE, Decimal(2000)) == (view.filled, view.average_price)


def test_the_orders_of_a_signal_are_found_by_it() -> None:
    """S0-033: what came of a wish, whether or not it is over."""
    bench = filled(OrderBench())
    bench.tell(evolve(ENTRY, client_order_id="cb1-2-e1", intent_id="2", signal_id="s2"))

    (answer,) = bench.tell(GetOrders(open_only=False, signal_id="s1")).replies
    (none,) = bench.tell(GetOrders(signal_id="s1")).replies

    assert isinstance(answer, OrdersView)
    assert [(CID, OrderState.FILLED)] == [
        (view.client_order_id, view.state) for view in answer.orders
    ]
    assert OrdersView(()) == none


@pytest.mark.parametrize("order_id", ["", "cb1-9-e1", "901"])
def test_no_order_is_an_empty_answer(order_id: str) -> None:
    bench = OrderBench().submitted()

    assert [] == found(bench, order_id)


def test_times_and_errors_are_bounded_and_the_first_time_stays() -> None:
    bench = OrderBench(times_max=4, errors_max=2).submitted()
    for attempt in range(1, 5):
        bench.direct(Action.REDELIVER, attempt=attempt, text=f"the {attempt}.", delay_ms=10)
        bench.steps.now_ns += 10 * MS
        bench.release()

    (view,) = found(bench, CID)

    assert [START_MS, START_MS + 30, START_MS + 30, START_MS + 40] == [
        each.at_ms for each in view.times
    ]
    assert ["the 3.", "the 4."] == [error.text for error in view.errors]


def test_the_history_keeps_its_bound_and_no_open_order_is_forgotten() -> None:
    """S3-075: a thousand by default; what is open is never evicted."""
    bench = OrderBench(history_max=3)
    for number in range(6):
        bench.tell(evolve(ENTRY, client_order_id=f"cb1-{number}-e1", intent_id=str(number)))
    for number in range(1, 6):
        bench.tell(OrderDropped(f"cb1-{number}-e1", "queue_full"))

    (answer,) = bench.tell(GetOrders(open_only=False)).replies

    assert 1_000 == OrderSettings().history_max
    assert isinstance(answer, OrdersView)
    assert [f"cb1-{number}-e1" for number in (3, 4, 5, 0)] == [
        view.client_order_id for view in answer.orders
    ]


def test_an_order_with_all_that_is_kept_of_it_takes_far_less_than_a_megabyte() -> None:
    """S3-110: about a megabyte for an active order is the upper bound."""
    bench = OrderBench(LIMIT).submitted()
    for number in range(1, 200):
        bench.direct(Action.REDELIVER, attempt=number, text="x" * 1_000, delay_ms=10)
        bench.steps.now_ns += 10 * MS
        bench.release()
    bench.report("NEW")
    for number in range(1, 1_000):
        bench.report("PARTIALLY_FILLED", ONE, trade(number, Decimal("0.001")))

    (view,) = found(bench, CID)

    assert (64, 16) == (len(view.times), len(view.errors))
    assert size_of(bench.order) + size_of(order_view(bench.order)) < MEGABYTE


def size_of(value: Any) -> int:
    """Return the bytes of a value and of all that it holds."""
    if isinstance(value, list | tuple):
        members = cast("Sequence[Any]", value)
        return sys.getsizeof(members) + sum(map(size_of, members))
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    inner = (getattr(value, name) for name in slots if hasattr(value, name))
    return sys.getsizeof(value) + sum(size_of(each) for each in inner if each is not value)


def test_no_orders_have_no_success_rate() -> None:
    """S0-054: neither executed nor failed is no rate, not zero."""
    assert StatisticsView(0, 0, 0, 0, 0, None) == statistics(OrderBench())


def test_one_success_is_a_rate_of_one() -> None:
    """S0-054: 1, 1, 0, 0 and 1.0."""
    view = statistics(filled(OrderBench()))

    assert StatisticsView(1, 1, 0, 0, 0, ONE) == view


def test_what_is_open_and_what_was_cancelled_is_in_no_rate() -> None:
    bench = filled(OrderBench())
    bench.tell(evolve(ENTRY, client_order_id="cb1-2-e1", intent_id="2"))
    bench.tell(OrderDropped("cb1-2-e1", "queue_full"))
    bench.tell(evolve(ENTRY, client_order_id="cb1-3-e1", intent_id="3"))
    bench.tell(CancelEntries("", "flatten"))
    bench.tell(EXIT)

    assert StatisticsView(4, 1, 1, 1, 1, HALF) == statistics(bench)


def test_protective_orders_are_in_no_count() -> None:
    bench = OrderBench(STOP).resting()
    bench.report("EXPIRED", conditional=True, venue_order_id="77")

    assert StatisticsView(0, 0, 0, 0, 0, None) == statistics(bench)


def test_an_order_counts_as_what_it_is_now() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("CANCELED")
    cancelled = statistics(bench)

    bench.report("FILLED", ONE, trade())

    assert StatisticsView(1, 0, 0, 1, 0, None) == cancelled
    assert StatisticsView(1, 1, 0, 0, 0, ONE) == statistics(bench)


def test_an_order_that_lives_after_all_is_pending_again() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.END, outcome=Outcome.NOT_EXECUTED)
    failed = statistics(bench)

    bench.report("NEW")

    assert StatisticsView(1, 0, 1, 0, 0, Decimal(0)) == failed
    assert StatisticsView(1, 0, 0, 0, 1, None) == statistics(bench)
