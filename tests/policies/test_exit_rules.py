"""Test of the exit rules: only an order that reduces is an exit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.exit_rules import verify_exit
from callboard.actors.policies.refusal import Refusal
from callboard.messages.values import Side
from support.entries import exit_request

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
