"""Rounding: prices and quantities onto the venue's grid, each in the direction that is safe.

A price is on the grid when (price - price_min) is a multiple of the tick, a quantity when
(quantity - quantity_min) is a multiple of the step; decimals and precision fields say nothing of
either. Orders that execute as market orders use the market lot. Directions: a LIMIT never gets
worse than wished (buy down, sell up), a trigger moves toward the entry so that a stop never risks
more and a target never asks more than wished, a quantity goes down.

Bound: `split_market_quantity` yields at most quantity / market_quantity_max, rounded up, plus one.
Failure: figures that are too small round to nothing and are answered as None or an empty tuple;
whether a rounded order is acceptable is `filter_check`'s question.
Source: binance-futures, exchangeInfo filters (read 2026-11-20).
"""

from decimal import Decimal

from ...messages.instruments import Filters
from ...messages.values import OrderType, Side

ZERO = Decimal(0)
_MARKET_LIKE = frozenset(
    {
        OrderType.MARKET,
        OrderType.STOP_MARKET,
        OrderType.TAKE_PROFIT_MARKET,
        OrderType.TRAILING_STOP_MARKET,
    }
)


def is_market_like(order_type: OrderType) -> bool:
    """Return whether the order executes as a market order, and so under the market lot."""
    return order_type in _MARKET_LIKE


def is_on_grid(value: Decimal, step: Decimal, origin: Decimal) -> bool:
    """Return whether `value` lies a whole number of steps from `origin`."""
    return (value - origin) % step == ZERO


def floor_to_grid(value: Decimal, step: Decimal, origin: Decimal) -> Decimal:
    """Return the nearest point of the grid that is not above `value`."""
    steps, rest = divmod(value - origin, step)
    # Decimal division truncates toward zero, so below the origin it went up.
    return origin + (steps - 1 if rest < ZERO else steps) * step


def ceil_to_grid(value: Decimal, step: Decimal, origin: Decimal) -> Decimal:
    """Return the nearest point of the grid that is not below `value`."""
    floor = floor_to_grid(value, step, origin)
    return floor if floor == value else floor + step


def display_decimals(step: Decimal) -> int:
    """Return how many decimals show every multiple of a tick or step; for people alone.

    0.01 gives 2, 0.5 gives 1, 10 gives 0. Nothing is rounded by it: a tick is not always a power
    of ten (requirements, S4-036).
    """
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "filters hold finite numbers alone"
    return max(0, -exponent)


def round_limit_price(price: Decimal, side: Side, filters: Filters) -> Decimal:
    """Round a LIMIT price so that it is never worse than wished: buy down, sell up."""
    if side is Side.BUY:
        return floor_to_grid(price, filters.tick_size, filters.price_min)
    return ceil_to_grid(price, filters.tick_size, filters.price_min)


def round_trigger_price(price: Decimal, entry_price: Decimal, filters: Filters) -> Decimal:
    """Round the trigger of a stop or a target toward the entry, but never across it.

    An average entry can lie between two ticks, and a trigger within the same tick: that one is
    rounded away from the entry, because on the other side it would trigger at once.
    """
    below = floor_to_grid(price, filters.tick_size, filters.price_min)
    above = ceil_to_grid(price, filters.tick_size, filters.price_min)
    if price < entry_price:
        return above if above <= entry_price else below
    return below if below >= entry_price else above


def round_quantity(quantity: Decimal, order_type: OrderType, filters: Filters) -> Decimal:
    """Round a quantity down to its lot; zero when not even one lot is in it."""
    if is_market_like(order_type):
        step, origin = filters.market_step_size, filters.market_quantity_min
    else:
        step, origin = filters.step_size, filters.quantity_min
    return max(floor_to_grid(quantity, step, origin), ZERO)


def halve(quantity: Decimal, filters: Filters) -> Decimal | None:
    """Return half of a position's quantity for a market exit, None when that is too small.

    Never more than half. Only the smallest quantity can refuse: exits are exempt from the
    smallest notional.
    """
    half = round_quantity(abs(quantity) / 2, OrderType.MARKET, filters)
    return half if half >= least_market_quantity(filters) else None


def least_market_quantity(filters: Filters) -> Decimal:
    """Return the smallest quantity of a market order, at least one step."""
    least = filters.market_quantity_min
    return least if least > ZERO else filters.market_step_size


def split_market_quantity(quantity: Decimal, filters: Filters) -> tuple[Decimal, ...]:
    """Split the quantity of an exit into market orders that each fit the market lot.

    The parts add up to the quantity rounded down to the lot and none is below the smallest: the
    last but one gives up what the last one lacks. Empty when the whole is below the smallest.
    """
    least = least_market_quantity(filters)
    largest = filters.market_quantity_max if filters.market_quantity_max > ZERO else quantity
    remaining = round_quantity(quantity, OrderType.MARKET, filters)
    parts: list[Decimal] = []
    while remaining >= least:
        part = round_quantity(min(remaining, largest), OrderType.MARKET, filters)
        assert part >= least, "filters whose maximum is below one lot are refused when read"
        if ZERO < remaining - part < least:
            shorter = round_quantity(remaining - least, OrderType.MARKET, filters)
            part = shorter if shorter >= least else part
        parts.append(part)
        remaining -= part
    return tuple(parts)


def plain(value: Decimal) -> str:
    """Return a figure as the venue reads it: no exponent, no trailing zeros, no minus zero.

    Every digit is kept. Raises `ValueError` for infinities and NaN.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a figure")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
