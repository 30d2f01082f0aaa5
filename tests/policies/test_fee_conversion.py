"""Fee conversion: a fee that another asset paid is counted at its price then, or kept apart."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.policies.fee_conversion import AGE_NS_MAX, in_margin
from callboard.messages.account import FeePriceChanged
from support.order_bench import trade

NOW_NS = 10 * AGE_NS_MAX
PRICE = FeePriceChanged("BNB", Decimal("612.34"), NOW_NS)
IN_BNB = trade(fee=Decimal(0), other_fee=Decimal("0.00012345"), other_fee_asset="BNB")


def test_it_is_counted_at_its_price_to_eight_places() -> None:
    paid = in_margin(IN_BNB, PRICE, NOW_NS)

    assert (
        evolve(IN_BNB, fee=Decimal("0.07559337"), other_fee=Decimal(0), other_fee_asset="") == paid
    )


@pytest.mark.parametrize(("age_ns", "is_counted"), [(AGE_NS_MAX, True), (AGE_NS_MAX + 1, False)])
def test_a_price_that_is_too_old_counts_no_more(age_ns: int, is_counted: bool) -> None:
    paid = in_margin(IN_BNB, evolve(PRICE, at_ns=NOW_NS - age_ns), NOW_NS)

    assert is_counted is (paid.other_fee_asset == "")


@pytest.mark.parametrize("known", [None, evolve(PRICE, asset="FDUSD")])
def test_without_a_price_of_that_asset_it_stays_what_it_is(known: FeePriceChanged | None) -> None:
    assert IN_BNB == in_margin(IN_BNB, known, NOW_NS)


def test_a_fee_in_the_margin_asset_is_left_alone() -> None:
    assert trade() == in_margin(trade(), PRICE, NOW_NS)
