"""Limiters: a RateLimiter by hand, requests for it, and what it granted."""

from typing import Any

from attrs import evolve

from callboard.actors.policies.rate_budgets import LimiterSettings
from callboard.actors.rate_limiter import RateLimiter
from callboard.messages.values import Priority
from callboard.messages.venue import (
    PermitGranted,
    PermitRefused,
    PlaceOrder,
    RequestPermit,
    UsageObserved,
)
from support.steps import MS, SECOND, START_NS, Step, StepRunner

MINUTE = 60 * SECOND
NOW_MS = START_NS // MS
DEFAULT = LimiterSettings()
USED = UsageObserved(f"1@{NOW_MS}", -1, -1, -1, 200, 0, "", -1)


def bench(*, waiting_max: int = 100, settings: LimiterSettings = DEFAULT) -> StepRunner:
    """Return a limiter that was just started."""
    steps = StepRunner(RateLimiter(settings, waiting_max), name="rate_limiter")
    steps.start()
    return steps


def ask(
    steps: StepRunner,
    token: str,
    call: type = PlaceOrder,
    *,
    reducing: bool = False,
    patience_ns: int = 10 * MINUTE,
    sender: str = "asker",
) -> Step:
    """Ask for a permit."""
    priority = Priority.REDUCING if reducing else Priority.OPENING
    expires_at_ns = steps.now_ns + patience_ns
    request = RequestPermit(
        token, call.__name__, by_symbol=True, priority=priority, expires_at_ns=expires_at_ns
    )
    return steps.tell(request, sender=sender)


def granted(step: Step) -> list[str]:
    """List who was granted a permit."""
    return [each.token for each in step.told(PermitGranted)]


def refused(step: Step) -> list[tuple[str, str]]:
    """List who was refused, and why."""
    return [(each.token, each.reason) for each in step.told(PermitRefused)]


def observe(steps: StepRunner, **changes: Any) -> Step:
    """Tell it what an answer of the venue said."""
    now_ms = steps.now_ns // MS
    return steps.tell(evolve(USED, permit_id=f"1@{now_ms}", **changes))


def pause(steps: StepRunner, *, retry_after_s: int = 5) -> Step:
    """Tell it that the venue wants fewer requests."""
    return observe(steps, status=429, code=-1003, text="slow", retry_after_s=retry_after_s)


def drain(steps: StepRunner, *, reducing: bool = False) -> int:
    """Take order permits until the next one has to wait; return how many there were."""
    count = 0
    while granted(ask(steps, f"drain{count}", reducing=reducing)):
        count += 1
    return count
