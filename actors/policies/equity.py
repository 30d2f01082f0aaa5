"""Equity: the equity at the start of the UTC day and the highest ever seen.

Pure. The first equity known in a UTC day is its start, as the venue tells none; the peak never
falls. Money moved in or out counts like profit and loss, since the venue's balance shows no
difference. Days are counted from 1970-01-01 UTC by engine time.
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
