"""Market: prices and the venue's clock, from the wires to those who decide by them.

MarketSocket -> MarketData (`QuoteObserved`, coalesced at the edge); MarketData -> RiskGate and
PositionMonitor (`MarkChanged`). VenueClock -> lanes, RiskGate, OrderManager and others
(`ClockChanged`). A lane that hears a request refused for its time tells VenueClock `ResyncClock`.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class QuoteObserved:
    """Best bid, best ask and mark of a symbol, in quote units; mark is zero where none came."""

    symbol: str
    bid: Decimal
    ask: Decimal
    mark: Decimal
    at_ms: int


@frozen
class MarkChanged:
    """The mark of a symbol moved or is due; `at_ns` is the engine time of the observation."""

    symbol: str
    mark: Decimal
    bid: Decimal
    ask: Decimal
    at_ns: int


@frozen
class MarketStreamChanged:
    """The market stream opened or closed."""

    connected: bool
    reason: str


@frozen
class ClockChanged:
    """venue time = engine time + `offset_ns`, give or take `error_ns`."""

    offset_ns: int
    error_ns: int
    trusted: bool
    """False while nothing may be signed."""


@frozen
class ResyncClock:
    """The venue refused a request for its time: read the venue's clock now."""

    reason: str
