"""MarketFrames: the frames of the market streams that come from trades, books and candles.

Plain functions from the market's events to fresh JSON-like dicts, as the market stream pages spell
them (read 2026-11). Best prices and marks are spelt by the core.
"""

from ..frames import Frame, text
from ..market import Trade


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
