"""Simulation: one thread, virtual time, one seed; the same actors as in production.

Owns virtual time, the timers and the order of deliveries. Three delivery models: `fifo` (one
queue, the shared dispatcher's order), `outbox` (a handler's messages leave one by one, as threads
and queues can interleave them) and `pair` (FIFO per sender and receiver only, as across hosts).
Simulating whole handlers atomically finds none of the ordering bugs, hence the last two.
A host is one life of an engine: `crash` drops its messages and timers, the outside stays.
"""

import decimal
from collections.abc import Callable
from enum import StrEnum
from heapq import heappop, heappush

from attrs import Factory, define, field

from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope, Timer
from ..actors.runtime.inbox import TimerHeap
from ..actors.runtime.kernel import Kernel
from ..actors.runtime.step import ENGINE_DECIMALS
from .mailboxes import MOVED, FifoMailboxes, Mailboxes, OutboxMailboxes, PairMailboxes
from .schedules import Chooser, Schedule, chooser_of

STEPS_PER_INSTANT_MAX = 100_000
"""Steps at one virtual instant before the run counts as a loop without delay."""


class Delivery(StrEnum):
    """How messages may overtake each other."""

    FIFO = "fifo"
    OUTBOX = "outbox"
    PAIR = "pair"


class NoProgress(RuntimeError):
    """Virtual time stands still: actors answer each other without any delay."""


def _random_walk(simulation: "Simulation") -> Chooser:
    return chooser_of(simulation.seed, Schedule.RANDOM)


@define(eq=False)
class Simulation:
    """Virtual time and what happens in it."""

    seed: int = 0
    now_ns: int = 0
    delivery: Delivery = Delivery.FIFO
    chooser: Chooser = field(default=Factory(_random_walk, takes_self=True))
    """Which channel is served next, where the delivery leaves it open."""
    steps: int = field(init=False, default=0)
    _heap: list[tuple[int, int, Callable[[], None]]] = field(
        init=False, factory=list[tuple[int, int, Callable[[], None]]]
    )
    _counter: int = field(init=False, default=0)
    _hosts: list["SimulationHost"] = field(init=False)
    _steps_max: int = field(init=False, default=STEPS_PER_INSTANT_MAX)
    """Steps of the whole run by which time must have passed."""

    def __attrs_post_init__(self) -> None:
        self._hosts = []

    def host(self) -> "SimulationHost":
        """Return the host of a new life of an engine."""
        kinds: dict[Delivery, Callable[[], Mailboxes]] = {
            Delivery.FIFO: FifoMailboxes,
            Delivery.OUTBOX: lambda: OutboxMailboxes(self.chooser),
            Delivery.PAIR: lambda: PairMailboxes(self.chooser),
        }
        host = SimulationHost(self, kinds[self.delivery]())
        self._hosts.append(host)
        return host

    def now(self) -> int:
        """Return virtual time in nanoseconds."""
        return self.now_ns

    def at(self, due_ns: int, action: Callable[[], None]) -> None:
        """Do something at a virtual time, or now if that has passed."""
        self._counter += 1
        heappush(self._heap, (max(due_ns, self.now_ns), self._counter, action))

    def run(self, until_ns: int | None = None, stop: Callable[[], bool] | None = None) -> bool:
        """Run until nothing is left, `until_ns` is reached, or `stop` says so.

        Returns True when there may be more to do.
        """
        with decimal.localcontext(ENGINE_DECIMALS):
            while stop is None or not stop():
                if not self.step(until_ns):
                    return self._pause(until_ns)
            return True

    def step(self, until_ns: int | None = None) -> bool:
        """Let the next thing happen; False when there is none until `until_ns`."""
        for host in self._hosts:
            if host.deliver_one():
                self.count_step()
                return True
        due = self._next_due()
        if due is None or (until_ns is not None and due > until_ns):
            return False
        self._advance(due)
        return True

    def pass_to(self, due_ns: int) -> None:
        """Let time pass up to a moment before which nothing happens."""
        if due_ns > self.now_ns:
            self.now_ns = due_ns
            self._steps_max = self.steps + STEPS_PER_INSTANT_MAX

    def _pause(self, until_ns: int | None) -> bool:
        """Wait where nothing more happens in time; say whether there is more later."""
        if self._next_due() is None:
            return False
        assert until_ns is not None
        self.pass_to(until_ns)
        return True

    def _next_due(self) -> int | None:
        due = self._heap[0][0] if self._heap else None
        for host in self._hosts:
            timer = host.timers.next_due_ns()
            if timer is not None and (due is None or timer < due):
                due = timer
        return due

    def _advance(self, due: int) -> None:
        """Let the next thing of a later time happen; at one time, timers come first."""
        self.pass_to(due)
        for host in self._hosts:
            if host.fire_one():
                return
        _, _, action = heappop(self._heap)
        action()

    def count_step(self) -> None:
        """Count one thing that happened; raises `NoProgress` for a loop without delay."""
        self.steps = steps = self.steps + 1
        if steps > self._steps_max:
            raise NoProgress(f"{STEPS_PER_INSTANT_MAX} steps at {self.now_ns} ns")

    def forget(self, host: "SimulationHost") -> None:
        """Drop a host that crashed."""
        self._hosts.remove(host)


