"""Core: the exchange itself, without network: state, market in, requests in, frames out.

Owns account, books, matching, conditional orders, funding, liquidation and limits of one venue,
wired once. It is told
the time through its moment and puts later work on the agenda it was given.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from .account import Account, MarginView, value
from .book import Book
from .conditional import Conditional
from .countdown import Countdown
from .feed import UserFeed
from .forced import Forced
from .frames import Frame
from .funding import Funding
from .income import IncomeStore
from .limits import Address, Limits
from .liquidation import Liquidation
from .listen_key import ListenKey
from .market import Depth, Mark, MarketEvent, Quote, Trade
from .matching import Matching
from .moment import Agenda, Moment
from .prints import Prints
from .refusal import VenueRefusal
from .settings import SymbolRules, VenueSettings


class Core:
    """One exchange with one account."""

    def __init__(
        self,
        settings: VenueSettings,
        *,
        moment: Moment,
        agenda: Agenda,
        send: Callable[[Frame], None],
        keys: Random,
        address: Address | None = None,
    ) -> None:
        self.settings = settings
        self.moment = moment
        self.account = Account(settings)
        self.rules_before: dict[str, list[SymbolRules]] = {each: [] for each in self.account.rules}
        """What held for each symbol until it was changed, oldest first."""
        self.books = {rules.symbol: Book(rules.symbol) for rules in settings.symbols}
        self.limits = Limits(settings.rate_limits, address)
        self.prints = {rules.symbol: Prints() for rules in settings.symbols}
        self.feed = UserFeed(send)
        self.listen_key = ListenKey(moment=moment, agenda=agenda, feed=self.feed, random=keys)
        self.unknown_symbol_events = 0
        self.matching = Matching(
            settings,
            account=self.account,
            books=self.books,
            moment=moment,
            feed=self.feed,
            agenda=agenda,
        )
        self.conditional = Conditional(
            settings,
            account=self.account,
            books=self.books,
            matching=self.matching,
            moment=moment,
            feed=self.feed,
            agenda=agenda,
        )
        self.countdown = Countdown(
            settings,
            matching=self.matching,
            conditional=self.conditional,
            moment=moment,
            agenda=agenda,
        )
        self.income = IncomeStore(moment, self.matching.fills, history_max=settings.history_max)
        self.funding = Funding(
            settings.funding,
            account=self.account,
            books=self.books,
            income=self.income,
            moment=moment,
            feed=self.feed,
        )
        self.forced = Forced(
            account=self.account,
            books=self.books,
            matching=self.matching,
            moment=moment,
            history_max=settings.history_max,
        )
        self.liquidation = Liquidation(
            settings.liquidation,
            account=self.account,
            books=self.books,
            matching=self.matching,
            forced=self.forced,
            income=self.income,
            moment=moment,
            agenda=agenda,
            feed=self.feed,
        )

    @property
    def is_engaged(self) -> bool:
        """True while an order or a position forbids another mode (-4067, -4068)."""
        orders = any(self.matching.orders.open_count(symbol) for symbol in self.books)
        return orders or bool(self.conditional.store.open_count() or self.account.open_positions())

    def rules(self, symbol: str) -> SymbolRules:
        """Return a symbol's rules, or refuse an unknown one."""
        found = self.account.rules.get(symbol)
        if found is None:
            raise VenueRefusal(-1121)
        return found

    def change_rules(self, rules: SymbolRules) -> None:
        """Let other rules hold for a symbol from now on; its open orders stay as they are."""
        self.rules_before[rules.symbol].append(self.account.rules[rules.symbol])
        self.account.rules[rules.symbol] = rules

    def margin(self) -> MarginView:
        """Return the account at mark prices."""
        return value(self.account, self.books)

    def on_market(self, event: MarketEvent) -> None:
        """Take one market event; symbols that the venue does not list are counted and left."""
        book = self.books.get(event.symbol)
        if book is None:
            self.unknown_symbol_events += 1
        elif isinstance(event, Quote):
            book.quote(event)
            self.matching.on_quote(event)
            self._fire_on_mid(book)
        elif isinstance(event, Depth):
            self._on_depth(book, event)
        elif isinstance(event, Trade):
            book.last = event.price
            self.prints[event.symbol].add(event, self.moment.ms)
            self.matching.on_trade(event)
            self.conditional.on_contract_price(event.symbol, event.price)
        else:
            self._on_mark(book, event)

    def _on_depth(self, book: Book, event: Depth) -> None:
        before: tuple[Decimal, Decimal] = (book.bid, book.ask)
        book.depth(event)
        self.matching.on_depth(event)
        if (book.bid, book.ask) != before:
            self.matching.on_quote(book.best(event.at_ns))
            self._fire_on_mid(book)

    def _fire_on_mid(self, book: Book) -> None:
        """Let the middle stand for a price that the source has not told yet."""
        if (book.last and book.mark) or not book.mid:
            return
        if not book.last:
            self.conditional.on_contract_price(book.symbol, book.mid)
        if not book.mark:
            self.conditional.on_mark(book.symbol, book.mid)

    def _on_mark(self, book: Book, event: Mark) -> None:
        book.mark = event.price
        self.conditional.on_mark(event.symbol, event.price)
        self.funding.on_mark(event)
        self.liquidation.on_mark()
