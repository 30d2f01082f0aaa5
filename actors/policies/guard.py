"""Guard: what the position monitor knows of one position and of the orders that protect it.

Pure. A position is protected while one of its stops rests at the venue; a stop that is triggering,
or whose child works, has left the open listing and still protects. Legs are kept by client order
id until they have ended, also those of an earlier life of the position.
"""

from decimal import Decimal

from attrs import define, field

from ...messages.instruments import Filters
from ...messages.orders import FillBooked
from ...messages.values import TERMINAL_STATES, Leg, OrderState, Side, WorkingType
from .ledger import Position
from .rounding import split_market_quantity

RESTING = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED, OrderState.TRIGGERING)


@define
class LegRecord:
    """One order of a guard as OrderManager last told it."""

    leg: Leg
    intent_id: str
    state: OrderState
    trigger_price: Decimal | None
    is_doubted: bool = False
    """Unknown, and one query did not find it: another may go out beside it."""

    @property
    def is_live(self) -> bool:
        """True while the order may still do something that we wait for."""
        return self.state not in TERMINAL_STATES and not self.is_doubted


@define
class Guard:
    """One position, in the life that `number` counts, and its legs."""

    position: Position
    number: int = 0
    strategy: str = ""
    signal_id: str = ""
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    working_type: WorkingType = WorkingType.MARK_PRICE
    legs: dict[str, LegRecord] = field(factory=dict[str, LegRecord])
    attempts: dict[str, int] = field(factory=dict[str, int])
    """Requests by leg, in this life."""
    failures: dict[str, int] = field(factory=dict[str, int])
    """Requests of a leg in a row that came to nothing."""
    unprotected_since_ns: int = 0
    """0 while protected or flat."""
    is_alarmed: bool = False
    closing: str = ""
    """Why it is being closed whole; empty where it is not."""
    realised_before: Decimal = Decimal(0)
    fees_before: Decimal = Decimal(0)
    last_fill_ns: int = 0
    last_price: Decimal = Decimal(0)

    @property
    def intent_id(self) -> str:
        """Intent of the monitor's own orders in this life."""
        return f"p{self.number}"

    @property
    def exit_side(self) -> Side:
        """Side of an order that reduces the position."""
        return Side.SELL if self.position.quantity > 0 else Side.BUY

    @property
    def is_protected(self) -> bool:
        """True while a stop of this life rests at the venue."""
        return any(
            record.leg is Leg.STOP and record.state in RESTING for record in self._own_legs()
        )

    def has_live(self, leg: Leg) -> bool:
        """True when an order of the leg is on its way or works, or is asked for and unheard of."""
        records = [record for record in self._own_legs() if record.leg is leg]
        if any(record.is_live for record in records):
            return True
        return self.attempts.get(leg.value, 0) > len(records)

    def resting_ids(self) -> list[str]:
        """Return the protective orders that have not ended."""
        return [
            client_order_id
            for client_order_id, record in self.legs.items()
            if record.leg.is_protective and record.state not in TERMINAL_STATES
        ]

    def _own_legs(self) -> list[LegRecord]:
        """Legs of this life; a discretionary exit carries its signal's intent."""
        return [
            record
            for record in self.legs.values()
            if record.intent_id == self.intent_id or record.leg is Leg.EXIT
        ]


def new_life(position: Position, fill: FillBooked, number: int) -> Guard:
    """Return the guard of a position that this fill opened, as far as its first orders need it."""
    return Guard(
        position,
        number=number,
        strategy=fill.strategy,
        signal_id=fill.signal_id,
        stop_loss=fill.stop_loss,
        take_profit=fill.take_profit,
        working_type=fill.working_type,
    )


def close_quantity(guard: Guard, filters: Filters | None) -> Decimal:
    """Return how much one market order may close now: all, or the first part of a split."""
    whole = abs(guard.position.quantity)
    if filters is None:
        return whole
    parts = split_market_quantity(whole, filters)
    return parts[0] if parts else whole


def loss_percent(guard: Guard, mark: Decimal) -> Decimal:
    """Return the loss from entry at a mark, percent of the entry price; negative for a gain."""
    entry = guard.position.entry_price
    if entry <= 0:
        return Decimal(0)
    sign = 1 if guard.position.quantity > 0 else -1
    return (entry - mark) * sign / entry * 100
