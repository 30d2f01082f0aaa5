"""Intake: the host says what it wants, ExecutionSystem gets it done.

Host -> ExecutionSystem. A `SubmitSignal` opens an intent that ends in at most one terminal event
(`messages/events.py`); the other commands are answered by an event or a refusal. `signal_id` and
`command_id` make repetition harmless: the second one is ignored.
"""

from decimal import Decimal

from attrs import frozen

from .plans import Plan, TrailingStop
from .values import (
    OrderType,
    PositionSide,
    PriceMatch,
    SignalSource,
    SignalType,
    TimeInForce,
    WorkingType,
)


@frozen
class SubmitSignal:
    """One wish of a strategy. Prices are in quote units per base unit, quantity in base units."""

    signal_id: str
    at_ms: int
    signal: SignalType
    symbol: str
    quantity: Decimal | None = None
    """Base units; None lets the sizing policy decide. For exits an upper bound."""
    order_type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    """Limit price of a LIMIT order, reference price of a MARKET order."""
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    confidence: Decimal | None = None
    confluence_score: Decimal | None = None
    signal_strength: Decimal | None = None
    strategy: str = "default"
    expires_at_ms: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    position_side: PositionSide | None = None
    working_type: WorkingType = WorkingType.MARK_PRICE
    leverage_max: int | None = None
    client_tag: str | None = None
    source: SignalSource = SignalSource.AUTOMATED
    """A person's wish is not judged by scores; every other rule is the same."""
    model_version: str | None = None
    """Which model made the wish; kept with its orders."""
    price_match: PriceMatch | None = None
    """Takes the limit price of an entry from the book; `price` is then what rules measure from."""
    trailing: TrailingStop | None = None
    """Of an entry: a trailing stop that rests at the venue beside the stop."""


@frozen
class ExecuteAlgorithm:
    """Carry out a signal by a plan, in slices; it ends in one terminal event like any signal.

    The signal names its quantity. Its slices are signals of their own, named `<signal_id>/<n>`.
    """

    signal: SubmitSignal
    plan: Plan

    @property
    def command_id(self) -> str:
        """What makes a repetition one: the signal's id."""
        return self.signal.signal_id


@frozen
class CancelOrder:
    """Cancel what still rests of a signal's entry; of an algorithm, all that is still to come."""

    command_id: str
    signal_id: str


@frozen
class AmendOrder:
    """Change price or quantity of a signal's resting LIMIT entry; absent means unchanged."""

    command_id: str
    signal_id: str
    price: Decimal | None = None
    quantity: Decimal | None = None


@frozen
class CancelOrders:
    """Cancel every resting entry of ours; an empty symbol means all symbols.

    Algorithms that open, and entries that wait, end too. Stops, targets and exits stay, unless
    `all_orders` wants them and what others have placed gone as well; a position that is still open
    is then given a new stop at once. Answered by one `OrdersCancelled`.
    """

    command_id: str
    symbol: str = ""
    all_orders: bool = False
    reason: str = ""


@frozen
class FlattenPositions:
    """Cancel our resting entries and close our positions; an empty symbol means all."""

    command_id: str
    symbol: str = ""
    reason: str = ""
    verified: bool = False
    """Whether the venue's own positions are looked at until it shows none of the symbol, which
    `PositionsFlattened` tells, or what is left."""


@frozen
class LookForOrder:
    """Ask the venue once more for an order that is parked; any of its four ids names it."""

    command_id: str
    order_id: str


@frozen
class EndOrder:
    """End an order that is parked, as failed: a person knows what became of it, and says so."""

    command_id: str
    order_id: str
    reason: str
    by: str = "operator"


@frozen
class HaltTrading:
    """Stop opening risk until a `ResumeTrading`; verified reducing orders still pass."""

    command_id: str
    reason: str
    by: str = "operator"


@frozen
class ResumeTrading:
    """Allow trading again. `approvals` names who agreed; `reason` is kept in the record."""

    command_id: str
    reason: str
    approvals: tuple[str, ...] = ()


@frozen
class ReconcileNow:
    """Compare our view with the venue's now, and not only when a comparison is due."""

    command_id: str
    reason: str
    by: str = "operator"


@frozen
class EmergencyStateChanged:
    """The emergency-stop source reported its state; CRITICAL or anything unknown halts entries."""

    state: str
    source: str
    at_ms: int


@frozen
class PolicyChanged:
    """A policy source changed one setting of the risk gate; it applies to new orders only."""

    key: str
    value: str
    source: str
    at_ms: int


@frozen
class ModelPromoted:
    """Another model decides from now on; automated signals that name none are marked with it."""

    model_version: str
    source: str
    at_ms: int


HostCommand = (
    SubmitSignal
    | ExecuteAlgorithm
    | CancelOrder
    | AmendOrder
    | CancelOrders
    | FlattenPositions
    | LookForOrder
    | EndOrder
    | HaltTrading
    | ResumeTrading
    | ReconcileNow
    | EmergencyStateChanged
    | PolicyChanged
    | ModelPromoted
)
