"""Timers survive a restart: what an actor armed before it was rebuilt fires afterwards.

The next life has armed its own. A wait that is over, a query, an alarm comes for a state that is
no longer there, or twice.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Timer
from callboard.actors.runtime.kernel import Kernel
from callboard.scenarios.simulation import SimulationHost


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    disarm = SimulationHost.disarm

    def fire(self: Kernel, timer: Timer, now: int) -> None:
        self.counts.sent += 1
        self.process(timer.envelope, now)

    def disarm_one(self: SimulationHost, cell: Cell, key: str | None) -> None:
        if key is not None:
            disarm(self, cell, key)

    stack = ExitStack()
    stack.enter_context(patch.object(Kernel, "fire", fire))
    stack.enter_context(patch.object(SimulationHost, "disarm", disarm_one))
    return stack
