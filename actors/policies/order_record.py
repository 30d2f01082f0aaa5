"""Order record: what is known of one order, and what a piece of evidence means for it.

Pure. An order's end is believed only when its booked fills add up to what the venue reports as
filled; until then the end is remembered as `final` and the missing fills are asked for.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from attrs import define, field

from ...messages.failure import RetryDirective
from ...messages.orders import AmendIntent, ApprovedOrder
from ...messages.queries import OrderError, StateTime
from ...messages.values import TERMINAL_STATES, Fix, OrderState
from ...messages.venue import OrderEvidence
from .order_life import Event

ZERO = Decimal(0)
ERROR_TEXT_MAX = 256
"""Characters kept of what the venue said of a failed request."""
HELD = (OrderState.UNKNOWN, OrderState.PARKED)
"""States in which an order holds up the entries of its symbol."""

EVENTS: Mapping[str, Event] = MappingProxyType(
    {
        "NEW": Event.ACKNOWLEDGED,
        "PARTIALLY_FILLED": Event.PARTIAL_FILL,
        "FILLED": Event.FILL,
        "CANCELED": Event.CANCEL_CONFIRMED,
        "EXPIRED": Event.EXPIRED,
        "EXPIRED_IN_MATCH": Event.EXPIRED,
        "REJECTED": Event.REJECTED,
    }
)
ALGO_EVENTS: Mapping[str, Event] = MappingProxyType(
    {
        "NEW": Event.ACKNOWLEDGED,
        "TRIGGERING": Event.TRIGGERING,
        "TRIGGERED": Event.TRIGGERED,
        "CANCELED": Event.CANCEL_CONFIRMED,
        "EXPIRED": Event.EXPIRED,
        "REJECTED": Event.REJECTED,
    }
)
FINISHED = "FINISHED"
"""Of an algo order: its child has ended, whether it was filled or not."""
FINAL_EVENTS = frozenset(
    {
        Event.FILL,
        Event.CANCEL_CONFIRMED,
        Event.EXPIRED,
        Event.REJECTED,
        Event.FINISHED_FILLED,
        Event.FINISHED_CANCELLED,
    }
)


_AT_VENUE = (
    OrderState.ACTIVE,
    OrderState.PARTIALLY_FILLED,
    OrderState.TRIGGERING,
    OrderState.AMENDING,
    OrderState.CANCELLING,
)


@define
class Order:
    """One order and its attempts. Times in ns are the engine's, in ms the venue's."""

    approved: ApprovedOrder
    created_at_ns: int
    changed_at_ns: int
    state: OrderState = OrderState.PENDING
    attempt: int = 0
    horizon_ms: int = 0
    """After this venue time no request of ours for the order can be accepted any more."""
    send_by_ms: int = 0
    deadline_ms: int = 0
    """Venue time at which it is given up or cancelled; 0 for protection, which rests on."""
    epoch: int = 0
    venue_order_id: str = ""
    algo_id: str = ""
    """The venue's id of a conditional order; once it triggered, the other is its child's."""
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    """Sum of quantity times price over the booked fills, quote units."""
    reported: Decimal = ZERO
    """Cumulative fill that the venue reports; never below what is booked."""
    final: str = ""
    """The event that ends the order once its fills are complete."""
    trade_ids: list[str] = field(factory=list[str])
    bare_trades: list[str] = field(factory=list[str])
    """Those of `trade_ids` whose fee and profit are still to come."""
    amended_quantity: Decimal | None = None
    """What rests at the venue instead of what was approved; None where that is the same."""
    amended_price: Decimal | None = None
    strange_status: str = ""
    """The venue's latest word about it that nobody knows."""
    updated_at_ms: int = 0
    """Venue time of the newest evidence that changed anything."""
    queries: int = 0
    absent: int = 0
    """How many stores have said, after the horizon, that they do not have it."""
    unlisted: int = 0
    fixes: list[Fix] = field(factory=list[Fix])
    cancel_reason: str = ""
    """Why it shall be cancelled; empty where it shall not."""
    flattens: bool = False
    """Whether what is filled of it from now on shall be closed."""
    cancels: int = 0
    amend: AmendIntent | None = None
    amends: int = 0
    was_sent: bool = False
    is_placed: bool = False
    is_held: bool = False
    reason: str = ""
    times: list[StateTime] = field(factory=list[StateTime])
    """Its moves from state to state, bounded; the first one stays."""
    errors: list[OrderError] = field(factory=list[OrderError])
    """Its latest failed requests, bounded."""
    counted: str = ""
    """What it counts as in the statistics, empty while it lives."""

    @property
    def is_open(self) -> bool:
        """True until the order's life is over."""
        return self.state not in TERMINAL_STATES

    @property
    def is_at_venue(self) -> bool:
        """True while it rests or works there as far as we know, so that it can be cancelled."""
        return self.state in _AT_VENUE

    @property
    def ordered(self) -> Decimal | None:
        """Ordered base units as the order rests; None for a whole-position close."""
        amended = self.amended_quantity
        return self.approved.quantity if amended is None else amended

    @property
    def price(self) -> Decimal | None:
        """Limit price as the order rests; None for an order without one."""
        return self.approved.price if self.amended_price is None else self.amended_price

    @property
    def quantity(self) -> Decimal:
        """Ordered base units; of a whole-position close what is filled so far."""
        return self.filled if self.ordered is None else self.ordered

    @property
    def average_price(self) -> Decimal:
        """Average price of the booked fills, 0 without any; quote units."""
        return self.cost / self.filled if self.filled else ZERO


