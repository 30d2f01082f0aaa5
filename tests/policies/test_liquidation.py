"""Liquidation: how far the mark is from the price at which the venue closes a position."""

from decimal import Decimal

import pytest

from callboard.actors.policies.liquidation import Liquidation, distance_pct


@pytest.mark.parametrize(
    ("mark", "price", "distance"),
    [
        ("2000", "1900", "5"),
        ("2000", "2100", "5"),
        ("2000", "2000", "0"),
        ("3000", "2999", "0.0333"),
    ],
)
def test_the_distance_is_a_share_of_the_mark_on_either_side(
    mark: str, price: str, distance: str
) -> None:
    assert Decimal(distance) == distance_pct(Decimal(mark), Decimal(price))


def test_nobody_is_told_at_first() -> None:
    assert not Liquidation(Decimal(1_900)).is_near
