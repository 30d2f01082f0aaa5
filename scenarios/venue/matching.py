"""Matching: regular orders against the market's depth, and what a fill does.

Owns the steps of an order's life at the venue: accept, take, rest, fill, amend, cancel, expire.
Orders meet the market and, by the taker's self-trade prevention, those of their own account. Every
change is told to the user stream in the order in which it happened. A fill that shrinks a position
knocks out resting reducers that would now reverse it, newest first (expiry reason 4).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from attrs import evolve

from . import frames
from .account import Account
from .admission import Admission
from .book import Book
from .booking import Booking
from .crossing import (
    EXPIRES_MAKER,
    EXPIRES_TAKER,
    TRADES,
    Depths,
    effective_mode,
    is_beyond,
    offers,
)
from .expiries import Expiries
from .feed import UserFeed
from .fills import FillStore
from .market import Depth, Quote, Trade
from .moment import Agenda, Moment
from .orders import Order, OrderRequest, OrderStore, PositionKey
from .price_index import PriceIndex
from .price_match import NO_MATCH, matched_price
from .queue_places import UNKNOWN, QueuePlaces
from .settings import QueueModel, VenueSettings

ZERO = Decimal(0)
SELF_TRADE, IOC_REMAINDER, IOC_SELF_TRADE, KNOCKED_OUT, MARKET_REMAINDER = 1, 2, 3, 4, 9


class Matching:
    """The matching engine for one account."""

    def __init__(
        self,
        settings: VenueSettings,
        *,
        account: Account,
        books: Mapping[str, Book],
        moment: Moment,
        feed: UserFeed,
        agenda: Agenda,
    ) -> None:
        symbols = tuple(books)
        kept = settings.history_max
        self.orders = OrderStore(symbols, first_order_id=8_389_760_000_000, history_max=kept)
        self.fills = FillStore(symbols, history_max=kept)
        self.admission = Admission(account, books, self.orders, settings)
        self.on_order_end: Callable[[Order], None] = _ignore_order
        self.on_flat: Callable[[PositionKey], None] = _ignore_key
        self._settings = settings
        self._account = account
        self._books = books
        self._moment = moment
        self._feed = feed
        self._booking = Booking(
            settings, account=account, books=books, fills=self.fills, moment=moment, feed=feed
        )
        self._expiries = Expiries(moment, agenda, self._expire)
        self._ahead = UNKNOWN if settings.queue_model is QueueModel.BEYOND else ZERO
        self._places = (
            QueuePlaces(symbols, cancels_ahead=settings.queue_cancels_ahead)
            if settings.queue_model is QueueModel.QUEUE
            else None
        )

    def place(self, request: OrderRequest) -> Order:
        """Accept an order or raise VenueRefusal; it takes nothing before `execute`."""
        if request.price_match != NO_MATCH:
            request = self._priced(request)
        order = self._accept(request, self.admission.check(request))
        if self._feed.is_heard:
            self._feed.send(frames.order_update(order, "NEW", at_ms=order.created_ms))
        return order

    def adopt(self, order: Order) -> None:
        """Let an order rest that was accepted before this venue's time; nobody is told."""
        self.orders.add(order)
        self._rest(order)

    def force(self, request: OrderRequest, price: Decimal, *, meets_book: bool) -> Order:
        """Fill an order of the venue's own at once; what the book does not take, at `price`."""
        order = self._accept(request, request.quantity)
        if meets_book:
            self._take_market(order, None)
        if order.is_open:
            self._fill(order, price, order.remaining, is_maker=False)
        return order

    def _accept(self, request: OrderRequest, quantity: Decimal) -> Order:
        moment = self._moment
        order = Order(
            order_id=self.orders.next_id(),
            request=request,
            quantity=quantity,
            price=request.price,
            created_ns=moment.ns,
            created_ms=moment.ms,
            updated_ms=moment.ms,
            ends_ms=request.good_till_ms or moment.ms + self._settings.order_lifetime_ms,
        )
        self.orders.add(order)
        return order

    def _priced(self, request: OrderRequest) -> OrderRequest:
        book = self._books[request.symbol]
        price = matched_price(book, request.price_match, is_buy=request.is_buy)
        return evolve(request, price=price)

    def execute(self, order: Order) -> None:
        """Let a newly accepted order take what it may, then rest or expire."""
        is_market = order.request.type == "MARKET"
        if self._settings.unfit_orders_expire and (
            unfit := self.admission.unfit(order.request, order.quantity)
        ):
            self._end(order, "EXPIRED", unfit.reason)
            return
        self._take(order, self.admission.market_bound(order) if is_market else order.price)
        if not order.is_open:
            return
        if is_market:
            self._end(order, "EXPIRED", MARKET_REMAINDER)
        elif order.request.time_in_force in ("IOC", "FOK"):
            self._end(order, "EXPIRED", IOC_REMAINDER)
        else:
            self._rest(order)

    def cancel(self, order: Order) -> None:
        """Cancel an open order."""
        self._end(order, "CANCELED", 0)

    def expire(self, order: Order, reason: int = 0) -> None:
        """End an open order that its client did not cancel."""
        self._end(order, "EXPIRED", reason)

    def amend(
        self,
        order: Order,
        *,
        quantity: Decimal,
        price: Decimal,
        price_match: str = NO_MATCH,
        modify_id: str = "0",
    ) -> None:
        """Change an open LIMIT order, or raise VenueRefusal; some amendments cancel it instead."""
        quantity = self.admission.check_amendment(order, quantity=quantity, price=price)
        crosses = self.admission.crosses(order.symbol, price, is_buy=order.is_buy)
        would_take = order.request.time_in_force == "GTX" and crosses
        if quantity <= order.executed or would_take:
            self._end(order, "CANCELED", 0)
            return
        stays = self._keeps_place(order, quantity=quantity, price=price)
        self._release(order, order.remaining)
        if not stays:
            self._leave_line(order)
        order.quantity, order.price = quantity, price
        if order.request.price_match != price_match:
            order.request = evolve(order.request, price_match=price_match)
        order.amendments += 1
        order.updated_ms = self._moment.ms
        if self._feed.is_heard:
            self._feed.send(frames.order_amended(order, modify_id, at_ms=self._moment.ms))
        if stays:
            self._hold_margin(order)
            return
        self._take(order, price)
        if order.is_open:
            self._rest(order)

    def _keeps_place(self, order: Order, *, quantity: Decimal, price: Decimal) -> bool:
        is_smaller = price == order.price and quantity < order.quantity
        return self._settings.amendment_keeps_place and is_smaller and order.priority > 0

    def on_quote(self, quote: Quote) -> None:
        """Fill resting orders that the new best bid or ask meets."""
        buys = self.orders.resting(quote.symbol, is_buy=True)
        sells = self.orders.resting(quote.symbol, is_buy=False)
        if self._places is not None:
            book = self._books[quote.symbol]
            self._places.on_touch(book, buys, is_buy=True)
            self._places.on_touch(book, sells, is_buy=False)
        if buys and quote.ask:
            self._meet(buys, quote.ask)
        if sells and quote.bid:
            self._meet(sells, quote.bid)

    def on_depth(self, depth: Depth) -> None:
        """Let changed levels move the queues in which orders wait."""
        if self._places is not None:
            self._places.on_depth(self._books[depth.symbol], depth)

    def on_trade(self, trade: Trade) -> None:
        """Fill resting orders on the print's passive side, up to the printed quantity."""
        symbol, price, is_buy = trade.symbol, trade.price, trade.is_buyer_maker
        line = self.orders.resting(symbol, is_buy=is_buy)
        if not line:
            return
        if self._places is not None:
            self._places.print(symbol, price, trade.quantity, is_buy=is_buy)
        left = trade.quantity
        while left > 0 and (order := line.reached(price)) is not None:
            # A print beyond an order's price has passed everyone ahead of it.
            ahead = min(self._ahead_of(order), left) if order.price == price else ZERO
            if ahead:
                left -= ahead
                self._consume(symbol, price, ahead, is_buy=is_buy)
                continue
            quantity = min(left, order.remaining)
            left -= quantity
            self._fill(order, order.price, quantity, is_maker=True)

    def _meet(self, line: PriceIndex[Order], touch: Decimal) -> None:
        while (order := line.reached(touch)) is not None:
            before = order.executed
            self._take_market(order, order.price, is_maker=True)
            if order.executed == before:
                return

    def _take(self, order: Order, limit: Decimal | None) -> None:
        """Let an arriving order take what it meets; `limit` None pays any price."""
        own = self.orders.resting(order.symbol, is_buy=not order.is_buy)
        nearest = own.first()
        if nearest is None or is_beyond(nearest.price, limit, is_buy=order.is_buy):
            self._take_market(order, limit)
            return
        book, is_buy = self._books[order.symbol], order.is_buy
        # Only a limit of its own says for sure that an order gets beyond the depth that is known.
        depth = Depths(book, own, self._ahead_of, is_sure=order.request.type == "LIMIT")
        for price, available, other in offers(depth, limit=limit, is_buy=is_buy):
            if other is not None:
                self._meet_own(order, other)
            else:
                quantity = min(available, order.remaining)
                book.take(price, quantity, is_buy=is_buy)
                self._consume(order.symbol, price, quantity, is_buy=not is_buy)
                self._fill(order, price, quantity, is_maker=False)
            if not order.is_open:
                return

    def _take_market(self, order: Order, limit: Decimal | None, *, is_maker: bool = False) -> None:
        book, is_buy = self._books[order.symbol], order.is_buy
        for price, available in book.walk(is_buy=is_buy):
            if limit is not None and (price > limit if is_buy else price < limit):
                return
            quantity = min(available, order.remaining)
            book.take(price, quantity, is_buy=is_buy)
            # A resting order trades at its own price: it was there first.
            self._fill(order, order.price if is_maker else price, quantity, is_maker=is_maker)
            if not order.is_open:
                return

    def _meet_own(self, taker: Order, maker: Order) -> None:
        """Let an order meet one of its own account, as the taker's mode wants it."""
        mode = effective_mode(taker.request)
        if mode == TRADES:
            quantity = min(taker.remaining, maker.remaining)
            self._fill(maker, maker.price, quantity, is_maker=True)
            self._fill(taker, maker.price, quantity, is_maker=False)
            return
        if mode != EXPIRES_TAKER:
            self._end(maker, "EXPIRED_IN_MATCH", SELF_TRADE)
        if mode != EXPIRES_MAKER:
            rests = taker.request.type == "LIMIT" and taker.request.time_in_force != "IOC"
            self._end(taker, "EXPIRED_IN_MATCH", SELF_TRADE if rests else IOC_SELF_TRADE)

    def _ahead_of(self, order: Order) -> Decimal:
        """Return how much of the market's quantity at a resting order's price goes before it."""
        return self._ahead if self._places is None else self._places.ahead_of(order)

    def _consume(self, symbol: str, price: Decimal, quantity: Decimal, *, is_buy: bool) -> None:
        if self._places is not None:
            self._places.consume(symbol, price, quantity, is_buy=is_buy)

    def _rest(self, order: Order) -> None:
        self._hold_margin(order)
        self.orders.rest(order)
        if self._places is not None:
            self._places.join(order, self._books[order.symbol])
        self._expiries.watch(order)

    def _hold_margin(self, order: Order) -> None:
        order.margin_rate = self.admission.margin_rate(order)
        self._account.held_margin[order.symbol] += order.margin_rate * order.remaining

    def _expire(self, order: Order) -> None:
        self._end(order, "EXPIRED" if order.request.good_till_ms else "CANCELED", 0)

    def _release(self, order: Order, quantity: Decimal) -> None:
        if order.margin_rate:
            self._account.held_margin[order.symbol] -= order.margin_rate * quantity
        if quantity == order.remaining:
            order.margin_rate = ZERO

    def _fill(self, order: Order, price: Decimal, quantity: Decimal, *, is_maker: bool) -> None:
        self._release(order, quantity)
        key = order.request.key
        before = self._account.amount(key)
        fill = self._booking.book(order, price, quantity, is_maker=is_maker)
        order.executed += quantity
        order.quote_executed += price * quantity
        order.updated_ms = fill.at_ms
        order.status = "PARTIALLY_FILLED" if order.executed < order.quantity else "FILLED"
        if not order.is_open:
            self._close(order)
        self._booking.tell(order, fill)
        if not order.is_open:
            self.on_order_end(order)
        if before and (before > 0) != order.is_buy:
            self._after_shrinking(key)

    def _after_shrinking(self, key: PositionKey) -> None:
        amount = self._account.amount(key)
        resting = [order for order in self.orders.reducing_of(key) if order.priority]
        room = abs(amount)
        for order in resting:
            reduces = order.is_buy == (amount < 0)
            if amount and reduces and order.remaining <= room:
                room -= order.remaining
            else:
                self._end(order, "EXPIRED", KNOCKED_OUT)
        if not amount:
            self.on_flat(key)

    def _end(self, order: Order, status: str, reason: int) -> None:
        self._release(order, order.remaining)
        order.status = status
        order.updated_ms = self._moment.ms
        self._close(order)
        if self._feed.is_heard:
            at_ms = self._moment.ms
            told = "CANCELED" if status == "CANCELED" else "EXPIRED"
            self._feed.send(frames.order_update(order, told, at_ms=at_ms, expiry=reason))
        self.on_order_end(order)

    def _close(self, order: Order) -> None:
        self._expiries.forget(order)
        self._leave_line(order)
        self.orders.close(order)

    def _leave_line(self, order: Order) -> None:
        if self._places is not None and order.priority:
            self._places.leave(order)
        self.orders.leave_line(order)


def _ignore_order(_order: Order) -> None:
    """Stand in until the conditional orders listen."""


def _ignore_key(_key: PositionKey) -> None:
    """Stand in until the conditional orders listen."""