def event_of(evidence: OrderEvidence) -> Event | None:
    """Return what the evidence says, None where its status is a word we do not know."""
    if not evidence.conditional:
        return EVENTS.get(evidence.status)
    if evidence.status != FINISHED:
        return ALGO_EVENTS.get(evidence.status)
    if leaves_end_open(evidence):
        return Event.TRIGGERED
    return Event.FINISHED_FILLED if evidence.filled > ZERO else Event.FINISHED_CANCELLED


def leaves_end_open(evidence: OrderEvidence) -> bool:
    """Return whether an algo order's child has ended with fills, and only the child says how.

    A whole-position close has no quantity to compare its fills with, and a reducing child may have
    been made smaller: it may be filled, or have expired in the midst.
    """
    is_over = evidence.conditional and evidence.status == FINISHED
    return is_over and evidence.filled > ZERO and not ZERO < evidence.quantity <= evidence.filled


def amendment_of(order: Order, evidence: OrderEvidence) -> tuple[Decimal | None, Decimal | None]:
    """Return (quantity, price) as the evidence shows a LIMIT order, None where as approved."""
    approved = order.approved
    is_old = evidence.updated_at_ms < order.updated_at_ms
    if is_old or evidence.conditional or approved.price is None or not evidence.quantity:
        return order.amended_quantity, order.amended_price
    quantity = None if evidence.quantity == approved.quantity else evidence.quantity
    price = None if evidence.price in (ZERO, approved.price) else evidence.price
    return quantity, price


def settle(order: Order, event: Event, filled: Decimal, reported: Decimal) -> tuple[Event, str]:
    """Return (the event to apply now, the final event to remember or "").

    An end that comes before its fills leaves the order as found; the end waits.
    """
    final = event.value if event in FINAL_EVENTS else order.final
    if not final:
        return event, ""
    if filled < reported:
        interim = Event.PARTIAL_FILL if filled > order.filled else Event.FOUND
        return interim, final
    return Event(final), ""


def fill_event(order: Order, filled: Decimal) -> Event:
    """Return the event of one more fill by its own, cumulative quantity given."""
    whole = order.ordered
    is_complete = whole is not None and filled >= whole
    if order.is_open:
        return Event.FILL if is_complete else Event.PARTIAL_FILL
    return Event.LATE_FULL_FILL if is_complete else Event.LATE_FILL


def stays_sent(order: Order, events: tuple[Event, ...]) -> bool:
    """Return whether a request may have reached the venue, after these events of a step.

    Only the first attempt can be unsaid: an earlier one might have left.
    """
    is_first = order.attempt == 1 and order.state is OrderState.SUBMITTED
    return order.was_sent and not (is_first and Event.NOT_SENT in events)


def error_of(verdict: RetryDirective, at_ms: int) -> OrderError:
    """Return a failed request as it is kept, with what was found out about it."""
    return OrderError(
        operation=verdict.operation,
        attempt=verdict.attempt,
        attempts_max=verdict.attempts_max,
        error_type=verdict.error_type,
        kind=verdict.kind,
        outcome=verdict.outcome,
        severity=verdict.severity,
        status=verdict.status,
        code=verdict.code,
        text=verdict.text[:ERROR_TEXT_MAX],
        at_ms=at_ms,
    )
