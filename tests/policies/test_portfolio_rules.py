"""Test of the portfolio rules: room in the account for an entry's own protection."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.portfolio_rules import conditional_room
from callboard.actors.policies.refusal import Refusal
from callboard.messages.plans import TrailingStop
from support.entries import SETTINGS, entry, view

TARGET = {"take_profit": Decimal(2100)}
TRAIL = {"trailing": TrailingStop(Decimal(1))}


@pytest.mark.parametrize(
    ("protection", "resting", "needed"),
    [
        ({}, 9, ""),
        ({}, 10, "11"),
        (TARGET, 8, ""),
        (TARGET, 9, "11"),
        (TRAIL, 8, ""),
        (TRAIL, 9, "11"),
        (TARGET | TRAIL, 8, "11"),
    ],
)
def test_an_entry_needs_room_for_its_stop_and_for_what_else_closes_its_position(
    protection: dict[str, Any], resting: int, needed: str
) -> None:
    """The venue allows 200 conditional orders an account; here are 10."""
    found = conditional_room(
        view(
            entry(**protection),
            settings=evolve(SETTINGS, conditional_orders_max=10),
            conditional_orders=resting,
        )
    )

    assert (Refusal("conditional_orders", needed, "10") if needed else None) == found
