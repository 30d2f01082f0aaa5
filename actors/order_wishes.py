"""Order wishes: to cancel or to amend an order, whatever it is doing at the moment.

OrderManager's tools for wishes, bound to one message. A waiting order is taken out of the queue at
once; the cancel of one whose placement is out follows its answer, which it could overtake. A wish
is a fact: it outlives the process, and is not made twice.
"""

from attrs import frozen

from ..messages.orders import AmendIntent, WithdrawOrder
from ..messages.values import Leg, OrderState
from .names import ORDER_QUEUE
from .order_calls import Calls, Kind
from .order_facts import AmendWanted, CancelWanted
from .policies.order_life import Event
from .policies.order_record import Order


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

    def cancel(self, order: Order, reason: str) -> None:
        """Take it out of the queue, or cancel at the venue, or note the wish until it is taken."""
        if order.cancel_reason:
            return
        cid, desk = order.approved.client_order_id, self.calls.desk
        desk.ctx.record(CancelWanted(cid, reason))
        if order.state is OrderState.PENDING:
            desk.ctx.tell(ORDER_QUEUE, WithdrawOrder(cid))
            desk.move(order, Event.WITHDRAWN, reason=reason)
        elif order.state not in (OrderState.SUBMITTED, OrderState.PARKED):
            self.calls.cancel(order)

    def amend(self, message: AmendIntent) -> None:
        """Amend the resting LIMIT entry of an intent."""
        desk = self.calls.desk
        for order in self._entries():
            is_meant = order.approved.intent_id == message.intent_id
            is_limit = order.approved.price is not None
            if is_meant and is_limit and order.state is OrderState.ACTIVE:
                desk.ctx.record(AmendWanted(order.approved.client_order_id, message))
                desk.move(order, Event.AMEND_SENT)
                self.calls.request(order, Kind.AMEND, order.amends + 1)

    def _entries(self) -> list[Order]:
        orders = self.calls.desk.state.orders.values()
        return [order for order in orders if order.approved.leg is Leg.ENTRY]
