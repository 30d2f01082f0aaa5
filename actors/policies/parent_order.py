"""Parent order: a wish that is carried out in slices, and what may be done for it next.

Pure. At most one slice is under way at a time, so that all slices together never ask for more than
was wished, whatever becomes of one. What a slice leaves is made up for by the next.
Source: architecture §5 for ids; a slice's intent is its parent's and its number.
"""

from decimal import Decimal

from attrs import define, field, frozen

from ...messages.instruments import Filters
from ...messages.intake import ExecuteAlgorithm, SubmitSignal
from ...messages.market import MarkChanged
from ...messages.values import OrderState, OrderType, Side, SignalType, TimeInForce
from .rounding import ZERO, ceil_to_grid, is_market_like

NUMBER = "_"
"""Stands between a parent's intent and its slice's number, and in no other intent."""
NOTIONAL_MARGIN = Decimal("1.05")
"""How far above the venue's least notional a slice is cut: the price moves until it is sent."""


@frozen
class Slice:
    """How much of the whole shall be filled once so much time has passed."""

    at_ms: int
    upto: Decimal
    most: Decimal = ZERO
    """How much one slice may be at this time; zero for any quantity."""


@frozen
class Lot:
    """What quantities are cut by, base units; zeros where nothing is known."""

    step: Decimal = ZERO
    origin: Decimal = ZERO
    least: Decimal = ZERO
    """The smallest slice that the venue takes."""

    def floor(self, quantity: Decimal) -> Decimal:
        """Return the largest whole lot that is not above a quantity."""
        if self.step == ZERO:
            return quantity
        steps = (quantity - self.origin) // self.step
        return max(ZERO, self.origin + steps * self.step) if quantity >= self.origin else ZERO


@define
class Parent:
    """A wish under way, or one that has ended, with its slices."""

    intent_id: str
    command: ExecuteAlgorithm
    quantity: Decimal
    """What is wished, on the lot once it is admitted."""
    lot: Lot = field(factory=Lot)
    began_ns: int = 0
    """0 until the gate has admitted it."""
    schedule: tuple[Slice, ...] = ()
    asked: int = 0
    asked_ms: int = -1
    """When the last slice was asked for, after the beginning; -1 for never."""
    late: int = 0
    """Slices that were asked for after that of the last time."""
    over_ms: int = 0
    """When the last slice ended, after the beginning."""
    is_idle: bool = False
    """True when the last slice filled nothing."""
    live: str = ""
    """The signal of the slice under way; empty between slices."""
    live_price: Decimal | None = None
    """Limit price of the slice under way."""
    is_leaving: bool = False
    """True once the slice under way was asked back."""
    is_taking: bool = False
    """True once a chase has taken at the market."""
    first_price: Decimal | None = None
    """Of the first slice with a price."""
    bid: Decimal = ZERO
    ask: Decimal = ZERO
    """The best prices, of a plan that follows them."""
    slices: dict[str, Decimal] = field(factory=dict[str, Decimal])
    """What each slice filled, by its signal."""
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    """Of what is filled, quote units."""
    misses: int = 0
    """Slices in a row that came to nothing."""
    missed_by: str = ""
    """What the last of them ended by."""
    ending: str = ""
    """Why nothing more is asked for; empty while it goes on."""
    outcome: str = ""
    """How it ended; empty while it runs."""

    @property
    def signal(self) -> SubmitSignal:
        """What is wished."""
        return self.command.signal

    @property
    def rest(self) -> Decimal:
        """What is not filled yet."""
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal:
        """Average price of all fills, zero without one."""
        return self.cost / self.filled if self.filled else ZERO

    @property
    def is_running(self) -> bool:
        """True until its terminal event."""
        return not self.outcome

    @property
    def side(self) -> Side:
        """Side of its slices."""
        is_buy = self.signal.signal in (SignalType.LONG_ENTRY, SignalType.CLOSE_SHORT)
        return Side.BUY if is_buy else Side.SELL


@frozen
class Moment:
    """When a parent is looked at, and by which luck."""

    elapsed_ms: int
    """Since it began."""
    now_ms: int
    draw: float = 0.0
    """In [0, 1), for what is left to chance."""


@frozen
class Form:
    """The form of a slice, where it is not the signal's."""

    order_type: OrderType
    price: Decimal | None
    time_in_force: TimeInForce


@frozen
class Place:
    """Ask for a slice."""

    quantity: Decimal
    form: Form | None = None


@frozen
class TakeBack:
    """Cancel the slice under way; what follows is decided at its end."""


@frozen
class Wait:
    """Look again so long after the beginning; without a time, when something happens."""

    at_ms: int | None = None


@frozen
class Over:
    """Nothing more is to be asked for."""

    state: OrderState
    reason: str


Move = Place | TakeBack | Wait | Over


def slice_intent(parent_intent: str, number: int) -> str:
    """Return the intent of a slice, from which its client order id derives."""
    return f"{parent_intent}{NUMBER}{number}"


def parent_intent(intent_id: str) -> str:
    """Return the intent of a slice's parent; empty for every other intent."""
    parent, mark, _ = intent_id.partition(NUMBER)
    return parent if mark else ""


def lot_of(
    signal: SubmitSignal, order_type: OrderType, filters: Filters | None, mark: MarkChanged | None
) -> Lot:
    """Return what slices of a signal are cut by; exits are exempt from the least notional."""
    if filters is None:
        return Lot()
    if is_market_like(order_type):
        step, least = filters.market_step_size, filters.market_quantity_min
    else:
        step, least = filters.step_size, filters.quantity_min
    smallest = max(least, step)
    price = signal.price if signal.price is not None else None if mark is None else mark.mark
    if signal.signal.is_entry and price is not None and price > ZERO:
        by_notional = filters.notional_min * NOTIONAL_MARGIN / price
        smallest = max(smallest, ceil_to_grid(by_notional, step, least))
    return Lot(step, least, smallest)


def whole_quantity(command: ExecuteAlgorithm, lot: Lot) -> Decimal:
    """Return what is wished, rounded down to the lot."""
    assert command.signal.quantity is not None, "the intake takes no algorithm without a quantity"
    return lot.floor(command.signal.quantity)
