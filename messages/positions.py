"""Positions: exits that a strategy wants, and what others must know of open positions.

ExecutionSystem -> PositionMonitor (`RequestClose`, `FlattenAll`); CircuitBreaker -> PositionMonitor
(`FlattenAll`, when a loss halts); PositionMonitor -> RiskGate (`PositionAdopted`), ExecutionSystem
(`CloseRefused`).
"""

from decimal import Decimal

from attrs import frozen

from .intake import SubmitSignal
from .values import PositionSide


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


@frozen
class PositionAdopted:
    """The venue holds less of a position of ours than our fills say; `change` is signed."""

    symbol: str
    position_side: PositionSide
    change: Decimal


@frozen
class ProtectionFailing:
    """A position has had no stop for too long (alarm on), or has one again (off)."""

    symbol: str
    alarm: bool
