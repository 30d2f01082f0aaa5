"""InTurn: a drawn schedule told as deferrals, so that few of them can be left.

Owns the way from a random walk, or from priorities, to "channel X is held from step i to j": the
run is recorded once, and every channel that an older message waited in is held meanwhile.
"""

from attrs import evolve

from ..chaos import Run
from ..schedules import Recorder, Schedule
from ..simulation import Delivery
from ..workload import Workload
from .shrinking import Fails
from .trial import trial_of


def in_turn(workload: Workload, fails: Fails) -> Workload:
    """Return the workload with deferrals instead of a drawn schedule, if it fails so too."""
    if workload.delivery is Delivery.FIFO or workload.schedule is Schedule.IN_TURN:
        return workload
    plain = evolve(workload, schedule=Schedule.IN_TURN, priority_changes=0)
    if fails(plain):
        return plain
    recorders: list[Recorder] = []

    def record(run: Run) -> None:
        simulation = run.engine.simulation
        simulation.chooser = Recorder(simulation.chooser)
        recorders.append(simulation.chooser)

    trial_of(workload, prepare=record)
    told = evolve(plain, deferrals=recorders[0].all())
    return told if fails(told) else workload
