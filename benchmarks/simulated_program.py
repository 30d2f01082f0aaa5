"""SimulatedProgram: an ordinary Pykka program in a simulation, against itself on threads.

Both sides run the same program: bookkeepers count by asking an adder each, and tell a ledger every
number. A message is what an actor handles. On threads its price is a hand-over; in the simulation
it is the drawing of who goes next, a switch of stacks, the trace and the watch for deadlocks. The
note says how fast virtual time passes where each answer takes the adder ten milliseconds.
"""

import time
from typing import Any

import pykka
from attrs import evolve

from callboard.scenarios import simulated
from measure import Row, Target, compare
from stage import BenchmarkFailed

TARGET = Target("a Pykka program in a simulation / on threads", "messages/s", 0.8)
COUNTERS = 4
THINKING_SECONDS = 0.01


class Adder(pykka.ThreadingActor):
    """Adds one, and may take its time for it."""

    def add_one(self, number: int, seconds: float) -> int:
        """Return the next number."""
        if seconds:
            time.sleep(seconds)
        return number + 1


class Ledger(pykka.ThreadingActor):
    """Keeps a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def on_receive(self, message: Any) -> int:
        """Add a number and return the sum."""
        self.total += message
        return self.total


class Bookkeeper(pykka.ThreadingActor):
    """Counts by asking."""

    def __init__(self, adder: Any, ledger: pykka.ActorRef[Ledger]) -> None:
        super().__init__()
        self._adder = adder
        self._ledger = ledger

    def count_to(self, target: int, seconds: float) -> None:
        """Ask for every number and tell each."""
        number = 0
        while number < target:
            number = self._adder.add_one(number, seconds).get()
            self._ledger.tell(1)


def count(target: int, seconds: float = 0.0) -> int:
    """Run the program; return how many messages its actors handled, but for the orders to stop."""
    ledger = Ledger.start()
    keepers: list[Any] = [
        Bookkeeper.start(Adder.start().proxy(), ledger).proxy() for _ in range(COUNTERS)
    ]
    pykka.get_all([keeper.count_to(target, seconds) for keeper in keepers])
    if ledger.ask(0) != COUNTERS * target:
        raise BenchmarkFailed("a number was lost")
    pykka.ActorRegistry.stop_all()
    return 2 * COUNTERS * target + COUNTERS + 1


def on_threads(target: int) -> float:
    """Return the messages a second of the program on threads."""
    begin = time.process_time()
    handled = count(target)
    return handled / (time.process_time() - begin)


def in_simulation(target: int) -> float:
    """Return the messages a second of the program in a simulation."""
    begin = time.process_time()
    with simulated(seed=1):
        handled = count(target)
    return handled / (time.process_time() - begin)


def virtual_seconds(target: int) -> float:
    """Return the virtual seconds that pass in one second of a thinking program."""
    begin = time.process_time()
    with simulated(seed=1) as run:
        count(target, THINKING_SECONDS)
    return run.seconds / (time.process_time() - begin)


def row(*, steps: int, rounds: int) -> Row:
    """Measure the row."""
    target = max(1, steps // (2 * COUNTERS))
    found = compare(
        TARGET, lambda: in_simulation(target), lambda: on_threads(target), rounds=rounds
    )
    fast = virtual_seconds(target)
    density = 2 * COUNTERS / THINKING_SECONDS
    note = f"{fast:,.0f} virtual seconds a second at {density:,.0f} messages a virtual second"
    return evolve(found, note=note)
