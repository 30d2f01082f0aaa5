"""Test of clock_sync: the true offset is always inside the bound, and steps are noticed."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.clock_sync import (
    Sample,
    best_of,
    error_at_ns,
    take_sample,
    with_sample,
)

MS = 1_000_000
SECOND = 1_000 * MS


def test_the_offset_is_the_venue_s_time_minus_the_midpoint() -> None:
    sample = take_sample(venue_ms=1_050, sent_at_ns=1_000 * MS, received_at_ns=1_020 * MS)

    assert Sample(40 * MS + MS // 2, 10 * MS + MS // 2, 1_020 * MS) == sample


def test_a_clock_that_ran_backwards_counts_as_no_round_trip() -> None:
    sample = take_sample(venue_ms=5, sent_at_ns=9 * MS, received_at_ns=8 * MS)

    assert MS // 2 == sample.error_ns


def test_an_error_bound_grows_with_age() -> None:
    sample = Sample(0, MS, 0)

    assert MS + 100_000 == error_at_ns(sample, SECOND)


def test_every_figure_is_a_whole_number_of_nanoseconds() -> None:
    sample = take_sample(venue_ms=1_050, sent_at_ns=1_000 * MS, received_at_ns=1_020 * MS + 1)

    assert int is type(sample.offset_ns)
    assert int is type(error_at_ns(sample, 1_020 * MS + 8))


def test_samples_of_a_clock_that_is_far_ahead_agree_with_each_other() -> None:
    before, new = Sample(5 * SECOND, MS, 0), Sample(5 * SECOND, MS, 1)

    assert (before, new) == with_sample((before,), new, 8)


def test_bounds_that_touch_agree_and_bounds_that_do_not_contradict() -> None:
    before = (Sample(0, 3 * MS, 0),)
    touching, beyond = Sample(5 * MS, 2 * MS, 0), Sample(5 * MS + 1, 2 * MS, 0)

    assert (*before, touching) == with_sample(before, touching, 8)
    assert (beyond,) == with_sample(before, beyond, 8)


def test_the_best_sample_is_the_one_with_the_smallest_bound_now() -> None:
    old, new = Sample(1, MS, 0), Sample(2, 2 * MS, 20 * SECOND)

    assert old == best_of((old, new), 5 * SECOND)
    assert new == best_of((old, new), 20 * SECOND)


def test_no_samples_have_no_best() -> None:
    assert best_of((), 0) is None


def test_only_the_newest_of_a_window_are_kept() -> None:
    samples = tuple(Sample(0, MS, at_ns) for at_ns in range(3))
    new = Sample(0, MS, 3)

    assert (*samples[1:], new) == with_sample(samples, new, 3)


def test_a_sample_that_contradicts_the_others_drops_them() -> None:
    before = (Sample(0, MS, 0), Sample(0, MS, 1))
    stepped = Sample(SECOND, MS, 2)

    assert (stepped,) == with_sample(before, stepped, 8)


@given(
    offset_ns=st.integers(-5 * SECOND, 5 * SECOND),
    sent_at_ns=st.integers(10 * SECOND, 20 * SECOND),
    there_ns=st.integers(0, SECOND),
    back_ns=st.integers(0, SECOND),
)
def test_the_true_offset_is_inside_the_bound_whatever_the_way(
    offset_ns: int, sent_at_ns: int, there_ns: int, back_ns: int
) -> None:
    stamped_at_ns = sent_at_ns + there_ns

    sample = take_sample(
        venue_ms=(stamped_at_ns + offset_ns) // MS,
        sent_at_ns=sent_at_ns,
        received_at_ns=stamped_at_ns + back_ns,
    )

    assert abs(sample.offset_ns - offset_ns) <= sample.error_ns
