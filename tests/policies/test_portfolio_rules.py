"""Test of the portfolio rules: room in the account for an entry's own stop and target."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.policies.portfolio_rules import conditional_room
from callboard.actors.policies.refusal import Refusal
from support.entries import SETTINGS, entry, view


@pytest.mark.parametrize(
    ("take_profit", "resting", "needed"),
    [(None, 9, ""), (None, 10, "11"), (Decimal(2100), 8, ""), (Decimal(2100), 9, "11")],
)
def test_an_entry_needs_room_for_its_stop_and_for_its_target_if_it_has_one(
    take_profit: Decimal | None, resting: int, needed: str
) -> None:
    """The venue allows 200 conditional orders an account; here are 10."""
    found = conditional_room(
        view(
            entry(take_profit=take_profit),
            settings=evolve(SETTINGS, conditional_orders_max=10),
            conditional_orders=resting,
        )
    )

    assert (Refusal("conditional_orders", needed, "10") if needed else None) == found
