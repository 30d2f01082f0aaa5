"""Plans: how a wish is carried out in slices instead of by one order.

Part of the conversation of `intake.py`: a plan stands in `ExecuteAlgorithm` beside the signal that
says what is wanted. Durations in milliseconds, quantities in base units.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class Twap:
    """Equal slices at equal intervals; one that is filled in part is made up for by the next.

    Slices are MARKET orders, or with a LIMIT signal IOC orders at its price.
    """

    duration_ms: int
    slices: int
    jitter_pct: Decimal = Decimal(0)
    """How late a slice may be drawn to come, percent of an interval."""
