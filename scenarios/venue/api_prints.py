"""ApiPrints: the endpoints of depth, trades and candles, which need no key.

Owns the spelling of their answers and which rows are wanted. What was printed before the venue
opened, or has been forgotten since, is not there.
"""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from .api_orders import symbols_of
from .core import Core
from .frames import average_text, text
from .params import Params
from .prints import MINUTE_MS, Candle, Print
from .refusal import VenueRefusal

DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
DEPTH_DEFAULT = 500
DEPTH_WEIGHTS = ((50, 2), (100, 5), (500, 10), (1000, 20))
"""Levels up to which a depth costs so much."""
ROWS_DEFAULT, TRADES_MAX, CANDLES_MAX = 500, 1000, 1500
CANDLE_WEIGHTS = ((99, 1), (499, 2), (1000, 5), (CANDLES_MAX, 10))
HOUR_MS, DAY_MS = 60 * MINUTE_MS, 24 * 60 * MINUTE_MS
WEEK_MS = 7 * DAY_MS
MONDAY_MS = 4 * DAY_MS
"""The first Monday after the epoch, from which weeks are counted."""
MONTH = "1M"
INTERVALS_MS = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": WEEK_MS,
}


def depth(core: Core, params: Params) -> Any:
    """GET /fapi/v1/depth."""
    symbol = params.text("symbol")
    core.rules(symbol)
    limit = params.optional_integer("limit") or DEPTH_DEFAULT
    if limit not in DEPTH_LIMITS:
        raise VenueRefusal(-4021, limit)
    book, at_ms = core.books[symbol], core.moment.ms
    return {
        "lastUpdateId": book.updates,
        "E": at_ms,
        "T": at_ms,
        "bids": _levels(core, symbol, limit, is_buy=False),
        "asks": _levels(core, symbol, limit, is_buy=True),
    }


def depth_weight(params: Params) -> int:
    """Return what a depth costs."""
    return _graded(params, DEPTH_WEIGHTS, DEPTH_DEFAULT)


def ticker_price(core: Core, params: Params) -> Any:
    """GET /fapi/v1/ticker/price and /fapi/v2/ticker/price."""
    rows = [
        {
            "symbol": symbol,
            "price": text(core.books[symbol].contract_price),
            "time": core.moment.ms,
        }
        for symbol in symbols_of(core, params)
    ]
    return rows[0] if params.optional("symbol") else rows


def ticker_day(core: Core, params: Params) -> Any:
    """GET /fapi/v1/ticker/24hr."""
    rows = [_day(core, symbol) for symbol in symbols_of(core, params)]
    return rows[0] if params.optional("symbol") else rows


def recent_trades(core: Core, params: Params) -> Any:
    """GET /fapi/v1/trades: the newest."""
    symbol = params.text("symbol")
    core.rules(symbol)
    rows = list(core.prints[symbol].trades)[-_limit(params, TRADES_MAX) :]
    return [_trade(row) for row in rows]


def aggregate_trades(core: Core, params: Params) -> Any:
    """GET /fapi/v1/aggTrades: the newest, or from an id or a time on."""
    symbol = params.text("symbol")
    core.rules(symbol)
    first, start_ms = params.optional_integer("fromId"), params.optional_integer("startTime")
    end_ms = params.optional_integer("endTime")
    rows = [
        row
        for row in core.prints[symbol].trades
        if (first is None or row.number >= first)
        and (start_ms is None or row.at_ms >= start_ms)
        and (end_ms is None or row.at_ms <= end_ms)
    ]
    limit = _limit(params, TRADES_MAX)
    is_from = first is not None or start_ms is not None
    return [_aggregate(row) for row in (rows[:limit] if is_from else rows[-limit:])]


def klines(core: Core, params: Params) -> Any:
    """GET /fapi/v1/klines: the newest, or from a time on."""
    symbol = params.text("symbol")
    core.rules(symbol)
    interval = params.text("interval")
    if interval != MONTH and interval not in INTERVALS_MS:
        raise VenueRefusal(-1120)
    start_ms, end_ms = params.optional_integer("startTime"), params.optional_integer("endTime")
    starts = _starts(core, symbol, interval)
    candles = [
        candle
        for candle in core.prints[symbol].candles(starts)
        if (start_ms is None or candle.open_ms >= start_ms)
        and (end_ms is None or candle.open_ms <= end_ms)
    ]
    limit = _limit(params, CANDLES_MAX)
    chosen = candles[-limit:] if start_ms is None else candles[:limit]
    return [_kline(candle, start_after(candle.open_ms, interval)) for candle in chosen]


