"""Trade book: one life of a position as a trade, and whose profit it is.

Owns what the life opened and closed at which prices, its funding, its fees in every asset, and the
share of each strategy. A fill is booked to the strategy of its intent. A strategy that closes
reduces its own share first; what closes more, and every stop, target or exit of the engine itself,
reduces all shares alike. Each share keeps its own cost, so its profit is that of its own fills;
summed over the shares, quantity, profit less cost, fees and funding are the position's, to the
digit, because the last share takes what rounding leaves.

Pure. Amounts in other assets than the margin's are kept by asset and never added up.
"""

from collections.abc import Sequence
from decimal import Decimal

from attrs import evolve, frozen

from .ledger import ZERO, Position, quantised

Amounts = tuple[tuple[str, Decimal], ...]
"""Amounts by asset, in the order in which the assets first came."""


@frozen
class Share:
    """What of a position is one strategy's, in this life; quantity and cost are signed."""

    strategy: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO


@frozen
class TradeBook:
    """One life of a position; prices are averages over everything that it opened and closed."""

    opened_quantity: Decimal = ZERO
    opened_value: Decimal = ZERO
    closed_quantity: Decimal = ZERO
    closed_value: Decimal = ZERO
    funding: Decimal = ZERO
    """Received above zero, paid below."""
    other_fees: Amounts = ()
    shares: tuple[Share, ...] = ()

    @property
    def entry_price(self) -> Decimal:
        """Average price of everything opened, quantised; zero before the first fill."""
        return _average(self.opened_value, self.opened_quantity)

    @property
    def exit_price(self) -> Decimal:
        """Average price of everything closed, quantised; zero before the first."""
        return _average(self.closed_value, self.closed_quantity)


@frozen
class Booking:
    """One fill, or the part of it that falls in one life.

    `profit` and `cost_change` are what the position's ledger made of it; `own` says that the
    strategy itself asked for it, so that its own share is closed first.
    """

    strategy: str
    own: bool
    quantity: Decimal
    """Signed change of the position."""
    price: Decimal
    profit: Decimal
    cost_change: Decimal
    fee: Decimal = ZERO


def booking_of(
    before: Position, after: Position, price: Decimal, *, strategy: str, own: bool
) -> tuple[Booking | None, Booking | None]:
    """Return what a fill means for the life before it and for one that it begins.

    A fill that turns a position over ends one life and begins the next; profit and fee count in
    the one that ended.
    """
    fee = after.fees - before.fees
    profit = after.realised_pnl - before.realised_pnl
    whole = Booking(
        strategy,
        own,
        quantity=after.quantity - before.quantity,
        price=price,
        profit=profit,
        cost_change=after.cost - before.cost,
        fee=fee,
    )
    if after.epoch == before.epoch:
        return whole, None
    if before.is_flat:
        return None, whole
    ends = evolve(whole, quantity=-before.quantity, cost_change=-before.cost)
    begins = evolve(whole, quantity=after.quantity, cost_change=after.cost, profit=ZERO, fee=ZERO)
    return ends, begins


def book_trade(book: TradeBook, booking: Booking) -> TradeBook:
    """Return the book after a fill: the shares grow by what opens, or shrink by what closes."""
    held = sum(share.quantity for share in book.shares)
    if held * booking.quantity >= ZERO:
        return _open(book, booking)
    return _close(book, booking)


def book_funding(book: TradeBook, amount: Decimal) -> TradeBook:
    """Return the book after a funding payment, shared by the strategies' quantities."""
    parts = _split(amount, [abs(share.quantity) for share in book.shares])
    shares = tuple(
        evolve(share, funding=share.funding + part)
        for share, part in zip(book.shares, parts, strict=True)
    )
    return evolve(book, funding=book.funding + amount, shares=shares)


def split_funding(amount: Decimal, quantities: Sequence[Decimal]) -> list[Decimal]:
    """Split a symbol's funding over its positions: each side pays for its own signed quantity."""
    net = sum(quantities)
    if net == ZERO:
        return _split(amount, [ZERO] * len(quantities))
    parts = [quantised(amount * quantity / net) for quantity in quantities]
    parts[-1] += amount - sum(parts)
    return parts


def book_other_fee(book: TradeBook, asset: str, amount: Decimal) -> TradeBook:
    """Return the book after a fee that was not paid in the margin asset."""
    if not asset:
        return book
    return evolve(book, other_fees=add_amount(book.other_fees, asset, amount))


def correct_trade(book: TradeBook, strategy: str, profit: Decimal, fee: Decimal) -> TradeBook:
    """Return the book after the late word on profit and fee of a fill of this strategy."""
    shares = _with_share(book.shares, strategy)
    return evolve(
        book,
        shares=tuple(
            evolve(each, realised_pnl=each.realised_pnl + profit, fees=each.fees + fee)
            if each.strategy == strategy
            else each
            for each in shares
        ),
    )


