"""Unhurried: work in small portions, with the interpreter's lock free in between.

Python runs one thread at once, and a thread that is never interrupted keeps others waiting for a
whole switch interval at every hand-over, 5 ms by default: an order has half a dozen of them. Who
makes the records of the past has time, so it stops now and then for the sake of the present.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PORTION_SECONDS = 0.0005
PAUSE_SECONDS = 0.0002


def unhurried(items: Iterable[T]) -> Iterator[T]:
    """Yield every item, with a pause whenever those before it have taken a portion of time."""
    began = time.monotonic()
    for item in items:
        yield item
        if time.monotonic() - began > PORTION_SECONDS:
            time.sleep(PAUSE_SECONDS)
            began = time.monotonic()
