"""Queries: the host asks, the owner answers with a frozen snapshot.

Host -> the actor that owns the answer, routed by the front; nothing changes. The answer is one of
the classes below and ends the talk.
"""

from decimal import Decimal

from attrs import frozen

from .values import OrderState, OrderType, PositionSide, Side, TradingState


@frozen
class GetStatus:
    """Ask for the trading state and the health of the engine."""


@frozen
class GetOrders:
    """Ask for orders; by default the open ones."""

    symbol: str = ""
    open_only: bool = True


@frozen
class GetPositions:
    """Ask for the open positions."""


@frozen
class GetSummary:
    """Ask for the counts of a run."""


@frozen
class EngineStatus:
    """Answer to `GetStatus`."""

    trading_state: TradingState
    epoch: int
    reason: str
    held_symbols: tuple[str, ...]
    venue_open: bool


@frozen
class OrderView:
    """One order as its owner sees it; prices in quote units, quantities in base units."""

    client_order_id: str
    signal_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    state: OrderState
    quantity: Decimal
    filled: Decimal
    average_price: Decimal
    attempts: int


@frozen
class OrdersView:
    """Answer to `GetOrders`."""

    orders: tuple[OrderView, ...]


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


@frozen
class PositionsView:
    """Answer to `GetPositions`."""

    positions: tuple[PositionView, ...]
    realised_pnl: Decimal
    fees: Decimal
    longest_unprotected_ms: int


@frozen
class SummaryView:
    """Answer to `GetSummary`, from ExecutionSystem's own counts."""

    signals: int
    refusals: tuple[tuple[str, int], ...]
    outcomes: tuple[tuple[str, int], ...]


Query = GetStatus | GetOrders | GetPositions | GetSummary
QueryAnswer = EngineStatus | OrdersView | PositionsView | SummaryView