def klines_weight(params: Params) -> int:
    """Return what candles cost."""
    return _graded(params, CANDLE_WEIGHTS, ROWS_DEFAULT)


def _graded(params: Params, weights: tuple[tuple[int, int], ...], default: int) -> int:
    limit = params.optional_integer("limit") or default
    return next((weight for most, weight in weights if limit <= most), weights[-1][1])


def _limit(params: Params, most: int) -> int:
    return max(1, min(most, params.optional_integer("limit") or ROWS_DEFAULT))


def _levels(core: Core, symbol: str, limit: int, *, is_buy: bool) -> list[list[str]]:
    levels = islice(core.books[symbol].levels(is_buy=is_buy), limit)
    return [[text(price), text(quantity)] for price, quantity in levels]


def _starts(core: Core, symbol: str, interval: str) -> list[int]:
    """Return where the interval's spans begin, from the first trade that is kept until now."""
    minutes = core.prints[symbol].minutes
    starts: list[int] = []
    at_ms = start_of(minutes[0].open_ms, interval) if minutes else core.moment.ms
    while at_ms < core.moment.ms:
        starts.append(at_ms)
        at_ms = start_after(at_ms, interval)
    return starts


def start_of(at_ms: int, interval: str) -> int:
    """Return when the span of an interval begins that a time lies in, in ms."""
    if interval == MONTH:
        day = datetime.fromtimestamp(at_ms // 1000, UTC).replace(day=1)
        return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000
    length_ms = INTERVALS_MS[interval]
    offset_ms = MONDAY_MS if interval == "1w" else 0
    return (at_ms - offset_ms) // length_ms * length_ms + offset_ms


def start_after(start_ms: int, interval: str) -> int:
    """Return when the span begins that follows the one that begins at `start_ms`."""
    if interval == MONTH:
        return start_of(start_ms + 31 * DAY_MS, interval)
    return start_ms + INTERVALS_MS[interval]


def _aggregate(row: Print) -> dict[str, Any]:
    return {
        "a": row.number,
        "p": text(row.trade.price),
        "q": text(row.trade.quantity),
        "f": row.number,
        "l": row.number,
        "T": row.at_ms,
        "m": row.trade.is_buyer_maker,
    }


def _trade(row: Print) -> dict[str, Any]:
    trade = row.trade
    return {
        "id": row.number,
        "price": text(trade.price),
        "qty": text(trade.quantity),
        "quoteQty": text(trade.price * trade.quantity),
        "time": row.at_ms,
        "isBuyerMaker": trade.is_buyer_maker,
        "isRPITrade": False,
    }


def _day(core: Core, symbol: str) -> dict[str, Any]:
    """Return what 24 hours came to; without a trade, the price stands and nothing was traded."""
    prints, at_ms = core.prints[symbol], core.moment.ms
    price = core.books[symbol].contract_price
    still = Candle(at_ms - DAY_MS, price, price, price, price)
    day = next(prints.candles([at_ms - DAY_MS]), still)
    last = prints.trades[-1] if prints.trades else None
    last_id = last.number if last is not None else 0
    return {
        "symbol": symbol,
        "priceChange": text(day.change),
        "priceChangePercent": text(day.change_percent),
        "weightedAvgPrice": average_text(day.mean),
        "lastPrice": text(day.close),
        "lastQty": text(last.trade.quantity) if last is not None else "0",
        "openPrice": text(day.open),
        "highPrice": text(day.high),
        "lowPrice": text(day.low),
        "volume": text(day.volume),
        "quoteVolume": text(day.quote_volume),
        "openTime": day.open_ms,
        "closeTime": at_ms,
        "firstId": last_id - day.trades + 1 if day.trades else 0,
        "lastId": last_id,
        "count": day.trades,
    }


def _kline(candle: Candle, end_ms: int) -> list[Any]:
    return [
        candle.open_ms,
        text(candle.open),
        text(candle.high),
        text(candle.low),
        text(candle.close),
        text(candle.volume),
        end_ms - 1,
        text(candle.quote_volume),
        candle.trades,
        text(candle.bought),
        text(candle.quote_bought),
        "0",
    ]
