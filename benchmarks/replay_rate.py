"""ReplayRate: records a second in replay, against the simulation that made them.

The simulation carries the venue and its market too, which replay has no need of; replay decodes
the records, verifies their chain and compares every step, which the simulation has no need of.
"""

import time
from collections.abc import Callable, Mapping

from attrs import define, field

from callboard.actors.runtime.actor import Actor
from callboard.actors.runtime.replay import replay
from callboard.actors.runtime.segment import RunFacts
from callboard.actors.system import core_makers, make_codec
from callboard.scenarios.disk import SimulatedDisk
from measure import Row, Target, compare
from stage import BenchmarkFailed, open_stage, settings

TARGET = Target("replay / simulation", "records/s", 0.5)


@define
class Rerun:
    """A run and its replay."""

    orders: int
    disk: SimulatedDisk = field(factory=SimulatedDisk)

    def simulate(self) -> float:
        """Run the engine once on a new disk and return its records a second."""
        self.disk = SimulatedDisk()
        stage = open_stage(self.disk)
        first = stage.world.kernel.sequence
        begin = time.process_time()
        stage.send(self.orders)
        seconds = time.process_time() - begin
        records = stage.world.kernel.sequence - first
        stage.world.stop()
        return records / seconds

    def replay(self) -> float:
        """Replay that run and return the records a second."""
        begin = time.process_time()
        replayed = replay(self.disk, make_codec(), makers_of)
        seconds = time.process_time() - begin
        if not replayed.identical:
            raise BenchmarkFailed(f"the replay diverged: {replayed.divergences[0]}")
        return replayed.records / seconds


def makers_of(_run: RunFacts) -> Mapping[str, Callable[[], Actor]]:
    """Return the actors of a replayed run."""
    return core_makers(settings())


def row(*, orders: int, rounds: int) -> Row:
    """Measure the row."""
    rerun = Rerun(orders)
    return compare(TARGET, rerun.replay, rerun.simulate, rounds=rounds)
