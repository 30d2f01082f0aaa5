"""Workers: the processes of a search, each with the change open as long as it lives.

Owns how they begin and end. They are new processes, not forks: a run must not depend on what its
parent did before. Ctrl-C in a terminal reaches every process of a group; a worker never hears it,
not even while it begins, so that its parent alone decides when a search ends.
"""

import gc
import signal
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path

from .changes import change_of

COLLECTED_EVERY = (50_000, 20, 50)
"""A run makes many short-lived values and dies as a whole, so a worker collects seldom."""


@contextmanager
def workers(jobs: int, change: Path | None) -> Generator[ProcessPoolExecutor]:
    """Open so many workers; an error, or a second Ctrl-C, waits only for the runs at hand."""
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(change,)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def unheard() -> Generator[None]:
    """Let processes that begin meanwhile not hear Ctrl-C; here it is heard right afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(change: Path | None) -> None:
    """Prepare a worker."""
    _OPEN.enter_context(change_of(change)())
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)


_OPEN = ExitStack()
"""What a worker process keeps open until it ends."""
