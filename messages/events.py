"""Events: what happened, for subscribers.

Core actors -> EventBus -> subscribers, in the order of the engine's record. Past tense; frozen;
complete in themselves. The terminal events of a signal are `OrderRefused`, `OrderFilled`,
`OrderFailed`, `OrderCancelled` and `OrderExpired`: at most one of them per signal.
"""

from decimal import Decimal

from attrs import frozen

from .values import OrderState, PositionSide, Severity, Side, TradingState


@frozen
class OrderRefused:
    """The engine did not send the order; the guard, the figure and the limit say why."""

    signal_id: str
    symbol: str
    guard: str
    figure: str
    limit: str
    reason: str


@frozen
class CommandRefused:
    """A command of the host was not carried out."""

    command_id: str
    reason: str


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
    """A signal has no terminal event after the time allowed; repeated until it has."""

    signal_id: str
    symbol: str
    waiting_ms: int


@frozen
class OrderCorrected:
    """A fill came after the terminal event that `corrects` names."""

    signal_id: str
    client_order_id: str
    symbol: str
    corrects: str
    filled: Decimal


@frozen
class PositionOpened:
    """The first fill opened a position; `quantity` is signed base units."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    strategy: str


@frozen
class PositionUpdated:
    """A fill changed a position that stays open."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    realised_pnl: Decimal


@frozen
class PositionClosed:
    """A position is flat; money in the margin asset over its whole life."""

    symbol: str
    position_side: PositionSide
    exit_price: Decimal
    realised_pnl: Decimal
    fees: Decimal
    strategy: str


@frozen
class PositionCorrected:
    """Profit and fees of a closed position that came late, beside those of its `PositionClosed`."""

    symbol: str
    position_side: PositionSide
    realised_pnl: Decimal
    fees: Decimal
    strategy: str


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
class EngineReady:
    """Recovery and the first reconciliation are done; entries are possible from now on."""

    generation: int


Event = (
    OrderRefused
    | CommandRefused
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
    | PositionOpened
    | PositionUpdated
    | PositionClosed
    | PositionCorrected
    | PositionProtected
    | TradingStateReported
    | AlertRaised
    | EngineReady
)
