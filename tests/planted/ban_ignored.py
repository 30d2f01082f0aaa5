"""Ban ignored: only a 429 stops the requests, a ban (418) is an error like any other.

Every request during a ban makes it longer, up to three days: no stop can be moved, no position
closed.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors import limiter_facts, rate_limiter
from callboard.messages.venue import UsageObserved

TOO_MANY_REQUESTS = 429


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def wants_pause(usage: UsageObserved) -> bool:
        return usage.status == TOO_MANY_REQUESTS

    stack = ExitStack()
    for module in (limiter_facts, rate_limiter):
        stack.enter_context(patch.object(module, "wants_pause", wants_pause))
    return stack
