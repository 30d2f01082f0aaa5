"""Equity: the equity at the start of the UTC day and the highest ever seen.

Pure. The first equity known in a UTC day is its start, as the venue tells none; the peak falls
only when a person sets it anew. Money that the user stream names as moved in or out moves both
marks, so that it is neither a profit nor a loss; what moves while nobody listens counts like profit
and loss. Days are counted from 1970-01-01 UTC by engine time.
"""

from decimal import Decimal

from attrs import frozen

DAY_NS = 86_400_000_000_000


@frozen
class EquityMarks:
    """What later equity is compared with, in the margin asset; `day` is the UTC day's number."""

    day: int
    day_start: Decimal
    peak: Decimal


def mark_equity(marks: EquityMarks | None, equity: Decimal, at_ns: int) -> EquityMarks:
    """Return the marks after one more equity; a clock that ran backwards opens no new day."""
    day = at_ns // DAY_NS
    if marks is None:
        return EquityMarks(day, equity, equity)
    peak = max(marks.peak, equity)
    if day > marks.day:
        return EquityMarks(day, equity, peak)
    return EquityMarks(marks.day, marks.day_start, peak)


def reset_peak(marks: EquityMarks, equity: Decimal) -> EquityMarks:
    """Return the marks with the peak at equity as it is now, whatever it was."""
    return EquityMarks(marks.day, marks.day_start, equity)


def move_marks(
    marks: EquityMarks, change: Decimal, equity: Decimal, *, counted: bool
) -> EquityMarks:
    """Return the marks after money was moved in, or out where `change` is negative.

    `counted` says that equity held the change already before it was named: the peak may then have
    risen by it, and a deposit must not raise it twice.
    """
    peak = marks.peak + change
    if counted:
        peak = min(peak, max(marks.peak, equity))
    return EquityMarks(marks.day, marks.day_start + change, max(peak, equity))
