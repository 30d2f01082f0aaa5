"""Plans: how a wish is carried out in slices, and how a trailing stop follows its position.

Part of the conversation of `intake.py`: a plan stands in `ExecuteAlgorithm` beside the signal that
says what is wanted; a trailing stop in the signal, and then in the orders that it comes to.
Durations in milliseconds, quantities in base units.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class TrailingStop:
    """How far the venue lets the price come back from its best before it closes the position."""

    callback_pct: Decimal
    """Percent of the best price; 0.1 to 10 by tenths."""
    activate_price: Decimal | None = None
    """From which price on it follows; None for at once."""


@frozen
class Twap:
    """Equal slices at equal intervals; one that is filled in part is made up for by the next.

    Slices are MARKET orders, or with a LIMIT signal IOC orders at its price.
    """

    duration_ms: int
    slices: int
    jitter_pct: Decimal = Decimal(0)
    """How late a slice may be drawn to come, percent of an interval."""


@frozen
class Vwap:
    """Slices in the proportions of a volume curve, none above its share of the volume.

    The curve is the volume expected in each of as many equal intervals, base units.
    """

    duration_ms: int
    curve: tuple[Decimal, ...]
    participation_pct_max: Decimal
    """Percent of an interval's volume that a slice in it may have."""


@frozen
class Iceberg:
    """One LIMIT slice at a time rests at the signal's price, and the next when it is filled."""

    show: Decimal
    """How much is shown at a time."""
    variance_pct: Decimal = Decimal(0)
    """How much more or less may be drawn to be shown, percent of that."""


@frozen
class Bracket:
    """One entry with a stop and a target, or a trailing stop; what fills first ends the others.

    It lasts until its position is closed: also what of its entry still rests goes then.
    """


@frozen
class Chase:
    """One post-only order at the best price of its side, moved as that moves, within a bound."""

    moves_max: int
    distance_bps_max: Decimal
    """How far the best price may be from where it began, basis points."""
    takes: bool = False
    """Whether what is left at the bound is taken at the market instead of given up."""


@frozen
class Oco:
    """One of two entries: the signal's limit rests, or what is left is taken at the stop price.

    The first that fills ends the other, and both together never fill more than was wished.
    """

    stop_price: Decimal
    """Beyond the market: an entry at the market once the price gets there."""


Plan = Twap | Vwap | Iceberg | Bracket | Chase | Oco
