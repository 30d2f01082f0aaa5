"""Sometimes: how often a run reached the rare branches that a suite must reach at all.

Owns counters by name, read from events, from the venue and at crashes. A suite whose counter of a
branch stays at zero over many runs tests less than it seems to. What only a venue that breaks its
own rules could cause, a late fill of an order that has ended, is an invariant instead (S7).
"""

from attrs import define, field

from ..actors import names
from ..actors.ports import FileSystem
from ..messages.events import (
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderRefused,
    OrderUnknown,
    TradingStateReported,
)
from ..messages.values import OrderState, Priority, TradingState
from .disk import SimulatedDisk
from .simulated_engine import SimulatedEngine
from .venue.faults import Fault

TERMINAL_EVENTS = (OrderCancelled, OrderExpired, OrderFailed, OrderFilled, OrderRefused)

LIMITING = (Fault.HTTP_429, Fault.HTTP_429_BARE, Fault.THROTTLED_1008)
BANNING = (Fault.HTTP_418, Fault.HTTP_418_BARE, Fault.HTTP_403)
NAMES = (
    "unknown_executed",
    "unknown_not_executed",
    "partial_fill",
    "rate_limited",
    "actor_crash_with_open_orders",
    "restart_with_open_position",
    "restart_with_order_in_flight",
    "halt_with_order_in_flight",
    "stop_triggered",
    "sent_again",
    "late_answer",
    "cancelled_in_part",
    "monitor_crash_with_open_position",
    "banned",
    "crash_at_boundary",
    "disk_failed",
    "disk_slow",
)


@define(eq=False)
class Sometimes:
    """Counters of one run; `ended` says how each signal ended."""

    engine: SimulatedEngine
    ended: dict[str, object] = field(init=False, factory=dict[str, object])
    _counts: dict[str, int] = field(init=False, factory=lambda: dict.fromkeys(NAMES, 0))
    _attempts: dict[str, int] = field(init=False, factory=dict[str, int])

    def on_event(self, event: object) -> None:
        """Count what an event tells."""
        match event:
            case OrderUnknown():
                self._count_unknown(event.client_order_id)
            case OrderPartiallyFilled():
                self._count("partial_fill")
            case TradingStateReported() if event.state is not TradingState.ACTIVE:
                if self._has_order_in_flight():
                    self._count("halt_with_order_in_flight")
            case _ if isinstance(event, TERMINAL_EVENTS) and event.signal_id:
                self.ended[event.signal_id] = event
                if isinstance(event, OrderCancelled) and event.filled:
                    self._count("cancelled_in_part")
            case _:
                return

    def on_actor_crash(self, actor: str) -> None:
        """Count a crash of an actor while something is open."""
        if self.engine.life is None:
            return
        if self.engine.state(names.ORDER_MANAGER).orders:
            self._count("actor_crash_with_open_orders")
        if actor == names.POSITION_MONITOR and self._has_open_position():
            self._count("monitor_crash_with_open_position")

    def on_engine_crash(self) -> None:
        """Count a crash of the engine while something is open."""
        self.look()
        self._lose_events()
        if self._has_open_position():
            self._count("restart_with_open_position")
        if self._has_order_in_flight():
            self._count("restart_with_order_in_flight")

    def _lose_events(self) -> None:
        """Count ends that were on their way to listeners, who die with the process, as told."""
        kernel, host = self.engine.kernel, self.engine.kernel.host
        context = kernel.cells[names.EXECUTION_SYSTEM].context
        lost = [envelope.message for envelope in host.waiting() if envelope.to == names.EVENT_BUS]
        lost += [message for to, message, _ in context.tells if to == names.EVENT_BUS]
        for event in lost:
            if isinstance(event, TERMINAL_EVENTS) and event.signal_id:
                self.ended.setdefault(event.signal_id, event)

    def on_crash_point(self) -> None:
        """Count a crash at a boundary of an effect."""
        self._count("crash_at_boundary")

    def look(self) -> None:
        """Note which orders were sent more than once."""
        state = self.engine.state(names.ORDER_MANAGER)
        for orders in (state.orders, state.history):
            for client_order_id, order in orders.items():
                if order.attempt > 1:
                    self._attempts[client_order_id] = order.attempt

    def counts(self) -> dict[str, int]:
        """Return all counters, with those that the venue keeps."""
        self.look()
        faults = self.engine.venue.fault_counts
        store = self.engine.venue.core.conditional.store
        triggered = sum(1 for algo in store.all() if algo.child is not None)
        return {
            **self._counts,
            "rate_limited": sum(faults[fault] for fault in LIMITING),
            "banned": sum(faults[fault] for fault in BANNING),
            "late_answer": faults[Fault.ANSWER_LATE],
            "stop_triggered": triggered,
            "sent_again": len(self._attempts),
            **_disk_counts(self.engine.disk),
        }

    def _count(self, name: str) -> None:
        self._counts[name] += 1

    def _count_unknown(self, client_order_id: str) -> None:
        store = self.engine.venue.core.conditional.store
        orders = self.engine.venue.core.matching.orders
        is_there = store.find(algo_id=None, client_algo_id=client_order_id) is not None or any(
            orders.find(symbol, order_id=None, client_order_id=client_order_id) is not None
            for symbol in self.engine.venue.core.books
        )
        self._count("unknown_executed" if is_there else "unknown_not_executed")

    def _has_open_position(self) -> bool:
        positions = self.engine.venue.core.account.open_positions()
        return any(position.amount for position in positions)

    def _has_order_in_flight(self) -> bool:
        if self.engine.life is None:
            return False
        return any(
            order.state is OrderState.SUBMITTED and order.approved.priority is Priority.OPENING
            for order in self.engine.state(names.ORDER_MANAGER).orders.values()
        )


def _disk_counts(disk: FileSystem | None) -> dict[str, int]:
    if not isinstance(disk, SimulatedDisk):
        return {}
    return {"disk_failed": disk.failures, "disk_slow": int(disk.busy_ns > 0)}
