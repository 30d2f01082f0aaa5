"""Conditional: the life of stop and take-profit orders, from placement to their child's end.

Owns the steps NEW, TRIGGERING, TRIGGERED, FINISHED and the early ends CANCELED, EXPIRED (nothing
left to close, or its own date) and REJECTED (the child was refused; the reason goes into `rm`).
Margin and position are looked at when it fires, as at the venue. A trailing stop first waits for
its activation price, then follows the best price. Bounded by the setting for open ones (-4045).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from . import algo_bodies
from .account import Account
from .algo_checks import check_algo
from .algo_orders import FIRING, AlgoOrder, AlgoRequest, AlgoStore
from .book import Book
from .feed import UserFeed
from .matching import Matching
from .moment import Agenda, Moment
from .orders import Order, OrderRequest, PositionKey
from .refusal import VenueRefusal
from .settings import VenueSettings
from .triggers import PriceTriggers, TriggerBook

ZERO = Decimal(0)
PRICE_PROTECTED = "Mark and contract price are too far apart (priceProtect)."


class Conditional:
    """The algo service for one account."""

    def __init__(
        self,
        settings: VenueSettings,
        *,
        account: Account,
        books: Mapping[str, Book],
        matching: Matching,
        moment: Moment,
        feed: UserFeed,
        agenda: Agenda,
    ) -> None:
        self.store = AlgoStore(
            tuple(books), first_algo_id=1_000_000_000_000_000, history_max=settings.history_max
        )
        self.triggers = {symbol: TriggerBook() for symbol in books}
        self._settings = settings
        self._timing = settings.algo_timing
        self._account = account
        self._books = books
        self._matching = matching
        self._moment = moment
        self._feed = feed
        self._agenda = agenda
        self._algo_by_child: dict[int, AlgoOrder] = {}
        matching.on_order_end = self._on_order_end
        matching.on_flat = self._on_flat

    def place(self, request: AlgoRequest) -> AlgoOrder:
        """Accept a conditional order or raise VenueRefusal; margin is not looked at."""
        self._check(request)
        moment = self._moment
        algo = AlgoOrder(self.store.next_id(), request, moment.ns, moment.ms, moment.ms)
        self.adopt(algo)
        self._tell(algo, "NEW")
        return algo

    def adopt(self, algo: AlgoOrder) -> None:
        """Let a conditional wait, also one from before this venue's time; nobody is told."""
        request = algo.request
        self.store.add(algo)
        self.triggers[request.symbol].of(request).add(algo, self._price(request))
        if request.good_till_ms:
            # The venue's clock may run ahead of its time or jump: it is looked at again then.
            left_ms = request.good_till_ms - self._moment.ms
            self._agenda.after(left_ms, _bind(self._expire_at_date, algo))

    def cancel(self, algo: AlgoOrder) -> None:
        """Cancel an open conditional."""
        self._leave(algo, "CANCELED")

    def on_mark(self, symbol: str, price: Decimal) -> None:
        """Fire what waits for the mark price."""
        self._meet(self.triggers[symbol].mark, price)

    def on_contract_price(self, symbol: str, price: Decimal) -> None:
        """Fire what waits for the last trade."""
        self._meet(self.triggers[symbol].contract, price)

    def _check(self, request: AlgoRequest) -> None:
        rules = self._account.rules[request.symbol]
        if self.store.open_with(request.client_algo_id) is not None:
            raise VenueRefusal(-4116)
        if self.store.open_count() >= self._settings.conditional_orders_max:
            raise VenueRefusal(-4045)
        if request.time_in_force == "GTE_GTC" and not self._account.amount(request.key):
            raise VenueRefusal(-4509)
        check_algo(rules, request, self._price(request))
        if request.close_position:
            self._check_sole(request)

    def _check_sole(self, request: AlgoRequest) -> None:
        """Refuse a second whole-position stop (or take profit) of one direction."""
        for algo in self.store.open_of(request.symbol):
            other = algo.request
            if (
                other.close_position
                and other.key == request.key
                and other.side == request.side
                and other.is_stop == request.is_stop
            ):
                raise VenueRefusal(-4130)

    def _price(self, request: AlgoRequest) -> Decimal:
        """Return the price that a conditional looks at, 0 while unknown."""
        book = self._books[request.symbol]
        return book.mark_price if request.working_type == "MARK_PRICE" else book.contract_price

    def _meet(self, triggers: PriceTriggers, price: Decimal) -> None:
        """Fire, or activate, what waits for this price."""
        for line in (triggers.rising, triggers.falling):
            while (algo := line.reached(price)) is not None:
                if algo.request.is_trailing:
                    triggers.activate(algo, price)
                else:
                    self._trigger(algo)
        if triggers.trailing:
            for algo in triggers.trailing.fired(price):
                self._trigger(algo)

    def _expire_at_date(self, algo: AlgoOrder) -> None:
        if not algo.is_open:
            return
        left_ms = algo.request.good_till_ms - self._moment.ms
        if left_ms > 0:
            self._agenda.after(left_ms, _bind(self._expire_at_date, algo))
        else:
            self._leave(algo, "EXPIRED")

    def _trigger(self, algo: AlgoOrder) -> None:
        algo.triggered_ms = self._moment.ms
        self._leave(algo, FIRING)
        self._agenda.after(self._timing.trigger_to_child_ms, _bind(self._release_child, algo))

    def _release_child(self, algo: AlgoOrder) -> None:
        """Turn a fired conditional into an order at the matching engine."""
        request = algo.request
        quantity = self._child_quantity(request)
        if not quantity:
            self._end(algo, "EXPIRED")
            return
        if request.price_protect and self._is_torn(request.symbol):
            algo.reason = PRICE_PROTECTED
            self._end(algo, "REJECTED")
            return
        try:
            child = self._matching.place(_child_request(algo, quantity))
        except VenueRefusal as refusal:
            algo.reason = refusal.message
            self._end(algo, "REJECTED")
            return
        self._begin_child(algo, child)

    def _begin_child(self, algo: AlgoOrder, child: Order) -> None:
        algo.child = child
        algo.status = "TRIGGERED"
        algo.updated_ms = self._moment.ms
        self._algo_by_child[child.order_id] = algo
        if not self._timing.child_to_triggered_frame_ms:
            self._tell(algo, "TRIGGERED")
        else:
            delay_ms = self._timing.child_to_triggered_frame_ms
            self._agenda.after(delay_ms, _bind(self._tell_triggered, algo))
        self._matching.execute(child)

    def _is_torn(self, symbol: str) -> bool:
        """Return True when mark and contract price are further apart than the symbol allows."""
        book = self._books[symbol]
        gap = abs(book.contract_price - book.mark_price)
        return gap > book.mark_price * self._account.rules[symbol].trigger_protect

    def _child_quantity(self, request: AlgoRequest) -> Decimal:
        if not request.close_position:
            return request.quantity
        amount = self._account.amount(request.key)
        closes = request.side == ("SELL" if amount > 0 else "BUY")
        return abs(amount) if amount and closes else ZERO

    def _on_order_end(self, order: Order) -> None:
        algo = self._algo_by_child.pop(order.order_id, None)
        if algo is None:
            return
        algo.status = "FINISHED"
        algo.updated_ms = self._moment.ms
        # FINISHED is never told before TRIGGERED, however late that is.
        timing = self._timing
        delay_ms = timing.child_to_triggered_frame_ms + timing.end_to_finished_frame_ms
        self._agenda.after(delay_ms, _bind(self._tell_finished, algo))

    def _on_flat(self, key: PositionKey) -> None:
        """End what lives with its position only (GTE_GTC)."""
        for algo in self.store.open_of(key[0]):
            if algo.request.key == key and algo.request.time_in_force == "GTE_GTC":
                self._leave(algo, "EXPIRED")

    def _leave(self, algo: AlgoOrder, status: str) -> None:
        algo.status = status
        algo.updated_ms = self._moment.ms
        self.store.leave(algo)
        self.triggers[algo.request.symbol].of(algo.request).remove(algo)
        self._tell(algo, status)

    def _end(self, algo: AlgoOrder, status: str) -> None:
        algo.status = status
        algo.updated_ms = self._moment.ms
        self._tell(algo, status)

    def _tell_triggered(self, algo: AlgoOrder) -> None:
        self._tell(algo, "TRIGGERED")

    def _tell_finished(self, algo: AlgoOrder) -> None:
        self._tell(algo, "FINISHED")

    def _tell(self, algo: AlgoOrder, status: str) -> None:
        if self._feed.is_heard:
            self._feed.send(algo_bodies.update(algo, status, at_ms=self._moment.ms))


def _child_request(algo: AlgoOrder, quantity: Decimal) -> OrderRequest:
    request = algo.request
    return OrderRequest(
        symbol=request.symbol,
        side=request.side,
        position_side=request.position_side,
        type="LIMIT" if request.is_limit else "MARKET",
        time_in_force=request.time_in_force if request.is_limit else "GTC",
        quantity=quantity,
        price=request.price,
        reduce_only=request.reduce_only or request.close_position,
        client_order_id=request.client_algo_id,
        close_position=request.close_position,
        original_type=request.type,
        stop_price=request.trigger_price,
        working_type=request.working_type,
        algo_id=algo.algo_id,
        good_till_ms=request.good_till_ms,
        price_match=request.price_match,
        self_trade_mode=request.self_trade_mode,
    )


def _bind(action: Callable[[AlgoOrder], None], algo: AlgoOrder) -> Callable[[], None]:
    return lambda: action(algo)
