"""Leak per order: the timers of an order stay armed when the order is over.

Each of them keeps its order's name for up to an hour and wakes the actor for nothing: an engine
that trades all day grows with every order.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.runtime.step import StepContext


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = StepContext.cancel

    def cancel(self: StepContext, key: str) -> None:
        if not key.startswith("deadline/"):
            sound(self, key)

    return patch.object(StepContext, "cancel", cancel)
