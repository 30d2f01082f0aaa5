"""Binance filters: the trading rules of every symbol, read from exchangeInfo.

Owns the filter names of the exchange. Tick and step come from PRICE_FILTER, LOT_SIZE and
MARKET_LOT_SIZE, never from the precision fields, which the exchange documents as another thing.
Filters with unknown names are ignored. A symbol whose rules cannot be read is left out and named:
one new contract must not take the rules of all others away.

Source: Binance USDS-M exchangeInfo, read 2026-11-20.
"""

from typing import Any

from attrs import frozen

from ...messages.instruments import ContractStatus, Filters, LimitsPublished
from ...messages.venue import InstrumentsRead
from .wire import ZERO, ReplyUnreadable, Row, decimal, integer, mapping, rows, text

LIMITS = {
    ("REQUEST_WEIGHT", "MINUTE", 1): "weight_1m_max",
    ("ORDERS", "SECOND", 10): "orders_10s_max",
    ("ORDERS", "MINUTE", 1): "orders_1m_max",
}
"""(type, interval, intervals) of a published rate limit -> its name with us."""


@frozen
class FiltersRead:
    """The symbols that could be read, and a sentence for each that could not."""

    result: InstrumentsRead
    faults: tuple[str, ...]


def read_filters(body: Any, symbols: tuple[str, ...] = ()) -> FiltersRead:
    """Return the filters of `symbols`, or of all when that is empty.

    Raises `ReplyUnreadable` only when the body is no exchangeInfo at all.
    """
    read: list[Filters] = []
    faults: list[str] = []
    for row in rows(mapping(body, "exchangeInfo").get("symbols"), "symbols"):
        symbol = text(row, "symbol")
        if symbols and symbol not in symbols:
            continue
        try:
            read.append(_filters(symbol, row))
        except (ReplyUnreadable, ValueError) as error:
            faults.append(f"{symbol}: {error}")
    limits, unread = _limits(mapping(body, "exchangeInfo"))
    return FiltersRead(InstrumentsRead(tuple(read), limits), (*faults, *unread))


def _limits(body: Row) -> tuple[LimitsPublished, list[str]]:
    """Read the three windows that we keep; others are the venue's own affair."""
    known: dict[str, int] = {}
    faults: list[str] = []
    for row in rows(body.get("rateLimits", ()), "rateLimits"):
        try:
            name = LIMITS.get(_window_of(row))
            if name is not None:
                known[name] = integer(row, "limit")
        except ReplyUnreadable as error:
            faults.append(f"rateLimits: {error}")
    return LimitsPublished(**known), faults


def _window_of(row: Row) -> tuple[str, str, int]:
    return text(row, "rateLimitType"), text(row, "interval"), integer(row, "intervalNum")


def _filters(symbol: str, row: Row) -> Filters:
    by_type = {text(each, "filterType"): each for each in rows(row.get("filters"), "filters")}
    price = _filter(by_type, "PRICE_FILTER")
    lot = _filter(by_type, "LOT_SIZE")
    market_lot = _filter(by_type, "MARKET_LOT_SIZE")
    band = by_type.get("PERCENT_PRICE", {})
    return Filters(
        symbol=symbol,
        status=_status(row),
        margin_asset=text(row, "marginAsset"),
        tick_size=decimal(price, "tickSize"),
        price_min=decimal(price, "minPrice"),
        price_max=decimal(price, "maxPrice"),
        step_size=decimal(lot, "stepSize"),
        quantity_min=decimal(lot, "minQty"),
        quantity_max=decimal(lot, "maxQty"),
        market_step_size=decimal(market_lot, "stepSize"),
        market_quantity_min=decimal(market_lot, "minQty"),
        market_quantity_max=decimal(market_lot, "maxQty"),
        notional_min=decimal(by_type.get("MIN_NOTIONAL", {}), "notional", ZERO),
        multiplier_up=decimal(band, "multiplierUp", ZERO),
        multiplier_down=decimal(band, "multiplierDown", ZERO),
        orders_max=integer(by_type.get("MAX_NUM_ORDERS", {}), "limit", 0),
        trigger_protect=decimal(row, "triggerProtect", ZERO),
        market_take_bound=decimal(row, "marketTakeBound", ZERO),
    )


def _filter(by_type: dict[str, Row], name: str) -> Row:
    if name not in by_type:
        raise ReplyUnreadable(name, "is missing")
    return by_type[name]


def _status(row: Row) -> ContractStatus:
    value = text(row, "status")
    return ContractStatus(value) if value in ContractStatus.__members__ else ContractStatus.UNKNOWN
