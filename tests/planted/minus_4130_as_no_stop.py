"""-4130 as no stop: a stop that is refused because there is one counts as missing.

The first stop was accepted and its answer lost; the second is refused because of the first. The
engine concludes that it cannot protect the position, and sells a protected one at the market.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.policies.guard import Guard
from callboard.actors.protection import Protection
from callboard.messages.orders import LegChanged
from callboard.messages.values import ErrorKind


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Protection.stop_changed

    def stop_changed(
        self: Protection, key: str, before: Guard, after: Guard, message: LegChanged
    ) -> None:
        if message.kind == ErrorKind.CLOSE_POSITION_EXISTS:
            self.legs.close(key, after, "no stop can be placed")
        else:
            sound(self, key, before, after, message)

    return patch.object(Protection, "stop_changed", stop_changed)
