"""Absent at once: the first "no such order" (-2013) proves that nothing was executed.

The request may still be on its way, or the copy that was asked may lag. The order is sent a second
time, and the venue takes both.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.order_calls import NO_SUCH_ORDER, Calls
from callboard.actors.policies.order_life import Event
from callboard.actors.policies.order_record import Order
from callboard.messages.values import OrderState, Priority
from callboard.messages.venue import AttemptEnded


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Calls.answered_query

    def answered_query(self: Calls, order: Order, message: AttemptEnded, number: int) -> None:
        is_open = order.state is OrderState.UNKNOWN and order.approved.priority is Priority.OPENING
        if is_open and message.code == NO_SUCH_ORDER:
            self.desk.move(order, Event.ABSENT, reason="not executed")
            self.renew(order)
        else:
            sound(self, order, message, number)

    return patch.object(Calls, "answered_query", answered_query)
