"""Algo finished as filled: a conditional order that the venue calls FINISHED was filled.

FINISHED only says that its child has ended; a child that expired or was cancelled filled nothing.
A stop that did not work is booked as one that did.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors import order_calls, order_desk
from callboard.actors.policies import order_record
from callboard.actors.policies.order_life import Event
from callboard.messages.venue import OrderEvidence


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = order_record.event_of

    def event_of(evidence: OrderEvidence) -> Event | None:
        is_over = evidence.conditional and evidence.status == "FINISHED"
        return Event.FINISHED_FILLED if is_over else sound(evidence)

    stack = ExitStack()
    for module in (order_calls, order_desk):
        stack.enter_context(patch.object(module, "event_of", event_of))
    return stack
