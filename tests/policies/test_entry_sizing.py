"""Test of an entry's own size: the policy's where the signal names none, on either basis."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.entry_shape import ShapedEntry
from callboard.actors.policies.refusal import Refusal
from callboard.messages.values import OrderType
from support.entries import ACCOUNT, ETH, SETTINGS, entry, view

D = Decimal
BY_RISK = evolve(SETTINGS, sizing="risk")


@pytest.mark.parametrize(
    ("stop", "quantity"), [("1960", "0.250"), ("1970", "0.250"), ("1990", "0.250"), (None, "0.250")]
)
def test_sized_by_risk_the_policy_itself_stays_inside_the_cap(
    stop: str | None, quantity: str
) -> None:
    """C-11: a cap refuses what was asked for; what nobody asked for is made to fit."""
    verdict = judge(view(entry(stop_loss=None if stop is None else D(stop)), settings=BY_RISK))

    assert isinstance(verdict, ShapedEntry)
    assert D(quantity) == verdict.quantity


def test_sized_by_risk_a_far_stop_makes_a_small_entry() -> None:
    """S3-128: a tenth of a percent of 10,000 is 10, at 40 a piece."""
    settings = evolve(BY_RISK, risk_per_entry_pct=D("0.02"))

    verdict = judge(view(entry(stop_loss=D(1960)), settings=settings))

    assert isinstance(verdict, ShapedEntry)
    assert D("0.050") == verdict.quantity


def test_sized_by_risk_what_is_below_one_lot_is_refused() -> None:
    settings = evolve(BY_RISK, risk_per_entry_pct=D("0.0001"))

    verdict = judge(view(entry(stop_loss=D(1960)), settings=settings))

    assert Refusal("quantity_min", "0.00025", "0.001") == verdict


@pytest.mark.parametrize(
    ("sizing", "risk", "lots"),
    [
        ("percent", "0.1", ["0.07", "0.100"]),
        ("risk", "0.05", ["0.07", "0.125"]),
        ("risk", "1", ["0.21", "0.250"]),
    ],
)
def test_an_entry_is_sized_on_the_lot_of_its_own_order_type(
    sizing: str, risk: str, lots: list[str]
) -> None:
    """The market lot is the coarser: 2 % is 0.1, what loses 5 at its stop 0.125, the cap 0.25."""
    coarse = evolve(ETH, market_step_size=D("0.07"), market_quantity_min=D("0.07"))
    settings = evolve(SETTINGS, sizing=sizing, risk_per_entry_pct=D(risk))
    limit = entry(order_type=OrderType.LIMIT, price=D(2000))

    sized = [judge(view(wish, settings=settings, filters=coarse)) for wish in (entry(), limit)]

    assert lots == [str(each.quantity) for each in sized if isinstance(each, ShapedEntry)]


def test_a_size_that_the_signal_names_is_on_the_lot_of_its_own_order_type() -> None:
    coarse = evolve(ETH, market_step_size=D("0.07"), market_quantity_min=D("0.07"))

    market = judge(view(entry(quantity=D("0.1")), filters=coarse))

    assert isinstance(market, ShapedEntry)
    assert D("0.07") == market.quantity


def test_the_limits_of_size_are_those_of_the_settings() -> None:
    settings = evolve(
        SETTINGS,
        position_size_pct_default=D(3),
        position_size_pct_max=D(4),
        gross_exposure_pct_max=D(6),
    )

    sized = judge(view(settings=settings))
    large = judge(view(entry(quantity=D("0.201")), settings=settings))
    gross = judge(view(settings=settings, gross_notional=D("300.01")))

    assert isinstance(sized, ShapedEntry)
    assert D("0.150") == sized.quantity
    assert Refusal("position_percent_max", "402", "400") == large
    assert Refusal("gross_percent_max", "600.01", "600") == gross


def test_what_is_open_in_the_position_counts_toward_its_cap() -> None:
    assert isinstance(judge(view(position_notional=D(300))), ShapedEntry)
    assert Refusal("position_percent_max", "500.01", "500") == judge(
        view(position_notional=D("300.01"))
    )


def test_read_as_margin_a_size_grows_with_the_leverage() -> None:
    """C-11: the basis is a setting; the gross cap is notional on either."""
    settings = evolve(SETTINGS, size_basis="margin")

    sized = judge(view(settings=settings))
    largest = judge(view(entry(quantity=D("2.5")), settings=settings))
    above = judge(view(entry(quantity=D("2.501")), settings=settings))

    assert isinstance(sized, ShapedEntry)
    assert D(1) == sized.quantity
    assert isinstance(largest, ShapedEntry)
    assert isinstance(above, Refusal)
    assert "position_percent_max" == above.guard


@given(
    equity=st.decimals(100, 1_000_000, places=2),
    risk=st.decimals("0.01", 2, places=3),
    stop_away=st.decimals("2", "40", places=2),
)
def test_sized_by_risk_an_entry_never_loses_more_than_its_share_at_its_stop(
    equity: Decimal, risk: Decimal, stop_away: Decimal
) -> None:
    settings = evolve(BY_RISK, risk_per_entry_pct=risk)
    account = evolve(ACCOUNT, equity=equity, peak_equity=equity, available=equity)

    verdict = judge(view(entry(stop_loss=D(2000) - stop_away), settings=settings, account=account))

    if isinstance(verdict, ShapedEntry):
        lost = verdict.quantity * (D(2000) - verdict.prices.stop_loss)
        assert lost <= equity * risk / 100
        assert verdict.notional <= equity * settings.position_size_pct_max / 100
        assert 0 == verdict.quantity % ETH.market_step_size
