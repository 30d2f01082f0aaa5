"""Events: what happened, for subscribers.

Core actors -> EventBus -> subscribers, in the order of the engine's record. Past tense; frozen;
complete in themselves. The terminal events of a signal are `OrderRefused`, `OrderFilled`,
`OrderFailed`, `OrderCancelled` and `OrderExpired`: at most one of them per signal.
"""

from decimal import Decimal

from attrs import frozen

from .outcomes import OrdersCancelled, PositionsFlattened
from .values import (
    CloseReason,
    OrderState,
    PositionSide,
    Severity,
    Side,
    SignalSource,
    TradingState,
)


@frozen
class OrderRefused:
    """The engine did not send the order; the guard, the figure and the limit say why."""

    signal_id: str
    symbol: str
    guard: str
    figure: str
    limit: str
    reason: str
    safety_guard: str = "callboard"
    """Which of the seven safety guards it was, or `callboard` or `host` for another rule."""
    mark: Decimal | None = None
    """Mark of the symbol, where the gate refused and knew it."""
    drawdown_pct: Decimal | None = None
    """Equity below its peak, percent, where the gate refused and knew it."""


@frozen
class CommandRefused:
    """A command of the host was not carried out."""

    command_id: str
    reason: str


@frozen
class OrderQueued:
    """An order waits for its turn; said again when it waits for another attempt."""

    signal_id: str
    client_order_id: str
    symbol: str


@frozen
class OrderSent:
    """A request for the order was handed to a lane; `attempt` counts from 1."""

    signal_id: str
    client_order_id: str
    symbol: str
    attempt: int


@frozen
class OrderPlaced:
    """The venue accepted an order."""

    signal_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal


@frozen
class OrderPartiallyFilled:
    """A part of an order was executed; quantities are cumulative base units."""

    signal_id: str
    client_order_id: str
    symbol: str
    filled: Decimal
    remaining: Decimal
    average_price: Decimal


@frozen
class OrderFilled:
    """An order was executed whole."""

    signal_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    average_price: Decimal


@frozen
class OrderFailed:
    """An order ended without execution by the venue's word or for want of a chance to send it."""

    signal_id: str
    client_order_id: str
    symbol: str
    state: OrderState
    reason: str
    filled: Decimal


@frozen
class OrderCancelled:
    """An order was cancelled; `filled` is what was executed before."""

    signal_id: str
    client_order_id: str
    symbol: str
    filled: Decimal


@frozen
class OrderExpired:
    """An order ended by its own terms; `filled` is what was executed before."""

    signal_id: str
    client_order_id: str
    symbol: str
    filled: Decimal


@frozen
class OrderUnknown:
    """A request for the order had no clear answer; its symbol takes no entries until resolved."""

    signal_id: str
    client_order_id: str
    symbol: str
    reason: str


@frozen
class OrderResolved:
    """An unknown outcome was settled by evidence."""

    signal_id: str
    client_order_id: str
    symbol: str
    state: OrderState


@frozen
class OrderUnresolved:
    """A signal has no terminal event after the time allowed, or its order waits for a person.

    Of a signal it is repeated until there is one; of an order `client_order_id` names it.
    """

    signal_id: str
    symbol: str
    waiting_ms: int
    client_order_id: str = ""
    reason: str = ""


@frozen
class OrderCorrected:
    """A fill came after the terminal event that `corrects` names."""

    signal_id: str
    client_order_id: str
    symbol: str
    corrects: str
    filled: Decimal


@frozen
class AlgorithmProgressed:
    """A slice of an algorithm is over; quantities are base units of the whole."""

    signal_id: str
    symbol: str
    slice_id: str
    """The slice's own signal."""
    outcome: str
    """Its end: a state of an order, or `REFUSED`."""
    filled: Decimal
    quantity: Decimal
    average_price: Decimal


@frozen
class SlippageExceeded:
    """An order was filled worse than its approval expected; nothing is unwound for it."""

    signal_id: str
    client_order_id: str
    symbol: str
    reference_price: Decimal
    average_price: Decimal
    slippage_pct: Decimal
    limit_pct: Decimal


