"""Retry pace: waits that grow while one kind of failure keeps coming back.

Pure. The venue's bad minute is not known from one order's attempts: each of ten orders that failed
once would come back after the shortest wait. So the base of a type's delay doubles with every
`pace_failures` failures of the kind in the last `pace_window_ms`, `pace_doublings_max` times at
most and never above the type's cap; after a quiet window it is what it was. Nothing is drawn, so a
replay waits as long. Source: requirements S4-091, within the bounds of C-05.
"""

from attrs import evolve

from ...messages.values import ErrorType
from ..settings import RetryFigures
from .retry import RetryPolicy, RetrySettings

COUNTED_MAX = 256
"""Newest failures of a kind that are remembered."""
MS = 1_000_000


def recent(times_ns: list[int], figures: RetryFigures, now_ns: int) -> list[int]:
    """Return those failures that still count, newest last."""
    since_ns = now_ns - figures.pace_window_ms * MS
    return [at for at in times_ns if at > since_ns][-COUNTED_MAX:]


def paced(policy: RetryPolicy, failures: int, figures: RetryFigures) -> RetryPolicy:
    """Return the policy after so many failures of its kind in the window."""
    doublings = min(failures // figures.pace_failures, figures.pace_doublings_max)
    base_ms = min(policy.base_ms << doublings, max(policy.cap_ms, policy.base_ms))
    return evolve(policy, base_ms=base_ms)


def paced_settings(
    settings: RetrySettings, error_type: ErrorType, failures: int, figures: RetryFigures
) -> RetrySettings:
    """Return the settings with the policy of one type paced."""
    policy = settings.policies[error_type]
    slower = paced(policy, failures, figures)
    if slower == policy:
        return settings
    return evolve(settings, policies={**settings.policies, error_type: slower})
