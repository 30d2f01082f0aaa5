"""ApiMarket: the endpoints that tell time, rules and prices, and need no key.

Owns the spelling of their answers. Filters are told as the venue tells them in 2026-11: without
MAX_NUM_ALGO_ORDERS, and with one filter that clients do not know and must ignore.
"""

from typing import Any

from .api_orders import symbols_of
from .core import Core
from .frames import text
from .params import Params
from .settings import RateLimits, SymbolRules

ONBOARDED_AT_MS = 1_569_398_400_000
PERPETUAL_ENDS_AT_MS = 4_133_404_800_000


def time(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/time."""
    return {"serverTime": core.moment.ms}


def ping(_core: Core, _params: Params) -> Any:
    """GET /fapi/v1/ping."""
    return {}


def exchange_info(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/exchangeInfo."""
    return {
        "timezone": "UTC",
        "serverTime": core.moment.ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [_weight_limit(core.limits.limits), *_order_limits(core.limits.limits)],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "0"}],
        "symbols": [_symbol(rules) for rules in core.account.rules.values()],
    }


def order_limits(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/rateLimit/order."""
    return _order_limits(core.limits.limits)


def premium_index(core: Core, params: Params) -> Any:
    """GET /fapi/v1/premiumIndex."""
    rows = [
        {
            "symbol": symbol,
            "markPrice": text(core.books[symbol].mark_price),
            "indexPrice": text(core.books[symbol].mark_price),
            "estimatedSettlePrice": text(core.books[symbol].mark_price),
            "lastFundingRate": text(core.funding.rates[symbol]),
            "interestRate": text(core.settings.funding.rate),
            "nextFundingTime": core.funding.due_ms,
            "time": core.moment.ms,
        }
        for symbol in symbols_of(core, params)
    ]
    return rows[0] if params.optional("symbol") else rows


def book_ticker(core: Core, params: Params) -> Any:
    """GET /fapi/v1/ticker/bookTicker."""
    rows: list[dict[str, Any]] = []
    for symbol in symbols_of(core, params):
        book = core.books[symbol]
        rows.append(
            {
                "symbol": symbol,
                "bidPrice": text(book.bid),
                "bidQty": text(book.bid_quantity),
                "askPrice": text(book.ask),
                "askQty": text(book.ask_quantity),
                "time": core.moment.ms,
            }
        )
    return rows[0] if params.optional("symbol") else rows


def _weight_limit(limits: RateLimits) -> dict[str, Any]:
    return {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": limits.weight_1m_max,
    }


def _order_limits(limits: RateLimits) -> list[dict[str, Any]]:
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": "SECOND",
            "intervalNum": 10,
            "limit": limits.orders_10s_max,
        },
        {
            "rateLimitType": "ORDERS",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": limits.orders_1m_max,
        },
    ]


def _symbol(rules: SymbolRules) -> dict[str, Any]:
    return {
        "symbol": rules.symbol,
        "pair": rules.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_ENDS_AT_MS,
        "onboardDate": ONBOARDED_AT_MS,
        "status": rules.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        "marginAsset": rules.quote,
        "pricePrecision": rules.price_precision,
        "quantityPrecision": rules.quantity_precision,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": text(rules.trigger_protect),
        "liquidationFee": "0.012500",
        "marketTakeBound": text(rules.market_take_bound),
        "maxMoveOrderLimit": 10000,
        "filters": _filters(rules),
        "orderTypes": [
            "LIMIT",
            "MARKET",
            "STOP",
            "STOP_MARKET",
            "TAKE_PROFIT",
            "TAKE_PROFIT_MARKET",
            "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }


def _filters(rules: SymbolRules) -> list[dict[str, Any]]:
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": text(rules.price_min),
            "maxPrice": text(rules.price_max),
            "tickSize": text(rules.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": text(rules.quantity_min),
            "maxQty": text(rules.quantity_max),
            "stepSize": text(rules.step),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": text(rules.quantity_min),
            "maxQty": text(rules.market_quantity_max),
            "stepSize": text(rules.step),
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": rules.orders_max},
        {"filterType": "MIN_NOTIONAL", "notional": text(rules.notional_min)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": text(rules.multiplier_up),
            "multiplierDown": text(rules.multiplier_down),
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]
