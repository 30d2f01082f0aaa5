"""Queries: the host asks, the owner answers with a frozen snapshot.

Host -> the actor that owns the answer, routed by the front; nothing changes. The answer is one of
the classes below and ends the talk. How the engine itself is, is asked in the same way by the
queries of `vitals.py`.
"""

from decimal import Decimal

from attrs import frozen

from .values import (
    CloseReason,
    ErrorKind,
    ErrorType,
    Leg,
    Operation,
    OrderState,
    OrderType,
    Outcome,
    PositionSide,
    Severity,
    Side,
    TimeInForce,
    TradingState,
)
from .vitals import VitalsAnswer, VitalsQuery


@frozen
class GetStatus:
    """Ask for the trading state and the health of the engine."""


@frozen
class GetOrders:
    """Ask for orders; by default the open ones."""

    symbol: str = ""
    open_only: bool = True
    signal_id: str = ""
    """Only the orders that this signal asked for; empty for all."""


@frozen
class GetOrder:
    """Ask for one order, open or ended, by any of its ids: client, venue, algo or client algo."""

    order_id: str


@frozen
class GetStatistics:
    """Ask how many orders there were, and what became of them."""


@frozen
class GetPositions:
    """Ask for the open positions."""


@frozen
class GetSummary:
    """Ask for the counts of a run."""


@frozen
class GetAlgorithms:
    """Ask for the algorithms that run, and the latest that have ended."""


@frozen
class GetCancellation:
    """Ask how far a `CancelOrders` has come."""

    command_id: str


@frozen
class GetFlattening:
    """Ask how far a verified `FlattenPositions` has come."""

    command_id: str


@frozen
class EngineStatus:
    """Answer to `GetStatus`."""

    trading_state: TradingState
    epoch: int
    reason: str
    held_symbols: tuple[str, ...]
    venue_open: bool


@frozen
class StateTime:
    """When an order came into a state, by the engine's clock."""

    state: OrderState
    at_ms: int


@frozen
class OrderError:
    """One failed request for an order, with the verdict on it."""

    operation: Operation
    attempt: int
    attempts_max: int
    error_type: ErrorType
    kind: ErrorKind
    outcome: Outcome
    severity: Severity
    status: int
    code: int
    """The venue's number, 0 for none."""
    text: str
    at_ms: int


@frozen
class OrderView:
    """One order as its owner sees it; prices in quote units, quantities in base units."""

    client_order_id: str
    venue_order_id: str
    """Of a conditional order that of its child; empty until there is one."""
    client_algo_id: str
    algo_id: str
    """Both empty for an order that is not conditional."""
    intent_id: str
    leg: Leg
    signal_id: str
    strategy: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    time_in_force: TimeInForce
    state: OrderState
    reason: str
    quantity: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
    close_position: bool
    filled: Decimal
    average_price: Decimal
    attempts: int
    created_at_ms: int
    deadline_ms: int
    """When it is cancelled or given up, by the venue's clock; 0 for never."""
    times: tuple[StateTime, ...]
    """Every move from state to state; of very many the first and the latest."""
    errors: tuple[OrderError, ...]
    """The latest failed requests."""


@frozen
class StrangerView:
    """One order at the venue that the engine did not send, and why it exists."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    status: str
    """The venue's own word."""
    quantity: Decimal
    filled: Decimal
    average_price: Decimal
    made_by: CloseReason


@frozen
class OrdersView:
    """Answer to `GetOrders` and `GetOrder`; empty where there is no such order."""

    orders: tuple[OrderView, ...]
    strangers: tuple[StrangerView, ...] = ()
    """Orders that are not ours, with `GetOrders` alone."""


@frozen
class CancellationView:
    """Answer to `GetCancellation`, by client order id; of a command nobody knows all is empty."""

    command_id: str
    is_over: bool
    done: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    """Each with its reason."""
    pending: tuple[str, ...] = ()


@frozen
class FlatteningView:
    """Answer to `GetFlattening`; of a command nobody knows nothing is over."""

    command_id: str
    is_over: bool
    is_flat: bool = False
    """By the venue's own positions."""
    left: tuple[str, ...] = ()
    """What is still open, as `symbol/position side`."""


@frozen
class StatisticsView:
    """Answer to `GetStatistics`: entries and exits since the journal began, not protection.

    Executed is what ended with a fill, failed what ended without one and was not cancelled.
    """

    total_orders: int
    executed: int
    failed: int
    cancelled: int
    pending: int
    success_rate: Decimal | None
    """Executed of executed and failed; None while there is neither."""


@frozen
class PositionView:
    """One position; `quantity` is signed, money in the margin asset."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    realised_pnl: Decimal
    fees: Decimal
    stop_price: Decimal | None
    protected: bool
    position_id: str = ""
    strategy: str = ""
    funding: Decimal = Decimal(0)
    liquidation_price: Decimal | None = None
    liquidation_distance_pct: Decimal | None = None
    """From the mark, percent of it; both None where nobody has told."""


@frozen
class StrategyView:
    """What a strategy made in this run, over closed and open positions; money as above."""

    strategy: str
    realised_pnl: Decimal
    fees: Decimal
    funding: Decimal


@frozen
class PositionsView:
    """Answer to `GetPositions`."""

    positions: tuple[PositionView, ...]
    realised_pnl: Decimal
    fees: Decimal
    longest_unprotected_ms: int
    funding: Decimal = Decimal(0)
    other_fees: tuple[tuple[str, Decimal], ...] = ()
    """Fees paid in other assets, by asset."""
    strategies: tuple[StrategyView, ...] = ()


@frozen
class SummaryView:
    """Answer to `GetSummary`, from ExecutionSystem's own counts."""

    signals: int
    refusals: tuple[tuple[str, int], ...]
    outcomes: tuple[tuple[str, int], ...]


@frozen
class AlgorithmView:
    """One algorithm; quantities in base units."""

    signal_id: str
    algorithm: str
    """The name of its plan."""
    symbol: str
    side: Side
    quantity: Decimal
    filled: Decimal
    average_price: Decimal
    slices: tuple[str, ...]
    """Its slices' own signals, oldest first."""
    outcome: str
    """How it ended; empty while it runs."""
    reason: str


@frozen
class AlgorithmsView:
    """Answer to `GetAlgorithms`."""

    algorithms: tuple[AlgorithmView, ...]


Query = (
    GetStatus
    | GetOrders
    | GetOrder
    | GetStatistics
    | GetCancellation
    | GetFlattening
    | GetPositions
    | GetSummary
    | GetAlgorithms
    | VitalsQuery
)
QueryAnswer = (
    EngineStatus
    | OrdersView
    | StatisticsView
    | CancellationView
    | FlatteningView
    | PositionsView
    | SummaryView
    | AlgorithmsView
    | VitalsAnswer
)
