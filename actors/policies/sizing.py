"""Sizing: how large an entry is, and whether an entry of that size is allowed.

Sizes are percentages of equity: 2 % by default, 5 % at most per position, 50 % for all positions
together. They are read as notional, which does not grow with leverage; the other basis, margin,
is a setting for the first two, never for the gross figure. What a position may need is checked
against the available balance.

A size above a cap is refused with the figure and the limit; it is never shrunk, because a
strategy that asked for more must know that it did not get it. Rounding is down to the lot.
Failure: equity or prices that cannot be sized by are refused, not guessed.
"""

from decimal import Decimal
from enum import StrEnum

from attrs import Attribute, field, frozen

from ...messages.instruments import Filters
from ...messages.values import OrderType
from .rounding import ZERO, is_market_like, plain, round_quantity

_PERCENT = Decimal(100)


class SizeBasis(StrEnum):
    """What a percentage of equity measures."""

    NOTIONAL = "notional"
    MARGIN = "margin"


class Sizing(StrEnum):
    """How an entry that names no size gets one."""

    PERCENT = "percent"
    RISK = "risk"


def _percentage(_limits: object, attribute: "Attribute[Decimal]", value: Decimal) -> None:
    if not (value.is_finite() and value > ZERO):
        raise ValueError(f"{attribute.name} must be above zero, not {value}")


@frozen(kw_only=True)
class SizeLimits:
    """Percentages of equity. Raises `ValueError` when the default is above its own maximum."""

    position_percent: Decimal = field(default=Decimal(2), validator=_percentage)
    position_percent_max: Decimal = field(default=Decimal(5), validator=_percentage)
    gross_percent_max: Decimal = field(default=Decimal(50), validator=_percentage)
    basis: SizeBasis = SizeBasis.NOTIONAL

    def __attrs_post_init__(self) -> None:
        if self.position_percent > self.position_percent_max:
            raise ValueError(
                f"position_percent {self.position_percent} is above "
                f"position_percent_max {self.position_percent_max}"
            )


@frozen(kw_only=True)
class Funds:
    """The account as an entry finds it, in the margin asset; reservations are counted in."""

    equity: Decimal
    available: Decimal
    leverage: int = 1
    position_notional: Decimal = ZERO
    """Already open or reserved in the same position."""
    gross_notional: Decimal = ZERO
    """Already open or reserved in all positions, this one included."""


@frozen
class SizeRefusal:
    """No size: the rule, the figure that broke it and the limit."""

    rule: str
    figure: Decimal
    limit: Decimal

    def __str__(self) -> str:
        return f"{self.rule}: {plain(self.figure)} against {plain(self.limit)}"


def size_by_percent(
    funds: Funds, price: Decimal, limits: SizeLimits, order_type: OrderType, filters: Filters
) -> Decimal | SizeRefusal:
    """Return the quantity whose notional (or margin) is `position_percent` of equity."""
    refusal = _unusable(funds, price)
    if refusal is not None:
        return refusal
    notional = funds.equity * limits.position_percent / _PERCENT * _multiple(funds, limits)
    return _lots(notional / price, order_type, filters)


def size_by_stop(
    funds: Funds,
    *,
    entry_price: Decimal,
    stop_price: Decimal,
    risk_percent: Decimal,
    order_type: OrderType,
    filters: Filters,
) -> Decimal | SizeRefusal:
    """Return the quantity that loses `risk_percent` of equity between entry and stop, at most.

    Fees and slippage are not counted in. The caps are still to be checked.
    """
    refusal = _unusable(funds, entry_price)
    if refusal is not None:
        return refusal
    if risk_percent <= ZERO:
        return SizeRefusal("risk_percent", risk_percent, ZERO)
    distance = abs(entry_price - stop_price)
    if distance == ZERO:
        return SizeRefusal("stop_distance", distance, filters.tick_size)
    return _lots(funds.equity * risk_percent / _PERCENT / distance, order_type, filters)


def check_size(
    quantity: Decimal, price: Decimal, funds: Funds, limits: SizeLimits
) -> SizeRefusal | None:
    """Return why an entry of this size is refused, None when it fits; bounds are inclusive."""
    refusal = _unusable(funds, price)
    if refusal is not None:
        return refusal
    notional = quantity * price
    position_max = funds.equity * limits.position_percent_max / _PERCENT
    position_figure = (funds.position_notional + notional) / _multiple(funds, limits)
    gross_max = funds.equity * limits.gross_percent_max / _PERCENT
    rules = (
        SizeRefusal("position_percent_max", position_figure, position_max),
        SizeRefusal("gross_percent_max", funds.gross_notional + notional, gross_max),
        SizeRefusal("available", notional / funds.leverage, funds.available),
    )
    return next((rule for rule in rules if rule.figure > rule.limit), None)


def _unusable(funds: Funds, price: Decimal) -> SizeRefusal | None:
    figures = (("equity", funds.equity), ("price", price), ("leverage", Decimal(funds.leverage)))
    return next(
        (SizeRefusal(rule, figure, ZERO) for rule, figure in figures if figure <= ZERO), None
    )


def _multiple(funds: Funds, limits: SizeLimits) -> int:
    return funds.leverage if limits.basis is SizeBasis.MARGIN else 1


def _lots(quantity: Decimal, order_type: OrderType, filters: Filters) -> Decimal | SizeRefusal:
    rounded = round_quantity(quantity, order_type, filters)
    market = is_market_like(order_type)
    least = filters.market_quantity_min if market else filters.quantity_min
    if rounded <= ZERO or rounded < least:
        return SizeRefusal("quantity_min", quantity, least)
    return rounded
