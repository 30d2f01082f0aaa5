"""AccountSettings: what a venue does to an account by itself, and for how long it remembers.

Owns the records for funding, liquidation, another asset for fees, and the ages of history, each a
section of the venue's settings. Figures are Binance's as read in 2026-11; ages are settings so
that a test can let them pass in virtual time.
"""

from decimal import Decimal

from attrs import frozen

DAY_MS = 24 * 60 * 60 * 1000
HOUR_MS = 60 * 60 * 1000


@frozen
class FundingRules:
    """Funding is exchanged at full intervals of the UTC day: 00:00, 08:00 and 16:00."""

    rate: Decimal = Decimal("0.0001")
    """What a long pays of its notional while the market tells no rate; 0 for no funding."""
    interval_ms: int = 8 * HOUR_MS
    rates_kept_max: int = 1_000
    """Past rates kept of each symbol."""


@frozen
class LiquidationRules:
    """When the margin balance no longer covers the maintenance margin."""

    is_on: bool = True
    call_ratio: Decimal = Decimal("0.8")
    """Maintenance margin over margin balance at which a MARGIN_CALL is sent."""
    clearance_fee: Decimal = Decimal("0.0125")
    """Share of the liquidated notional that the insurance fund takes, as far as it is there."""
    takeover_ms: int = 50
    """From the cancelling of orders to the forced order; new orders are refused (-2023)."""
    adl_share: Decimal = Decimal("0.5")
    """How much of a winning position an automatic deleveraging takes."""


@frozen
class FeeAsset:
    """Another asset that pays fees while there is some of it; the rest is paid in quote."""

    asset: str = "BNB"
    balance: Decimal = Decimal(0)
    price: Decimal = Decimal(600)
    """What one unit is worth in quote currency."""
    discount: Decimal = Decimal("0.1")
    is_on: bool = True
    """The account's own switch (feeBurn)."""


@frozen
class HistoryAges:
    """How old a thing becomes before queries and listings know it no more."""

    unfilled_order_ms: int = 3 * DAY_MS
    """A cancelled or expired order without fill."""
    order_ms: int = 90 * DAY_MS
    trade_ms: int = 90 * DAY_MS
    """Six months until 2026-08-26, three since."""
    income_ms: int = 90 * DAY_MS
    forced_order_ms: int = 90 * DAY_MS
