"""Soak: many seeds over processes, one trial after the other.

Owns the workers. Each takes a few seeds at a time, so that a slow one holds nobody up; what came
of them is handed out in the order in which they are done. A stop lets the runs at hand finish.
Workers are new processes, not forks: a run must not depend on what its parent did before.
"""

import gc
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from attrs import frozen

from ...actors.errors import EngineError
from .changes import change_of
from .trial import Trial, seed_trial

SEEDS_AT_ONCE = 8
COLLECTED_EVERY = (50_000, 20, 50)
"""A run makes many short-lived values and dies as a whole, so a worker collects seldom."""
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
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(task,)
    ) as workers:
        running: set[Future[list[Trial]]] = set()
        while True:
            room = 0 if is_stopped() else jobs * CHUNKS_AHEAD - len(running)
            running |= {workers.submit(_run, task.mix, chunk) for chunk in islice(chunks, room)}
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


def _begin(task: Task) -> None:
    """Prepare a worker: it leaves Ctrl-C to its parent, and its change stays open."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _OPEN.enter_context(change_of(task.change)())
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)


def _run(mix: str, seeds: Sequence[int]) -> list[Trial]:
    return [seed_trial(seed, mix) for seed in seeds]


_OPEN = ExitStack()
"""What a worker process keeps open until it ends."""
