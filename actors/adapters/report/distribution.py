"""Distribution: percentiles of a sample and bins for its picture.

Pure. Durations are whole microseconds; a percentile is a value of the sample, by nearest rank, so
that p99 of ten values is the largest of them and never a figure that nobody has seen. Bins of
durations grow by a third of a decade, since a signal's microseconds and a stop's seconds stand in
one picture.
"""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

PERCENTILES = (50, 90, 95, 99)
EDGES_PER_DECADE = (10, 22, 46)
"""A third of a decade each, times a power of ten, in microseconds."""
DECADES = 9
BPS_BINS = 24


@frozen
class Bin:
    """How many values are from `low` on and below `high`; both in the sample's unit."""

    low: Decimal
    high: Decimal
    count: int


@frozen
class Spread:
    """A sample of durations in sum; all None where it is empty."""

    count: int
    min_us: int | None
    p50_us: int | None
    p90_us: int | None
    p95_us: int | None
    p99_us: int | None
    max_us: int | None
    mean_us: int | None


def spread(sample: Sequence[int]) -> Spread:
    """Return what a sample of durations is in sum."""
    if not sample:
        return Spread(0, *([None] * 7))
    ordered = sorted(sample)
    p50, p90, p95, p99 = (nearest(ordered, each) for each in PERCENTILES)
    mean = sum(ordered) // len(ordered)
    return Spread(len(ordered), ordered[0], p50, p90, p95, p99, ordered[-1], mean)


def nearest(ordered: Sequence[int], percent: int) -> int:
    """Return the least value that at least so many percent of a sorted sample do not exceed."""
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def duration_bins(sample: Sequence[int]) -> list[Bin]:
    """Return bins over all of a sample of durations, without gaps; the first begins with 0."""
    if not sample:
        return []
    edges = [each * 10**decade for decade in range(DECADES) for each in EDGES_PER_DECADE]
    counts = [0] * (len(edges) + 1)
    for value in sample:
        counts[bisect_right(edges, value)] += 1
    used = [index for index, count in enumerate(counts) if count]
    bounds = [0, *edges, edges[-1] * 10]
    return [
        Bin(Decimal(bounds[index]), Decimal(bounds[index + 1]), counts[index])
        for index in range(used[0], used[-1] + 1)
    ]


def even_bins(sample: Sequence[Decimal]) -> list[Bin]:
    """Return bins of one width, a round one, over all of a sample; one of them begins at 0."""
    if not sample:
        return []
    low, high = min(*sample, Decimal(0)), max(*sample, Decimal(0))
    width = _round_width((high - low) / BPS_BINS)
    first, last = low // width - (low % width < 0), high // width
    counts = [0] * (int(last - first) + 1)
    for value in sample:
        counts[int(value // width - (value % width < 0) - first)] += 1
    return [
        Bin((first + index) * width, (first + index + 1) * width, count)
        for index, count in enumerate(counts)
    ]


def _round_width(width: Decimal) -> Decimal:
    """Return the next of 1, 2, 5 and 10 times a power of ten; 0.01 at the least."""
    if width <= Decimal("0.01"):
        return Decimal("0.01")
    unit = Decimal(1).scaleb(width.adjusted())
    return next(each * unit for each in map(Decimal, (1, 2, 5, 10)) if each * unit >= width)
