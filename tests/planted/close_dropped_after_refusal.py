"""Close dropped after a refusal: an exit that the venue refuses is not tried again.

Whoever wished the position closed believes that it is being closed, and so does the engine; it
stays open with nobody at it.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.policies.guard import Guard
from callboard.actors.position_legs import Legs
from callboard.messages.orders import LegChanged


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Legs.exit_changed

    def exit_changed(
        self: Legs, key: str, guard: Guard, message: LegChanged, *, failed: bool
    ) -> None:
        if failed and guard.closing:
            self.alert("exit_refused", key, message.reason)
        else:
            sound(self, key, guard, message, failed=failed)

    return patch.object(Legs, "exit_changed", exit_changed)
