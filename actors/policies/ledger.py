"""Ledger: what a fill does to a position, exactly.

Owns the arithmetic of quantity, cost, average entry, realised and unrealised profit; who holds the
positions is PositionMonitor. The position keeps its signed cost, not its average: the average is
read from it, quantised to 1e-12, and so is the cost that a partial close takes out. Whatever is
rounded off there stays in the cost of what remains, hence at every mark and after every fill
`realised + unrealised` is the cash flow of the fills plus the value of the quantity, to the digit.
Money is in the margin asset; fees are kept apart and are not in the realised profit.

Bound: exact while products fit the decimal context's precision (28 digits or more).
Failure: a fill of nothing, or one that would turn a LONG or SHORT position over, which the venue
never makes, is `InvariantBroken`; `reduces` says so before.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from attrs import evolve, frozen

from ...messages.values import PositionSide, Side
from ..errors import InvariantBroken

ZERO = Decimal(0)
QUANTUM = Decimal("1e-12")
"""Where averages and the cost of a partial close are cut."""


@frozen
class Position:
    """One position of a symbol and position side; flat when `quantity` is zero."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal = ZERO
    """Signed: above zero is long."""
    cost: Decimal = ZERO
    """Signed price paid for the open quantity."""
    realised_pnl: Decimal = ZERO
    """Of all lives of this position, before fees."""
    fees: Decimal = ZERO
    """Paid in all lives of this position."""
    epoch: int = 0
    """Number of the life: grows when it opens from flat and when it turns over."""
    opened_at_ns: int = 0
    """Engine time of the fill that began this life; zero when flat."""

    @property
    def entry_price(self) -> Decimal:
        """Average entry price, quantised; zero when flat."""
        if self.quantity == ZERO:
            return ZERO
        return quantised(self.cost / self.quantity)

    @property
    def is_flat(self) -> bool:
        """True when nothing is open."""
        return self.quantity == ZERO


def signed(side: Side, quantity: Decimal) -> Decimal:
    """Return the quantity with the sign of its side: buys above zero."""
    return quantity if side is Side.BUY else -quantity


def book_fill(
    position: Position,
    *,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
    at_ns: int,
    realised: Decimal | None = None,
) -> Position:
    """Return the position after a fill of `quantity` (above zero) at `price`.

    `realised` is the venue's own figure for the fill; where it is given it is booked instead of
    ours, because the wallet moves by it. In one-way mode a fill larger than the position closes
    it and opens the rest at `price`.
    """
    if quantity <= ZERO:
        raise InvariantBroken(f"a fill of {quantity} {position.symbol} is no fill")
    fill = signed(side, quantity)
    closing = _closing_part(position.quantity, fill)
    opening = fill - closing
    _check_direction(position, position.quantity + fill)
    removed = _removed_cost(position, closing)
    profit = -closing * price - removed if realised is None else realised
    begins = opening != ZERO and position.quantity + closing == ZERO
    return Position(
        position.symbol,
        position.position_side,
        quantity=position.quantity + fill,
        cost=position.cost - removed + opening * price,
        realised_pnl=position.realised_pnl + profit,
        fees=position.fees + fee,
        epoch=position.epoch + 1 if begins else position.epoch,
        opened_at_ns=_opened_at_ns(position, fill, at_ns, begins=begins),
    )


def adopted(position: Position, *, quantity: Decimal, entry_price: Decimal, at_ns: int) -> Position:
    """Return the position as the venue's evidence shows it, where our fills do not explain it.

    Quantity is signed. Profit and fees so far stay: evidence of a position is not one of money.
    """
    _check_direction(position, quantity)
    same_life = position.quantity * quantity > ZERO
    begins = quantity != ZERO and not same_life
    return evolve(
        position,
        quantity=quantity,
        cost=quantity * entry_price,
        epoch=position.epoch + 1 if begins else position.epoch,
        opened_at_ns=_opened_at_ns(position, quantity - position.quantity, at_ns, begins=begins),
    )


def unrealised_pnl(position: Position, mark_price: Decimal) -> Decimal:
    """Return what closing at the mark would realise, before fees."""
    return position.quantity * mark_price - position.cost


def notional(position: Position, mark_price: Decimal) -> Decimal:
    """Return the unsigned value of the position at the mark."""
    return abs(position.quantity) * mark_price


def _closing_part(held: Decimal, fill: Decimal) -> Decimal:
    if held * fill >= ZERO:
        return ZERO
    return fill if abs(fill) <= abs(held) else -held


def _removed_cost(position: Position, closing: Decimal) -> Decimal:
    if closing == ZERO:
        return ZERO
    if closing == -position.quantity:
        return position.cost
    return quantised(position.cost * -closing / position.quantity)


def _opened_at_ns(position: Position, change: Decimal, at_ns: int, *, begins: bool) -> int:
    if position.quantity + change == ZERO:
        return 0
    return at_ns if begins else position.opened_at_ns


def reduces(position: Position, side: Side, quantity: Decimal) -> bool:
    """Return True when a fill makes a position smaller, at most flat.

    One of a reducing order always does at the venue: where it does not here, fills that it stands
    on have not been heard of.
    """
    change, held = signed(side, quantity), position.quantity
    return change * held < ZERO and abs(change) <= abs(held)


def _check_direction(position: Position, quantity: Decimal) -> None:
    wrong = {
        PositionSide.BOTH: False,
        PositionSide.LONG: quantity < ZERO,
        PositionSide.SHORT: quantity > ZERO,
    }[position.position_side]
    if wrong:
        raise InvariantBroken(f"{position.symbol} {position.position_side} cannot hold {quantity}")


def quantised(value: Decimal) -> Decimal:
    """Return an average, or a part of a cost, as it is kept."""
    return value.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)
