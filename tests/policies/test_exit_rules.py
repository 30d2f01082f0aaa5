"""Test of the exit rules: only an order that reduces is an exit, and which wish may wait."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.exit_rules import (
    discretion_fault,
    is_counted,
    is_for_discretion,
    verify_exit,
)
from callboard.actors.policies.refusal import Refusal
from callboard.actors.settings import RiskSettings
from callboard.messages.intake import SubmitSignal
from callboard.messages.orders import ApprovalRefused
from callboard.messages.values import Leg, Side, SignalSource, SignalType
from support.entries import SETTINGS, SYMBOL, entry, exit_request
from support.steps import MS, START_NS

D = Decimal


@pytest.mark.parametrize(
    ("held", "side", "quantity", "expected"),
    [
        ("0", Side.SELL, "0.1", Refusal("no_position", "0", "an open position")),
        ("0.1", Side.BUY, "0.1", Refusal("not_reducing", "BUY", "0.1")),
        ("-0.1", Side.SELL, "0.1", Refusal("not_reducing", "SELL", "-0.1")),
        ("0.1", Side.SELL, "0.1", None),
        ("0.1", Side.SELL, "0.0999", None),
        ("0.1", Side.SELL, "0.1001", Refusal("not_reducing", "0.1001", "0.1")),
        ("0.1", Side.SELL, "0", Refusal("not_reducing", "0", "0.1")),
        ("-0.1", Side.BUY, "0.1", None),
        ("-0.1", Side.BUY, "0.2", Refusal("not_reducing", "0.2", "0.1")),
    ],
)
def test_an_exit_is_on_the_other_side_and_not_larger_than_its_position(
    held: str, side: Side, quantity: str, expected: Refusal | None
) -> None:
    request = exit_request(position_quantity=D(held), side=side, quantity=D(quantity))

    assert expected == verify_exit(request)


def test_a_whole_close_names_no_quantity() -> None:
    assert verify_exit(exit_request(quantity=None)) is None


figures = st.decimals(D(-100), D(100), places=3)


@given(held=figures, quantity=figures | st.none(), side=st.sampled_from(Side))
def test_what_passes_never_turns_a_position_over(
    held: Decimal, quantity: Decimal | None, side: Side
) -> None:
    request = exit_request(position_quantity=held, quantity=quantity, side=side)

    if verify_exit(request) is None:
        change = abs(held) if quantity is None else quantity
        after = held + (change if side is Side.BUY else -change)
        assert abs(after) < abs(held)
        assert held * after >= 0


HALVES = entry(signal=SignalType.REDUCE_50)
CLOSES = entry(signal=SignalType.CLOSE_LONG)
BY_HAND = evolve(HALVES, source=SignalSource.MANUAL)
UNSURE = evolve(HALVES, confidence=D("0.1"))


def fault(
    wish: SubmitSignal | None,
    *,
    settings: RiskSettings = SETTINGS,
    executed_at_ns: int = 0,
    executions_today: int = 0,
) -> Refusal | None:
    """Judge a wish in a world that lets it pass, but for what is given."""
    return discretion_fault(
        exit_request(wish=wish),
        settings,
        executed_at_ns=executed_at_ns,
        executions_today=executions_today,
        now_ns=START_NS,
    )


@pytest.mark.parametrize(
    ("wish", "changes", "expected"),
    [
        (HALVES, {}, None),
        (UNSURE, {}, Refusal("confidence", "0.1", "0.7")),
        (
            HALVES,
            {"executed_at_ns": START_NS - 60_000 * MS},
            Refusal("cooldown", "840000 left", "900000"),
        ),
        (HALVES, {"executions_today": 6}, Refusal("daily_quota", "6", "6")),
        (
            HALVES,
            {"settings": evolve(SETTINGS, actions=("CLOSE_LONG",))},
            Refusal("action_whitelist", "REDUCE_50", "CLOSE_LONG"),
        ),
        (
            CLOSES,
            {"settings": evolve(SETTINGS, actions=("REDUCE_50",))},
            Refusal("action_whitelist", "CLOSE_LONG", "REDUCE_50"),
        ),
    ],
)
def test_the_wish_of_a_program_waits_for_lists_scores_cooldown_and_quota(
    wish: SubmitSignal, changes: dict[str, Any], expected: Refusal | None
) -> None:
    assert expected == fault(wish, **changes)


@pytest.mark.parametrize("wish", [CLOSES, BY_HAND, None])
def test_no_score_cooldown_or_quota_holds_a_whole_close_or_a_person_or_protection(
    wish: SubmitSignal | None,
) -> None:
    unsure = None if wish is None else evolve(wish, confidence=D(0))

    assert fault(unsure, executed_at_ns=START_NS, executions_today=99) is None


def test_a_person_may_do_what_is_not_listed() -> None:
    assert fault(BY_HAND, settings=evolve(SETTINGS, actions=())) is None


@pytest.mark.parametrize(("wish", "counts"), [(HALVES, True), (CLOSES, False), (BY_HAND, False)])
def test_only_what_may_be_refused_is_counted(wish: SubmitSignal, counts: bool) -> None:
    assert counts is is_counted(exit_request(wish=wish), SETTINGS)


@pytest.mark.parametrize(
    ("signal_id", "guard", "expected"),
    [("s1", "cooldown", True), ("s1", "no_position", False), ("", "cooldown", False)],
)
def test_a_wish_that_had_something_to_reduce_was_refused_for_discretion(
    signal_id: str, guard: str, expected: bool
) -> None:
    refused = ApprovalRefused("p1", Leg.EXIT, signal_id, SYMBOL, guard, "1", "2")

    assert expected is is_for_discretion(refused)
