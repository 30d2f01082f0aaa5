"""User stream: what the account's own stream reports, deduplicated, to the owners.

UserSocket -> UserStream (`OrderFrame`, `AccountFrame`, `AccountConfigFrame`, `MarginCalled`,
`FrameQuarantined`, `UserStreamChanged`); UserStream -> OrderManager (`OrderReported`), Account
(`BalancesReported`; `RefreshAccount` after a changed setting), PositionMonitor (`PositionReported`,
`FundingPaid`), CircuitBreaker (`TripBreaker` after a margin call), Reconciler (`BackfillNeeded`),
RiskGate and OrderManager (`StreamHealthChanged`). UserStream, when it begins a life, asks
UserSocket `ReportUserStream`; Reconciler ends a gap with `BackfillDone`. CircuitBreaker asks and
hears the same after an outage of the venue.
"""

from decimal import Decimal

from attrs import frozen

from .values import PositionSide
from .venue import OrderEvidence, PositionEvidence, TradeEvidence


@frozen
class OrderFrame:
    """One frame about an order, or an algo order, or a bare fill (`lite`)."""

    evidence: OrderEvidence | None
    trade: TradeEvidence | None
    execution: str
    """The venue's execution type, e.g. NEW, TRADE, CANCELED; empty for algo frames."""
    lite: bool
    event_at_ms: int


@frozen
class AccountFrame:
    """Balances and positions that changed; a delta, not a snapshot."""

    reason: str
    wallet: Decimal | None
    positions: tuple[PositionEvidence, ...]
    event_at_ms: int
    change: Decimal = Decimal(0)
    """What moved the wallet beside profit and fees, as a transfer or funding does."""
    symbol: str = ""
    """Whose funding it was; empty for every other reason."""


@frozen
class AccountConfigFrame:
    """A setting of the account changed at the venue: leverage, or the asset mode."""

    event_at_ms: int


@frozen
class MarginCalled:
    """The venue warns that positions are near their liquidation; it may be late."""

    positions: tuple[PositionEvidence, ...]
    event_at_ms: int


@frozen
class FrameQuarantined:
    """A frame that the engine cannot read, kept as it came; the venue is asked instead.

    `is_lossy` where it is of a kind that tells of orders or money: what it said is missing.
    """

    kind: str
    reason: str
    text: str
    is_lossy: bool


@frozen
class FundingPaid:
    """Funding of a symbol's positions in the margin asset: received above zero, paid below."""

    symbol: str
    amount: Decimal
    at_ms: int


@frozen
class UserStreamChanged:
    """The user stream opened or closed."""

    connected: bool
    reason: str


@frozen
class ReportUserStream:
    """Tell `UserStreamChanged` again if the stream is open."""


@frozen
class StreamHealthChanged:
    """Whether the user stream is connected and backfilled."""

    healthy: bool
    reason: str


@frozen
class BackfillNeeded:
    """Reports may be missing since `since_ms` (venue time): compare everything with the venue.

    0 or less means since ever. A second one overrides a first that is still open.
    """

    since_ms: int
    reason: str


@frozen
class BackfillDone:
    """The comparison that a gap asked for is through; `since_ms` is that of the asker."""

    since_ms: int


@frozen
class BalancesReported:
    """The wallet balance after an account event, in the margin asset.

    `reason` is the venue's word for the event; `change` what it moved beside profit and fees.
    """

    wallet: Decimal
    at_ms: int
    reason: str = ""
    change: Decimal = Decimal(0)


@frozen
class PositionReported:
    """The venue's view of one position after an event."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    at_ms: int
