"""Order parking: what a person may do about an order that waits for one.

OrderManager's tools for parked orders, bound to one message. Nothing else ends them: the venue's
silence proves nothing any more. A person has the venue asked once more, or says that the order is
over and why; what the venue tells later is believed all the same. Both are commands, so they stand
in the record with who gave them.
"""

from attrs import frozen

from ..messages.events import CommandRefused
from ..messages.intake import EndOrder, LookForOrder
from ..messages.values import OrderState
from .names import EVENT_BUS
from .order_answers import find_by_any_id
from .order_calls import Calls, Kind
from .policies.order_life import Event
from .policies.order_record import Order


@frozen
class Parking:
    """Looks again and ends; bound to one message by its desk."""

    calls: Calls

    def look(self, message: LookForOrder) -> None:
        """Ask the venue for the order, whatever its age; without an answer it is parked again."""
        order = self._parked(message)
        if order is None:
            return
        desk, cid = self.calls.desk, order.approved.client_order_id
        desk.doubt(order, "a person has it looked for again", 0)
        desk.ctx.cancel(f"query/{cid}")
        self.calls.request(order, Kind.QUERY, order.queries + 1)

    def end(self, message: EndOrder) -> None:
        """End the order as failed, by the word of a person who has a reason."""
        order = self._parked(message)
        if order is None:
            return
        if not message.reason:
            self._refuse(message, "a reason is needed to end an order by hand")
            return
        reason = f"ended by {message.by}: {message.reason}"
        self.calls.desk.move(order, Event.GIVEN_UP, reason=reason)
        self.calls.desk.ctx.log(
            "order_ended_by_hand",
            client_order_id=order.approved.client_order_id,
            by=message.by,
            reason=message.reason,
        )

    def _parked(self, message: LookForOrder | EndOrder) -> Order | None:
        """Return the order if it is parked, else refuse the command."""
        order = find_by_any_id(self.calls.desk.state, message.order_id)
        if order is None:
            self._refuse(message, f"no order {message.order_id}")
            return None
        if order.state is not OrderState.PARKED:
            self._refuse(message, f"{message.order_id} is {order.state}, not parked")
            return None
        return order

    def _refuse(self, message: LookForOrder | EndOrder, reason: str) -> None:
        self.calls.desk.ctx.tell(EVENT_BUS, CommandRefused(message.command_id, reason))
