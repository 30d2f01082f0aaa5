"""Guard legs: what a word about an order changes, what it leaves, and what is forgotten."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.guard import Guard, LegRecord
from callboard.actors.policies.guard_legs import ENDED_LEGS_MAX, note_leg, noted
from callboard.actors.policies.ledger import Position
from callboard.messages.orders import LegChanged
from callboard.messages.plans import TrailingStop
from callboard.messages.values import (
    TERMINAL_STATES,
    ErrorKind,
    Leg,
    OrderState,
    PositionSide,
)
from support.entries import exit_request
from support.position_bench import STOP_PRICE, SYMBOL, leg

D = Decimal


def guard(quantity: str = "1") -> Guard:
    held = D(quantity)
    return Guard(Position(SYMBOL, PositionSide.BOTH, held, held * 2000, epoch=1), number=1)


def stop(number: int, state: OrderState, kind: str = "") -> LegChanged:
    return leg(Leg.STOP, state, client_order_id=f"cb1-p1-s{number}", kind=kind)


def test_the_first_word_answers_the_request_and_keeps_its_quantity() -> None:
    held = guard()
    held.pending["s"] = evolve(exit_request(), intent_id="p1", leg=Leg.STOP, quantity=D("0.4"))

    note_leg(held, stop(1, OrderState.SUBMITTED), failed=False)
    note_leg(held, stop(1, OrderState.ACTIVE), failed=False)

    assert ({}, D("0.4")) == (held.pending, held.legs["cb1-p1-s1"].quantity)


def test_failures_are_counted_until_one_rests() -> None:
    held = guard()

    for number in (1, 2):
        note_leg(held, stop(number, OrderState.REJECTED), failed=True)
    failures = held.failures["s"]
    note_leg(held, stop(3, OrderState.ACTIVE), failed=False)

    assert (2, 0) == (failures, held.failures["s"])


@pytest.mark.parametrize(
    ("change", "activate"),
    [
        ({}, None),
        ({"intent_id": "p0"}, D(2100)),
        ({"kind": ErrorKind.CLOSE_POSITION_EXISTS}, D(2100)),
    ],
)
def test_a_trailing_stop_whose_activation_is_passed_follows_from_now_on(
    change: dict[str, Any], activate: Decimal | None
) -> None:
    held = evolve(guard(), trailing=TrailingStop(D(1), D(2100)))
    refused = leg(Leg.TRAIL, OrderState.REJECTED, kind=ErrorKind.WOULD_TRIGGER)

    after = noted(held, evolve(refused, **change), failed=True)

    assert (TrailingStop(D(1), activate), D(2100)) == (
        after.trailing,
        held.trailing.activate_price if held.trailing else None,
    )


def test_what_is_said_of_a_trailing_stop_that_nobody_wants_changes_nothing() -> None:
    refused = leg(Leg.TRAIL, OrderState.REJECTED, kind=ErrorKind.WOULD_TRIGGER)

    assert noted(guard(), refused, failed=True).trailing is None


@pytest.mark.parametrize(
    ("state", "failures"),
    [(OrderState.SUBMITTED, 3), (OrderState.CANCELLED, 3), (OrderState.FILLED, 0)],
)
def test_only_what_rests_or_is_filled_ends_a_row_of_failures(
    state: OrderState, failures: int
) -> None:
    held = guard()
    held.failures["s"] = 3

    note_leg(held, stop(1, state), failed=False)

    assert failures == held.failures["s"]


@pytest.mark.parametrize(("kind", "is_doubted"), [("INCONCLUSIVE", True), ("TIMEOUT", False)])
def test_a_leg_is_known_by_its_last_word(kind: str, *, is_doubted: bool) -> None:
    held = guard()

    note_leg(held, stop(1, OrderState.UNKNOWN, kind), failed=False)

    expected = LegRecord(Leg.STOP, "p1", OrderState.UNKNOWN, STOP_PRICE, is_doubted)
    assert {"cb1-p1-s1": expected} == held.legs


def test_a_whole_order_that_was_in_the_way_is_forgotten_when_something_of_its_leg_ends() -> None:
    """C-13: -4130 says that a closePosition order of that direction lives."""
    held = guard()
    note_leg(held, stop(1, OrderState.REJECTED, ErrorKind.CLOSE_POSITION_EXISTS), failed=True)
    refused = dict(held.whole_refused)

    note_leg(held, stop(2, OrderState.CANCELLED), failed=True)

    assert ({"s": True}, {}) == (refused, held.whole_refused)


def test_a_copy_changes_and_the_guard_does_not() -> None:
    held = guard()
    held.pending["s"] = exit_request(intent_id="p1", leg=Leg.STOP)
    refused = stop(1, OrderState.REJECTED, ErrorKind.CLOSE_POSITION_EXISTS)
    before = deepcopy(held)

    after = noted(held, refused, failed=True)

    assert before == held
    note_leg(before, refused, failed=True)
    assert before == after


def test_the_latest_ended_legs_are_remembered_and_those_of_a_flat_position_not() -> None:
    held, flat = guard(), guard("0")
    for number in range(ENDED_LEGS_MAX + 5):
        note_leg(held, stop(number, OrderState.CANCELLED), failed=True)
        note_leg(flat, stop(number, OrderState.CANCELLED), failed=True)

    assert (ENDED_LEGS_MAX, {}) == (len(held.legs), flat.legs)
    assert "cb1-p1-s5" == next(iter(held.legs))


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(sorted(OrderState))), max_size=20))
def test_the_last_word_about_each_order_is_what_is_known(
    words: list[tuple[int, OrderState]],
) -> None:
    held = guard()

    for number, state in words:
        note_leg(held, stop(number, state), failed=state in TERMINAL_STATES)

    said = {f"cb1-p1-s{number}": state for number, state in words}
    assert said == {cid: record.state for cid, record in held.legs.items()}
