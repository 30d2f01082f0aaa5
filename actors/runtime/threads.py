"""ThreadedHost: carries the messages of one system on Pykka's threads.

A part of the threaded host. Placement `shared` puts every core actor on one dispatcher: one
thread, one total order. `pinned` gives each its own. An edge actor always has its own. Cells start
in the order in which they were added and stop in reverse, each within a budget: a thread that does
not end in time is left behind as a daemon and named, and never holds up the others.
"""

import threading
import time
from collections.abc import Callable
from enum import StrEnum

import pykka
from attrs import define, field

from ..ports import Clock
from .cell import Cell
from .dispatcher import Dispatcher, Gauge, HandlerTime, Seat
from .envelope import CUT_OFF, NOBODY, Envelope, Timer
from .inbox import Inbox
from .kernel import Kernel

CORE_SEAT = "core"
STOP_BUDGET_MS = 5_000
HIGH_WATER = 50_000


class Placement(StrEnum):
    """Which threads the core runs on."""

    SHARED = "shared"
    PINNED = "pinned"


@define(eq=False)
class ThreadedHost:
    """The host of a kernel on real threads.

    `on_fatal` is called, on any thread, when the engine must stop; it must not wait for the stop.
    """

    clock: Clock
    placement: Placement = field(default=Placement.SHARED, converter=Placement)
    high_water: int = HIGH_WATER
    """Messages in one core inbox above which `breaker` is told; 0 for never."""
    breaker: str = "circuit_breaker"
    on_fatal: Callable[[str], None] | None = None
    fatal_reason: str = field(init=False, default="")
    _kernel: Kernel | None = field(init=False, default=None)
    _seats: dict[str, Seat] = field(init=False, factory=dict[str, Seat])
    """Seats by their own name, in start order."""
    _inboxes: dict[str, Inbox] = field(init=False, factory=dict[str, Inbox])
    """Inboxes by the name of an actor."""
    _is_running: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    @property
    def kernel(self) -> Kernel:
        """The kernel that this host carries."""
        assert self._kernel is not None, "attach the host to its kernel first"
        return self._kernel

    def attach(self, kernel: Kernel) -> None:
        """Carry the messages of a kernel; once, before its first message."""
        assert self._kernel is None, "a host carries one kernel"
        self._kernel = kernel
        kernel.guard = threading.RLock()  # a journal appended to under it posts

    def start(self) -> None:
        """Start every actor of the kernel; `ActorStarted` is the first message of each."""
        cells = list(self.kernel.cells.values())
        for cell in cells:
            self._place(cell)
        for cell in cells:
            self.kernel.start_cell(cell)
        self._is_running = True
        for seat in list(self._seats.values()):
            self._start_seat(seat)

    def stop(self, budget_ms: int = STOP_BUDGET_MS) -> tuple[str, ...]:
        """Stop every actor, last started first, `budget_ms` of wall time for each seat.

        Returns the seats whose thread did not end; nothing is delivered to them any more.
        """
        self._is_running = False
        stuck = [
            seat.name
            for seat in reversed(list(self._seats.values()))
            if not self._stop_seat(seat, budget_ms)
        ]
        return tuple(stuck)

    def depth(self) -> int:
        """Count the messages that wait for the core, those of suspended actors included."""
        waiting = sum(len(seat.inbox) for seat in list(self._seats.values()) if seat.is_core)
        return waiting + self.kernel.pending()

    def mailboxes(self) -> dict[str, int]:
        """Count the messages that wait for each actor, a suspended one's included; any thread."""
        depths = {cell.name: len(cell.waiting) for cell in list(self.kernel.cells.values())}
        for seat in list(self._seats.values()):
            for envelope in seat.inbox.waiting():
                depths[envelope.to] = depths.get(envelope.to, 0) + 1
        return depths

    def handler_times(self) -> dict[str, HandlerTime]:
        """Return how long each actor took for the messages that were timed; any thread."""
        seats = list(self._seats.values())
        return {name: taken for seat in seats for name, taken in seat.times.copy().items()}

    def wake(self) -> None:
        """Let every actor look at the clock again: it was moved by hand."""
        for seat in list(self._seats.values()):
            seat.inbox.wake()

    def threads(self) -> tuple[threading.Thread, ...]:
        """Return the threads of the actors, in start order."""
        seats = list(self._seats.values())
        return tuple(seat.thread for seat in seats if seat.thread is not None)

    def route(self, envelope: Envelope) -> None:
        """Put an envelope into the inbox of its receiver, or bury it; any thread."""
        inbox = self._inboxes.get(envelope.to) or self._find_inbox(envelope.to)
        if inbox is None:
            self.kernel.bury(envelope, NOBODY)
        elif not inbox.deliver(envelope):
            for left in inbox.leftovers():
                self.kernel.bury(left, CUT_OFF)

    def arm(self, cell: Cell, timer: Timer) -> None:
        """Keep a timer of a cell; the cell's own thread."""
        self._inboxes[cell.name].timers.arm(timer)

    def disarm(self, cell: Cell, key: str | None) -> None:
        """Drop a timer of a cell, or all of them; the cell's own thread."""
        self._inboxes[cell.name].timers.disarm(cell.name, key)

    def waiting(self) -> list[Envelope]:
        """Return what is routed to the core and not processed yet."""
        seats = [seat for seat in list(self._seats.values()) if seat.is_core]
        return [envelope for seat in seats for envelope in seat.inbox.waiting()]

    def place(self, cell: Cell) -> None:
        """Find a place for a cell; a running host starts its thread at once."""
        seat = self._place(cell)
        if self._is_running:
            self._start_seat(seat)

    def fatal(self, reason: str) -> None:
        """Remember why the engine must stop, and tell whoever stops it."""
        if not self.fatal_reason:
            self.fatal_reason = reason
            if self.on_fatal is not None:
                self.on_fatal(reason)

    def _find_inbox(self, name: str) -> Inbox | None:
        """Place an actor that is told something before the host was started."""
        cell = self.kernel.cells.get(name)
        return None if cell is None else self._place(cell).inbox

    def _place(self, cell: Cell) -> Seat:
        shares = cell.is_core and self.placement is Placement.SHARED
        name = CORE_SEAT if shares else cell.name
        with self._lock:
            seat = self._seats.get(name)
            if seat is None:
                seat = self._seats[name] = Seat(name, Inbox(self.clock), cell.is_core)
            if cell.name not in self._inboxes:
                seat.cells.append(cell)
                self._inboxes[cell.name] = seat.inbox
        return seat

    def _start_seat(self, seat: Seat) -> None:
        with self._lock:
            if seat.ref is not None:
                return
            gauge = Gauge(self.high_water if seat.is_core else 0, self.breaker)
            seat.ref = Dispatcher.start(self.kernel, seat, gauge)
        # A host's `stop_all` must meet the front alone, which stops the tree in order.
        pykka.ActorRegistry.unregister(seat.ref)

    def _stop_seat(self, seat: Seat, budget_ms: int) -> bool:
        if seat.ref is None:
            return True
        until = time.monotonic() + budget_ms / 1_000
        try:
            seat.ref.stop(block=False).get(timeout=budget_ms / 1_000)
        except pykka.Timeout:
            self._abandon(seat)
            return False
        thread = seat.thread
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(max(0.0, until - time.monotonic()))
        return not thread.is_alive()

    def _abandon(self, seat: Seat) -> None:
        """Leave a stuck thread behind: its inbox takes nothing, what waits is buried."""
        seat.inbox.close()
        for left in seat.inbox.leftovers():
            self.kernel.bury(left, CUT_OFF)
        self.kernel.note(seat.name, "thread_abandoned", {"cells": len(seat.cells)})
