"""Computing: a thread of the host that never waits, as a strategy does while it computes."""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

NUMBERS = 1_000


@contextmanager
def computing() -> Generator[None]:
    """Let a thread compute in Python for as long as the context lasts."""
    ended = threading.Event()

    def compute() -> None:
        number = 1
        while not ended.is_set():
            for _ in range(NUMBERS):
                number = number * 1_103_515_245 % 2_147_483_647

    busy = threading.Thread(target=compute, name="strategy")
    busy.start()
    try:
        yield
    finally:
        ended.set()
        busy.join()


@contextmanager
def switching_every(seconds: float) -> Generator[None]:
    """Have the interpreter's switch interval for as long as the context lasts."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
