"""Crossing: what an arriving order meets, own orders among the market's.

Owns the order of the meeting: better prices first; at one price what stands ahead of an own order
in the market's queue, then that order, then the rest. Own orders are no part of the market's book,
so the two are merged here. Owns no state.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from attrs import frozen

from .book import Book
from .orders import Order, OrderRequest
from .price_index import PriceIndex

Offer = tuple[Decimal, Decimal, Order | None]
"""Price, quantity, and the own order that offers it (None: the market does)."""
AheadOf = Callable[[Order], Decimal]
"""How much of the market's quantity at its price stands ahead of an own order."""
PREVENTED_IN = ("GTC", "IOC", "GTD")
"""Times in force in which self-trade prevention works (new-order page, read 2026-11)."""
TRADES, EXPIRES_TAKER, EXPIRES_MAKER, EXPIRES_BOTH = (
    "NONE",
    "EXPIRE_TAKER",
    "EXPIRE_MAKER",
    "EXPIRE_BOTH",
)


def effective_mode(taker: OrderRequest) -> str:
    """Return what a taker's meeting with an own order comes to."""
    return taker.self_trade_mode if taker.time_in_force in PREVENTED_IN else TRADES


def is_beyond(price: Decimal, limit: Decimal | None, *, is_buy: bool) -> bool:
    """Return True when an order of this direction does not pay `price`; no limit pays any."""
    return limit is not None and (price > limit if is_buy else price < limit)


@frozen
class Depths:
    """What an order can meet on one side."""

    market: Book
    own: PriceIndex[Order]
    ahead_of: AheadOf
    is_sure: bool
    """Whether own orders beyond the market's known depth are met: others may stand before them."""


def offers(depths: Depths, *, limit: Decimal | None, is_buy: bool) -> Iterator[Offer]:
    """Yield what an order meets, in turn.

    Each own order must have left its line, or the taker be done, before the next offer is asked
    for. What is taken of the market's offers is the caller's to note in the book.
    """
    own = depths.own
    for price, displayed in depths.market.walk(is_buy=is_buy):
        if is_beyond(price, limit, is_buy=is_buy):
            break
        left = displayed
        while (order := own.reached(price)) is not None:
            if order.price == price and (ahead := min(depths.ahead_of(order), left)):
                left -= ahead
                yield price, ahead, None
                if own.reached(price) is not order:
                    continue
            yield order.price, order.remaining, order
        if left:
            yield price, left, None
    while depths.is_sure and limit is not None and (order := own.reached(limit)) is not None:
        yield order.price, order.remaining, order
