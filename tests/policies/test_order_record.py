"""Test of order record: what evidence means for an order, and when its end is believed."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.order_life import TRANSITIONS, Event
from callboard.actors.policies.order_record import (
    ERROR_TEXT_MAX,
    FINAL_EVENTS,
    Order,
    amendment_of,
    error_of,
    event_of,
    fill_event,
    leaves_end_open,
    settle,
    stays_sent,
)
from callboard.messages.failure import RetryDirective
from callboard.messages.queries import OrderError
from callboard.messages.values import (
    TERMINAL_STATES,
    Action,
    ErrorKind,
    ErrorType,
    Operation,
    OrderState,
    Outcome,
    Severity,
)
from support.order_bench import ENTRY, LIMIT, ONE, STOP, ZERO, evidence, stop_evidence

HALF = Decimal("0.5")
QUANTITIES = st.decimals(0, 10, places=3)


def order(state: OrderState = OrderState.ACTIVE, **changes: Any) -> Order:
    return evolve(Order(ENTRY, created_at_ns=1, changed_at_ns=1, state=state), **changes)


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("NEW", Event.ACKNOWLEDGED),
        ("PARTIALLY_FILLED", Event.PARTIAL_FILL),
        ("FILLED", Event.FILL),
        ("CANCELED", Event.CANCEL_CONFIRMED),
        ("EXPIRED", Event.EXPIRED),
        ("EXPIRED_IN_MATCH", Event.EXPIRED),
        ("REJECTED", Event.REJECTED),
        ("PENDING_NEW", None),
        ("TRIGGERED", None),
        ("FINISHED", None),
    ],
)
def test_each_status_of_an_order_is_an_event_or_unknown(status: str, event: Event | None) -> None:
    assert event is event_of(evidence(status))


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("NEW", Event.ACKNOWLEDGED),
        ("TRIGGERING", Event.TRIGGERING),
        ("TRIGGERED", Event.TRIGGERED),
        ("CANCELED", Event.CANCEL_CONFIRMED),
        ("EXPIRED", Event.EXPIRED),
        ("REJECTED", Event.REJECTED),
        ("FINISHED", Event.FINISHED_CANCELLED),
        ("FILLED", None),
    ],
)
def test_each_status_of_an_algo_order_is_an_event_or_unknown(
    status: str, event: Event | None
) -> None:
    assert event is event_of(stop_evidence(status))


@pytest.mark.parametrize("filled", [HALF, ONE])
def test_a_finished_algo_order_is_filled_when_all_of_its_quantity_was(filled: Decimal) -> None:
    said = evolve(stop_evidence("FINISHED", filled=filled), quantity=HALF)

    assert Event.FINISHED_FILLED is event_of(said)
    assert not leaves_end_open(said)


@pytest.mark.parametrize("quantity", [ZERO, ONE])
def test_how_a_finished_algo_order_ended_in_which_something_was_filled_its_child_knows(
    quantity: Decimal,
) -> None:
    said = evolve(stop_evidence("FINISHED", filled=HALF), quantity=quantity)

    assert Event.TRIGGERED is event_of(said)
    assert leaves_end_open(said)


@pytest.mark.parametrize("status", ["NEW", "TRIGGERED", "FINISHED"])
def test_nothing_else_leaves_an_end_open(status: str) -> None:
    assert not leaves_end_open(stop_evidence(status))
    assert not leaves_end_open(evidence(status, HALF))


def test_what_is_no_end_is_taken_as_it_is() -> None:
    assert (Event.ACKNOWLEDGED, "") == settle(order(), Event.ACKNOWLEDGED, ZERO, ZERO)


@pytest.mark.parametrize("event", sorted(FINAL_EVENTS))
def test_an_end_is_believed_when_the_fills_add_up(event: Event) -> None:
    assert (event, "") == settle(order(), event, HALF, HALF)


@pytest.mark.parametrize("event", sorted(FINAL_EVENTS))
def test_an_end_waits_for_the_fills_that_are_missing(event: Event) -> None:
    assert (Event.FOUND, event.value) == settle(order(), event, ZERO, HALF)


def test_a_fill_that_leaves_others_missing_is_a_part() -> None:
    waiting = order(final=Event.FILL.value)

    assert (Event.PARTIAL_FILL, "FILL") == settle(waiting, Event.FILL, HALF, ONE)


def test_the_fill_that_was_missing_brings_the_end_that_was_remembered() -> None:
    waiting = order(final=Event.CANCEL_CONFIRMED.value)

    assert (Event.CANCEL_CONFIRMED, "") == settle(waiting, Event.PARTIAL_FILL, HALF, HALF)


@given(st.sampled_from(sorted(Event)), QUANTITIES, QUANTITIES, st.sampled_from(["", "FILL"]))
def test_an_end_never_comes_before_its_fills(
    event: Event, filled: Decimal, more: Decimal, final: str
) -> None:
    reported = filled + more

    now, remembered = settle(order(final=final), event, filled, reported)

    is_final = event in FINAL_EVENTS or bool(final)
    assert (now in FINAL_EVENTS) == (is_final and filled >= reported)
    assert bool(remembered) == (is_final and filled < reported)


@pytest.mark.parametrize(
    ("state", "filled", "event"),
    [
        (OrderState.ACTIVE, HALF, Event.PARTIAL_FILL),
        (OrderState.ACTIVE, ONE, Event.FILL),
        (OrderState.ACTIVE, Decimal(2), Event.FILL),
        (OrderState.CANCELLED, HALF, Event.LATE_FILL),
        (OrderState.CANCELLED, ONE, Event.LATE_FULL_FILL),
    ],
)
def test_a_fill_is_full_or_a_part_in_time_or_late(
    state: OrderState, filled: Decimal, event: Event
) -> None:
    assert event is fill_event(order(state), filled)


def test_a_whole_position_close_is_never_full_by_its_own_quantity() -> None:
    stop = evolve(order(), approved=STOP)

    assert Event.PARTIAL_FILL is fill_event(stop, Decimal(100))


def test_an_amended_order_is_full_with_what_rests() -> None:
    assert Event.FILL is fill_event(order(amended_quantity=HALF), HALF)


@given(st.sampled_from(sorted(OrderState)), QUANTITIES)
def test_a_fill_of_an_open_order_is_always_legal(state: OrderState, filled: Decimal) -> None:
    event = fill_event(order(state), filled)

    if state not in TERMINAL_STATES:
        assert event in TRANSITIONS[state]


def test_only_a_first_attempt_that_was_out_can_be_unsaid() -> None:
    out = order(OrderState.SUBMITTED, attempt=1, was_sent=True)
    events = (Event.NOT_SENT, Event.GIVEN_UP)

    assert not stays_sent(out, events)
    assert stays_sent(evolve(out, attempt=2), events)
    assert stays_sent(evolve(out, state=OrderState.UNKNOWN), events)
    assert stays_sent(out, (Event.REJECTED,))


def test_what_never_left_was_not_sent() -> None:
    assert not stays_sent(order(OrderState.PENDING), (Event.WITHDRAWN,))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (None, None)),
        ({"quantity": HALF}, (HALF, None)),
        ({"price": Decimal(1990)}, (None, Decimal(1990))),
        ({"price": LIMIT.price}, (None, None)),
        ({"quantity": ZERO}, (None, None)),
        ({"quantity": HALF, "conditional": True}, (None, None)),
    ],
)
def test_what_rests_other_than_approved_is_an_amendment(
    changes: dict[str, Any], expected: tuple[Decimal | None, Decimal | None]
) -> None:
    limit = evolve(order(), approved=LIMIT)

    assert expected == amendment_of(limit, evolve(evidence("NEW"), **changes))


def test_a_market_order_has_no_amendment() -> None:
    assert (None, None) == amendment_of(order(), evidence("NEW", quantity=HALF))


def test_older_evidence_leaves_an_amendment_as_it_is() -> None:
    known = order(approved=LIMIT, amended_quantity=HALF, updated_at_ms=2**41)

    assert (HALF, None) == amendment_of(known, evidence("NEW"))
    assert (None, None) == amendment_of(known, evidence("NEW", updated_at_ms=2**41))


def test_a_failed_request_is_kept_with_its_verdict_and_the_venue_s_first_words() -> None:
    verdict = RetryDirective(
        client_order_id="cb1-1-e1",
        attempt=2,
        operation=Operation.CANCEL,
        kind=ErrorKind.NETWORK,
        outcome=Outcome.UNKNOWN,
        action=Action.QUERY,
        fix=None,
        delay_ms=1_000,
        reason="lost",
        error_type=ErrorType.NETWORK_ERROR,
        severity=Severity.WARNING,
        attempts_max=6,
        status=503,
        code=-1001,
        text="x" * (ERROR_TEXT_MAX + 1),
    )

    expected = OrderError(
        operation=Operation.CANCEL,
        attempt=2,
        attempts_max=6,
        error_type=ErrorType.NETWORK_ERROR,
        kind=ErrorKind.NETWORK,
        outcome=Outcome.UNKNOWN,
        severity=Severity.WARNING,
        status=503,
        code=-1001,
        text="x" * ERROR_TEXT_MAX,
        at_ms=7,
    )
    assert expected == error_of(verdict, 7)


def test_quantity_and_average_of_an_order_are_those_of_what_rests() -> None:
    filled = order(filled=HALF, cost=Decimal(1000))

    assert (ONE, Decimal(2000)) == (filled.quantity, filled.average_price)
    assert HALF == evolve(filled, approved=STOP).quantity
    assert ZERO == order().average_price


@pytest.mark.parametrize("state", sorted(OrderState))
def test_an_order_is_at_the_venue_only_while_it_is_open(state: OrderState) -> None:
    subject = order(state)

    assert subject.is_open == (state not in TERMINAL_STATES)
    assert subject.is_open or not subject.is_at_venue
