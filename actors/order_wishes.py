"""Order wishes: to cancel or to amend an order, whatever it is doing at the moment.

OrderManager's tools for wishes, bound to one message. A waiting order is taken out of the queue at
once; the cancel of one whose placement is out follows its answer, which it could overtake. A wish
is a fact: it outlives the process, and is not made twice.
"""

from attrs import frozen

from ..messages.events import CommandRefused
from ..messages.orders import AmendIntent, TakeBackEntries
from ..messages.values import Leg, OrderState
from .names import EVENT_BUS
from .order_calls import Calls, Kind
from .order_facts import AmendWanted, CancelWanted, FlattenWanted
from .policies.order_life import Event
from .policies.order_record import Order
from .policies.rounding import plain


@frozen
class Wishes:
    """Cancels and amends; bound to one message by its desk."""

    calls: Calls

    def cancel_entries(self, reason: str, *, symbol: str = "", intent_id: str = "") -> None:
        """Cancel the open entries of a symbol and of an intent; empty stands for every one."""
        for order in self._entries():
            approved = order.approved
            if symbol in ("", approved.symbol) and intent_id in ("", approved.intent_id):
                self.cancel(order, reason)

    def flatten_entries(self, symbol: str) -> None:
        """Let what is still filled of the open entries of a symbol be closed; empty is all."""
        for order in self._entries():
            if symbol in ("", order.approved.symbol) and not order.flattens:
                self.calls.desk.ctx.record(FlattenWanted(order.approved.client_order_id))

    def take_back(self, message: TakeBackEntries) -> None:
        """Cancel the entries of a symbol and side that the venue has not shown."""
        for order in self._entries():
            approved = order.approved
            is_meant = (approved.symbol, approved.side) == (message.symbol, message.side)
            if is_meant and not order.venue_order_id:
                self.cancel(order, message.reason)

    def cancel(self, order: Order, reason: str) -> None:
        """Take it out of the queue, or cancel at the venue, or note the wish until it is taken.

        One that has ended at the venue, and only waits for its fills, has nothing to cancel.
        """
        if order.cancel_reason or order.final:
            return
        cid, desk = order.approved.client_order_id, self.calls.desk
        desk.ctx.record(CancelWanted(cid, reason))
        if order.state is OrderState.PENDING:
            desk.move(order, Event.WITHDRAWN, reason=reason)
        elif order.state not in (OrderState.SUBMITTED, OrderState.PARKED):
            self.calls.cancel(order)

    def amend(self, message: AmendIntent) -> None:
        """Amend the resting LIMIT entry of an intent; more than was approved is refused."""
        desk = self.calls.desk
        resting = [each for each in self._entries() if _rests(each, message.intent_id)]
        reason = "nothing of it rests that could be amended"
        for order in resting:
            reason = _fault(order, message)
            if not reason:
                desk.ctx.record(AmendWanted(order.approved.client_order_id, message))
                desk.move(order, Event.AMEND_SENT)
                self.calls.request(order, Kind.AMEND, order.amends + 1)
        if reason:
            desk.ctx.tell(EVENT_BUS, CommandRefused(message.command_id, reason))

    def _entries(self) -> list[Order]:
        orders = self.calls.desk.state.orders.values()
        return [order for order in orders if order.approved.leg is Leg.ENTRY]


def _rests(order: Order, intent_id: str) -> bool:
    is_meant = order.approved.intent_id == intent_id and order.price is not None
    return is_meant and order.state in (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED)


def _fault(order: Order, message: AmendIntent) -> str:
    """Say why the amend is refused; the gate has approved a quantity, and no larger one."""
    approved, wanted = order.approved.quantity, message.quantity
    assert approved is not None
    if order.cancel_reason:
        return f"it is being cancelled: {order.cancel_reason}"
    if wanted is not None and not order.filled < wanted <= approved:
        return f"quantity {plain(wanted)} is not between filled and approved {plain(approved)}"
    return ""
