"""Rounding: grids, directions, halving, splitting, and figures written plainly."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from callboard.actors.policies.filter_check import OrderShape, check_order
from callboard.actors.policies.rounding import (
    ceil_to_grid,
    display_decimals,
    floor_to_grid,
    halve,
    is_market_like,
    is_on_grid,
    least_market_quantity,
    plain,
    round_limit_price,
    round_quantity,
    round_trigger_price,
    split_market_quantity,
)
from callboard.messages.values import OrderType, Side
from support.venue_samples import BTC

D = Decimal
STEPS = st.sampled_from([D(text) for text in ("0.001", "0.05", "0.25", "0.5", "1", "3", "10")])
PRICES = st.decimals("0.0001", "1000000", places=4)
QUANTITIES = st.decimals("0.0001", "5000", places=4)


@given(value=PRICES, step=STEPS, origin=st.decimals(0, 1000, places=3))
def test_both_roundings_land_on_the_grid_around_the_value(
    value: Decimal, step: Decimal, origin: Decimal
) -> None:
    floor = floor_to_grid(value, step, origin)
    ceil = ceil_to_grid(value, step, origin)

    assert floor <= value <= ceil
    assert ceil - floor == (0 if is_on_grid(value, step, origin) else step)
    assert is_on_grid(floor, step, origin)
    assert is_on_grid(ceil, step, origin)


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [
        (Side.BUY, "60000.19", "60000.1"),
        (Side.SELL, "60000.11", "60000.2"),
        (Side.BUY, "60000.1", "60000.1"),
        (Side.SELL, "60000.1", "60000.1"),
    ],
)
def test_a_limit_price_is_never_worse_than_wished(side: Side, price: str, expected: str) -> None:
    assert D(expected) == round_limit_price(D(price), side, BTC)


@pytest.mark.parametrize(
    ("step", "decimals"),
    [("0.01", 2), ("0.10", 1), ("0.25", 2), ("0.0001000", 4), ("1.0", 0), ("5E+1", 0)],
)
def test_a_tick_is_shown_with_as_many_decimals_as_it_has(step: str, decimals: int) -> None:
    """S4-036, C-19: precision is for people; prices are rounded to multiples."""
    assert decimals == display_decimals(Decimal(step))


def test_ticks_are_counted_from_the_smallest_price() -> None:
    filters = evolve(BTC, tick_size=D("0.5"), price_min=D("0.2"))

    assert D("100.2") == round_limit_price(D("100.6"), Side.BUY, filters)
    assert D("100.7") == round_limit_price(D("100.6"), Side.SELL, filters)


def test_a_price_below_the_smallest_rounds_down_and_not_toward_it() -> None:
    assert D("556.7") == round_limit_price(D("556.75"), Side.BUY, BTC)


@pytest.mark.parametrize(
    ("price", "entry", "expected"),
    [
        ("58800.03", "60000", "58800.1"),  # a long's stop and a short's target move up
        ("61200.07", "60000", "61200"),  # a short's stop and a long's target move down
        ("58800.1", "60000", "58800.1"),
        ("59999.93", "60000", "60000"),  # onto the entry is not across it
        ("60000.07", "60000", "60000"),
        ("60000.03", "60000.05", "60000"),  # up would cross the entry
        ("60000.08", "60000.05", "60000.1"),  # down would cross the entry
        ("60000", "60000", "60000"),
        ("60000.05", "60000.05", "60000.1"),
    ],
)
def test_a_trigger_moves_toward_the_entry_and_never_across_it(
    price: str, entry: str, expected: str
) -> None:
    assert D(expected) == round_trigger_price(D(price), D(entry), BTC)


@given(price=PRICES, entry=PRICES, tick=STEPS)
def test_a_rounded_trigger_stays_on_its_side_of_the_entry(
    price: Decimal, entry: Decimal, tick: Decimal
) -> None:
    assume(price != entry)
    filters = evolve(BTC, tick_size=tick, price_min=D(0), price_max=D(0))

    rounded = round_trigger_price(price, entry, filters)

    assert (rounded <= entry) if price < entry else (rounded >= entry)
    assert abs(rounded - price) < tick
    assert is_on_grid(rounded, tick, D(0))


def test_a_quantity_goes_down_to_the_lot_of_its_order_type() -> None:
    filters = evolve(BTC, market_step_size=D("0.01"), market_quantity_min=D("0.01"))

    assert D("0.019") == round_quantity(D("0.0199"), OrderType.LIMIT, filters)
    assert D("0.01") == round_quantity(D("0.0199"), OrderType.MARKET, filters)
    assert D("0.01") == round_quantity(D("0.0199"), OrderType.STOP_MARKET, filters)


def test_a_quantity_below_one_lot_becomes_nothing_and_never_negative() -> None:
    filters = evolve(BTC, step_size=D("5"), quantity_min=D("2"))

    assert D("0") == round_quantity(D("1.9"), OrderType.LIMIT, filters)
    assert D("0") == round_quantity(D("0.0009"), OrderType.MARKET, BTC)


def test_only_the_market_types_fall_under_the_market_lot() -> None:
    market_like = [order_type for order_type in OrderType if is_market_like(order_type)]

    assert market_like == [
        OrderType.MARKET,
        OrderType.STOP_MARKET,
        OrderType.TAKE_PROFIT_MARKET,
        OrderType.TRAILING_STOP_MARKET,
    ]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0.010", D("0.005")),
        ("0.011", D("0.005")),
        ("-0.011", D("0.005")),
        ("0.002", D("0.001")),
        ("0.001", None),
        ("0", None),
    ],
)
def test_half_a_position_is_rounded_down_and_refused_only_when_too_small(
    quantity: str, expected: Decimal | None
) -> None:
    assert expected == halve(D(quantity), BTC)


@given(quantity=QUANTITIES, step=STEPS)
def test_a_half_is_never_more_than_half_and_never_a_step_less(
    quantity: Decimal, step: Decimal
) -> None:
    filters = evolve(BTC, market_step_size=step, market_quantity_min=step, market_quantity_max=D(0))

    half = halve(quantity, filters)

    assert half is None or quantity / 2 - step < half <= quantity / 2
    assert (half is None) == (quantity / 2 < step)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("50", ("50",)),
        ("120", ("120",)),
        ("300", ("120", "120", "60")),
        ("240", ("120", "120")),
        ("0.0015", ("0.001",)),
        ("0.0009", ()),
        ("0", ()),
    ],
)
def test_an_exit_above_the_market_maximum_is_split(
    quantity: str, expected: tuple[str, ...]
) -> None:
    assert tuple(map(D, expected)) == split_market_quantity(D(quantity), BTC)


def test_the_last_part_is_never_below_the_smallest_order() -> None:
    filters = evolve(BTC, market_quantity_min=D("5"), market_quantity_max=D("20"))

    assert (D("20"), D("17"), D("5")) == split_market_quantity(D("42"), filters)


def test_without_a_market_maximum_an_exit_is_one_order() -> None:
    filters = evolve(BTC, market_quantity_max=D(0))

    assert (D("5000"),) == split_market_quantity(D("5000"), filters)


def test_a_part_is_not_shortened_below_the_smallest_order_for_the_sake_of_the_last() -> None:
    filters = evolve(BTC, market_quantity_min=D("5"), market_quantity_max=D("6"))

    # 9 cannot be made of parts between 5 and 6: the rest stays for a stop that closes all.
    assert (D("6"),) == split_market_quantity(D("9"), filters)
    assert (D("5"), D("5")) == split_market_quantity(D("10"), filters)


def test_an_exit_is_halved_and_split_by_the_market_lot_and_no_finer_one() -> None:
    filters = evolve(
        BTC,
        market_step_size=D("0.01"),
        market_quantity_min=D("0.01"),
        market_quantity_max=D("0.035"),
    )

    assert D("0.01") == halve(D("0.03"), filters)
    assert (D("0.03"), D("0.03")) == split_market_quantity(D("0.0699"), filters)


def test_a_shortened_part_is_on_the_lot_that_begins_at_the_smallest_order() -> None:
    filters = evolve(
        BTC, market_step_size=D(2), market_quantity_min=D(5), market_quantity_max=D(20)
    )

    assert (D(15), D(5)) == split_market_quantity(D(21), filters)


def test_without_a_smallest_quantity_one_step_is_the_smallest() -> None:
    filters = evolve(BTC, market_quantity_min=D(0))

    assert D("0.001") == least_market_quantity(filters)
    assert () == split_market_quantity(D("0.0004"), filters)


@given(
    quantity=st.decimals("0.0001", "9", places=4),
    most=st.integers(1, 4000),
    steps=st.integers(20, 500),
)
def test_the_parts_of_an_exit_fit_the_lot_and_add_up(
    quantity: Decimal, most: int, steps: int
) -> None:
    step = D("0.001")
    least = step * steps
    filters = evolve(
        BTC,
        market_step_size=step,
        market_quantity_min=least,
        market_quantity_max=2 * least + most * step,
    )

    parts = split_market_quantity(quantity, filters)

    assert sum(parts) == (round_quantity(quantity, OrderType.MARKET, filters) if parts else 0)
    assert bool(parts) == (quantity >= least)
    for part in parts:
        shape = OrderShape(side=Side.SELL, order_type=OrderType.MARKET, quantity=part, reduces=True)
        assert check_order(filters, shape) == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1E+3", "1000"),
        ("0.00100", "0.001"),
        ("1E-8", "0.00000001"),
        ("100", "100"),
        ("100.0", "100"),
        ("-0.0", "0"),
        ("-0", "0"),
        ("0E-9", "0"),
        ("-1.50", "-1.5"),
        ("12345678901234567890123456789012.1", "12345678901234567890123456789012.1"),
    ],
)
def test_a_figure_is_written_plainly_with_every_digit(value: str, expected: str) -> None:
    assert expected == plain(D(value))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_figure_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="not a figure"):
        plain(D(value))


@given(
    value=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
)
def test_a_plain_figure_reads_back_as_the_same(value: Decimal) -> None:
    text = plain(value)

    assert D(text) == value
    assert "E" not in text.upper()
