"""Outcomes: how a command ends that takes its time, and what people see of it."""

from typing import Any

import pytest

from callboard.actors.adapters.commands import (
    exit_of,
    liquidation_words,
    orders_line,
    outcome_lines,
)
from callboard.actors.adapters.exits import Exit


def test_what_was_not_cancelled_is_shown_with_its_reason() -> None:
    outcome = {"done": ["a", "b"], "failed": {"c": "it was filled"}, "pending": ["d"]}

    lines = list(outcome_lines(outcome))

    assert ["cancelled  a, b", "failed     c: it was filled", "pending    d"] == lines
    assert [] == list(outcome_lines({}))


def test_the_success_rate_is_shown_in_percent_with_one_decimal_once_there_is_one() -> None:
    counts = {"total_orders": 8, "executed": 5, "failed": 2, "cancelled": 0, "pending": 1}

    none, some = (
        orders_line(counts | {"success_rate": None}),
        orders_line(counts | {"success_rate": "0.7143"}),
    )

    assert "orders     8: 5 executed, 2 failed, 0 cancelled, 1 pending" == none
    assert f"{none}, success rate 71.4 %" == some


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"ok": True}, Exit.OK),
        ({"ok": False, "reason": "1 not cancelled", "outcome": {}}, Exit.FAILED),
        ({"ok": False, "reason": "too old"}, Exit.REFUSED),
    ],
)
def test_a_command_that_was_carried_out_in_part_has_failed(
    answer: dict[str, Any], code: Exit
) -> None:
    assert code is exit_of(answer)


@pytest.mark.parametrize(
    ("is_flat", "left", "line"),
    [
        (True, [], "flat       at the venue"),
        (False, ["BTCUSDT/BOTH"], "flat       no: BTCUSDT/BOTH"),
        (False, [], "flat       no: not known to be"),
    ],
)
def test_what_the_venue_shows_after_a_flatten_is_said(
    is_flat: bool, left: list[str], line: str
) -> None:
    assert [line] == list(outcome_lines({"is_flat": is_flat, "left": left}))


@pytest.mark.parametrize(
    ("price", "distance", "words"),
    [
        (None, None, ""),
        ("1500", None, ", liquidation 1500"),
        ("1500", "25", ", liquidation 1500, 25 % away"),
    ],
)
def test_where_a_position_would_be_liquidated_is_said(
    price: str | None, distance: str | None, words: str
) -> None:
    position = {"liquidation_price": price, "liquidation_distance_pct": distance}

    assert words == liquidation_words(position)
