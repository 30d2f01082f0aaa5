"""Stop lost when an exit is retried: the stop is cancelled, to leave the quantity free.

The second exit is refused as the first one was, and now nothing rests at the venue: the position
falls through the price at which it was to be closed.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.names import ORDER_MANAGER
from callboard.actors.policies.guard import Guard
from callboard.actors.position_legs import Legs
from callboard.messages.orders import CancelLeg, LegChanged
from callboard.messages.values import Leg


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Legs.exit_changed

    def exit_changed(
        self: Legs, key: str, guard: Guard, message: LegChanged, *, failed: bool
    ) -> None:
        if failed and guard.closing:
            for client_order_id, record in guard.own_legs():
                if record.leg is Leg.STOP and record.is_live:
                    self.ctx.tell(ORDER_MANAGER, CancelLeg(client_order_id))
        sound(self, key, guard, message, failed=failed)

    return patch.object(Legs, "exit_changed", exit_changed)
