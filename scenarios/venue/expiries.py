"""Expiries: resting orders that end by themselves, when their time has come.

Owns the ends in time order and one wake-up on the agenda, for the earliest. GTD orders end at their
date (EXPIRED), all others a year after their acceptance (CANCELED). Times are those of the venue's
own clock; a clock that is set back only makes them late, as the venue allows itself. Its size is
that of the open orders.
"""

from bisect import bisect_left, insort
from collections.abc import Callable

from .moment import Agenda, Moment
from .orders import Order


class Expiries:
    """Watches orders with an end; `on_due` ends one."""

    def __init__(self, moment: Moment, agenda: Agenda, on_due: Callable[[Order], None]) -> None:
        self._moment = moment
        self._agenda = agenda
        self._on_due = on_due
        self._ends: list[tuple[int, int]] = []
        self._orders: dict[int, Order] = {}
        self._wake_ms: int | None = None

    def __len__(self) -> int:
        return len(self._ends)

    def watch(self, order: Order) -> None:
        """Let an order end at its time."""
        if order.order_id in self._orders:
            return
        self._orders[order.order_id] = order
        insort(self._ends, (order.ends_ms, order.order_id))
        self._arm()

    def forget(self, order: Order) -> None:
        """Watch an order no more, if it was watched."""
        if self._orders.pop(order.order_id, None) is not None:
            del self._ends[bisect_left(self._ends, (order.ends_ms, order.order_id))]

    def _arm(self) -> None:
        if self._ends and (self._wake_ms is None or self._ends[0][0] < self._wake_ms):
            wake_ms = self._wake_ms = self._ends[0][0]
            self._agenda.after(max(0, wake_ms - self._moment.ms), lambda: self._wake(wake_ms))

    def _wake(self, wake_ms: int) -> None:
        if self._wake_ms != wake_ms:
            return
        self._wake_ms = None
        while self._ends and self._ends[0][0] <= self._moment.ms:
            self._on_due(self._orders[self._ends[0][1]])
        self._arm()
