"""LiveRules: a venue's published filters, as the rules of a simulated exchange.

Owns the way from exchangeInfo to `SymbolRules`. Everything is as published but the ladder of
leverage, which a venue tells to key holders alone: it is that of the simulated exchange.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from ...actors.adapters.binance_filters import read_filters
from ...actors.adapters.wire import Row, integer, mapping, rows, text
from ...actors.errors import ConfigurationError
from ...messages.instruments import Filters
from .fills import QUOTE_ASSET
from .settings import SymbolRules

UNBOUNDED = Decimal(10**9)
"""For a price or a quantity that the venue sets no bound for."""
ORDERS_MAX = 200


def read_rules(body: Any, symbols: tuple[str, ...]) -> tuple[SymbolRules, ...]:
    """Return the rules of some symbols, in their order.

    Raises:
        ReplyUnreadable: The body is no exchangeInfo.
        ConfigurationError: A symbol is unknown there, has rules that cannot be read, or is settled
            in another asset than the simulated account has; every such fault is named.
    """
    listed = {
        text(row, "symbol"): row for row in rows(mapping(body, "body").get("symbols"), "symbols")
    }
    read = read_filters(body, symbols)
    known = {filters.symbol: filters for filters in read.result.instruments}
    faults = [each for each in read.faults if each.partition(":")[0] in symbols]
    faults += _faults(symbols, listed, known)
    if faults:
        raise ConfigurationError(*faults)
    return tuple(_rules(known[each], listed[each]) for each in symbols)


def _faults(
    symbols: tuple[str, ...],
    listed: Mapping[str, Row],
    known: Mapping[str, Filters],
) -> Iterator[str]:
    for each in symbols:
        if each not in listed:
            near = ", ".join(get_close_matches(each, listed, n=3))
            yield f"{each}: is no symbol there{near and f'; near: {near}'}"
        elif each in known and known[each].margin_asset != QUOTE_ASSET:
            yield f"{each}: is settled in {known[each].margin_asset}, not in {QUOTE_ASSET}"


def _rules(filters: Filters, row: Row) -> SymbolRules:
    return SymbolRules(
        symbol=filters.symbol,
        base=text(row, "baseAsset"),
        quote=text(row, "quoteAsset"),
        status=text(row, "status"),
        tick=filters.tick_size,
        price_min=filters.price_min,
        price_max=filters.price_max or UNBOUNDED,
        step=filters.step_size,
        quantity_min=filters.quantity_min,
        quantity_max=filters.quantity_max or UNBOUNDED,
        market_quantity_max=filters.market_quantity_max or UNBOUNDED,
        notional_min=filters.notional_min,
        price_precision=integer(row, "pricePrecision"),
        quantity_precision=integer(row, "quantityPrecision"),
        multiplier_up=filters.multiplier_up or UNBOUNDED,
        multiplier_down=filters.multiplier_down,
        trigger_protect=filters.trigger_protect,
        market_take_bound=filters.market_take_bound,
        orders_max=filters.orders_max or ORDERS_MAX,
    )
