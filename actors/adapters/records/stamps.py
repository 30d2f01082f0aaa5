"""Stamps: times and figures as the records show them to people and to other programs."""

from datetime import UTC, datetime
from decimal import Decimal

from ...policies.rounding import plain

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
US_NS = 1_000


def stamp(at_ns: int) -> str:
    """Return a time as RFC 3339 in UTC with microseconds, which sorts as text."""
    at = datetime.fromtimestamp(at_ns // SECOND_NS, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ns % SECOND_NS // US_NS:06d}Z"


def stamp_of_ms(at_ms: int) -> str:
    """Return a time of the venue's, in milliseconds, as `stamp` does."""
    return stamp(at_ms * MS_NS)


def figure(value: Decimal | None) -> str | None:
    """Return a figure in plain notation, without an exponent; None stays None."""
    return None if value is None else plain(value)
