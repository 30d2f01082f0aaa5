"""Order counts: how many orders there were, and what became of them.

Pure. Entries and exits count, what somebody asked for; protective orders mostly rest and go, and
would say nothing about success. An order counts as what it is now: one that lives after all, or is
filled late, leaves its old count for the new one. Four numbers, whatever the engine has done.
"""

from decimal import Decimal
from enum import StrEnum

from attrs import define

from ...messages.queries import StatisticsView
from ...messages.values import OrderState
from .order_record import ZERO, Order


class Count(StrEnum):
    """What an order counts as; one that lives counts as nothing yet."""

    PENDING = ""
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@define
class OrderCounts:
    """The orders so far; those that live are the rest of the total."""

    total: int = 0
    executed: int = 0
    failed: int = 0
    cancelled: int = 0

    def add(self, count: Count, by: int) -> None:
        """Count one order more or less as that; one that lives is in the total alone."""
        self.executed += by * (count is Count.EXECUTED)
        self.failed += by * (count is Count.FAILED)
        self.cancelled += by * (count is Count.CANCELLED)


def count_of(order: Order) -> Count:
    """Return what the order counts as in its state."""
    if order.is_open:
        return Count.PENDING
    if order.filled > ZERO:
        return Count.EXECUTED
    if order.state in (OrderState.CANCELLED, OrderState.EXPIRED):
        return Count.CANCELLED
    return Count.FAILED


def recount(counts: OrderCounts, order: Order) -> None:
    """Count an order as what it is now; a protective one never counts."""
    if order.is_open and not order.counted:
        return
    now = count_of(order)
    if now == order.counted or order.approved.leg.is_protective:
        return
    counts.add(Count(order.counted), -1)
    counts.add(now, 1)
    order.counted = now


def statistics(counts: OrderCounts) -> StatisticsView:
    """Return the counts as a query answers them."""
    ended = counts.executed + counts.failed
    return StatisticsView(
        total_orders=counts.total,
        executed=counts.executed,
        failed=counts.failed,
        cancelled=counts.cancelled,
        pending=counts.total - ended - counts.cancelled,
        success_rate=Decimal(counts.executed) / ended if ended else None,
    )
