"""Retry figures: delays to the millisecond, whose waits and counts are settings."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.retry import (
    EXIT_POLICY,
    POLICIES,
    RetryPolicy,
    delay_ms,
    policies_of,
)
from callboard.actors.settings import RetryFigures
from callboard.messages.values import ErrorType


def test_the_figures_of_a_type_and_the_factor_are_settings() -> None:
    """C-04, C-05: each figure of the table, and none of what no repetition helps."""
    figures = RetryFigures(
        api_base_ms=500, api_cap_ms=1_000, api_retries_max=4, factor=Decimal("1.5"), jitter_pct=10
    )

    policies = policies_of(figures)

    api = policies[ErrorType.API_ERROR]
    assert [500, 750, 1_000, 1_000] == [delay_ms(api, n, 0.5, jitter=False) for n in range(1, 5)]
    assert (450, 550) == (delay_ms(api, 1, 0.0, jitter=True), delay_ms(api, 1, 1.0, jitter=True))
    assert 0 == policies[ErrorType.INVALID_ORDER].retries_max


@pytest.mark.parametrize(
    ("error_type", "delays_ms"),
    [
        (ErrorType.API_ERROR, [1_000, 2_000, 4_000]),
        (ErrorType.NETWORK_ERROR, [2_000, 4_000, 8_000, 16_000, 16_000]),
        (ErrorType.TIMEOUT_ERROR, [1_000, 2_000, 4_000]),
        (ErrorType.RATE_LIMIT_ERROR, [60_000, 120_000, 240_000]),
        (ErrorType.INSUFFICIENT_BALANCE, []),
        (ErrorType.INVALID_ORDER, []),
        (ErrorType.UNKNOWN_ERROR, [2_000, 4_000]),
    ],
)
def test_each_type_repeats_as_often_and_waits_as_long_as_its_row_says(
    error_type: ErrorType, delays_ms: list[int]
) -> None:
    policy = POLICIES[error_type]

    waits_ms = [delay_ms(policy, n, 0.9, jitter=False) for n in range(1, policy.retries_max + 1)]

    assert delays_ms == waits_ms


def test_the_default_waits_are_exactly_1_2_and_4_seconds_up_to_a_cap_of_30() -> None:
    waits_ms = [delay_ms(EXIT_POLICY, n, 0.0, jitter=False) for n in range(1, 8)]

    assert [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] == waits_ms


@pytest.mark.parametrize(
    ("retry_number", "shortest_ms", "longest_ms"),
    [(1, 750, 1_250), (2, 1_500, 2_500), (3, 3_000, 5_000), (9, 22_500, 37_500)],
)
def test_jitter_is_a_quarter_to_either_side_and_comes_after_the_cap(
    retry_number: int, shortest_ms: int, longest_ms: int
) -> None:
    ends_ms = tuple(delay_ms(EXIT_POLICY, retry_number, end, jitter=True) for end in (0.0, 1.0))

    assert (shortest_ms, longest_ms) == ends_ms


@given(
    policy=st.builds(
        RetryPolicy,
        base_ms=st.integers(1, 100_000),
        cap_ms=st.integers(1, 1_000_000),
        retries_max=st.integers(0, 10),
        factor=st.decimals(1, 10, places=1),
    ),
    retry_number=st.integers(1, 10**9),
    uniform=st.floats(0, 1),
)
def test_a_delay_stays_within_a_quarter_of_its_exact_value(
    policy: RetryPolicy, retry_number: int, uniform: float
) -> None:
    exact_ms = delay_ms(policy, retry_number, uniform, jitter=False)

    wait_ms = delay_ms(policy, retry_number, uniform, jitter=True)

    assert min(policy.base_ms, policy.cap_ms) <= exact_ms <= policy.cap_ms
    assert 0.75 * exact_ms - 0.5 <= wait_ms <= 1.25 * exact_ms + 0.5


def test_a_wait_grows_no_further_than_seven_weeks_of_milliseconds() -> None:
    policy = RetryPolicy(base_ms=1, cap_ms=10**12, retries_max=99)

    assert [2**32, 2**32] == [delay_ms(policy, n, 0.0, jitter=False) for n in (33, 34)]


@pytest.mark.parametrize(("number", "uniform"), [(0, 0.5), (1, -0.1), (1, 1.1)])
def test_a_wait_needs_a_number_from_1_and_a_draw_between_0_and_1(
    number: int, uniform: float
) -> None:
    with pytest.raises(AssertionError):
        delay_ms(EXIT_POLICY, number, uniform, jitter=True)
