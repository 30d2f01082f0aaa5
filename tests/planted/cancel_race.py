"""Cancel race: a cancel that the venue refuses (-2011) has cancelled the order.

Nothing was there to cancel because the order had just been filled. The strategy hears of a
cancelled order, and what was filled has no owner.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.order_calls import Calls
from callboard.actors.policies.order_life import Event
from callboard.actors.policies.order_record import Order
from callboard.messages.venue import AttemptEnded

CANCEL_REJECTED = -2011


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Calls.answered_cancel

    def answered_cancel(self: Calls, order: Order, message: AttemptEnded) -> None:
        if message.code == CANCEL_REJECTED and order.is_open:
            self.desk.move(order, Event.CANCEL_CONFIRMED, reason=order.cancel_reason)
        else:
            sound(self, order, message)

    return patch.object(Calls, "answered_cancel", answered_cancel)
