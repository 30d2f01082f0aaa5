"""Dispatcher: a Pykka actor that runs the cells placed on it, one message at a time.

A part of the threaded host. Each message is handled to completion, inside `ENGINE_DECIMALS` of
this thread alone and never the host's. Time never goes backwards. Passing the high-water mark is
told once, until the inbox is below half of it. What escapes from the kernel is our own bug and a
half-made step may follow: the host is told that the engine must stop, and everything that still
comes is buried. Inner dispatchers are daemons: a stuck edge never keeps a process alive.
"""

import decimal
import threading
import time

import pykka
from attrs import define, field

from ...messages.lifecycle import ENGINE_STOPS, HighWaterPassed
from .cell import Cell
from .envelope import CUT_OFF, GONE, Envelope, Timer
from .inbox import Inbox, Tick
from .kernel import Kernel
from .step import ENGINE_DECIMALS

BATCH_MAX = 256
"""Messages handled before Pykka's loop looks at its stop flag."""

SAMPLE_EVERY = 17
"""One message of so many is timed; a prime, since what an order takes comes in a fixed order."""


@define
class HandlerTime:
    """How long an actor took for the messages that were timed, its commit included."""

    count: int = 0
    total_ns: int = 0
    max_ns: int = 0

    def note(self, taken_ns: int) -> None:
        """Count one more."""
        self.count += 1
        self.total_ns += taken_ns
        self.max_ns = max(self.max_ns, taken_ns)


@define(eq=False)
class Seat:
    """Where cells run: a name, an inbox, and the thread once it lives."""

    name: str
    inbox: Inbox
    is_core: bool
    cells: list[Cell] = field(factory=list[Cell])
    ref: pykka.ActorRef["Dispatcher"] | None = None
    thread: threading.Thread | None = None
    times: dict[str, HandlerTime] = field(factory=dict[str, HandlerTime])
    """By actor, of the messages that were timed."""


@define
class Gauge:
    """The high-water mark of an inbox; 0 for none."""

    mark: int
    tell_to: str
    passed: bool = False

    def crossed(self, depth: int) -> bool:
        """Say whether the mark was passed just now; armed again below half of it."""
        if self.passed:
            self.passed = depth >= self.mark // 2
            return False
        self.passed = 0 < self.mark < depth
        return self.passed


class Dispatcher(pykka.ThreadingActor):
    """Runs the cells of one seat."""

    use_daemon_thread = True

    def __init__(self, kernel: Kernel, seat: Seat, gauge: Gauge) -> None:
        self._seat = seat
        super().__init__()
        self._kernel = kernel
        self._inbox = seat.inbox
        self._gauge = gauge
        self._last_ns = 0
        self._broken = False
        self._turn = 0

    def _create_actor_inbox(self) -> Inbox:  # type: ignore[override]  # called on the instance
        """Give Pykka our inbox: its documented hook for implementors of new actor types."""
        return self._seat.inbox

    def on_start(self) -> None:
        """Make this thread ours: its name and its decimal context."""
        self._seat.thread = threading.current_thread()
        self._seat.thread.name = f"callboard-{self._seat.name}"
        decimal.setcontext(ENGINE_DECIMALS.copy())

    def on_receive(self, message: object) -> None:
        """Handle what has come in; the inbox lets nothing but its own tick pass."""
        assert isinstance(message, Tick), message
        for _ in range(BATCH_MAX):
            now = self._now()
            item = self._inbox.take(now)
            if item is None:
                break
            self._turn += 1
            if self._turn % SAMPLE_EVERY:
                self._handle(item, now)
            else:
                self._handle_timed(item, now)
        depth = len(self._inbox)
        if self._gauge.crossed(depth):
            passed = HighWaterPassed(depth, self._gauge.mark)
            self._kernel.post(self._gauge.tell_to, passed, urgent=True)

    def on_stop(self) -> None:
        """Stop the cells, last first, each on this thread, and bury what is left."""
        for cell in reversed(self._seat.cells):
            self._guarded_stop(cell)
        self._inbox.close()
        for envelope in self._inbox.leftovers():
            self._kernel.bury(envelope, GONE)

    def _handle(self, item: Envelope | Timer, now: int) -> None:
        try:
            if self._broken:
                self._kernel.bury(item.envelope if isinstance(item, Timer) else item, CUT_OFF)
            elif isinstance(item, Timer):
                self._kernel.fire(item, now)
            else:
                self._kernel.process(item, now)
        except BaseException as error:  # noqa: BLE001 - one that escapes would stop every actor
            self._broken = True
            self._kernel.host.fatal(f"{self._seat.name}: {type(error).__name__}: {error}")

    def _handle_timed(self, item: Envelope | Timer, now: int) -> None:
        began_ns = time.perf_counter_ns()
        self._handle(item, now)
        taken_ns = time.perf_counter_ns() - began_ns
        to = item.envelope.to if isinstance(item, Timer) else item.to
        self._seat.times.setdefault(to, HandlerTime()).note(taken_ns)

    def _guarded_stop(self, cell: Cell) -> None:
        try:
            self._kernel.stop_cell(cell, ENGINE_STOPS)
        except BaseException as error:  # noqa: BLE001 - the other cells must be stopped too
            fields = {"error": type(error).__name__, "text": str(error)}
            self._kernel.note(cell.name, "stop_failed", fields)

    def _now(self) -> int:
        self._last_ns = max(self._last_ns, self._inbox.clock.now_ns())
        return self._last_ns
