"""Waiting: let a test wait for what another thread or process does, never for time."""

import time
from collections.abc import Callable

SECONDS = 20.0
PAUSE_SECONDS = 0.005


def until(is_so: Callable[[], object], seconds: float = SECONDS) -> None:
    """Return as soon as something is so; `AssertionError` when it is not after very long."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(PAUSE_SECONDS)
