"""Token bucket: what a design admits, and the arithmetic of taking and refilling."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.token_bucket import (
    Bucket,
    BucketDesign,
    design_bucket,
    earliest_ms,
    full_bucket,
    level_at,
    lower_to,
    redesigned,
    take,
)

NOW_MS = 1_700_000_000_000
SHARES = st.decimals("0.05", "0.95", places=2)


def ten_seconds(limit: int = 300) -> BucketDesign:
    return design_bucket(limit=limit, window_ms=10_000, late_ms=11_000, burst_share=Decimal("0.25"))


def test_a_design_leaves_room_for_grants_that_arrive_late() -> None:
    design = ten_seconds()

    assert BucketDesign(300, 75, 107, 10_000, 11_000) == design
    assert design.admitted_max == 300


def test_without_lateness_burst_and_refill_share_the_limit_exactly() -> None:
    design = design_bucket(limit=2400, window_ms=60_000, late_ms=0, burst_share=Decimal("0.25"))

    assert (600, 1800, 2400) == (design.capacity, design.refill, design.admitted_max)


@given(
    limit=st.integers(40, 10_000),
    window_ms=st.integers(1, 120_000),
    late_share=st.integers(0, 3),
    burst_share=SHARES,
)
def test_no_design_admits_more_than_its_limit_and_none_wastes_a_refill(
    limit: int, window_ms: int, late_share: int, burst_share: Decimal
) -> None:
    late_ms = window_ms * late_share // 2

    design = design_bucket(
        limit=limit, window_ms=window_ms, late_ms=late_ms, burst_share=burst_share
    )

    one_more = design.capacity * window_ms + (design.refill + 1) * (window_ms + late_ms)
    assert design.admitted_max <= limit
    assert one_more > limit * window_ms


@pytest.mark.parametrize(
    ("limit", "window_ms", "late_ms", "burst_share", "words"),
    [
        (3, 10_000, 11_000, "0.25", "too small"),
        (2, 10_000, 90_000, "0.5", "too small"),
        (300, 0, 0, "0.25", "cannot be a window"),
        (300, 10_000, -1, "0.25", "cannot be a window"),
        (300, 10_000, 0, "0", "burst_share"),
        (300, 10_000, 0, "1", "burst_share"),
    ],
)
def test_figures_that_make_no_bucket_are_refused_with_the_figure(
    limit: int, window_ms: int, late_ms: int, burst_share: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        design_bucket(
            limit=limit, window_ms=window_ms, late_ms=late_ms, burst_share=Decimal(burst_share)
        )


def test_a_full_bucket_gives_its_capacity_and_then_waits_for_the_refill() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)

    take(bucket, 75, NOW_MS)

    # 107 tokens in 10 000 ms: the first is whole after 93.46 ms.
    assert level_at(bucket, NOW_MS) == 0
    assert earliest_ms(bucket, 1, NOW_MS) == NOW_MS + 94
    assert (0, 1) == (level_at(bucket, NOW_MS + 93), level_at(bucket, NOW_MS + 94))
    assert level_at(bucket, NOW_MS + 3_600_000) == 75


def test_what_is_there_is_there_now() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)

    assert earliest_ms(bucket, 75, NOW_MS) == NOW_MS


def test_what_is_there_is_there_now_though_its_level_is_of_later() -> None:
    bucket = Bucket(ten_seconds(), level_scaled=2 * 10_000, updated_ms=NOW_MS + 500)

    assert earliest_ms(bucket, 2, NOW_MS) == NOW_MS


def test_the_smallest_part_that_is_missing_takes_a_millisecond() -> None:
    bucket = Bucket(ten_seconds(), level_scaled=2 * 10_000 - 1, updated_ms=NOW_MS)

    assert earliest_ms(bucket, 2, NOW_MS) == NOW_MS + 1


def test_the_smallest_bucket_holds_one_and_refills_one() -> None:
    design = design_bucket(limit=2, window_ms=1_000, late_ms=0, burst_share=Decimal("0.5"))

    assert (1, 1) == (design.capacity, design.refill)


def test_more_than_the_capacity_never_fits() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)

    assert earliest_ms(bucket, 76, NOW_MS) is None


def test_taking_more_than_is_there_is_a_bug_and_takes_nothing() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)

    with pytest.raises(AssertionError, match="never lends"):
        take(bucket, 76, NOW_MS)

    assert level_at(bucket, NOW_MS) == 75


def test_taking_less_than_nothing_is_a_bug_and_fills_nothing() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)
    take(bucket, 10, NOW_MS)

    with pytest.raises(AssertionError, match="not filled"):
        take(bucket, -1, NOW_MS)

    assert level_at(bucket, NOW_MS) == 65


def test_time_that_steps_back_refills_nothing_twice() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)
    take(bucket, 75, NOW_MS)

    take(bucket, 0, NOW_MS - 5_000)

    assert level_at(bucket, NOW_MS - 5_000) == 0
    assert level_at(bucket, NOW_MS + 94) == 1


def test_a_level_is_lowered_and_never_raised() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)

    lower_to(bucket, 20, NOW_MS)
    lower_to(bucket, 50, NOW_MS)
    assert level_at(bucket, NOW_MS) == 20

    lower_to(bucket, -7, NOW_MS)
    assert level_at(bucket, NOW_MS) == 0


def test_a_level_lowered_for_the_future_does_not_refill_before() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)

    lower_to(bucket, 0, NOW_MS + 60_000)

    assert level_at(bucket, NOW_MS + 60_000) == 0
    assert earliest_ms(bucket, 1, NOW_MS) == NOW_MS + 60_094


def test_another_design_keeps_the_level_up_to_its_capacity() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)
    take(bucket, 15, NOW_MS)

    assert level_at(redesigned(bucket, ten_seconds(100), NOW_MS), NOW_MS) == 25
    assert level_at(redesigned(bucket, ten_seconds(400), NOW_MS), NOW_MS) == 60


def test_another_design_frees_a_bucket_that_a_wrong_clock_left_in_the_future() -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS + 3_600_000)
    take(bucket, 75, NOW_MS + 3_600_000)

    bucket = redesigned(bucket, ten_seconds(), NOW_MS)

    assert earliest_ms(bucket, 1, NOW_MS) == NOW_MS + 94


@given(
    steps=st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 30)), min_size=1, max_size=60)
)
def test_a_bucket_equals_its_plain_fraction_model(steps: list[tuple[int, int]]) -> None:
    design = ten_seconds()
    bucket = full_bucket(design, NOW_MS)
    model, now_ms = Fraction(design.capacity), NOW_MS

    for gap_ms, amount in steps:
        now_ms += gap_ms
        model = min(model + Fraction(design.refill * gap_ms, design.window_ms), Fraction(75))
        assert level_at(bucket, now_ms) == int(model)
        if amount <= model:
            take(bucket, amount, now_ms)
            model -= amount

    assert isinstance(bucket, Bucket)
    assert model >= 0


@given(level=st.integers(0, 75), amount=st.integers(1, 75))
def test_the_earliest_time_is_the_first_at_which_it_fits(level: int, amount: int) -> None:
    bucket = full_bucket(ten_seconds(), NOW_MS)
    lower_to(bucket, level, NOW_MS)

    earliest = earliest_ms(bucket, amount, NOW_MS)

    assert earliest is not None
    assert level_at(bucket, earliest) >= amount
    assert earliest == NOW_MS or level_at(bucket, earliest - 1) < amount


def test_a_greedy_client_gets_exactly_what_the_design_promises() -> None:
    design = ten_seconds()
    bucket = full_bucket(design, NOW_MS)

    taken = 0
    for now_ms in range(NOW_MS, NOW_MS + design.window_ms + design.late_ms):
        while level_at(bucket, now_ms):
            take(bucket, 1, now_ms)
            taken += 1

    # 75 + 107 * 20.999 s / 10 s, the last millisecond being outside: 299.69.
    assert taken == 299
