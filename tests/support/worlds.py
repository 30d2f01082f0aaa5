"""Worlds: toy actors on every host, so that one test runs on threads and in simulation.

Waits are named conditions with a limit of wall time; nothing sleeps.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field

from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.supervision import Group
from callboard.actors.runtime.threads import Placement, ThreadedHost
from callboard.scenarios.simulation import Simulation
from support.toys import SECOND_NS, GetTotal, Total, ToySupervisor, Witness, toy_codec

WAIT_SECONDS = 60.0
HOSTS = ("shared", "pinned", "simulation")


class FastClock:
    """An engine clock that runs a thousand times as fast as the wall."""

    SPEED = 1_000

    def now_ns(self) -> int:
        """Return engine time."""
        return time.monotonic_ns() * self.SPEED

    def wall_seconds(self, duration_ns: int) -> float:
        """Return how long a wait lasts on the wall."""
        return duration_ns / SECOND_NS / self.SPEED


class ManualClock:
    """An engine clock that stands still until it is moved."""

    def __init__(self, at_ns: int = 0) -> None:
        self.at_ns = at_ns

    def now_ns(self) -> int:
        """Return engine time."""
        return self.at_ns

    def wall_seconds(self, duration_ns: int) -> float:  # noqa: ARG002 - whoever moves it wakes
        """Return a wait that only a wake ends."""
        return WAIT_SECONDS


class WatchedKernel(Kernel):
    """A kernel that says after each message that something may have changed."""

    def watch_with(self, changed: threading.Condition, witness: Witness) -> None:
        """Notify this condition."""
        self.changed = changed
        self.generations = witness.lives

    def process(self, envelope: Envelope, now: int) -> None:
        """Handle one message, then notify."""
        super().process(envelope, now)
        with self.changed:
            self.changed.notify_all()

    def step(self, cell: Cell, envelope: Envelope, now: int) -> None:
        self.generations[cell.name] = cell.generation
        super().step(cell, envelope, now)


@define(eq=False)
class World:
    """One kernel on one host, with its witness."""

    kernel: WatchedKernel
    witness: Witness
    start: Callable[[], None]
    run_until: Callable[[Callable[[], bool]], None]
    stop: Callable[[], None]
    host: Any
    logged: list[tuple[str, str]] = field(factory=list[tuple[str, str]])

    def post(self, to: str, *messages: object) -> None:
        """Send messages from outside."""
        for message in messages:
            self.kernel.post(to, message)

    def ask(self, to: str, message: object) -> Any:
        """Send a question and run until it is answered."""
        answers: list[Any] = []
        self.kernel.post(to, message, reply=answers.append)
        self.run_until(lambda: bool(answers))
        return answers[0]

    def total(self, name: str = "counter") -> int:
        """Ask a counter for its total."""
        answer = self.ask(name, GetTotal())
        assert isinstance(answer, Total), answer
        return answer.value

    def is_quiet(self) -> bool:
        """Say whether every message that was sent is accounted for."""
        counts = self.kernel.counts
        return counts.sent == counts.delivered + counts.dead + self.kernel.pending()


def make_world(host_name: str, *, tree: tuple[Group, ...] | None = None, **options: Any) -> World:
    """Return a world with a kernel on the named host; add actors, then start it."""
    witness = Witness()
    changed = threading.Condition()
    simulation = Simulation()
    threads = ThreadedHost(options.pop("clock", FastClock()), _placement(host_name))
    simulated = simulation.host()
    host = simulated if host_name == "simulation" else threads
    kernel = WatchedKernel(toy_codec(), host, "seed", **options)
    kernel.watch_with(changed, witness)
    if tree is not None:
        kernel.add("supervisor", lambda: ToySupervisor(tree, witness))
    if host_name == "simulation":
        simulated.kernel = kernel
        world = _simulated(kernel, witness, simulation, simulated)
    else:
        threads.attach(kernel)
        world = _threaded(kernel, witness, changed, threads)
    if kernel.log is None:
        kernel.log = lambda actor, event, _fields: world.logged.append((actor, event))
    return world


def _placement(host_name: str) -> Placement:
    return Placement.PINNED if host_name == "pinned" else Placement.SHARED


def _simulated(kernel: WatchedKernel, witness: Witness, simulation: Simulation, host: Any) -> World:
    def start() -> None:
        for cell in list(kernel.cells.values()):
            kernel.start_cell(cell)

    def run_until(condition: Callable[[], bool]) -> None:
        simulation.run(stop=condition)
        assert condition(), witness.seen

    return World(kernel, witness, start, run_until, lambda: None, host)


def _threaded(
    kernel: WatchedKernel, witness: Witness, changed: threading.Condition, host: ThreadedHost
) -> World:
    def run_until(condition: Callable[[], bool]) -> None:
        with changed:
            assert changed.wait_for(condition, WAIT_SECONDS), witness.seen

    def stop() -> None:
        assert () == host.stop()

    return World(kernel, witness, host.start, run_until, stop, host)
