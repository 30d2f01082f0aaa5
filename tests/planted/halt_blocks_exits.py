"""Halt blocks exits: while trading is halted the queue takes no order at all.

A halt is called when something goes wrong. That is when positions must be closed, and stops must
be placed; with this mistake the position is held through all of it.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.order_queue import OrderQueue
from callboard.messages.orders import EnqueueOrder


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def refusal(self: OrderQueue, order: EnqueueOrder) -> str:
        del order
        return self.state.entries_off

    return patch.object(OrderQueue, "_refusal", refusal)