@define(eq=False)
class SimulationHost:
    """One life of an engine in a simulation; implements the kernel's host."""

    simulation: Simulation
    mailboxes: Mailboxes
    kernel: Kernel | None = field(init=False, default=None)
    fatal_reason: str = field(init=False, default="")
    timers: TimerHeap = field(init=False, factory=TimerHeap)
    _alive: bool = field(init=False, default=True)
    _late: int = field(init=False, default=0)
    """Messages that come at a later time."""

    def route(self, envelope: Envelope) -> None:
        """Put an envelope where its receiver will find it."""
        if self._alive:
            self.mailboxes.put(envelope)

    def route_at(self, due_ns: int, envelope: Envelope) -> None:
        """Route an envelope at a time, at once if that is now."""
        if due_ns <= self.simulation.now_ns:
            self.route(envelope)
            return
        self._late += 1
        self.simulation.at(due_ns, lambda: self._arrive_late(envelope))

    def _arrive_late(self, envelope: Envelope) -> None:
        self._late -= 1
        self.route(envelope)

    def arm(self, cell: Cell, timer: Timer) -> None:  # noqa: ARG002 - the envelope names it too
        """Keep a timer of a cell."""
        self.timers.arm(timer)

    def disarm(self, cell: Cell, key: str | None) -> None:
        """Drop a timer, or all of the cell's."""
        self.timers.disarm(cell.name, key)

    def waiting(self) -> list[Envelope]:
        """Return what is on its way, to edges too."""
        return self.mailboxes.waiting()

    def place(self, cell: Cell) -> None:
        """Every cell has its place here by its name."""

    def fatal(self, reason: str) -> None:
        """Note that the engine gave up, and stop delivering."""
        self.fatal_reason = reason
        self.crash()

    def crash(self) -> None:
        """Lose every message and timer, as a killed process does; once is enough."""
        if not self._alive:
            return
        self._alive = False
        self.timers = TimerHeap()
        self.simulation.forget(self)

    def deliver_one(self) -> bool:
        """Let one thing happen, if anything can."""
        envelope = self.mailboxes.take()
        if envelope is None:
            return False
        if envelope is not MOVED:
            assert self.kernel is not None
            self.kernel.process(envelope, self.simulation.now_ns)
        return True

    def queued(self) -> int:
        """Messages on their way."""
        return self.mailboxes.size() + self._late

    def fire_one(self) -> bool:
        """Fire the earliest timer, if one is due."""
        timer = self.timers.pop_due(self.simulation.now_ns)
        if timer is None:
            return False
        assert self.kernel is not None
        self.simulation.count_step()
        self.kernel.fire(timer, self.simulation.now_ns)
        return True
