"""Trade book: what a fill does to a trade, a trade being one life of a position.

A trade opens with the first fill of a position and closes when the position is flat or turns over;
what turned it over opens the next one. Prices are averages of real fills; profit is the venue's own
figure for a fill where it gives one, by the engine's ledger. Pure.
"""

from decimal import Decimal

from attrs import evolve, frozen

from ....messages.orders import FillBooked
from ....messages.values import Leg
from ....messages.venue import TradeEvidence
from ...policies.ledger import QUANTUM, Position, adopted, book_fill, signed

ZERO = Decimal(0)
TURNED, ADOPTED = "turned over", "adopted from the venue"
REASONS = {Leg.STOP: "stop", Leg.TARGET: "target", Leg.EXIT: "exit", Leg.ENTRY: TURNED}


@frozen
class Trade:
    """One life of a position; its `position` counts profit and fees of this life alone."""

    trade_id: int
    position: Position
    quantity: Decimal = ZERO
    """Base units that were opened in all, without a sign."""
    entry_cost: Decimal = ZERO
    exit_quantity: Decimal = ZERO
    exit_cost: Decimal = ZERO
    funding: Decimal = ZERO
    reason: str = ""
    """Why it is being closed, or was."""

    @property
    def is_open(self) -> bool:
        """True until the position is flat."""
        return not self.position.is_flat

    @property
    def net_pnl(self) -> Decimal:
        """Profit after commissions and funding, in the margin asset."""
        return self.position.realised_pnl + self.funding - self.position.fees


def with_fill(trade: Trade, fill: FillBooked, at_ns: int) -> tuple[Trade, Position | None]:
    """Return the trade after a fill, and the position that a turn-over leaves for the next one."""
    evidence, before = fill.trade, trade.position
    after = book_fill(
        before,
        side=evidence.side,
        quantity=evidence.quantity,
        price=evidence.price,
        fee=evidence.fee,
        at_ns=at_ns,
        realised=evidence.realised_pnl if evidence.settled else None,
    )
    closing = _closed_part(before.quantity, signed(evidence.side, evidence.quantity))
    opening = evidence.quantity - closing
    if not closing:
        return _opened(evolve(trade, position=after), opening, evidence.price), None
    turned = after if opening else None
    left = evolve(after, quantity=ZERO, cost=ZERO) if opening else after
    reason = trade.reason if trade.reason or not left.is_flat else REASONS[fill.leg]
    reduced = evolve(
        trade,
        position=left,
        exit_quantity=trade.exit_quantity + closing,
        exit_cost=trade.exit_cost + closing * evidence.price,
        reason=reason,
    )
    return reduced, turned


def turned_over(trade_id: int, position: Position, price: Decimal) -> Trade:
    """Return the trade on the other side of flat."""
    fresh = evolve(position, realised_pnl=ZERO, fees=ZERO)
    return _opened(Trade(trade_id, fresh), abs(position.quantity), price)


def with_full_word(trade: Trade, evidence: TradeEvidence, booked: Decimal) -> Trade:
    """Return the trade with fee and profit of a fill that was booked early, at `booked` profit."""
    position = trade.position
    return evolve(
        trade,
        position=evolve(
            position,
            realised_pnl=position.realised_pnl + evidence.realised_pnl - booked,
            fees=position.fees + evidence.fee,
        ),
    )


def as_shown(trade: Trade, quantity: Decimal, entry_price: Decimal, at_ns: int) -> Trade:
    """Return the trade as the venue shows its position; what left it has no price of ours."""
    held = trade.position
    if quantity * held.quantity > ZERO:
        shown = adopted(held, quantity=quantity, entry_price=entry_price, at_ns=at_ns)
        return evolve(trade, position=shown)
    return evolve(
        trade,
        position=evolve(held, quantity=ZERO, cost=ZERO),
        reason=trade.reason or ADOPTED,
    )


def average(cost: Decimal, quantity: Decimal) -> Decimal | None:
    """Return an average price, None of nothing."""
    return (cost / quantity).quantize(QUANTUM) if quantity else None


def _opened(trade: Trade, quantity: Decimal, price: Decimal) -> Trade:
    return evolve(
        trade,
        quantity=trade.quantity + quantity,
        entry_cost=trade.entry_cost + quantity * price,
    )


def _closed_part(held: Decimal, fill: Decimal) -> Decimal:
    """Return how much of a fill reduces what is held, without a sign."""
    return ZERO if held * fill >= ZERO else min(abs(held), abs(fill))
