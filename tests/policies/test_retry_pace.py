"""Retry pace: the more of a kind fail, the longer its first wait, within the cap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.retry import POLICIES, RetrySettings, delay_ms
from callboard.actors.policies.retry_pace import COUNTED_MAX, paced, paced_settings, recent
from callboard.actors.settings import RetryFigures
from callboard.messages.values import ErrorType

FIGURES = RetryFigures()
SECOND_NS = 1_000_000_000
API, TIMEOUT = ErrorType.API_ERROR, ErrorType.TIMEOUT_ERROR


@pytest.mark.parametrize(
    ("failures", "base_ms"), [(0, 1_000), (9, 1_000), (10, 2_000), (25, 4_000), (1_000, 8_000)]
)
def test_the_first_wait_doubles_with_every_ten_failures_of_a_minute(
    failures: int, base_ms: int
) -> None:
    """S4-091: backoff adapts to the kind's recent failures."""
    assert base_ms == paced(POLICIES[API], failures, FIGURES).base_ms


def test_no_wait_grows_above_the_cap_of_its_type() -> None:
    """C-05: caps hold whatever happens."""
    assert POLICIES[TIMEOUT].cap_ms == paced(POLICIES[TIMEOUT], 1_000, FIGURES).base_ms


def test_only_the_type_at_hand_is_paced_and_a_quiet_one_is_left_alone() -> None:
    settings = RetrySettings()

    slower = paced_settings(settings, API, 10, FIGURES)

    assert (2_000, 1_000) == (slower.policies[API].base_ms, slower.policies[TIMEOUT].base_ms)
    assert settings is paced_settings(settings, API, 9, FIGURES)


def test_failures_count_for_a_minute_and_are_bounded() -> None:
    times = [second * SECOND_NS for second in range(600)]

    kept = recent(times, FIGURES, 600 * SECOND_NS)
    many = recent([1] * 1_000, FIGURES, 2)

    assert (541, 59, COUNTED_MAX) == (kept[0] // SECOND_NS, len(kept), len(many))


@given(
    kind=st.sampled_from(ErrorType),
    failures=st.integers(0, 500),
    number=st.integers(1, 8),
)
def test_more_failures_never_shorten_a_wait_and_never_pass_the_cap(
    kind: ErrorType, failures: int, number: int
) -> None:
    policy = POLICIES[kind]
    fewer, more = (
        delay_ms(paced(policy, count, FIGURES), number, 0.5, jitter=False)
        for count in (failures, failures + 10)
    )

    assert delay_ms(policy, number, 0.5, jitter=False) <= fewer <= more <= policy.cap_ms
