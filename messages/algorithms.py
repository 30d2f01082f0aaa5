"""Algorithms: a wish that is carried out in slices, between those who see to it.

ExecutionSystem owns the parent. It asks RiskGate once for the whole (`RequestAlgorithm`), which
reserves nothing and answers `AlgorithmAdmitted` or `ApprovalRefused`; every slice then asks for
itself, as a signal of its own does. While the parent runs, RiskGate passes on what may end it
(`TradingStateChanged`, `PositionGone`) and the prices that it follows (`MarkChanged`).
`ReleaseAlgorithm` ends the talk.
"""

from attrs import frozen

from .instruments import Filters
from .intake import ExecuteAlgorithm
from .market import MarkChanged
from .values import PositionSide


@frozen
class RequestAlgorithm:
    """Ask the gate whether all of it may be carried out, as the world is now."""

    intent_id: str
    command: ExecuteAlgorithm


@frozen
class AlgorithmAdmitted:
    """It may begin; by these rules and prices its slices are cut, where they are known."""

    intent_id: str
    filters: Filters | None
    mark: MarkChanged | None


@frozen
class PositionGone:
    """A position of ours is flat: whoever was opening it in slices ends."""

    symbol: str
    position_side: PositionSide


@frozen
class ReleaseAlgorithm:
    """The parent has ended: nothing more is asked for in its name."""

    intent_id: str
