"""Reconciliation: our view against the venue's.

Reconciler -> OrderManager, PositionMonitor (`CompareOrders`, `ComparePositions`); they answer with
what differs (`OrdersCompared`, `PositionsCompared`); Reconciler -> RiskGate (`SymbolsMismatched`),
and at last -> PositionMonitor (`AdoptPosition`). A second pass over the same truth changes nothing.
"""

from attrs import frozen

from .venue import OrderEvidence, PositionEvidence, TradeEvidence


@frozen
class CompareOrders:
    """Both open listings as the venue gave them, with the times of departure (engine time)."""

    pass_number: int
    departed_at_ns: int
    orders: tuple[OrderEvidence, ...]
    final: bool
    """True for a pass that must settle a start or a gap."""


@frozen
class OrdersCompared:
    """Which symbols differ, and which orders need a query of their own."""

    pass_number: int
    mismatched: tuple[str, ...]
    unsettled: int
    unclear: tuple[str, ...] = ()
    """Symbols of entries among the unsettled: a fill of theirs may be all that differs."""


@frozen
class ComparePositions:
    """The position listing as the venue gave it."""

    pass_number: int
    departed_at_ns: int
    positions: tuple[PositionEvidence, ...]
    final: bool
    closers: tuple[OrderEvidence, ...] = ()
    """The conditional orders of the listing before, whoever's they are."""


@frozen
class PositionsCompared:
    """Which symbols differ; `foreign` are positions that were never ours."""

    pass_number: int
    mismatched: tuple[str, ...]
    foreign: tuple[str, ...]


@frozen
class AdoptPosition:
    """A difference that no fill of ours explains: take over what the pass has shown."""

    pass_number: int
    symbol: str


@frozen
class TradesFound:
    """Fills that the venue lists, for the orders that may have missed them.

    With `differs` the position differs from the venue's: fills that were booked are told again,
    and those of orders that are not ours are told, too.
    """

    symbol: str
    trades: tuple[TradeEvidence, ...]
    differs: bool = False


@frozen
class VenueListed:
    """Reconciler -> RiskGate: what a pass found at the venue, whoever's it is."""

    departed_at_ns: int
    """Engine time at which the first of its questions left."""
    open_orders: tuple[tuple[str, int], ...]
    """Regular orders by symbol."""
    conditional_orders: int
    """Of the whole account."""


@frozen
class SymbolsMismatched:
    """Symbols whose difference survived two passes: the gate refuses their entries."""

    symbols: tuple[str, ...]
