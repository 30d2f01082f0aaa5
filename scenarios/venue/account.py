"""Account: one account's wallet, positions, leverage and held margin.

Owns positions by (symbol, position side), so one-way mode (side BOTH) and hedge mode share every
line. A position keeps its cost, not its entry price: a close takes its share of the cost, so
realised profit adds up to the cash that flowed, to the last digit kept (8 decimals). Cross margin
in one asset. Funding, liquidation and transfers find their place here as further wallet changes.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from attrs import define, field

from .book import Book
from .orders import PositionKey
from .settings import Bracket, SymbolRules, VenueSettings

ZERO = Decimal(0)
CENT = Decimal("0.00000001")
"""Money is kept to 8 decimals, as the venue shows it."""


def money(value: Decimal) -> Decimal:
    """Round to 8 decimals, half to even."""
    return value.quantize(CENT, ROUND_HALF_EVEN)


@define
class Position:
    """A signed amount in base currency and what it cost in quote currency (same sign)."""

    symbol: str
    side: str
    amount: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    updated_ms: int = 0

    @property
    def entry_price(self) -> Decimal:
        """Mean price paid, 0 when flat."""
        return self.cost / self.amount if self.amount else ZERO

    def profit_at(self, price: Decimal) -> Decimal:
        """Unrealised profit at a price."""
        return money(self.amount * price - self.cost)

    def add(self, delta: Decimal, price: Decimal) -> Decimal:
        """Book a fill of a signed quantity; return the profit that it realised, before fee."""
        is_growing = not self.amount or (self.amount > 0) == (delta > 0)
        if is_growing:
            self.amount += delta
            self.cost += delta * price
            return ZERO
        if abs(delta) < abs(self.amount):
            return self._close(-delta, money(self.cost * -delta / self.amount), price)
        rest = delta + self.amount
        profit = self._close(self.amount, self.cost, price)
        self.amount, self.cost = rest, rest * price
        return profit

    def _close(self, amount: Decimal, cost: Decimal, price: Decimal) -> Decimal:
        profit = amount * price - cost
        self.amount -= amount
        self.cost -= cost
        self.realized += profit
        return profit


class Account:
    """The one account of a venue."""

    def __init__(self, settings: VenueSettings) -> None:
        self.rules: Mapping[str, SymbolRules] = {rules.symbol: rules for rules in settings.symbols}
        self.wallet = settings.wallet_balance
        self.realized = ZERO
        self.fees = ZERO
        self.is_hedged = settings.hedge_mode
        self.leverage = dict.fromkeys(self.rules, settings.leverage)
        self.positions: dict[PositionKey, Position] = {}
        self.held_margin = dict.fromkeys(self.rules, ZERO)
        self.updated_ms = 0

    def position(self, key: PositionKey) -> Position:
        """Return the position, made flat on first use."""
        found = self.positions.get(key)
        if found is None:
            found = self.positions[key] = Position(*key)
        return found

    def amount(self, key: PositionKey) -> Decimal:
        """Return the signed amount, 0 when flat."""
        found = self.positions.get(key)
        return found.amount if found is not None else ZERO

    def book_fill(
        self, key: PositionKey, delta: Decimal, price: Decimal, fee: Decimal, *, at_ms: int
    ) -> Decimal:
        """Move position and wallet by one fill; return the profit realised before fee."""
        position = self.position(key)
        profit = position.add(delta, price)
        position.updated_ms = self.updated_ms = at_ms
        self.wallet += profit - fee
        self.realized += profit
        self.fees += fee
        return profit

    def open_positions(self) -> tuple[Position, ...]:
        """Return positions that are not flat, in the order of first use."""
        return tuple(position for position in self.positions.values() if position.amount)

    def bracket(self, symbol: str, notional: Decimal) -> Bracket:
        """Return the step of the leverage ladder that a notional stands on."""
        brackets = self.rules[symbol].brackets
        for bracket in brackets:
            if notional <= bracket.notional_cap:
                return bracket
        return brackets[-1]

    def notional_max(self, symbol: str, leverage: int | None = None) -> Decimal:
        """Return the largest position value that a leverage admits, in quote currency."""
        wanted = self.leverage[symbol] if leverage is None else leverage
        caps = [
            bracket.notional_cap
            for bracket in self.rules[symbol].brackets
            if bracket.leverage_max >= wanted
        ]
        return max(caps, default=ZERO)


@define
class MarginView:
    """The account valued at mark prices; all in quote currency."""

    wallet: Decimal
    profit: Decimal = ZERO
    position_margin: Decimal = ZERO
    maintenance: Decimal = ZERO
    order_margin: Decimal = ZERO
    profits: dict[PositionKey, Decimal] = field(factory=dict[PositionKey, Decimal])

    @property
    def equity(self) -> Decimal:
        """Wallet plus unrealised profit."""
        return self.wallet + self.profit

    @property
    def available(self) -> Decimal:
        """What new orders may bind; never below 0."""
        return max(ZERO, self.equity - self.position_margin - self.order_margin)


def value(account: Account, books: Mapping[str, Book]) -> MarginView:
    """Value the account at the books' mark prices."""
    view = MarginView(account.wallet, order_margin=money(sum(account.held_margin.values(), ZERO)))
    for key, position in account.positions.items():
        if not position.amount:
            continue
        mark = books[position.symbol].mark_price
        notional = abs(position.amount * mark)
        bracket = account.bracket(position.symbol, notional)
        profit = position.profit_at(mark)
        view.profits[key] = profit
        view.profit += profit
        view.position_margin += money(notional / account.leverage[position.symbol])
        view.maintenance += money(notional * bracket.maintenance_ratio - bracket.cum)
    return view
