"""Soak: many seeds over processes, one trial after the other.

Owns who runs which. Each worker takes a few seeds at a time, so that a slow one holds nobody up;
what came of them is handed out in the order in which they are done. A stop lets the runs at hand
finish.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path

from attrs import frozen

from ...actors.errors import EngineError
from .changes import change_of
from .trial import Trial, seed_trial
from .workers import unheard, workers

SEEDS_AT_ONCE = 8
CHUNKS_AHEAD = 2
"""Chunks that wait for each worker, so that none is idle."""


@frozen
class Task:
    """What a soak runs."""

    mix: str
    change: Path | None = None

    def check(self) -> None:
        """Raise `ConfigurationError` here, rather than in every worker, for a change of no use."""
        change_of(self.change)


def soak(
    task: Task, seeds: Sequence[int], jobs: int, is_stopped: Callable[[], bool]
) -> Generator[Trial]:
    """Yield a trial for each seed; after a stop, for those that were under way."""
    if jobs == 1:
        yield from _alone(task, seeds, is_stopped)
    else:
        yield from _together(task, seeds, jobs, is_stopped)


def _alone(task: Task, seeds: Sequence[int], is_stopped: Callable[[], bool]) -> Generator[Trial]:
    with change_of(task.change)():
        for seed in seeds:
            if is_stopped():
                return
            yield seed_trial(seed, task.mix)


def _together(
    task: Task, seeds: Sequence[int], jobs: int, is_stopped: Callable[[], bool]
) -> Generator[Trial]:
    chunks = (seeds[at : at + SEEDS_AT_ONCE] for at in range(0, len(seeds), SEEDS_AT_ONCE))
    with workers(jobs, task.change) as pool:
        running: set[Future[list[Trial]]] = set()
        while True:
            room = 0 if is_stopped() else jobs * CHUNKS_AHEAD - len(running)
            with unheard():
                running |= {pool.submit(_run, task.mix, chunk) for chunk in islice(chunks, room)}
            if not running:
                return
            if is_stopped():
                running = {each for each in running if not each.cancel()}
            done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for trials in sorted(map(_result, done), key=lambda some: some[0].seed):
                yield from trials


def _result(done: Future[list[Trial]]) -> list[Trial]:
    try:
        return done.result()
    except BrokenProcessPool:
        raise EngineError("a worker of the soak died; is there memory for --jobs?") from None


def _run(mix: str, seeds: Sequence[int]) -> list[Trial]:
    return [seed_trial(seed, mix) for seed in seeds]
