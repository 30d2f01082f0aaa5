"""Account: one account's wallet, positions, leverage and held margin.

Owns positions by (symbol, position side), so one-way mode (side BOTH) and hedge mode share every
line. A position keeps its cost, not its entry price: a close takes its share of the cost, so
realised profit adds up to the cash that flowed, to the last digit kept (8 decimals). An isolated
position holds a wallet of its own, which is part of the account's. What changes the wallet beside
fills (funding, clearances, transfers) goes through `move`, so that the sums stay exact.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from attrs import define, field, frozen

from .book import Book
from .fee_purse import FeePurse
from .orders import PositionKey
from .settings import Bracket, SymbolRules, VenueSettings

ZERO = Decimal(0)
CROSSED, ISOLATED = "CROSSED", "ISOLATED"
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
    isolated_wallet: Decimal = ZERO
    """Its own part of the account's wallet; 0 under cross margin."""

    @property
    def key(self) -> PositionKey:
        """Symbol and position side."""
        return self.symbol, self.side

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
        self.rules: dict[str, SymbolRules] = {rules.symbol: rules for rules in settings.symbols}
        self.wallet = settings.wallet_balance
        self.realized = ZERO
        self.fees = ZERO
        self.moved = ZERO
        """Wallet changes that no fill made."""
        self.is_hedged = settings.hedge_mode
        self.is_multi_assets = False
        self.may_trade = True
        self.leverage = dict.fromkeys(self.rules, settings.leverage)
        self.margin_type = dict.fromkeys(self.rules, CROSSED)
        self.positions: dict[PositionKey, Position] = {}
        self.held_margin = dict.fromkeys(self.rules, ZERO)
        self.updated_ms = 0
        self.purse = FeePurse(settings.fee_asset)

    @property
    def cross_wallet(self) -> Decimal:
        """The wallet without what isolated positions hold."""
        isolated = (position.isolated_wallet for position in self.positions.values())
        return self.wallet - sum(isolated, ZERO)

    def is_isolated(self, symbol: str) -> bool:
        """True when positions of a symbol hold margin of their own."""
        return self.margin_type[symbol] == ISOLATED

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
        before = position.amount
        profit = position.add(delta, price)
        position.updated_ms = self.updated_ms = at_ms
        self.wallet += profit - fee
        self.realized += profit
        self.fees += fee
        if self.margin_type[key[0]] == ISOLATED:
            self._move_margin(position, before, price)
        return profit

    def _move_margin(self, position: Position, before: Decimal, price: Decimal) -> None:
        """Give an isolated position margin for what it grew by, or take its share back."""
        after = position.amount
        kept = min(abs(before), abs(after)) if before * after > 0 else ZERO
        if kept < abs(before):
            position.isolated_wallet = money(position.isolated_wallet * kept / abs(before))
        grown = abs(after) - kept
        if grown:
            position.isolated_wallet += money(grown * price / self.leverage[position.symbol])

    def move(self, amount: Decimal, *, at_ms: int, isolated: Position | None = None) -> None:
        """Change the wallet by something else than a fill, an isolated position's part with it."""
        self.wallet += amount
        self.moved += amount
        self.updated_ms = at_ms
        if isolated is not None:
            isolated.isolated_wallet += amount

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
    cross_wallet: Decimal
    profit: Decimal = ZERO
    cross_profit: Decimal = ZERO
    position_margin: Decimal = ZERO
    """Initial margin of all positions."""
    cross_margin: Decimal = ZERO
    """Initial margin of the cross positions."""
    maintenance: Decimal = ZERO
    cross_maintenance: Decimal = ZERO
    order_margin: Decimal = ZERO
    profits: dict[PositionKey, Decimal] = field(factory=dict[PositionKey, Decimal])

    @property
    def equity(self) -> Decimal:
        """Wallet plus unrealised profit."""
        return self.wallet + self.profit

    @property
    def cross_equity(self) -> Decimal:
        """What stands behind the cross positions."""
        return self.cross_wallet + self.cross_profit

    @property
    def free(self) -> Decimal:
        """What is left of the cross equity beside margin; below 0 when positions lost much."""
        return self.cross_equity - self.cross_margin - self.order_margin

    @property
    def available(self) -> Decimal:
        """What new orders may bind; never below 0."""
        return max(ZERO, self.free)


@frozen
class Requirement:
    """What one position binds at a mark price, in quote currency; `notional` is signed."""

    notional: Decimal
    initial: Decimal
    maintenance: Decimal


def requirement(account: Account, position: Position, mark: Decimal) -> Requirement:
    """Return the margins of a position."""
    notional = position.amount * mark
    size = abs(notional)
    bracket = account.bracket(position.symbol, size)
    return Requirement(
        notional=notional,
        initial=money(size / account.leverage[position.symbol]),
        maintenance=money(size * bracket.maintenance_ratio - bracket.cum),
    )


def value(account: Account, books: Mapping[str, Book]) -> MarginView:
    """Value the account at the books' mark prices."""
    view = MarginView(
        account.wallet,
        account.cross_wallet,
        order_margin=money(sum(account.held_margin.values(), ZERO)),
    )
    for key, position in account.positions.items():
        if not position.amount:
            continue
        mark = books[position.symbol].mark_price
        needed = requirement(account, position, mark)
        profit = position.profit_at(mark)
        view.profits[key] = profit
        view.profit += profit
        view.position_margin += needed.initial
        view.maintenance += needed.maintenance
        if not account.is_isolated(position.symbol):
            view.cross_profit += profit
            view.cross_margin += needed.initial
            view.cross_maintenance += needed.maintenance
    return view


def is_covered(account: Account, books: Mapping[str, Book], ratio: Decimal) -> bool:
    """Say whether every maintenance margin is below `ratio` of the balance behind it.

    The same figures as `value`, unrounded and without a record of them: every mark asks this.
    """
    balance, needed = account.wallet, ZERO
    for key, position in account.positions.items():
        amount = position.amount
        if not amount:
            continue
        notional = amount * books[key[0]].mark_price
        size = abs(notional)
        bracket = account.bracket(key[0], size)
        maintenance = size * bracket.maintenance_ratio - bracket.cum
        if account.margin_type[key[0]] == ISOLATED:
            own = position.isolated_wallet
            balance -= own
            if maintenance >= (own + notional - position.cost) * ratio:
                return False
        else:
            balance += notional - position.cost
            needed += maintenance
    return not needed or needed < balance * ratio


def liquidation_price(
    account: Account, view: MarginView, position: Position, mark: Decimal
) -> Decimal:
    """Return the mark price at which a position is liquidated, 0 for none.

    With one position that is where its margin balance meets its maintenance margin; other cross
    positions count at today's marks (Binance's formula, taken within the bracket of today).
    """
    amount, needed = position.amount, requirement(account, position, mark)
    bracket = account.bracket(position.symbol, abs(needed.notional))
    if account.is_isolated(position.symbol):
        behind = position.isolated_wallet
    else:
        others_profit = view.cross_profit - view.profits[position.key]
        others_maintenance = view.cross_maintenance - needed.maintenance
        behind = view.cross_wallet + others_profit - others_maintenance
    # behind + amount * p - cost = |amount| * p * ratio - cum, solved for p.
    slope = abs(amount) * bracket.maintenance_ratio - amount
    if not slope:
        return ZERO
    return max(ZERO, (behind + bracket.cum - position.cost) / slope)
