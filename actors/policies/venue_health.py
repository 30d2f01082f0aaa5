"""Venue health: whether the venue fails so often that nothing should be opened on it.

Pure. Two signs of an outage, either is enough: so many failures in a row, or so large a share of
the requests of a window. Answers count only from the first failure of the window on, so that a
venue that works costs nothing to watch; the share is therefore the cautious side of the true one.
Both look at `window_ms` only: failures that lie far apart are no outage.

Bound: `COUNTED_MAX` newest failures and answers. Source: requirements C-28.
"""

from decimal import Decimal

from attrs import define, field, frozen

from ...messages.values import Phase

COUNTED_MAX = 512
SERVER_ERROR = 500
MS = 1_000_000


@frozen
class HealthLimits:
    """When the venue counts as down."""

    in_row_max: int = 5
    share_max: Decimal = Decimal("0.5")
    """Share of failed requests that is an outage, inclusive."""
    requests_min: int = 10
    """Below so many requests in the window the share says nothing."""
    window_ms: int = 60_000


@define
class VenueHealth:
    """Recent failures and answers, engine time in ns, oldest first."""

    failed_at_ns: list[int] = field(factory=list[int])
    answered_at_ns: list[int] = field(factory=list[int])
    in_row: int = 0
    """Failures since the last answer."""


def is_silent(phase: Phase, status: int) -> bool:
    """Say whether a request failed for want of a venue: no answer, or one of its broken server."""
    return phase in (Phase.NOT_CONNECTED, Phase.MAYBE_SENT) or status >= SERVER_ERROR


def note_failure(health: VenueHealth, limits: HealthLimits, at_ns: int) -> None:
    """Count a failure, and forget what left the window."""
    _forget(health, limits, at_ns)
    health.failed_at_ns = [*health.failed_at_ns[1 - COUNTED_MAX :], at_ns]
    health.in_row = min(health.in_row + 1, len(health.failed_at_ns))


def note_answer(health: VenueHealth, limits: HealthLimits, at_ns: int) -> None:
    """Count an answer; it ends a row of failures."""
    _forget(health, limits, at_ns)
    health.in_row = 0
    if health.failed_at_ns:
        health.answered_at_ns = [*health.answered_at_ns[1 - COUNTED_MAX :], at_ns]


def forget_all(health: VenueHealth) -> None:
    """Begin anew, as after an outage."""
    health.failed_at_ns, health.answered_at_ns, health.in_row = [], [], 0


def is_down(health: VenueHealth, limits: HealthLimits) -> bool:
    """Say whether what was counted last makes an outage."""
    if health.in_row >= limits.in_row_max:
        return True
    failed = len(health.failed_at_ns)
    requests = failed + len(health.answered_at_ns)
    return requests >= limits.requests_min and failed >= limits.share_max * requests


def _forget(health: VenueHealth, limits: HealthLimits, now_ns: int) -> None:
    since_ns = now_ns - limits.window_ms * MS
    health.failed_at_ns = [at for at in health.failed_at_ns if at > since_ns]
    first_ns = health.failed_at_ns[0] if health.failed_at_ns else now_ns
    health.answered_at_ns = [at for at in health.answered_at_ns if at >= first_ns]
