"""Test of the entry's shape: size, price, stop and target on the symbol's grid."""

from decimal import Decimal
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.entry_shape import PricedEntry, ShapedEntry, size_entry
from callboard.actors.policies.refusal import Refusal
from callboard.messages.values import OrderType, PositionSide, Side, SignalType
from support.entries import ACCOUNT, ETH, SETTINGS, entry, mark, view

D = Decimal
SHORT = entry(signal=SignalType.SHORT_ENTRY)
prices = st.decimals(D("0.05"), D(200_000), places=4)


def shaped(**changes: Any) -> ShapedEntry:
    verdict = judge(view(**changes))
    assert isinstance(verdict, ShapedEntry), verdict
    return verdict


def test_an_entry_against_which_nothing_speaks_is_shaped_with_the_default_size_and_stop() -> None:
    verdict = judge(view())

    prices = PricedEntry(price=None, reference_price=D(2000), stop_loss=D(1960), take_profit=None)
    expected = ShapedEntry(quantity=D("0.100"), prices=prices)
    assert expected == verdict


def test_a_quantity_below_one_lot_is_refused() -> None:
    found = judge(view(entry(quantity=D("0.0009"))))

    assert Refusal("quantity_min", "0.0009", "1 step") == found


def test_an_account_too_small_for_one_lot_is_refused() -> None:
    found = judge(view(account=evolve(ACCOUNT, equity=D(50))))

    assert Refusal("quantity_min", "0.0005", "0.001") == found


def test_a_limit_price_below_the_grid_is_refused_by_that_filter() -> None:
    found = judge(view(entry(order_type=OrderType.LIMIT, price=D("0.004"))))

    assert Refusal("filter_price_min", "0.004", "0.01") == found


def test_a_limit_order_is_sized_and_stopped_from_its_own_price() -> None:
    found = shaped(signal=entry(order_type=OrderType.LIMIT, price=D("1990.005"))).prices

    assert (D("1990.00"), D("1990.00"), D("1950.20")) == (
        found.price,
        found.reference_price,
        found.stop_loss,
    )


def test_in_hedge_mode_an_entry_opens_the_position_of_its_own_side() -> None:
    hedged = evolve(ACCOUNT, hedge_mode=True)

    sides = [view(signal, account=hedged).position_side for signal in (entry(), SHORT)]

    assert [PositionSide.LONG, PositionSide.SHORT] == sides
    assert PositionSide.BOTH is view().position_side


@given(price=prices, is_long=st.booleans(), distance=st.decimals(D("0.1"), D(2), places=3))
def test_an_entry_that_passes_keeps_every_limit_of_size_and_stop(
    price: Decimal, is_long: bool, distance: Decimal
) -> None:
    sign = 1 if is_long else -1
    kind = SignalType.LONG_ENTRY if is_long else SignalType.SHORT_ENTRY
    stop = price * (1 - sign * distance / 100)
    wished = entry(signal=kind, stop_loss=stop)

    verdict = judge(view(wished, mark=mark(price=price)))

    if isinstance(verdict, ShapedEntry):
        notional = verdict.quantity * verdict.prices.reference_price
        assert notional <= ACCOUNT.equity * SETTINGS.position_size_pct_max / 100
        assert D(0) < (price - verdict.prices.stop_loss) * sign <= price * D("0.02")
        assert abs(price - verdict.prices.stop_loss) <= abs(price - stop)


@given(quantity=st.decimals(D("0.0005"), D(1), places=6))
def test_a_given_quantity_is_rounded_down_to_its_lot_and_nothing_else(quantity: Decimal) -> None:
    flat = PricedEntry(price=None, reference_price=D(2000), stop_loss=D(1960), take_profit=None)

    found = size_entry(view(entry(quantity=quantity)), flat)

    if isinstance(found, ShapedEntry):
        assert D(0) <= quantity - found.quantity < ETH.market_step_size
    else:
        assert quantity < ETH.market_step_size


def test_the_side_of_an_entry_is_that_of_its_signal() -> None:
    assert [Side.BUY, Side.SELL] == [view(entry()).side, view(SHORT).side]
