"""Admission: what a new or amended regular order must satisfy before the venue accepts it.

Owns the order of checks: client id, open orders, position side, filters, reduce-only, band,
post-only and fill-or-kill, margin and leverage. Returns the quantity that is accepted, which a
reduce-only order larger than its position is clipped to. Raises VenueRefusal; changes nothing.
"""

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from .account import Account, money, value
from .book import Book
from .crossing import is_beyond
from .filters import (
    check_band,
    check_market_band,
    check_notional,
    check_price,
    check_quantity,
)
from .orders import Order, OrderRequest, OrderStore
from .refusal import VenueRefusal
from .settings import SymbolRules, VenueSettings

ZERO = Decimal(0)
AMENDMENTS_MAX = 10_000


@frozen
class Unfit:
    """An order that its own terms forbid as the book is."""

    code: int
    """What refuses it."""
    reason: int
    """The expiry reason, where it expires instead."""


UNFILLED, TAKES = Unfit(-5021, 10), Unfit(-5022, 11)


class Admission:
    """The checks, over the state that they read."""

    def __init__(
        self,
        account: Account,
        books: Mapping[str, Book],
        orders: OrderStore,
        settings: VenueSettings,
    ) -> None:
        self._account = account
        self._books = books
        self._orders = orders
        self._settings = settings

    def check(self, request: OrderRequest) -> Decimal:
        """Return the quantity to accept, or raise VenueRefusal."""
        rules = self._account.rules[request.symbol]
        if self._orders.open_with(request.client_order_id) is not None:
            raise VenueRefusal(-4116)
        if self._orders.open_count(request.symbol) >= rules.orders_max:
            raise VenueRefusal(-2025)
        if not request.algo_id:
            self._check_shape(rules, request)
        quantity = request.quantity
        if request.reduce_only:
            quantity = min(quantity, self._reducible(request))
        elif not request.algo_id and (price := self._valuation_price(request)):
            check_notional(rules, quantity, price)
        self._check_market_state(rules, request, quantity)
        if not request.reduce_only:
            self._check_margin(request, quantity)
        return quantity

    def check_amendment(self, order: Order, *, quantity: Decimal, price: Decimal) -> Decimal:
        """Return the quantity to amend to, or raise VenueRefusal."""
        rules = self._account.rules[order.symbol]
        if rules.status != "TRADING":
            raise VenueRefusal(-5024)
        if order.request.type != "LIMIT":
            raise VenueRefusal(-5025)
        if order.amendments >= AMENDMENTS_MAX:
            raise VenueRefusal(-5026)
        if quantity == order.quantity and price == order.price:
            raise VenueRefusal(-5027)
        check_quantity(rules, quantity, is_market=False)
        check_price(rules, price)
        book = self._books[order.symbol]
        check_band(rules, price, book.mark_price, is_buy=order.is_buy)
        if order.request.reduce_only:
            room = self._reducible(order.request, without=order) + order.executed
            return min(quantity, room)
        check_notional(rules, quantity, price, is_amend=True)
        growth = max(ZERO, quantity - order.quantity)
        if growth:
            self._check_margin(order.request, growth)
        return quantity

    def crosses(self, symbol: str, price: Decimal, *, is_buy: bool) -> bool:
        """Return True when a limit price would meet the market or an own order at once."""
        touch = self._books[symbol].touch(is_buy=is_buy)
        if touch and not is_beyond(touch, price, is_buy=is_buy):
            return True
        return self._orders.resting(symbol, is_buy=not is_buy).reached(price) is not None

    def unfit(self, request: OrderRequest, quantity: Decimal) -> Unfit | None:
        """Return why a post-only or fill-or-kill order cannot stand as the book is, or None."""
        is_buy = request.is_buy
        if request.time_in_force == "GTX" and self.crosses(
            request.symbol, request.price, is_buy=is_buy
        ):
            return TAKES
        if request.time_in_force == "FOK" and self._takeable(request) < quantity:
            return UNFILLED
        return None

    def market_bound(self, order: Order) -> Decimal | None:
        """Return the worst price that a market order takes, None where no mark is known."""
        mark = self._books[order.symbol].mark_price
        share = self._account.rules[order.symbol].market_take_bound
        if not mark or not share:
            return None
        return mark * (1 + share) if order.is_buy else mark * (1 - share)

    def margin_rate(self, order: Order) -> Decimal:
        """Return the margin that each open unit of a resting order holds, in quote currency."""
        if order.request.reduce_only or not order.remaining:
            return ZERO
        opening = self._opening_quantity(order.request, order.remaining)
        leverage = self._account.leverage[order.symbol]
        return money(order.price * opening / order.remaining / leverage)

    def _check_shape(self, rules: SymbolRules, request: OrderRequest) -> None:
        is_market = request.type == "MARKET"
        check_quantity(rules, request.quantity, is_market=is_market)
        if not is_market:
            check_price(rules, request.price)

    def _check_market_state(
        self, rules: SymbolRules, request: OrderRequest, quantity: Decimal
    ) -> None:
        book = self._books[request.symbol]
        if request.type == "MARKET":
            touch = book.touch(is_buy=request.is_buy)
            check_market_band(rules, touch, book.mark_price, is_buy=request.is_buy)
            return
        check_band(rules, request.price, book.mark_price, is_buy=request.is_buy)
        if not self._settings.unfit_orders_expire and (unfit := self.unfit(request, quantity)):
            raise VenueRefusal(unfit.code)

    def _takeable(self, request: OrderRequest) -> Decimal:
        """Return what a FOK order finds within its price, which no self-trade rule stops."""
        is_buy, limit = request.is_buy, request.price
        total = ZERO
        for price, available in self._books[request.symbol].walk(is_buy=is_buy):
            if is_beyond(price, limit, is_buy=is_buy) or total >= request.quantity:
                break
            total += available
        own = self._orders.resting(request.symbol, is_buy=not is_buy).within(limit)
        return total + sum((order.remaining for order in own), ZERO)

    def _reducible(self, request: OrderRequest, *, without: Order | None = None) -> Decimal:
        """Return how much a reduce-only order may still close, or raise -2022 for nothing.

        A market order goes before resting reducers, which its fill then knocks out.
        """
        amount = self._account.amount(request.key)
        if not amount or request.is_buy == (amount > 0):
            raise VenueRefusal(-2022)
        room = abs(amount)
        is_first = request.type == "MARKET" and (
            request.close_position or not self._settings.resting_reducers_refuse
        )
        if not is_first:
            resting = self._orders.reducing_of(request.key)
            room -= sum((order.remaining for order in resting if order is not without), ZERO)
        if room <= 0:
            raise VenueRefusal(-2022)
        return room

    def _valuation_price(self, request: OrderRequest) -> Decimal:
        return request.price or self._books[request.symbol].mark_price

    def _opening_quantity(self, request: OrderRequest, quantity: Decimal) -> Decimal:
        amount = self._account.amount(request.key)
        if request.is_buy == (amount > 0) or not amount:
            return quantity
        return max(ZERO, quantity - abs(amount))

    def _check_margin(self, request: OrderRequest, quantity: Decimal) -> None:
        opening = self._opening_quantity(request, quantity)
        if not opening:
            return
        account, book = self._account, self._books[request.symbol]
        price = request.price or book.touch(is_buy=request.is_buy) or book.mark_price
        leverage = account.leverage[request.symbol]
        needed = opening * price / leverage + opening * price * self._settings.taker_fee
        if needed > value(account, self._books).available:
            raise VenueRefusal(-2019)
        amount = account.amount(request.key)
        after = abs(amount + (quantity if request.is_buy else -quantity))
        if after * price > account.notional_max(request.symbol):
            raise VenueRefusal(-2027)
