"""Queues: an OrderQueue by hand, orders for it, and what it did with them."""

from typing import Any

from callboard.actors.order_queue import OrderQueue
from callboard.actors.settings import QueueSettings
from callboard.messages.control import TradingStateChanged
from callboard.messages.orders import (
    EnqueueOrder,
    OrderDropped,
    OrderReleased,
)
from callboard.messages.values import Priority, TradingState
from callboard.messages.venue import Permit, PermitGranted, RequestPermit
from support.entries import NOW_MS, SYMBOL
from support.steps import SECOND, Step, StepRunner

SEND_BY_MS = NOW_MS + 3_000
DOWN = TradingStateChanged(TradingState.ACTIVE, 1, "503", venue_open=False)
HALTED = TradingStateChanged(TradingState.HALTED, 2, "by hand", venue_open=True)


def opening(name: str, symbol: str = SYMBOL) -> EnqueueOrder:
    """Return an entry that waits."""
    return EnqueueOrder(name, symbol, Priority.OPENING, conditional=False, send_by_ms=SEND_BY_MS)


def reducing(name: str, symbol: str = SYMBOL) -> EnqueueOrder:
    """Return an exit that waits."""
    return EnqueueOrder(name, symbol, Priority.REDUCING, conditional=False, send_by_ms=0)


def bench(*orders: EnqueueOrder, opening_max: int = 50, reducing_expected: int = 200) -> StepRunner:
    """Return a queue in which these orders wait."""
    steps = StepRunner(
        OrderQueue(QueueSettings(opening_max, reducing_expected)), name="order_queue"
    )
    steps.start()
    for order in orders:
        steps.tell(order)
    return steps


def grant(steps: StepRunner, name: str, **options: Any) -> Step:
    """Grant the permit of an order."""
    return steps.tell(PermitGranted(name, permit(steps, name)), **options)


def permit(steps: StepRunner, name: str) -> Permit:
    """Return the permit of an order."""
    return Permit(f"permit of {name}", steps.now_ns + SECOND)


def asked(step: Step) -> list[str]:
    """List who asked for a permit."""
    return [request.token for request in step.told(RequestPermit)]


def dropped(step: Step) -> list[tuple[str, str]]:
    """List who was dropped, and why."""
    return [(each.client_order_id, each.reason) for each in step.told(OrderDropped)]


def released(step: Step) -> list[str]:
    """List who was released."""
    return [each.client_order_id for each in step.told(OrderReleased)]
