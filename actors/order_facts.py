"""Order facts: what OrderManager writes down, and the messages it tells itself.

Facts name the order by its client id; `order_state.py` folds them.
"""

from decimal import Decimal

from attrs import frozen

from ..messages.orders import AmendIntent, ApprovedOrder
from ..messages.queries import OrderError
from ..messages.values import CloseReason, Fix
from ..messages.venue import OrderEvidence, TradeEvidence
from .policies.order_life import Event


@frozen
class OrderIntended:
    """Fact: an approved order is ours to send."""

    approved: ApprovedOrder
    at_ns: int
    deadline_ms: int


@frozen
class AttemptStarted:
    """Fact: an attempt may leave from now on; `horizon_ms` ends its last chance at the venue."""

    client_order_id: str
    attempt: int
    horizon_ms: int
    at_ns: int


@frozen
class OrderMoved:
    """Fact: these events happened to the order, in this order."""

    client_order_id: str
    events: tuple[Event, ...]
    reason: str
    at_ns: int


@frozen
class OrderSeen:
    """Fact: the venue reports this much filled, under this id, and perhaps an end to come."""

    client_order_id: str
    venue_order_id: str
    reported: Decimal
    final: str
    at_ns: int
    quantity: Decimal | None = None
    """Ordered quantity and price as the order rests; None where they are as approved."""
    price: Decimal | None = None
    updated_at_ms: int = 0
    algo_id: str = ""


@frozen
class TradeBooked:
    """Fact: a fill counts, once."""

    client_order_id: str
    trade: TradeEvidence
    at_ns: int


@frozen
class TradeSettled:
    """Fact: the full word of a fill that was booked early came; nothing more of it is missing."""

    client_order_id: str
    trade_id: str


@frozen
class QueryAnswered:
    """Fact: one more question was asked; `absent` when a store lacked it past the horizon."""

    client_order_id: str
    absent: bool


@frozen
class ListingNoted:
    """Fact: in how many listings in a row an open order was missing."""

    client_order_id: str
    unlisted: int


@frozen
class ErrorNoted:
    """Fact: a request for the order failed, and was judged."""

    client_order_id: str
    error: OrderError


@frozen
class StatusQuarantined:
    """Fact: the venue said a word about the order that nobody knows."""

    client_order_id: str
    status: str


@frozen
class FixTried:
    """Fact: a fix was tried for the order; none is tried twice."""

    client_order_id: str
    fix: Fix


@frozen
class FlattenWanted:
    """Fact: what is filled of the order from now on shall be closed."""

    client_order_id: str


@frozen
class CancelWanted:
    """Fact: the order shall be cancelled."""

    client_order_id: str
    reason: str


@frozen
class AmendWanted:
    """Fact: an amend was asked for; the wish is kept until its permit comes."""

    client_order_id: str
    wish: AmendIntent


@frozen
class CancelAsked:
    """Fact: one more cancel request goes out."""

    client_order_id: str


@frozen
class SweepBegun:
    """Fact: these orders shall be cancelled, ours and others', and what becomes of them told."""

    command_id: str
    orders: tuple[str, ...]
    at_ns: int


@frozen
class SweepMissed:
    """Fact: the venue did not cancel an order that is not ours."""

    client_order_id: str
    why: str


@frozen
class SweepEnded:
    """Fact: what became of the orders was told."""

    command_id: str
    done: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


@frozen
class Renewed:
    """Fact: the gate renewed the approval."""

    client_order_id: str
    epoch: int
    send_by_ms: int


@frozen
class VenueNoted:
    """Fact: venue time = engine time + offset; when the venue last failed to answer."""

    offset_ns: int
    silent_at_ns: int


@frozen
class RedeliverDue:
    """A backoff is over."""

    client_order_id: str
    attempt: int


@frozen
class QueryDue:
    """It is time to ask the venue for an order."""

    client_order_id: str


@frozen
class UnresolvedDue:
    """An order has been unknown for as long as a fill may take to be verified."""

    client_order_id: str


@frozen
class FillsDue:
    """Fills of an order are overdue."""

    client_order_id: str


@frozen
class SweepDue:
    """Look what has become of the orders that a command cancels."""

    command_id: str


@frozen
class DirectiveDue:
    """A failed request has had no word from those who decide, who may have failed themselves."""

    client_order_id: str


@frozen
class DeadlineDue:
    """A resting entry has rested long enough."""

    client_order_id: str


@frozen
class StreamNoted:
    """Fact: whether the user stream tells of fills."""

    healthy: bool


@frozen
class StrangerSeen:
    """Fact: what the venue says of an order that is not ours, and why it exists."""

    evidence: OrderEvidence
    reason: CloseReason


@frozen
class StartNoted:
    """Fact: the generation of this start; no order of ours is of a later one."""

    generation: int


OrderFact = (
    AttemptStarted
    | OrderMoved
    | OrderSeen
    | TradeBooked
    | TradeSettled
    | QueryAnswered
    | ListingNoted
    | ErrorNoted
    | StatusQuarantined
    | FixTried
    | CancelWanted
    | FlattenWanted
    | AmendWanted
    | CancelAsked
    | Renewed
)
"""What happens to an order that is ours already."""
SweepFact = SweepBegun | SweepMissed | SweepEnded
Fact = OrderFact | OrderIntended | VenueNoted | StrangerSeen | StreamNoted | StartNoted | SweepFact
PRIVATE = (
    OrderIntended,
    AttemptStarted,
    OrderMoved,
    OrderSeen,
    TradeBooked,
    TradeSettled,
    QueryAnswered,
    ListingNoted,
    ErrorNoted,
    StatusQuarantined,
    FixTried,
    CancelWanted,
    FlattenWanted,
    AmendWanted,
    CancelAsked,
    Renewed,
    VenueNoted,
    StrangerSeen,
    StreamNoted,
    StartNoted,
    RedeliverDue,
    QueryDue,
    UnresolvedDue,
    FillsDue,
    DirectiveDue,
    DeadlineDue,
    SweepBegun,
    SweepMissed,
    SweepEnded,
    SweepDue,
)
