"""Id reused after fill: a start sends what was out before it again, trusting its id.

"The venue refuses a duplicate" holds for open orders alone. The market order that was out when the
process died is filled already, so its id is free, and the order is filled a second time.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.order_due import Due
from callboard.actors.policies.order_life import Event
from callboard.actors.policies.order_record import Order
from callboard.messages.values import OrderState


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    name = "_take_up"
    sound = getattr(Due, name)

    def take_up(self: Due, order: Order) -> None:
        if order.state is OrderState.SUBMITTED:
            self.desk.move(order, Event.NOT_SENT, reason="a duplicate would be refused")
            self.attempts.enqueue(order.approved, order.send_by_ms)
        else:
            sound(self, order)

    return patch.object(Due, name, take_up)
