"""Liquidation: what happens when margin no longer covers what positions need of it.

Owns the watch over the cross account and over each isolated position at every mark, the warning
(MARGIN_CALL) before it, and the steps: open orders expire, new ones are refused (-2023), then the
venue closes the positions by orders of its own, the largest loss first, until the rest is covered.
The insurance fund takes a fee out of what is left, or pays what is missing: with nothing open, no
balance stays below zero. Conditional orders bind no margin and stay; those that live with their
position end with it.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from .account import (
    Account,
    MarginView,
    Position,
    is_covered,
    money,
    requirement,
    value,
)
from .account_frames import account_update, margin_call
from .account_settings import LiquidationRules
from .book import Book
from .feed import UserFeed
from .forced import Forced
from .income import INSURANCE_CLEAR, IncomeStore
from .matching import Matching
from .moment import Agenda, Moment
from .orders import PositionKey
from .refusal import VenueRefusal

ZERO = Decimal(0)
LIQUIDATED = 5
"""Expiry reason of an order that a liquidation ended."""
CROSS: PositionKey = ("", "")
"""Stands for all cross positions, which are liquidated as one."""


class Liquidation:
    """The watch over one account."""

    def __init__(
        self,
        rules: LiquidationRules,
        *,
        account: Account,
        books: Mapping[str, Book],
        matching: Matching,
        forced: Forced,
        income: IncomeStore,
        moment: Moment,
        agenda: Agenda,
        feed: UserFeed,
    ) -> None:
        self._rules = rules
        self._account = account
        self._books = books
        self._matching = matching
        self._forced = forced
        self._income = income
        self._moment = moment
        self._agenda = agenda
        self._feed = feed
        self._called: set[PositionKey] = set()
        self._taken_over: set[PositionKey] = set()

    def check_free(self) -> None:
        """Refuse a new order while positions are being taken over."""
        if self._taken_over:
            raise VenueRefusal(-2023)

    def on_mark(self) -> None:
        """Look at every margin after a change of a mark price."""
        account, rules = self._account, self._rules
        if account.wallet < 0 and not account.open_positions():
            self._pay_in(-account.wallet, "")
        if not self._called and is_covered(account, self._books, rules.call_ratio):
            return
        if rules.is_on:
            self._forget_closed()
            self._look_closely()

    def strike(self) -> None:
        """Take over every position now, whatever stands behind it."""
        for position in self._account.open_positions():
            key = position.key if self._account.is_isolated(position.symbol) else CROSS
            if key not in self._taken_over:
                self._take_over(key, [position])

    def warn(self) -> None:
        """Send a margin call for what is open, whatever stands behind it."""
        positions = list(self._account.open_positions())
        if positions:
            self._call(positions, value(self._account, self._books))

    def _look_closely(self) -> None:
        positions = self._account.open_positions()
        view = value(self._account, self._books)
        crossed: list[Position] = []
        for position in positions:
            if self._account.is_isolated(position.symbol):
                balance = position.isolated_wallet + view.profits[position.key]
                needed = self._maintenance(position)
                self._look(position.key, [position], balance, needed, view)
            else:
                crossed.append(position)
        if crossed:
            self._look(CROSS, crossed, view.cross_equity, view.cross_maintenance, view)

    def _look(
        self,
        key: PositionKey,
        positions: list[Position],
        balance: Decimal,
        maintenance: Decimal,
        view: MarginView,
    ) -> None:
        if key in self._taken_over:
            return
        if balance <= maintenance:
            self._take_over(key, positions)
        elif maintenance < balance * self._rules.call_ratio:
            self._called.discard(key)
        elif key not in self._called:
            self._called.add(key)
            self._call(positions, view)

    def _forget_closed(self) -> None:
        """Let a position that is opened anew be warned of anew."""
        if not self._cross_positions():
            self._called.discard(CROSS)
        self._called = {key for key in self._called if key == CROSS or self._account.amount(key)}

    def _call(self, positions: list[Position], view: MarginView) -> None:
        if self._feed.is_heard:
            at_ms = self._moment.ms
            frame = margin_call(self._account, view, positions, self._books, at_ms=at_ms)
            self._feed.send(frame)

    def _take_over(self, key: PositionKey, positions: list[Position]) -> None:
        self._taken_over.add(key)
        self._called.discard(key)
        symbols = [positions[0].symbol] if key != CROSS else self._cross_symbols()
        for symbol in symbols:
            for order in self._matching.orders.open_of(symbol):
                self._matching.expire(order, LIQUIDATED)
        self._agenda.after(self._rules.takeover_ms, partial(self._force, key))

    def _cross_symbols(self) -> list[str]:
        return [symbol for symbol in self._books if not self._account.is_isolated(symbol)]

    def _force(self, key: PositionKey) -> None:
        self._taken_over.discard(key)
        if key == CROSS:
            self._force_cross()
            return
        position = self._account.position(key)
        if position.amount:
            held = position.isolated_wallet
            self._clear(position, held + self._close(position), is_last=True)

    def _force_cross(self) -> None:
        """Close the largest loss, then the next, until what is left is covered."""
        while positions := self._cross_positions():
            losing = min(positions, key=self._profit)
            self._close(losing)
            view = value(self._account, self._books)
            is_last = not self._cross_positions()
            left = view.cross_wallet if is_last else view.cross_equity
            self._clear(losing, left, is_last=is_last)
            view = value(self._account, self._books)
            if view.cross_equity > view.cross_maintenance:
                return

    def _cross_positions(self) -> list[Position]:
        return [
            position
            for position in self._account.open_positions()
            if not self._account.is_isolated(position.symbol)
        ]

    def _profit(self, position: Position) -> Decimal:
        return position.profit_at(self._books[position.symbol].mark_price)

    def _maintenance(self, position: Position) -> Decimal:
        mark = self._books[position.symbol].mark_price
        return requirement(self._account, position, mark).maintenance

    def _close(self, position: Position) -> Decimal:
        """Close a position; return the profit that it realised."""
        before = self._account.realized
        self._forced.liquidate(position)
        return self._account.realized - before

    def _clear(self, position: Position, left: Decimal, *, is_last: bool) -> None:
        """Let the insurance fund take its fee out of what is left, or pay what is missing."""
        order = self._forced.orders[-1]
        fee = min(money(order.quote_executed * self._rules.clearance_fee), left)
        if fee > 0 or (fee < 0 and is_last):
            self._pay_in(-fee, position.symbol)

    def _pay_in(self, amount: Decimal, symbol: str) -> None:
        """Move the fund's money into the wallet, or out of it below 0."""
        at_ms = self._moment.ms
        self._account.move(amount, at_ms=at_ms)
        self._income.add(INSURANCE_CLEAR, amount, symbol=symbol)
        if self._feed.is_heard:
            frame = account_update(
                self._account, INSURANCE_CLEAR, (), self._books, at_ms=at_ms, change=amount
            )
            self._feed.send(frame)
