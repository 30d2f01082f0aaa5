"""CrashSweep: one workload again and again, killed at another boundary each time.

Owns which boundaries are worth a run: of those of commits, the first of an instant and the first
after the disk or the wire was touched, since a crash at the next would leave the same disk, the
same venue and the same time behind. How long the process stays down, and whether the disk keeps a
torn tail, goes round with the number of the boundary, so that a sweep has them all.
"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path

from attrs import define, evolve, field

from ...actors.errors import ConfigurationError
from ..chaos import Run
from ..crash_points import Boundaries, Boundary, CrashPoint
from ..simulation import Simulation
from ..workload import Workload
from .trial import Trial, trial_of
from .workers import unheard, workers

COMMITS = (Boundary.BEFORE_COMMIT, Boundary.AFTER_COMMIT)
DOWNS_MS = (500, 0, 5_000)
POINTS_AT_ONCE = 8

Swept = tuple[CrashPoint, Trial]


@define(eq=False)
class Reached:
    """The boundaries of one run whose crashes differ."""

    simulation: Simulation
    points: list[CrashPoint] = field(init=False, factory=list[CrashPoint])
    _commit_ns: int = field(init=False, default=-1)
    """When the last commit was noted; -1 when something outside was touched since."""

    def note(self, kind: Boundary, nth: int) -> None:
        """Note a boundary, unless a crash there leaves what one at the last would."""
        if kind in COMMITS:
            if self._commit_ns == self.simulation.now_ns:
                return
            self._commit_ns = self.simulation.now_ns
        else:
            self._commit_ns = -1
        self.points.append(crash_point(kind, nth))


def crash_point(kind: Boundary, nth: int) -> CrashPoint:
    """Return the crash that a sweep has at a boundary."""
    return CrashPoint(kind, nth, DOWNS_MS[nth % len(DOWNS_MS)], torn=bool(nth // len(DOWNS_MS) % 2))


def named_point(text: str) -> CrashPoint:
    """Return the crash of a `kind:nth`; raises `ConfigurationError` for another text."""
    kind, _, nth = text.partition(":")
    if kind not in Boundary.__members__.values():
        raise ConfigurationError(f"--at {text}: {kind!r} is none of {', '.join(Boundary)}")
    if not nth.isdecimal() or int(nth) < 1:
        raise ConfigurationError(f"--at {text}: the number is a whole one from 1")
    return crash_point(Boundary(kind), int(nth))


def crash_points_of(workload: Workload) -> tuple[CrashPoint, ...]:
    """Run a workload without crash points, and return one for every boundary it reached."""
    boundaries = Boundaries()
    run = Run(without(workload), is_thorough=False, boundaries=boundaries)
    reached = Reached(run.engine.simulation)
    boundaries.on_reached = reached.note
    run.run()
    return tuple(reached.points)


def every_crash_point(
    workload: Workload,
    points: Sequence[CrashPoint],
    *,
    jobs: int = 1,
    change: Path | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Generator[Swept]:
    """Yield what a run came to for each crash point, in their order, until it is stopped.

    Workers open the change themselves; a single job runs here, under what is open here.
    """
    crashed = partial(_crashed, without(workload))
    if jobs == 1:
        for point in points:
            if is_stopped():
                return
            yield crashed(point)
        return
    with workers(jobs, change) as pool:
        with unheard():
            swept = pool.map(crashed, points, chunksize=POINTS_AT_ONCE)
        for each in swept:
            if is_stopped():
                return
            yield each


def without(workload: Workload) -> Workload:
    """Return a workload without crash points of its own."""
    return evolve(workload, crash_points=())


def _crashed(workload: Workload, point: CrashPoint) -> Swept:
    return point, trial_of(evolve(workload, crash_points=(point,)), is_thorough=False)
