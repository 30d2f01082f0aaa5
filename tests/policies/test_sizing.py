"""Sizing: percentages of equity, risk by the stop's distance, and caps that refuse."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.sizing import (
    Funds,
    SizeBasis,
    SizeLimits,
    SizeRefusal,
    check_size,
    size_by_percent,
    size_by_stop,
)
from callboard.messages.values import OrderType
from support import entries

D = Decimal
ETH = evolve(entries.ETH, market_step_size=D("0.01"), market_quantity_min=D("0.01"))
LIMITS = SizeLimits()
FUNDS = Funds(equity=D(10_000), available=D(9_000), leverage=10)
MARGIN = SizeLimits(basis=SizeBasis.MARGIN)


def by_percent(
    funds: Funds = FUNDS,
    price: str = "3000",
    limits: SizeLimits = LIMITS,
    order_type: OrderType = OrderType.MARKET,
) -> Decimal | SizeRefusal:
    return size_by_percent(funds, D(price), limits, order_type, ETH)


def by_stop(
    entry: str = "3000", stop: str = "2940", risk: str = "0.1", funds: Funds = FUNDS
) -> Decimal | SizeRefusal:
    return size_by_stop(
        funds,
        entry_price=D(entry),
        stop_price=D(stop),
        risk_percent=D(risk),
        order_type=OrderType.MARKET,
        filters=ETH,
    )


def test_two_percent_of_equity_is_the_notional_whatever_the_leverage() -> None:
    assert D("0.06") == by_percent()
    assert D("0.066") == by_percent(order_type=OrderType.LIMIT)


def test_on_the_margin_basis_leverage_multiplies_the_notional() -> None:
    assert D("0.66") == by_percent(limits=MARGIN)


def test_a_size_below_one_lot_is_refused_with_the_figure_and_the_lot() -> None:
    poor = evolve(FUNDS, equity=D(30))

    assert SizeRefusal("quantity_min", D("0.0002"), D("0.01")) == by_percent(poor)
    assert SizeRefusal("quantity_min", D("0.0002"), D("0.001")) == by_percent(
        poor, order_type=OrderType.LIMIT
    )


def test_without_a_smallest_quantity_a_size_of_no_lot_is_still_refused() -> None:
    filters = evolve(ETH, market_quantity_min=D(0))
    poor = evolve(FUNDS, equity=D(30))

    refusal = size_by_percent(poor, D(3000), LIMITS, OrderType.MARKET, filters)

    assert SizeRefusal("quantity_min", D("0.0002"), D(0)) == refusal


@pytest.mark.parametrize(
    ("funds", "price", "rule", "figure"),
    [
        (evolve(FUNDS, equity=D(0)), "3000", "equity", "0"),
        (evolve(FUNDS, equity=D(-5)), "3000", "equity", "-5"),
        (FUNDS, "0", "price", "0"),
        (evolve(FUNDS, leverage=0), "3000", "leverage", "0"),
    ],
)
def test_what_cannot_be_sized_by_is_refused_by_name(
    funds: Funds, price: str, rule: str, figure: str
) -> None:
    refusal = SizeRefusal(rule, D(figure), D(0))

    assert refusal == by_percent(funds, price)
    assert refusal == by_stop(entry=price, funds=funds)
    assert refusal == check_size(D(1), D(price), funds, LIMITS)


@pytest.mark.parametrize("stop", ["2940", "3060"])
def test_the_stops_distance_sets_the_size_on_either_side(stop: str) -> None:
    # 10 of equity at risk over a distance of 60.
    assert D("0.16") == by_stop(stop=stop)


def test_a_stop_at_the_entry_is_refused() -> None:
    assert SizeRefusal("stop_distance", D(0), D("0.01")) == by_stop(stop="3000")


@pytest.mark.parametrize("risk", ["0", "-1"])
def test_a_risk_of_nothing_is_refused(risk: str) -> None:
    assert SizeRefusal("risk_percent", D(risk), D(0)) == by_stop(risk=risk)


def test_a_size_at_the_cap_passes_and_one_above_is_refused_and_not_shrunk() -> None:
    at_cap = check_size(D("0.5"), D(1000), FUNDS, LIMITS)
    above = check_size(D("0.501"), D(1000), FUNDS, LIMITS)

    assert at_cap is None
    assert SizeRefusal("position_percent_max", D(501), D(500)) == above
    assert str(above) == "position_percent_max: 501 against 500"


def test_what_is_open_in_the_same_position_counts_toward_its_cap() -> None:
    funds = evolve(FUNDS, position_notional=D(400), gross_notional=D(400))

    assert SizeRefusal("position_percent_max", D(510), D(500)) == check_size(
        D("0.11"), D(1000), funds, LIMITS
    )


def test_all_positions_together_stay_within_half_of_equity() -> None:
    funds = evolve(FUNDS, gross_notional=D(4_900))

    assert check_size(D("0.1"), D(1000), funds, LIMITS) is None
    assert SizeRefusal("gross_percent_max", D(5001), D(5000)) == check_size(
        D("0.101"), D(1000), funds, LIMITS
    )


def test_the_margin_basis_divides_the_position_and_never_the_gross_figure() -> None:
    assert check_size(D(5), D(1000), FUNDS, MARGIN) is None
    assert SizeRefusal("gross_percent_max", D(5010), D(5000)) == check_size(
        D("5.01"), D(1000), FUNDS, SizeLimits(basis=SizeBasis.MARGIN, position_percent_max=D(6))
    )


def test_the_margin_must_be_available() -> None:
    funds = evolve(FUNDS, available=D(49))

    assert SizeRefusal("available", D(50), D(49)) == check_size(D("0.5"), D(1000), funds, LIMITS)


@pytest.mark.parametrize("name", ["position_percent", "position_percent_max", "gross_percent_max"])
@pytest.mark.parametrize("value", ["0", "-2", "NaN"])
def test_a_limit_that_is_not_above_zero_is_refused(name: str, value: str) -> None:
    fields: dict[str, Any] = {**asdict(LIMITS), name: D(value)}

    with pytest.raises(ValueError, match=f"{name} must be above zero"):
        SizeLimits(**fields)


def test_a_default_may_be_its_own_maximum() -> None:
    assert D(5) == SizeLimits(position_percent=D(5)).position_percent


def test_a_default_above_its_own_maximum_is_refused() -> None:
    with pytest.raises(ValueError, match="position_percent 6 is above position_percent_max 5"):
        SizeLimits(position_percent=D(6))


@given(
    equity=st.decimals("1", "10000000", places=2),
    price=st.decimals("0.01", "300000", places=2),
    basis=st.sampled_from(SizeBasis),
)
def test_the_default_size_always_fits_the_cap(
    equity: Decimal, price: Decimal, basis: SizeBasis
) -> None:
    funds = Funds(equity=equity, available=equity, leverage=10)
    limits = SizeLimits(basis=basis)

    size = by_percent(funds, str(price), limits)

    if isinstance(size, Decimal):
        assert check_size(size, price, funds, limits) is None
        assert size % ETH.market_step_size == 0
    else:
        assert size.rule == "quantity_min"


@given(
    entry=st.decimals("100", "5000", places=2),
    distance=st.decimals("0.01", "99", places=2),
    risk=st.decimals("0.01", "3", places=2),
)
def test_a_size_by_the_stop_never_risks_more_than_wished(
    entry: Decimal, distance: Decimal, risk: Decimal
) -> None:
    size = by_stop(str(entry), str(entry - distance), str(risk))

    budget = FUNDS.equity * risk / 100
    if isinstance(size, Decimal):
        assert budget - distance * ETH.market_step_size < size * distance <= budget
    else:
        assert budget / distance < ETH.market_quantity_min
