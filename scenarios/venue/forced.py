"""Forced: orders that the venue itself places for an account, past every check.

Owns liquidation, automatic deleveraging and settlement as orders: their client ids, their price,
and the list of them. They arrive as executions (CALCULATED) of a NEW order and pay no commission
(notes §4.3, read 2026-11). Kept up to `history_max`.
"""

from collections import deque
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from .account import Account, Position
from .book import Book
from .matching import Matching
from .moment import Moment
from .orders import Order, OrderRequest

ZERO = Decimal(0)
LIQUIDATION_PREFIX, SETTLEMENT_PREFIX = "autoclose-", "settlement_autoclose-"
DELEVERAGING_ID = "adl_autoclose"


class Forced:
    """The forced orders of one account."""

    def __init__(
        self,
        *,
        account: Account,
        books: Mapping[str, Book],
        matching: Matching,
        moment: Moment,
        history_max: int,
    ) -> None:
        self.orders: deque[Order] = deque(maxlen=history_max)
        self._account = account
        self._books = books
        self._matching = matching
        self._moment = moment
        self._made = 0

    def liquidate(self, position: Position) -> Order:
        """Close a position in the book; the fund takes the rest over at the mark price."""
        client_order_id = self._numbered(LIQUIDATION_PREFIX)
        return self._close(position, abs(position.amount), client_order_id, meets_book=True)

    def deleverage(self, position: Position, share: Decimal) -> Order | None:
        """Close a share of a position against a bankrupt counterpart, None for less than a step."""
        step = self._account.rules[position.symbol].step
        steps = (abs(position.amount) * share / step).quantize(Decimal(1), ROUND_DOWN)
        if not steps:
            return None
        return self._close(position, steps * step, DELEVERAGING_ID, meets_book=False)

    def settle(self, position: Position) -> Order:
        """Close a position at the mark price because its contract ends."""
        client_order_id = self._numbered(SETTLEMENT_PREFIX)
        return self._close(position, abs(position.amount), client_order_id, meets_book=False)

    def _numbered(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._moment.ms}{self._made % 1000:03}"

    def _close(
        self, position: Position, quantity: Decimal, client_order_id: str, *, meets_book: bool
    ) -> Order:
        price = self._books[position.symbol].mark_price
        request = OrderRequest(
            symbol=position.symbol,
            side="SELL" if position.amount > 0 else "BUY",
            position_side=position.side,
            type="LIMIT",
            time_in_force="IOC",
            quantity=quantity,
            price=price,
            reduce_only=False,
            client_order_id=client_order_id,
            is_forced=True,
        )
        order = self._matching.force(request, price, meets_book=meets_book)
        self.orders.append(order)
        return order


def is_forced(client_order_id: str) -> bool:
    """True for an order that the venue itself placed."""
    return client_order_id.startswith((LIQUIDATION_PREFIX, SETTLEMENT_PREFIX, DELEVERAGING_ID))


def is_liquidation(order: Order) -> bool:
    """True for an order of a liquidation, False for deleveraging or settlement."""
    return order.client_order_id.startswith(LIQUIDATION_PREFIX)


def is_deleveraging(order: Order) -> bool:
    """True for an order of automatic deleveraging, False for a liquidation or settlement."""
    return order.client_order_id == DELEVERAGING_ID
