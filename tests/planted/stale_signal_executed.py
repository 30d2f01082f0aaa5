"""Stale signal executed: an approved entry that had to wait is sent whenever its turn comes.

The price for which it was approved is gone. Seconds or minutes later it opens a position that
nobody would open now.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors.adapters.fence import TOO_LATE, Fence
from callboard.actors.order_queue import OrderQueue
from callboard.messages.orders import EnqueueOrder
from callboard.messages.venue import MakeCall


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Fence.refusal

    def is_stale(self: OrderQueue, order: EnqueueOrder, now: int) -> bool:
        del self, order, now
        return False

    def refusal(self: Fence, call: MakeCall, *, now_ns: int, is_signed: bool) -> str:
        reason = sound(self, call, now_ns=now_ns, is_signed=is_signed)
        return "" if reason == TOO_LATE else reason

    stack = ExitStack()
    stack.enter_context(patch.object(OrderQueue, "_is_stale", is_stale))
    stack.enter_context(patch.object(Fence, "refusal", refusal))
    return stack
