"""Test of slippage: how much worse a price is, whichever side pays it."""

from decimal import Decimal

import pytest

from callboard.actors.policies.slippage import slippage_pct
from callboard.messages.values import Side

D = Decimal


@pytest.mark.parametrize(
    ("side", "price", "worse_pct"),
    [
        (Side.BUY, "202", "1"),
        (Side.BUY, "200", "0"),
        (Side.BUY, "199", "-0.5"),
        (Side.SELL, "202", "-1"),
        (Side.SELL, "199", "0.5"),
    ],
)
def test_a_buyer_loses_by_a_higher_price_and_a_seller_by_a_lower_one(
    side: Side, price: str, worse_pct: str
) -> None:
    assert D(worse_pct) == slippage_pct(side, D(200), D(price))


def test_a_price_below_one_is_a_price() -> None:
    assert D(50) == slippage_pct(Side.BUY, D("0.5"), D("0.75"))


def test_no_price_is_expected_to_be_nothing() -> None:
    with pytest.raises(AssertionError):
        slippage_pct(Side.BUY, D(0), D(1))
