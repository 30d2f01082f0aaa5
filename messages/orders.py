"""Orders: from approval to the end of an order's life.

ExecutionSystem and PositionMonitor ask RiskGate (`RequestEntry`, `RequestExit`); RiskGate tells
OrderManager `ApprovedOrder` or answers `ApprovalRefused`; OrderManager, OrderQueue and a lane send
it; OrderManager tells RiskGate, PositionMonitor and ExecutionSystem how it goes. ExecutionSystem
takes entries back by way of RiskGate, behind them (`CancelIntent`, `CancelEntries`), CircuitBreaker
straight, since the new epoch stops what it overtakes. `OrderEnded` ends the talk; a late fill
afterwards comes as `FillBooked` with `late` set.
"""

from decimal import Decimal

from attrs import frozen

from .intake import SubmitSignal
from .plans import TrailingStop
from .values import (
    CloseReason,
    Leg,
    OrderState,
    OrderType,
    PositionSide,
    PriceMatch,
    Priority,
    Side,
    SignalSource,
    TimeInForce,
    WorkingType,
)
from .venue import OrderEvidence, Permit, TradeEvidence


@frozen
class RequestEntry:
    """Ask the gate for an opening order."""

    intent_id: str
    signal: SubmitSignal


@frozen
class RequestExit:
    """Ask the gate for a reducing order or a protective one; `quantity` None closes all."""

    intent_id: str
    leg: Leg
    attempt: int
    """Number of this leg within its intent, from 1: every new order has its own id."""
    signal_id: str
    strategy: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None
    working_type: WorkingType
    position_quantity: Decimal
    """Signed position that the order reduces; the gate verifies the direction against it."""
    wish: SubmitSignal | None = None
    """The signal that it carries out; None for protection, breakers and operators."""
    trailing: TrailingStop | None = None
    """Of a trailing stop: how it follows."""


@frozen
class ApprovedOrder:
    """Leave to send one order. Only RiskGate makes one, and only these are sent."""

    client_order_id: str
    intent_id: str
    leg: Leg
    signal_id: str
    strategy: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    close_position: bool
    working_type: WorkingType
    priority: Priority
    epoch: int
    send_by_ms: int
    """Venue time after which an opening order is not sent any more."""
    deadline_ms: int
    """Venue time at which the order is given up or cancelled; 0 for reducing orders."""
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    reference_price: Decimal | None = None
    """Limit price, or the mark at approval; slippage is measured from it."""
    source: SignalSource = SignalSource.AUTOMATED
    model_version: str | None = None
    stop_loss_given: Decimal | None = None
    """What the signal named, where the gate adjusted it; None where it did not."""
    take_profit_given: Decimal | None = None
    slippage_pct_max: Decimal | None = None
    """How much worse than the reference its fills may be; None where nobody asks."""
    good_till_ms: int = 0
    """When the venue itself ends a GTD order, by its time; 0 for every other."""
    price_match: PriceMatch | None = None
    """Where the venue takes the limit price from; `price` is then what was judged."""
    trailing: TrailingStop | None = None
    """Of an entry: what shall follow its position; of a trailing stop: how it does."""
    waived: str = ""
    """The refusal that a setting spared this entry: guard, figure and limit; empty for none."""


@frozen
class ApprovalRefused:
    """The gate says no: which guard, the figure and the limit."""

    intent_id: str
    leg: Leg
    signal_id: str
    symbol: str
    guard: str
    figure: str
    limit: str
    mark: Decimal | None = None
    """Mark of the symbol when it was refused; None where none was known."""
    drawdown_pct: Decimal | None = None
    """Equity below its peak then, percent."""


@frozen
class RenewApproval:
    """Ask the gate again for an order whose approval aged; charges no cooldown or quota."""

    client_order_id: str
    intent_id: str


@frozen
class ApprovalRenewed:
    """The order may be sent until `send_by_ms`."""

    client_order_id: str
    epoch: int
    send_by_ms: int


@frozen
class RenewalRefused:
    """The order may not be sent any more."""

    client_order_id: str
    guard: str