def resize_trade(book: TradeBook, position: Position) -> TradeBook:
    """Return the book with shares that add up to a position taken over from the venue."""
    quantities = _split(position.quantity, [abs(share.quantity) for share in book.shares])
    costs = _split(position.cost, [abs(share.quantity) for share in book.shares])
    shares = tuple(
        evolve(share, quantity=quantity, cost=cost)
        for share, quantity, cost in zip(book.shares, quantities, costs, strict=True)
    )
    return evolve(book, shares=shares)


def add_amount(amounts: Amounts, asset: str, amount: Decimal) -> Amounts:
    """Return the amounts with one more of an asset; nothing is added for nothing."""
    if not asset or amount == ZERO:
        return amounts
    if any(name == asset for name, _ in amounts):
        return tuple((name, held + amount if name == asset else held) for name, held in amounts)
    return (*amounts, (asset, amount))


def _open(book: TradeBook, booking: Booking) -> TradeBook:
    shares = tuple(
        Share(
            share.strategy,
            share.quantity + booking.quantity,
            share.cost + booking.cost_change,
            share.realised_pnl + booking.profit,
            share.fees + booking.fee,
            share.funding,
        )
        if share.strategy == booking.strategy
        else share
        for share in _with_share(book.shares, booking.strategy)
    )
    size = abs(booking.quantity)
    return TradeBook(
        book.opened_quantity + size,
        book.opened_value + size * booking.price,
        book.closed_quantity,
        book.closed_value,
        book.funding,
        book.other_fees,
        shares,
    )


def _close(book: TradeBook, booking: Booking) -> TradeBook:
    closing = _closing_parts(book.shares, booking)
    removed = [
        share.cost if part == -share.quantity else quantised(-share.cost * part / share.quantity)
        for share, part in zip(book.shares, closing, strict=True)
    ]
    weights = [abs(part) for part in closing]
    # What the fill brought, by our figures or by the venue's own.
    proceeds = _split(booking.profit - booking.cost_change, weights)
    fees = _split(booking.fee, weights)
    shares = tuple(
        Share(
            share.strategy,
            share.quantity + closing[index],
            share.cost - removed[index],
            share.realised_pnl + proceeds[index] - removed[index],
            share.fees + fees[index],
            share.funding,
        )
        for index, share in enumerate(book.shares)
    )
    size = abs(booking.quantity)
    return TradeBook(
        book.opened_quantity,
        book.opened_value,
        book.closed_quantity + size,
        book.closed_value + size * booking.price,
        book.funding,
        book.other_fees,
        shares,
    )


def _closing_parts(shares: Sequence[Share], booking: Booking) -> list[Decimal]:
    """Split what a fill closes: the asking strategy's share first, the rest by size."""
    first = [ZERO] * len(shares)
    for index, share in enumerate(shares):
        if booking.own and share.strategy == booking.strategy:
            own = min(abs(share.quantity), abs(booking.quantity))
            first[index] = own.copy_sign(booking.quantity)
    left = [share.quantity + part for share, part in zip(shares, first, strict=True)]
    weights = [abs(remaining) for remaining in left]
    rest, still_open = booking.quantity - sum(first), sum(weights)
    assert abs(rest) <= still_open, "a fill closes at most what is open"
    if abs(rest) == still_open:
        return [-share.quantity for share in shares]
    parts = _split(rest, weights)
    return [part + more for part, more in zip(first, parts, strict=True)]


def _with_share(shares: tuple[Share, ...], strategy: str) -> tuple[Share, ...]:
    if any(share.strategy == strategy for share in shares):
        return shares
    return (*shares, Share(strategy))


def _split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split an amount by weights; the last that weighs anything takes what rounding leaves."""
    if len(weights) <= 1:
        return [amount] * len(weights)
    total = sum(weights)
    if total == ZERO:
        return [*([ZERO] * (len(weights) - 1)), amount]
    last = max(index for index, weight in enumerate(weights) if weight != ZERO)
    parts = [quantised(amount * weight / total) for weight in weights]
    parts[last] += amount - sum(parts)
    return parts


def _average(value: Decimal, quantity: Decimal) -> Decimal:
    return quantised(value / quantity) if quantity else ZERO


def sum_of(one: Share, other: Share) -> Share:
    """Return what a strategy made in two lives, or in many and one more."""
    return Share(
        one.strategy,
        realised_pnl=one.realised_pnl + other.realised_pnl,
        fees=one.fees + other.fees,
        funding=one.funding + other.funding,
    )
