"""Distribution: percentiles are values of the sample, and bins hold all of it."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.adapters.report.distribution import (
    duration_bins,
    even_bins,
    nearest,
    spread,
)

DURATIONS = st.lists(st.integers(0, 10**10), max_size=60)
SLIPS = st.lists(st.decimals(-500, 500, places=3), max_size=60)


def test_of_an_empty_sample_nothing_is_told() -> None:
    empty = spread([])

    assert 0 == empty.count
    assert empty.p50_us is None
    assert empty.max_us is None
    assert [] == duration_bins([])
    assert [] == even_bins([])


def test_a_percentile_is_the_nearest_rank_of_the_sample() -> None:
    told = spread(list(range(1, 101)))

    assert (1, 50, 90, 95, 99, 100, 50) == (
        told.min_us,
        told.p50_us,
        told.p90_us,
        told.p95_us,
        told.p99_us,
        told.max_us,
        told.mean_us,
    )
    assert 7 == nearest([7], 50)


@given(DURATIONS)
def test_every_duration_is_in_one_bin_and_bins_leave_no_gap(sample: list[int]) -> None:
    bins = duration_bins(sample)

    assert len(sample) == sum(each.count for each in bins)
    assert all(before.high == after.low for before, after in pairwise(bins))
    for each in bins:
        assert each.count == sum(each.low <= value < each.high for value in sample)


@given(SLIPS)
def test_every_slip_is_in_one_bin_of_a_width_and_none_holds_both_signs(
    sample: list[Decimal],
) -> None:
    bins = even_bins(sample)

    assert len(sample) == sum(each.count for each in bins)
    assert 1 >= len({each.high - each.low for each in bins})
    assert all(each.low >= 0 or each.high <= 0 for each in bins)
    for each in bins:
        assert each.count == sum(each.low <= value < each.high for value in sample)
