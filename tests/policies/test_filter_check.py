"""Filter check: every rule by name with figure and limit, and filters that are no filters."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.filter_check import FilterFault, OrderShape, check_order
from callboard.actors.policies.rounding import round_limit_price, round_quantity
from callboard.messages.instruments import ContractStatus, Filters
from callboard.messages.values import OrderType, Side
from support.venue_samples import BTC

D = Decimal
PRICES = st.decimals("0.0001", "1000000", places=4)
QUANTITIES = st.decimals("0.0001", "5000", places=4)


def limit_buy(price: str = "60000", quantity: str = "0.01") -> OrderShape:
    return OrderShape(
        side=Side.BUY, order_type=OrderType.LIMIT, quantity=D(quantity), price=D(price)
    )


def market(quantity: str, *, reduces: bool = False) -> OrderShape:
    return OrderShape(
        side=Side.SELL, order_type=OrderType.MARKET, quantity=D(quantity), reduces=reduces
    )


def test_an_order_within_every_rule_has_no_fault() -> None:
    assert () == check_order(BTC, limit_buy(), mark_price=D(60000), open_orders=199)


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        (limit_buy(price="60000.05"), FilterFault("tick_size", "60000.05", "0.1")),
        (limit_buy(price="500", quantity="1"), FilterFault("price_min", "500", "556.8")),
        (limit_buy(price="5000000"), FilterFault("price_max", "5000000", "4529764")),
        (limit_buy(quantity="0.0105"), FilterFault("step_size", "0.0105", "0.001")),
        (limit_buy(quantity="1000.001"), FilterFault("quantity_max", "1000.001", "1000")),
        (limit_buy(quantity="0.001"), FilterFault("notional_min", "60", "100")),
        (limit_buy(price="63000.1"), FilterFault("multiplier_up", "63000.1", "63000")),
        (market("120.001"), FilterFault("market_quantity_max", "120.001", "120")),
        (market("0.0105"), FilterFault("market_step_size", "0.0105", "0.001")),
        (market("0.001"), FilterFault("notional_min", "60", "100")),
        (market("0"), FilterFault("market_quantity_min", "0", "0.001")),
    ],
)
def test_a_broken_rule_is_named_with_figure_and_limit(
    order: OrderShape, fault: FilterFault
) -> None:
    assert fault in check_order(BTC, order, mark_price=D(60000))


@pytest.mark.parametrize(
    "order",
    [
        limit_buy(price="556.8", quantity="1"),
        limit_buy(price="4529764"),
        limit_buy(quantity="1000"),
        market("120"),
        market("0.001"),
    ],
)
def test_a_figure_at_its_bound_is_no_fault(order: OrderShape) -> None:
    assert () == check_order(BTC, order)


def test_a_limit_price_may_be_as_far_from_the_mark_as_its_bound_and_better_at_will() -> None:
    sell = evolve(limit_buy(), side=Side.SELL)
    prices = [(limit_buy(), "63000"), (limit_buy(), "50000"), (sell, "57000"), (sell, "70000")]

    orders = [evolve(order, price=D(price)) for order, price in prices]

    assert [(), (), (), ()] == [check_order(BTC, order, mark_price=D(60000)) for order in orders]


def test_the_limit_price_of_a_trigger_is_not_judged_by_the_mark_of_today() -> None:
    stop = evolve(
        limit_buy(price="70000"), order_type=OrderType.STOP, trigger_price=D(70000), reduces=True
    )

    assert () == check_order(BTC, stop, mark_price=D(60000))


def test_all_faults_are_told_at_once() -> None:
    faults = check_order(BTC, limit_buy(price="60000.05", quantity="0.0005"), mark_price=D(60000))

    assert ["tick_size", "quantity_min", "step_size", "notional_min"] == [
        fault.rule for fault in faults
    ]
    assert str(faults[0]) == "tick_size: 60000.05 against 0.1"


def test_a_sell_far_below_the_mark_is_refused() -> None:
    sell = OrderShape(
        side=Side.SELL, order_type=OrderType.LIMIT, quantity=D("0.01"), price=D("56999.9")
    )

    faults = check_order(BTC, sell, mark_price=D(60000))

    assert (FilterFault("multiplier_down", "56999.9", "57000"),) == faults


def test_a_multiplier_of_zero_is_no_bound() -> None:
    filters = evolve(BTC, multiplier_up=D(0), multiplier_down=D(0), price_max=D(0))

    assert () == check_order(filters, limit_buy(price="9000000"), mark_price=D(60000))


def test_a_maximum_of_zero_is_no_bound() -> None:
    filters = evolve(BTC, quantity_max=D(0), market_quantity_max=D(0))

    assert () == check_order(filters, limit_buy(quantity="5000"))
    assert () == check_order(filters, market("5000"))


def test_a_price_of_zero_is_refused_even_without_a_smallest_price() -> None:
    filters = evolve(BTC, price_min=D(0), notional_min=D(0))

    faults = check_order(filters, limit_buy(price="0"))

    assert (FilterFault("price_min", "0", "0"),) == faults


def test_a_quantity_of_zero_is_refused_even_without_a_smallest_quantity() -> None:
    filters = evolve(BTC, quantity_min=D(0), notional_min=D(0))

    faults = check_order(filters, limit_buy(quantity="0"))

    assert (FilterFault("quantity_min", "0", "0"),) == faults


def test_without_a_mark_the_rules_that_need_one_are_left_to_the_venue() -> None:
    assert () == check_order(BTC, market("0.001"))
    assert () == check_order(BTC, limit_buy(price="90000"))


def test_the_notional_of_a_limit_order_is_at_its_own_price() -> None:
    faults = check_order(BTC, limit_buy(quantity="0.001"))

    assert (FilterFault("notional_min", "60", "100"),) == faults


def test_one_order_more_than_the_symbol_may_have_open_is_refused() -> None:
    faults = check_order(BTC, limit_buy(), open_orders=200)

    assert (FilterFault("orders_max", "201", "200"),) == faults
    assert () == check_order(BTC, market("1"), open_orders=200)
    assert () == check_order(evolve(BTC, orders_max=0), limit_buy(), open_orders=10_000)


def test_where_one_order_may_be_open_the_first_passes_and_the_second_does_not() -> None:
    single = evolve(BTC, orders_max=1)

    assert () == check_order(single, limit_buy())
    assert (FilterFault("orders_max", "2", "1"),) == check_order(single, limit_buy(), open_orders=1)


def test_an_exit_is_exempt_from_the_smallest_notional_and_from_the_status() -> None:
    halted = evolve(BTC, status=ContractStatus.PRE_SETTLE)

    entry = check_order(halted, market("0.001"), mark_price=D(60000))
    exit_ = check_order(halted, market("0.001", reduces=True), mark_price=D(60000))

    assert ["status", "notional_min"] == [fault.rule for fault in entry]
    assert entry[0] == FilterFault("status", "PRE_SETTLE", "TRADING")
    assert () == exit_


def test_the_trigger_of_a_whole_close_is_checked_without_a_quantity() -> None:
    stop = OrderShape(
        side=Side.SELL,
        order_type=OrderType.STOP_MARKET,
        trigger_price=D("58000.05"),
        reduces=True,
    )

    assert (FilterFault("tick_size", "58000.05", "0.1"),) == check_order(BTC, stop)


@given(price=PRICES, quantity=QUANTITIES, side=st.sampled_from(Side))
def test_a_rounded_order_never_breaks_a_grid(price: Decimal, quantity: Decimal, side: Side) -> None:
    order = OrderShape(
        side=side,
        order_type=OrderType.LIMIT,
        price=round_limit_price(price, side, BTC),
        quantity=round_quantity(quantity, OrderType.LIMIT, BTC),
    )

    rules = {fault.rule for fault in check_order(BTC, order)}

    on_grid = quantity >= BTC.quantity_min
    assert "tick_size" not in rules
    assert ("step_size" not in rules) or not on_grid


@pytest.mark.parametrize("name", ["tick_size", "step_size", "market_step_size"])
@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_filters_without_a_grid_are_refused_when_read(name: str, value: str) -> None:
    fields: dict[str, Any] = {**asdict(BTC), name: D(value)}

    with pytest.raises(ValueError, match=f"{name} must be above zero"):
        Filters(**fields)


@pytest.mark.parametrize("value", ["-0.1", "NaN"])
def test_filters_with_a_negative_bound_are_refused_when_read(value: str) -> None:
    with pytest.raises(ValueError, match="notional_min must not be negative"):
        evolve(BTC, notional_min=D(value))


@pytest.mark.parametrize("name", ["price_max", "quantity_max", "market_quantity_max"])
def test_filters_whose_maximum_is_below_one_lot_are_refused_when_read(name: str) -> None:
    fields: dict[str, Any] = {**asdict(BTC), name: D("0.0001")}

    with pytest.raises(ValueError, match=f"{name} 0.0001 is below"):
        Filters(**fields)
