"""Redelivery after the report: what waits to be sent again is sent, whatever was heard.

The answer of a market order is lost, and a second later the stream reports it filled. Its
redelivery waits already, and sends the filled order once more.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors.order_attempts import Attempts
from callboard.actors.order_desk import Desk
from callboard.actors.order_facts import RedeliverDue
from callboard.actors.policies.order_life import Event
from callboard.actors.policies.order_record import Order
from callboard.messages.failure import RetryDirective
from callboard.messages.values import Action, OrderState
from callboard.messages.venue import OrderEvidence, TradeEvidence

WAIT_NS = 15_000_000_000
"""Past the horizon: what was not executed by then never will be."""


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    directed, take = Attempts.directed, Desk.take

    def wait(self: Attempts, order: Order, message: RetryDirective) -> None:
        if order.state is not OrderState.SUBMITTED or message.action is not Action.QUERY:
            directed(self, order, message)
            return
        client_order_id = order.approved.client_order_id
        self.desk.move(order, Event.NOT_SENT, reason=message.reason)
        again = RedeliverDue(client_order_id, order.attempt)
        self.desk.ctx.after(WAIT_NS, again, key=f"retry/{client_order_id}")

    def take_unless_waiting(
        self: Desk, order: Order, evidence: OrderEvidence, trade: TradeEvidence | None
    ) -> None:
        if order.state is OrderState.PENDING and order.attempt:
            self.ctx.log("late_report", id=order.approved.client_order_id)
        else:
            take(self, order, evidence, trade)

    stack = ExitStack()
    stack.enter_context(patch.object(Attempts, "directed", wait))
    stack.enter_context(patch.object(Desk, "take", take_unless_waiting))
    return stack