@frozen
class PositionOpened:
    """The first fill opened a position; `quantity` is signed base units."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    strategy: str
    position_id: str = ""
    """Names this life of the position in every event about it."""
    signal_id: str = ""
    source: SignalSource = SignalSource.AUTOMATED
    model_version: str | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    fees: Decimal = Decimal(0)
    at_ms: int = 0
    """Venue time of the fill."""


@frozen
class PositionUpdated:
    """A position that stays open was scaled, partly closed, or taken over as the venue shows it.

    Money in the margin asset over its life so far.
    """

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    realised_pnl: Decimal
    position_id: str = ""
    change: Decimal = Decimal(0)
    """Signed change of the quantity."""
    price: Decimal = Decimal(0)
    reason: CloseReason | None = None
    """Why a part was closed; None where the position grew or only money moved."""
    fees: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    unrealised_pnl: Decimal = Decimal(0)
    """At the last mark; 0 where none is known."""
    strategy: str = ""
    liquidation_price: Decimal | None = None
    """As the venue last told it; None where it has not, or nobody wants it."""


@frozen
class StrategyResult:
    """One strategy's part in a position's life; money in the margin asset."""

    strategy: str
    realised_pnl: Decimal
    fees: Decimal
    funding: Decimal


@frozen
class PositionClosed:
    """A position is flat; money in the margin asset over its whole life.

    Prices are averages of all its fills. `other_fees` are those paid in other assets, by asset;
    nothing adds them up. `funding` is above zero where it was received.
    """

    symbol: str
    position_side: PositionSide
    exit_price: Decimal
    realised_pnl: Decimal
    fees: Decimal
    strategy: str
    position_id: str = ""
    reason: CloseReason = CloseReason.FOREIGN
    quantity: Decimal = Decimal(0)
    """All that was opened, signed."""
    entry_price: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    other_fees: tuple[tuple[str, Decimal], ...] = ()
    results: tuple[StrategyResult, ...] = ()
    signal_id: str = ""
    source: SignalSource = SignalSource.AUTOMATED
    model_version: str | None = None
    opened_at_ms: int = 0
    closed_at_ms: int = 0
    """Venue times of its first and last fill; where no fill told the end, engine time."""


@frozen
class PositionCorrected:
    """Profit, fees and funding of a closed position that came late, beside its `PositionClosed`."""

    symbol: str
    position_side: PositionSide
    realised_pnl: Decimal
    fees: Decimal
    strategy: str
    position_id: str = ""
    funding: Decimal = Decimal(0)
    other_fees: tuple[tuple[str, Decimal], ...] = ()


@frozen
class PositionProtected:
    """A stop rests at the venue for the whole position."""

    symbol: str
    position_side: PositionSide
    trigger_price: Decimal
    after_ms: int


@frozen
class TradingStateReported:
    """The trading state changed."""

    state: TradingState
    epoch: int
    reason: str


@frozen
class AlertRaised:
    """Something that a person should see."""

    severity: Severity
    alert: str
    subject: str
    text: str


@frozen
class SystemFailed:
    """A part of the engine failed, lost a message or is gone for good."""

    part: str
    failure: str
    text: str


@frozen
class EngineReady:
    """Recovery and the first reconciliation are done; entries are possible from now on."""

    generation: int


Event = (
    OrderRefused
    | CommandRefused
    | OrderQueued
    | OrderSent
    | OrderPlaced
    | OrderPartiallyFilled
    | OrderFilled
    | OrderFailed
    | OrderCancelled
    | OrderExpired
    | OrderUnknown
    | OrderResolved
    | OrderUnresolved
    | OrderCorrected
    | OrdersCancelled
    | AlgorithmProgressed
    | SlippageExceeded
    | PositionOpened
    | PositionUpdated
    | PositionClosed
    | PositionCorrected
    | PositionsFlattened
    | PositionProtected
    | TradingStateReported
    | AlertRaised
    | SystemFailed
    | EngineReady
)
