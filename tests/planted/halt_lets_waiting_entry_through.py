"""Halt lets a waiting entry through: a halt is asked for at the approval, nowhere after it.

Entries that were approved before the halt and wait, for a permit, behind another order or behind
an unanswered request, leave seconds after it: risk is opened when somebody has just forbidden it.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors.adapters.fence import TOO_LATE, Fence
from callboard.actors.order_manager import OrderManager
from callboard.actors.order_queue import OrderQueue
from callboard.actors.runtime.actor import Context
from callboard.messages.control import TradingStateChanged
from callboard.messages.venue import MakeCall


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def opening_refusal(self: Fence, call: MakeCall, now_ns: int) -> str:
        return TOO_LATE if self.venue_ms(now_ns) > call.send_by_ms else ""

    def leave(self: object, message: TradingStateChanged, ctx: Context) -> None:
        del self
        ctx.log("trading_state_heard", state=message.state)

    stack = ExitStack()
    stack.enter_context(patch.object(Fence, "_opening_refusal", opening_refusal))
    for actor in (OrderQueue, OrderManager):
        stack.enter_context(patch.object(actor, "on_trading_state_changed", leave))
    return stack
