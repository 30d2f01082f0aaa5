"""Liquidation: how far a position is from the price at which the venue closes it.

Pure. The venue tells the price with every listing of positions; between two listings it moves with
the account, so the distance is an estimate at the mark. Source: Binance USDS-M positionRisk v3,
`liquidationPrice`, read 2026-11-20.
"""

from decimal import Decimal

from attrs import define

HUNDRED = Decimal(100)
PLACES = 4


@define
class Liquidation:
    """What is known of a position's liquidation."""

    price: Decimal
    is_near: bool = False
    """Whether a person was told that it is near, and not yet that it no longer is."""


def distance_pct(mark: Decimal, price: Decimal) -> Decimal:
    """Return the distance of a liquidation price from the mark, percent of that, four places."""
    return round(abs(mark - price) / mark * HUNDRED, PLACES)
