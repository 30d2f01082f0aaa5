"""Frames: the objects of the user and market streams, as Binance sends them.

Owns the spelling of ORDER_TRADE_UPDATE, TRADE_LITE, bookTicker and markPriceUpdate. Plain
functions from state to a fresh JSON-like dict; numbers are int or text.
"""

from decimal import Decimal
from typing import Any

from .fills import Fill
from .market import Mark, Quote
from .moment import NS_PER_MS
from .orders import Order

Frame = dict[str, Any]
ASSET = "USDT"
_PRICE_DIGITS = Decimal("0.00000001")


def text(value: Decimal) -> str:
    """Spell a number in plain notation."""
    spelled = str(value)
    return format(value, "f") if "E" in spelled else spelled


def average_text(value: Decimal) -> str:
    """Spell a mean price, to 8 decimals."""
    return text(value.quantize(_PRICE_DIGITS)) if value else "0"


def order_update(
    order: Order, execution: str, *, at_ms: int, fill: Fill | None = None, expiry: int = 0
) -> Frame:
    """ORDER_TRADE_UPDATE of what just happened to an order."""
    request = order.request
    body: Frame = {
        "s": order.symbol,
        "c": order.client_order_id,
        "S": request.side,
        "o": "LIQUIDATION" if request.is_forced else request.type,
        "f": request.time_in_force,
        "q": text(order.quantity),
        "p": text(order.price),
        "ap": average_text(order.average_price),
        "sp": text(request.stop_price) if request.stop_price else "0",
        "x": execution,
        # A forced order is told as new, whatever it has come to (order update page, 2026-11).
        "X": "NEW" if request.is_forced else order.status,
        "i": order.order_id,
        "l": "0",
        "z": text(order.executed),
        "L": "0",
        "T": at_ms,
        "t": 0,
        "b": "0",
        "a": "0",
        "m": False,
        "R": request.reduce_only,
        "wt": request.working_type,
        "ot": request.original_type or request.type,
        "ps": request.position_side,
        "cp": request.close_position,
        "rp": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": request.self_trade_mode,
        "pm": request.price_match,
        "gtd": request.good_till_ms,
        "er": str(expiry),
    }
    if fill is not None:
        body["l"] = text(fill.quantity)
        body["L"] = text(fill.price)
        body["N"] = fill.fee_asset
        body["n"] = text(fill.fee)
        body["t"] = fill.trade_id
        body["m"] = fill.is_maker
        body["rp"] = text(fill.realized)
    return {"e": "ORDER_TRADE_UPDATE", "T": at_ms, "E": at_ms, "o": body}


def order_amended(order: Order, modify_id: str, *, at_ms: int) -> Frame:
    """ORDER_TRADE_UPDATE of an amendment, which alone carries the client's modify id."""
    frame = order_update(order, "AMENDMENT", at_ms=at_ms)
    frame["o"]["M"] = modify_id
    return frame


def trade_lite(order: Order, fill: Fill) -> Frame:
    """TRADE_LITE: the short word of a fill, ahead of its full update."""
    return {
        "e": "TRADE_LITE",
        "E": fill.at_ms,
        "T": fill.at_ms,
        "s": fill.symbol,
        "q": text(order.quantity),
        "p": text(order.price),
        "m": fill.is_maker,
        "c": fill.client_order_id,
        "S": fill.side,
        "L": text(fill.price),
        "l": text(fill.quantity),
        "t": fill.trade_id,
        "i": fill.order_id,
    }


def book_ticker(quote: Quote, update_id: int, *, skew_ms: int) -> Frame:
    """The bookTicker frame of the market stream."""
    at_ms = quote.at_ns // NS_PER_MS + skew_ms
    return {
        "e": "bookTicker",
        "u": update_id,
        "s": quote.symbol,
        "b": str(quote.bid),
        "B": str(quote.bid_quantity),
        "a": str(quote.ask),
        "A": str(quote.ask_quantity),
        "T": at_ms,
        "E": at_ms,
    }


def mark_price(mark: Mark, rate: Decimal, due_ms: int, *, skew_ms: int) -> Frame:
    """The markPriceUpdate frame of the market stream, with the next funding."""
    price = text(mark.price)
    return {
        "e": "markPriceUpdate",
        "E": mark.at_ns // NS_PER_MS + skew_ms,
        "s": mark.symbol,
        "p": price,
        "i": price,
        "P": price,
        "r": text(rate),
        "T": due_ms,
    }
