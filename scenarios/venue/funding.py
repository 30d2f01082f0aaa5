"""Funding: what longs and shorts pay each other at 00:00, 08:00 and 16:00 UTC of venue time.

Owns each symbol's rate, which the market's mark prices tell or the settings give, and the next due
time. It is charged at the first mark at or after that time, at the marks of then: cross positions
out of the balance, isolated ones out of their own wallet. Past rates are kept up to a bound.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from .account import Account, Position, money
from .account_frames import account_update, funding_update
from .account_settings import FundingRules
from .book import Book
from .feed import UserFeed
from .income import FUNDING_FEE, IncomeStore
from .market import Mark
from .moment import Moment

ZERO = Decimal(0)


@frozen
class FundingPaid:
    """One symbol's funding at one due time."""

    symbol: str
    rate: Decimal
    due_ms: int
    mark: Decimal


def next_funding_ms(at_ms: int, interval_ms: int) -> int:
    """Return the due time after `at_ms`; intervals are counted from midnight UTC."""
    return (at_ms // interval_ms + 1) * interval_ms


class Funding:
    """The funding of one account."""

    def __init__(
        self,
        rules: FundingRules,
        *,
        account: Account,
        books: Mapping[str, Book],
        income: IncomeStore,
        moment: Moment,
        feed: UserFeed,
    ) -> None:
        self.rates = dict.fromkeys(books, rules.rate)
        self.paid: dict[str, deque[FundingPaid]] = {
            symbol: deque(maxlen=rules.rates_kept_max) for symbol in books
        }
        self.due_ms = next_funding_ms(moment.ms, rules.interval_ms)
        self._rules = rules
        self._account = account
        self._books = books
        self._income = income
        self._moment = moment
        self._feed = feed

    def on_mark(self, mark: Mark) -> None:
        """Take a rate that the market tells, and charge what has become due."""
        if mark.funding_rate is not None:
            self.rates[mark.symbol] = mark.funding_rate
        while self._moment.ms >= self.due_ms:
            for symbol, book in self._books.items():
                if book.mark_price:
                    self._charge(symbol, book.mark_price)
            self.due_ms += self._rules.interval_ms

    def _charge(self, symbol: str, mark: Decimal) -> None:
        rate = self.rates[symbol]
        self.paid[symbol].append(FundingPaid(symbol, rate, self.due_ms, mark))
        total = ZERO
        touched: list[Position] = []
        for position in self._account.open_positions():
            if position.symbol != symbol:
                continue
            amount = -money(position.amount * mark * rate)
            if amount:
                total += amount
                touched.append(position)
                self._pay(position, amount)
        if touched:
            self._tell(symbol, total, touched)

    def _pay(self, position: Position, amount: Decimal) -> None:
        own = position if self._account.is_isolated(position.symbol) else None
        self._account.move(amount, at_ms=self._moment.ms, isolated=own)
        self._income.add(FUNDING_FEE, amount, symbol=position.symbol)

    def _tell(self, symbol: str, total: Decimal, touched: list[Position]) -> None:
        if not self._feed.is_heard:
            return
        # Under cross margin only the balance changed, so no position is named.
        named = touched if self._account.is_isolated(symbol) else []
        frame = account_update(
            self._account, FUNDING_FEE, named, self._books, at_ms=self._moment.ms, change=total
        )
        self._feed.send(funding_update(frame, symbol))