@frozen
class EnqueueOrder:
    """Let an order wait for its turn; answered by `OrderReleased` or `OrderDropped`."""

    client_order_id: str
    symbol: str
    priority: Priority
    conditional: bool
    send_by_ms: int
    signal_id: str = ""


@frozen
class OrderReleased:
    """It is the order's turn: send it now, with this permit."""

    client_order_id: str
    permit: Permit


@frozen
class OrderDropped:
    """The order left the queue unsent: full, stale, halted or withdrawn."""

    client_order_id: str
    reason: str


@frozen
class WithdrawOrder:
    """Take a waiting order out of the queue."""

    client_order_id: str


@frozen
class SlotFreed:
    """An attempt is settled, so its symbol may send the next order."""

    client_order_id: str


@frozen
class HoldSymbol:
    """Keep the opening orders of a symbol waiting; `holder` says who, for the release."""

    symbol: str
    holder: str


@frozen
class ReleaseSymbol:
    """End a hold."""

    symbol: str
    holder: str


@frozen
class CancelIntent:
    """Cancel what is still open of an intent's entry."""

    command_id: str
    intent_id: str


@frozen
class AmendIntent:
    """Amend the resting entry of an intent."""

    command_id: str
    intent_id: str
    price: Decimal | None
    quantity: Decimal | None


@frozen
class CancelLeg:
    """Cancel one protective order that is not needed any more."""

    client_order_id: str


@frozen
class CancelEntries:
    """Cancel every open entry of a symbol, or of all when it is empty."""

    symbol: str
    reason: str
    flattens: bool = False
    """Whether what is filled all the same is closed at once."""


@frozen
class TakeBackEntries:
    """End the entries of a symbol and side that the venue has not shown: a close came after them.

    It takes the way of the entries, through RiskGate, so that it overtakes none of them.
    """

    symbol: str
    side: Side
    reason: str


@frozen
class ExposureChanged:
    """How much of an order is filled and how much may still come, cumulative base units.

    `remaining` is zero once the order has ended; `fill` is the signed change of the position that
    this message books, so that a fill moves from reservation to position in one step. `sent` is
    False only while it is certain that no request left.
    """

    client_order_id: str
    intent_id: str
    leg: Leg
    symbol: str
    position_side: PositionSide
    filled: Decimal
    remaining: Decimal
    fill: Decimal
    fill_price: Decimal
    sent: bool
    ended: bool
    strategy: str = "default"


@frozen
class FillBooked:
    """One fill of one of our orders, booked once."""

    client_order_id: str
    intent_id: str
    leg: Leg
    signal_id: str
    strategy: str
    stop_loss: Decimal | None
    take_profit: Decimal | None
    working_type: WorkingType
    trade: TradeEvidence
    late: bool
    source: SignalSource = SignalSource.AUTOMATED
    model_version: str | None = None
    closed_by: CloseReason | None = None
    """Why, where the order is not ours: the venue's own, or somebody else's hand."""
    trailing: TrailingStop | None = None
    """What the entry's signal wants to follow its position."""


@frozen
class FillSettled:
    """The venue's full word of a fill that was booked early: its fee and its profit."""

    client_order_id: str
    trade: TradeEvidence


@frozen
class LegChanged:
    """The state of an exit or a protective order, told to the position monitor."""

    client_order_id: str
    intent_id: str
    leg: Leg
    symbol: str
    position_side: PositionSide
    state: OrderState
    trigger_price: Decimal | None
    filled: Decimal
    kind: str
    """The error kind that ended it, or empty."""
    reason: str


@frozen
class OrderEnded:
    """The entry or discretionary exit of an intent is over; told to ExecutionSystem."""

    intent_id: str
    client_order_id: str
    symbol: str
    side: Side
    state: OrderState
    reason: str
    filled: Decimal
    average_price: Decimal


@frozen
class OrderReported:
    """Evidence about one order from the user stream or a listing."""

    evidence: OrderEvidence
    trade: TradeEvidence | None
    source: str
