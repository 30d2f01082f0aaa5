"""Full bucket after a restart: the limiter of every start believes that nothing was used.

An engine that dies and starts again in one window of the venue uses the limit twice, in the very
minute in which it has most to repair.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors import limiter_facts
from callboard.actors.limiter_facts import LimitsSet
from callboard.actors.policies.rate_budgets import LimiterSettings, LimiterState, new_limiter
from callboard.actors.rate_limiter import RateLimiter
from callboard.actors.runtime.actor import Context


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    resume = RateLimiter.resume

    def redesign(state: LimiterState, settings: LimiterSettings, now_ms: int) -> None:
        state.budgets = new_limiter(settings, now_ms).budgets

    def begin(self: RateLimiter, ctx: Context) -> None:
        resume(self, ctx)
        if self.state.settings is not None:
            ctx.record(LimitsSet(self.state.settings, self.state.published, ctx.now // 1_000_000))

    stack = ExitStack()
    stack.enter_context(patch.object(limiter_facts, "redesign", redesign))
    stack.enter_context(patch.object(RateLimiter, "resume", begin))
    return stack
