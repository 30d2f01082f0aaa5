"""Shadow report: what the live account did beside what the engine did in its shadow.

Owns the figures of both, by symbol and in the same words: fills, quantities with their mean
prices, realised profit, fees, and what is open at the end. Money is text, as in the summary.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from ...actors.policies.rounding import plain
from ...messages.values import Side
from ...messages.venue import TradeEvidence
from ..venue.fills import Fill
from ..venue.ledger import VenueLedger
from .account_watch import AccountView, Watched

ZERO = Decimal(0)
PRICE_DIGITS = Decimal("0.00000001")


@frozen
class Deed:
    """One fill, whosesoever."""

    is_buy: bool
    quantity: Decimal
    price: Decimal
    realised: Decimal
    fee: Decimal


def shadow_part(symbols: Iterable[str], live: Watched, ours: VenueLedger | None) -> dict[str, Any]:
    """Return the part of the summary; what is not known is null."""
    return {
        "gaps": live.gaps,
        "unread": live.unread,
        "symbols": [
            {
                "symbol": symbol,
                "live_before": _quantity(live.before, symbol),
                "live": None if live.unread else _live(symbol, live),
                "ours": None if ours is None else _ours(symbol, ours),
            }
            for symbol in symbols
        ],
    }


def _live(symbol: str, live: Watched) -> dict[str, Any]:
    deeds = [_deed_of_trade(each) for each in live.trades if each.symbol == symbol]
    orders = sum(1 for order in live.after.orders if order.symbol == symbol)
    return _figures(deeds, position=_quantity(live.after, symbol), open_orders=orders)


def _ours(symbol: str, ours: VenueLedger) -> dict[str, Any]:
    deeds = [_deed_of_fill(each) for each in ours.fills if each.symbol == symbol]
    amounts = (each.amount for each in ours.positions if each.symbol == symbol)
    orders = sum(1 for order in ours.orders if order.symbol == symbol and order.is_open)
    return _figures(deeds, position=plain(sum(amounts, ZERO)), open_orders=orders)


def _figures(deeds: Sequence[Deed], *, position: str, open_orders: int) -> dict[str, Any]:
    bought = [each for each in deeds if each.is_buy]
    sold = [each for each in deeds if not each.is_buy]
    return {
        "fills": len(deeds),
        "bought": plain(_sum(bought)),
        "bought_at": _mean(bought),
        "sold": plain(_sum(sold)),
        "sold_at": _mean(sold),
        "realised_pnl": plain(sum((each.realised for each in deeds), ZERO)),
        "fees": plain(sum((each.fee for each in deeds), ZERO)),
        "position": position,
        "open_orders": open_orders,
    }


def _deed_of_trade(trade: TradeEvidence) -> Deed:
    is_buy = trade.side is Side.BUY
    return Deed(is_buy, trade.quantity, trade.price, trade.realised_pnl, trade.fee)


def _deed_of_fill(fill: Fill) -> Deed:
    is_buy = fill.side == Side.BUY
    return Deed(is_buy, fill.quantity, fill.price, fill.realized, fill.quote_fee)


def _quantity(view: AccountView, symbol: str) -> str:
    amounts = (each.quantity for each in view.positions if each.symbol == symbol)
    return plain(sum(amounts, ZERO))


def _sum(deeds: Sequence[Deed]) -> Decimal:
    return sum((each.quantity for each in deeds), ZERO)


def _mean(deeds: Sequence[Deed]) -> str | None:
    """Return the mean price, to 8 decimals; None where nothing was traded."""
    quantity = _sum(deeds)
    if not quantity:
        return None
    value = sum((each.quantity * each.price for each in deeds), ZERO)
    return plain((value / quantity).quantize(PRICE_DIGITS))
