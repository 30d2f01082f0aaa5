"""Retry figures: the waits and counts of each error type are settings."""

from decimal import Decimal

from callboard.actors.policies.retry import delay_ms, policies_of
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
