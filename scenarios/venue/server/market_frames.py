"""MarketFrames: the frames of the market streams that come from trades, books and candles.

Plain functions from the market's events to fresh JSON-like dicts, as the market stream pages spell
them (read 2026-11). Best prices and marks are spelt by the core.
"""

from itertools import islice

from ..book import Book
from ..frames import Frame, average_text, text
from ..market import Trade
from ..orders import Order
from ..prints import Candle

DAY_MS = 24 * 60 * 60 * 1000
Sides = list[tuple[str, str]]
"""Price and quantity of the levels of one side."""


def aggregate_trade(trade: Trade, number: int, *, at_ms: int) -> Frame:
    """The aggTrade frame of one print, which is an aggregate of its own."""
    return {
        "e": "aggTrade",
        "E": at_ms,
        "s": trade.symbol,
        "a": number,
        "p": text(trade.price),
        "q": text(trade.quantity),
        "nq": text(trade.quantity),
        "f": number,
        "l": number,
        "T": at_ms,
        "m": trade.is_buyer_maker,
        "st": 1,
    }


def trade(trade: Trade, number: int, *, at_ms: int) -> Frame:
    """The trade frame of one print."""
    return {
        "e": "trade",
        "E": at_ms,
        "T": at_ms,
        "s": trade.symbol,
        "t": number,
        "p": text(trade.price),
        "q": text(trade.quantity),
        "X": "MARKET",
        "m": trade.is_buyer_maker,
        "st": 1,
    }


def best(book: Book, levels: int | None) -> tuple[Sides, Sides]:
    """Return bids and asks as they are spelt, best first; all levels for None."""
    bids, asks = (
        [
            (text(price), text(quantity))
            for price, quantity in islice(book.levels(is_buy=is_buy), levels)
        ]
        for is_buy in (False, True)
    )
    return bids, asks


def depth_update(
    symbol: str, sides: tuple[Sides, Sides], numbers: tuple[int, int], *, at_ms: int
) -> Frame:
    """The depthUpdate frame of changed levels, or of the best ones."""
    before, last = numbers
    return {
        "e": "depthUpdate",
        "E": at_ms,
        "T": at_ms,
        "s": symbol,
        "ps": symbol,
        "U": before + 1,
        "u": last,
        "pu": before,
        "b": sides[0],
        "a": sides[1],
        "st": 1,
    }


def kline(candle: Candle, span: tuple[str, str, int], *, is_closed: bool, at_ms: int) -> Frame:
    """The kline frame of a candle; the span is symbol, interval and last millisecond."""
    symbol, interval, end_ms = span
    return {
        "e": "kline",
        "E": at_ms,
        "s": symbol,
        "k": {
            "t": candle.open_ms,
            "T": end_ms,
            "s": symbol,
            "i": interval,
            "f": -1,
            "L": -1,
            "o": text(candle.open),
            "c": text(candle.close),
            "h": text(candle.high),
            "l": text(candle.low),
            "v": text(candle.volume),
            "n": candle.trades,
            "x": is_closed,
            "q": text(candle.quote_volume),
            "V": text(candle.bought),
            "Q": text(candle.quote_bought),
            "B": "0",
        },
        "st": 1,
    }


def ticker(symbol: str, day: Candle, *, at_ms: int) -> Frame:
    """The 24hrTicker frame of a day's figures."""
    return {
        "e": "24hrTicker",
        "E": at_ms,
        "s": symbol,
        "p": text(day.change),
        "P": text(day.change_percent),
        "w": average_text(day.mean),
        "c": text(day.close),
        "Q": "0",
        "o": text(day.open),
        "h": text(day.high),
        "l": text(day.low),
        "v": text(day.volume),
        "q": text(day.quote_volume),
        "O": day.open_ms,
        "C": at_ms,
        "F": 0,
        "L": day.trades,
        "n": day.trades,
        "st": 1,
    }


def mini_ticker(symbol: str, day: Candle, *, at_ms: int) -> Frame:
    """The 24hrMiniTicker frame of a day's figures."""
    return {
        "e": "24hrMiniTicker",
        "E": at_ms,
        "s": symbol,
        "c": text(day.close),
        "o": text(day.open),
        "h": text(day.high),
        "l": text(day.low),
        "v": text(day.volume),
        "q": text(day.quote_volume),
        "st": 1,
    }


def forced_order(order: Order, *, at_ms: int) -> Frame:
    """The forceOrder frame of a liquidation."""
    return {
        "e": "forceOrder",
        "E": at_ms,
        "o": {
            "s": order.symbol,
            "ps": order.symbol,
            "S": order.request.side,
            "o": order.request.type,
            "f": order.request.time_in_force,
            "q": text(order.quantity),
            "p": text(order.price),
            "ap": average_text(order.average_price),
            "X": order.status,
            "l": text(order.executed),
            "z": text(order.executed),
            "T": order.updated_ms,
        },
        "st": 1,
    }
