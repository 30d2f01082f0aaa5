"""Booking: what one execution does to money and position, and how the account is told.

Owns the fee's choice (maker, taker, or none for the venue's own orders) and the order of the
frames: TRADE_LITE where it is sent, then ACCOUNT_UPDATE, then ORDER_TRADE_UPDATE.
"""

from collections.abc import Mapping
from decimal import Decimal

from . import frames
from .account import Account, money
from .account_frames import account_update
from .book import Book
from .feed import UserFeed
from .fills import QUOTE_ASSET, Fill, FillStore
from .moment import Moment
from .orders import Order
from .settings import VenueSettings

ZERO = Decimal(0)


class Booking:
    """The books of one account's executions."""

    def __init__(
        self,
        settings: VenueSettings,
        *,
        account: Account,
        books: Mapping[str, Book],
        fills: FillStore,
        moment: Moment,
        feed: UserFeed,
    ) -> None:
        self._settings = settings
        self._account = account
        self._books = books
        self._fills = fills
        self._moment = moment
        self._feed = feed

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, is_maker: bool) -> Fill:
        """Move position and wallet by one execution and keep its record."""
        request, moment = order.request, self._moment
        rate = self._settings.maker_fee if is_maker else self._settings.taker_fee
        owed = ZERO if request.is_forced else money(price * quantity * rate)
        fee, asset = self._account.purse.charge(owed)
        delta = quantity if order.is_buy else -quantity
        realized = self._account.book_fill(
            request.key, delta, price, fee if asset == QUOTE_ASSET else ZERO, at_ms=moment.ms
        )
        fill = Fill(
            self._fills.next_id(),
            order.order_id,
            order.client_order_id,
            order.symbol,
            request.side,
            request.position_side,
            price,
            quantity,
            fee,
            realized,
            is_maker,
            moment.ns,
            moment.ms,
            asset,
        )
        self._fills.add(fill)
        return fill

    def tell(self, order: Order, fill: Fill) -> None:
        """Tell of a fill after the order has taken it in."""
        if not self._feed.is_heard:
            return
        if self._settings.trade_lite:
            self._feed.send(frames.trade_lite(order, fill))
        account, at_ms = self._account, self._moment.ms
        changed = (account.position(order.request.key),)
        self._feed.send(account_update(account, "ORDER", changed, self._books, at_ms=at_ms))
        execution = "CALCULATED" if order.request.is_forced else "TRADE"
        self._feed.send(frames.order_update(order, execution, at_ms=at_ms, fill=fill))
