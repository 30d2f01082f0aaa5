"""Iceberg and bracket: one order rests at a time, and what comes of its end."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.algorithm_moves import (
    draws_each,
    draws_of,
    next_move,
    schedule_of,
)
from callboard.actors.policies.iceberg import PAUSE_MS, next_bracket, shown
from callboard.actors.policies.parent_order import Lot, Moment, Over, Parent, Place, Wait
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.plans import Bracket, Chase, Iceberg, Oco, Plan, Twap, Vwap
from callboard.messages.values import OrderState, OrderType
from support.entries import NOW_MS, entry

D = Decimal
LOT = Lot(D("0.001"), D("0.001"), D("0.011"))
PLAN = Iceberg(D("0.03"))
NOW = Moment(0, NOW_MS)
LATER = Moment(5_000, NOW_MS + 5_000)


def parent(plan: Plan = PLAN, **changes: Any) -> Parent:
    signal = entry(quantity=D("0.1"), order_type=OrderType.LIMIT, price=D(2_000))
    plain = Parent("7", ExecuteAlgorithm(signal, plan), D("0.1"), LOT, began_ns=1)
    return evolve(plain, **changes)


def test_only_a_part_is_shown_and_the_next_when_it_is_filled() -> None:
    assert Place(D("0.030")) == next_move(parent(), NOW)
    assert Wait() == next_move(parent(live="s1/1"), LATER)
    assert Place(D("0.030")) == next_move(parent(filled=D("0.03")), LATER)


def test_a_rest_too_little_for_an_order_is_shown_with_the_part_before() -> None:
    assert Place(D("0.037")) == next_move(parent(filled=D("0.063")), LATER)


def test_a_rest_of_exactly_the_least_order_is_shown_by_itself() -> None:
    assert Place(D("0.030")) == next_move(parent(filled=D("0.059")), LATER)
    assert Place(D("0.011")) == next_move(parent(filled=D("0.089")), LATER)


def test_what_filled_nothing_is_shown_again_after_a_pause() -> None:
    idle = parent(is_idle=True, over_ms=4_500)

    assert Wait(4_500 + PAUSE_MS) == next_move(idle, LATER)
    assert Place(D("0.030")) == next_move(idle, evolve(LATER, elapsed_ms=5_500))


def test_it_expires_with_its_signal() -> None:
    signal = evolve(parent().signal, expires_at_ms=NOW_MS + 5_000)
    timed = parent(command=ExecuteAlgorithm(signal, PLAN))

    assert Place(D("0.030")) == next_move(timed, NOW)
    assert Over(OrderState.EXPIRED, "its time is over") == next_move(timed, LATER)


def test_it_ends_with_all_of_it_too_little_or_no_luck() -> None:
    assert Over(OrderState.FILLED, "") == next_move(parent(filled=D("0.1")), NOW)
    little = Over(OrderState.EXPIRED, "0.005 is too little for an order")
    assert little == next_move(parent(filled=D("0.095")), NOW)
    failed = parent(misses=3, missed_by="NO_MARGIN")
    assert Over(OrderState.FAILED, "NO_MARGIN") == next_move(failed, NOW)


@given(
    draw=st.floats(0, 0.999),
    variance=st.integers(0, 100),
    show=st.integers(1, 200),
    filled=st.integers(0, 89),
)
def test_what_is_shown_is_an_order_that_leaves_none_that_is_too_little(
    draw: float, variance: int, show: int, filled: int
) -> None:
    subject = parent(filled=filled * LOT.step)

    quantity = shown(subject, Iceberg(show * LOT.step, D(variance)), draw)

    assert LOT.least <= quantity <= subject.rest
    assert quantity % LOT.step == 0
    assert subject.rest - quantity == 0 or subject.rest - quantity >= LOT.least


def test_a_draw_in_the_middle_shows_what_was_named() -> None:
    assert D("0.030") == shown(parent(), evolve(PLAN, variance_pct=D(50)), 0.5)
    assert D("0.015") == shown(parent(), evolve(PLAN, variance_pct=D(50)), 0.0)


def test_a_bracket_asks_for_its_entry_once_and_waits_for_the_end_of_its_position() -> None:
    subject = parent(Bracket())

    assert Place(D("0.1")) == next_move(subject, NOW)
    assert Wait() == next_bracket(evolve(subject, asked=1, live="s1/1"))
    assert Wait() == next_bracket(evolve(subject, asked=1, filled=D("0.04")))


def test_a_bracket_whose_entry_came_to_nothing_ends_as_that_did() -> None:
    subject = parent(Bracket(), asked=1)

    expired = Over(OrderState.EXPIRED, "its entry was not filled")
    assert expired == next_bracket(subject)
    failed = evolve(subject, misses=1, missed_by="NO_MARGIN")
    assert Over(OrderState.FAILED, "NO_MARGIN") == next_bracket(failed)


@pytest.mark.parametrize(
    ("plan", "draws", "is_drawn", "times"),
    [
        (Twap(8_000, 4), 0, False, 4),
        (Twap(8_000, 4, D(10)), 4, False, 4),
        (Vwap(8_000, (D(1), D(1)), D(50)), 0, False, 2),
        (PLAN, 0, False, 0),
        (evolve(PLAN, variance_pct=D("0.5")), 0, True, 0),
        (Bracket(), 0, False, 0),
        (Chase(3, D(20)), 0, False, 0),
        (Oco(D(2_010)), 0, False, 0),
    ],
)
def test_a_plan_draws_what_it_leaves_to_chance_and_no_more(
    plan: Plan,
    draws: int,
    is_drawn: bool,
    times: int,
) -> None:
    schedule = schedule_of(plan, D("0.1"), LOT, [0.5] * draws)

    assert (draws, is_drawn, times) == (draws_of(plan), draws_each(plan), len(schedule))
    if times:
        assert isinstance(next_move(parent(plan, schedule=schedule), LATER), Place)
