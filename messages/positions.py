"""Positions: exits that a strategy wants, and what others must know of open positions.

ExecutionSystem -> PositionMonitor (`RequestClose`, `FlattenAll`); CircuitBreaker -> PositionMonitor
(`FlattenAll`, when a loss halts, then `ReportOpen` until `OpenReported` names none);
OrderManager -> PositionMonitor (`StrangerFilled`; `FlattenAll` for a fill after a flatten);
PositionMonitor -> RiskGate (`PositionAdopted`), ExecutionSystem (`CloseRefused`), Reconciler
(`CheckPositions`).
"""

from decimal import Decimal

from attrs import frozen

from .intake import SubmitSignal
from .values import CloseReason, PositionSide
from .venue import TradeEvidence


@frozen
class RequestClose:
    """A CLOSE or REDUCE wish, to be turned into a reducing order of the right size."""

    intent_id: str
    signal: SubmitSignal


@frozen
class CloseRefused:
    """There is nothing to close, or it is too small to halve."""

    intent_id: str
    signal_id: str
    symbol: str
    guard: str
    figure: str
    limit: str


@frozen
class FlattenAll:
    """Close our positions of a symbol, or all when it is empty."""

    command_id: str
    symbol: str
    reason: str
    verified: bool = False
    """Whether it is told what the venue shows of them in the end."""


@frozen
class ReportOpen:
    """CircuitBreaker -> PositionMonitor: which of our positions are still open?"""


@frozen
class OpenReported:
    """PositionMonitor -> CircuitBreaker: our open positions, as `symbol/position side`."""

    keys: tuple[str, ...]


@frozen
class PositionAdopted:
    """The venue holds less of a position of ours than our fills say; `change` is signed."""

    symbol: str
    position_side: PositionSide
    change: Decimal


@frozen
class StrangerFilled:
    """An order that the engine did not send was filled; empty id where only the fill is known."""

    client_order_id: str
    reason: CloseReason
    trade: TradeEvidence


@frozen
class TakeStranger:
    """PositionMonitor -> itself: a fill that explains a difference is booked after all."""

    trade: TradeEvidence


@frozen
class CheckPositions:
    """PositionMonitor, ExecutionSystem -> Reconciler: something may be wrong; compare now."""

    reason: str


@frozen
class ProtectionFailing:
    """A position has had no stop for too long (alarm on), or has one again (off)."""

    symbol: str
    alarm: bool
