"""Filter check: whether the venue would take an order, with every fault named at once.

Asked after rounding, so a fault of the grid is the caller's. Opening orders meet every rule; exits
are exempt from the smallest notional and from the contract's status, since the venue lets
positions be closed in states in which none may be opened, and no refusal of ours may end an exit.

Bound: one fault per rule and figure.
Failure: rules that need a mark price are left to the venue while there is none; a stale mark
refuses entries elsewhere.
Source: binance-futures, exchangeInfo filters (read 2026-11-20); a triggered order's limit price is
judged by the mark at its trigger, so the percent rule is for LIMIT orders alone.
"""

from decimal import Decimal

from attrs import frozen

from ...messages.instruments import ContractStatus, Filters
from ...messages.values import OrderType, Side
from .rounding import ZERO, is_market_like, is_on_grid, plain


@frozen
class FilterFault:
    """One rule that an order breaks; `rule` is the name of the field of `Filters`."""

    rule: str
    figure: str
    limit: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.figure} against {self.limit}"


@frozen(kw_only=True)
class OrderShape:
    """What the filters look at. `quantity` is None for a whole-position close."""

    side: Side
    order_type: OrderType
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    reduces: bool = False
    """The venue knows it as an exit: reduce only, whole close, or opposite position side."""


def check_order(
    filters: Filters,
    order: OrderShape,
    *,
    mark_price: Decimal | None = None,
    open_orders: int = 0,
) -> tuple[FilterFault, ...]:
    """Return every rule that the order breaks, none when the venue should take it.

    `open_orders` counts the symbol's open regular orders, without this one.
    """
    return (
        *_status_faults(filters, order),
        *_price_faults(filters, order.price),
        *_price_faults(filters, order.trigger_price),
        *_quantity_faults(filters, order),
        *_notional_faults(filters, order, mark_price),
        *_percent_faults(filters, order, mark_price),
        *_count_faults(filters, order, open_orders),
    )


def _fault(rule: str, figure: Decimal, limit: Decimal) -> FilterFault:
    return FilterFault(rule, plain(figure), plain(limit))


def _status_faults(filters: Filters, order: OrderShape) -> list[FilterFault]:
    if order.reduces or filters.status is ContractStatus.TRADING:
        return []
    return [FilterFault("status", filters.status.value, ContractStatus.TRADING.value)]


def _price_faults(filters: Filters, price: Decimal | None) -> list[FilterFault]:
    if price is None:
        return []
    faults: list[FilterFault] = []
    if price <= ZERO or price < filters.price_min:
        faults.append(_fault("price_min", price, filters.price_min))
    if ZERO < filters.price_max < price:
        faults.append(_fault("price_max", price, filters.price_max))
    if not is_on_grid(price, filters.tick_size, filters.price_min):
        faults.append(_fault("tick_size", price, filters.tick_size))
    return faults


def _quantity_faults(filters: Filters, order: OrderShape) -> list[FilterFault]:
    if order.quantity is None:
        return []
    if is_market_like(order.order_type):
        return _lot_faults(
            "market_",
            order.quantity,
            least=filters.market_quantity_min,
            most=filters.market_quantity_max,
            step=filters.market_step_size,
        )
    return _lot_faults(
        "",
        order.quantity,
        least=filters.quantity_min,
        most=filters.quantity_max,
        step=filters.step_size,
    )


def _lot_faults(
    prefix: str, quantity: Decimal, *, least: Decimal, most: Decimal, step: Decimal
) -> list[FilterFault]:
    faults: list[FilterFault] = []
    if quantity <= ZERO or quantity < least:
        faults.append(_fault(f"{prefix}quantity_min", quantity, least))
    if ZERO < most < quantity:
        faults.append(_fault(f"{prefix}quantity_max", quantity, most))
    if not is_on_grid(quantity, step, least):
        faults.append(_fault(f"{prefix}step_size", quantity, step))
    return faults


def _notional_faults(
    filters: Filters, order: OrderShape, mark_price: Decimal | None
) -> list[FilterFault]:
    price = mark_price if is_market_like(order.order_type) else order.price
    if order.reduces or order.quantity is None or price is None:
        return []
    notional = order.quantity * price
    if notional >= filters.notional_min:
        return []
    return [_fault("notional_min", notional, filters.notional_min)]


def _percent_faults(
    filters: Filters, order: OrderShape, mark_price: Decimal | None
) -> list[FilterFault]:
    if order.order_type is not OrderType.LIMIT or order.price is None or mark_price is None:
        return []
    highest = mark_price * filters.multiplier_up
    lowest = mark_price * filters.multiplier_down
    if order.side is Side.BUY and ZERO < highest < order.price:
        return [_fault("multiplier_up", order.price, highest)]
    if order.side is Side.SELL and order.price < lowest:
        return [_fault("multiplier_down", order.price, lowest)]
    return []


def _count_faults(filters: Filters, order: OrderShape, open_orders: int) -> list[FilterFault]:
    if order.order_type is not OrderType.LIMIT or not 0 < filters.orders_max <= open_orders:
        return []
    return [FilterFault("orders_max", str(open_orders + 1), str(filters.orders_max))]
