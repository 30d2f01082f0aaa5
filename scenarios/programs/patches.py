"""Patches: what of the standard library a simulated program meets in another form.

Owns the whole list, each name with what it was, and gives everything back in reverse. Time, sleep,
threads and locks are those of the run for whoever is a part of it; another thread of the process
(a test runner's watchdog) goes on with the real ones.
"""

import queue
import random
import re
import selectors
import sys
import threading
import time
import uuid
from collections.abc import Callable
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary

from ...actors import engine
from .fibers import SECOND_NS, Fiber, Fibers
from .locks import SimulatedLock, SimulatedRLock
from .post import SimulatedInbox

_ABSENT = object()
CLOCKS = ("time", "monotonic", "perf_counter")


class Patches:
    """Names that stand for something else for a while."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Let a name of a module or class stand for a value."""
        self._undo.append((owner, name, owner.__dict__.get(name, _ABSENT)))
        setattr(owner, name, value)

    def replacements(self) -> dict[int, Any]:
        """Return, by the identity of what a name stood for, what it stands for now."""
        return {
            id(value): owner.__dict__[name]
            for owner, name, value in self._undo
            if value is not _ABSENT
        }

    def undo(self) -> None:
        """Give every name back, the last first."""
        while self._undo:
            owner, name, value = self._undo.pop()
            if value is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def patch_time(patches: Patches, fibers: Fibers, began_ns: int) -> None:
    """Let the clocks tell virtual time, and sleep pass it."""

    def clock(real: Callable[..., Any], from_ns: int, unit: int) -> Callable[..., Any]:
        def read(*which: Any) -> Any:
            if not fibers.is_here():
                return real(*which)
            passed = fibers.simulation.now_ns - from_ns
            return passed if unit == 1 else passed / unit

        return read

    # A monotonic clock begins with the run, the wall's with the calendar.
    for name in CLOCKS:
        from_ns = 0 if name == "time" else began_ns
        real_ns = getattr(time, f"{name}_ns")
        patches.put(time, name, clock(getattr(time, name), from_ns, SECOND_NS))
        patches.put(time, f"{name}_ns", clock(real_ns, from_ns, 1))
    patches.put(time, "clock_gettime", clock(time.clock_gettime, 0, SECOND_NS))
    patches.put(time, "clock_gettime_ns", clock(time.clock_gettime_ns, 0, 1))
    patches.put(time, "sleep", _sleep(fibers, time.sleep))
    # The standard library's own copies of `monotonic`.
    patches.put(threading, "_time", time.monotonic)
    patches.put(queue, "time", time.monotonic)


def _sleep(fibers: Fibers, real: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        if not fibers.is_here():
            real(seconds)
        elif seconds < 0:
            raise ValueError("sleep length must be non-negative")
        elif seconds == 0:
            fibers.pause()
        else:
            fibers.block(fibers.after(seconds), "its sleep")

    return sleep


def patch_chance(patches: Patches, seed: object) -> Callable[[], None]:
    """Let ids and the shared generator follow the seed; returns what gives the latter back."""
    drawn = random.Random(f"{seed}/uuid")
    before = random.getstate()
    random.seed(f"{seed}/random")
    patches.put(uuid, "uuid4", lambda: uuid.UUID(int=drawn.getrandbits(128), version=4))
    return lambda: random.setstate(before)


def patch_locks(patches: Patches, fibers: Fibers) -> None:
    """Let locks, and all that is made of them, let the others run."""

    def maker(ours: type[Any], real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda: ours(fibers) if fibers.is_here() else real()

    lock = maker(SimulatedLock, threading.Lock)
    patches.put(threading, "Lock", lock)
    patches.put(threading, "_allocate_lock", lock)
    patches.put(threading, "RLock", maker(SimulatedRLock, threading.RLock))
    # The one in C waits on its own; its twin in Python is made of a lock.
    patches.put(queue, "SimpleQueue", vars(queue)["_PySimpleQueue"])


def patch_event_loops(patches: Patches, fibers: Fibers) -> None:
    """Let an event loop of asyncio wait in virtual time, and be woken by other fibers."""
    real: Callable[..., list[Any]] = selectors.DefaultSelector.select

    def select(selector: Any, timeout: float | None = None) -> list[Any]:
        fiber = fibers.current if fibers.is_here() else None
        if fiber is None:
            return real(selector, timeout)
        if timeout is not None and timeout <= 0:
            fibers.pause()
        return real(selector, 0) or wait(selector, fiber, timeout)

    def wait(selector: Any, fiber: Fiber, timeout: float | None) -> list[Any]:
        found: list[Any] = []

        def look() -> bool:
            if not found:
                found.extend(real(selector, 0))
                if found:
                    fibers.wake(fiber)
                    return True
            return False

        if timeout is None or timeout > 0:
            source = fibers.add_source("event loop", look)
            try:
                fibers.block(None if timeout is None else fibers.after(timeout), "its event loop")
            finally:
                fibers.remove_source(source)
        return found

    patches.put(selectors.DefaultSelector, "select", select)


class Threads:
    """The threads that the program starts, as fibers."""

    def __init__(self, fibers: Fibers) -> None:
        self._fibers = fibers
        self._known: WeakKeyDictionary[Thread, Fiber] = WeakKeyDictionary()
        self._numbers: dict[str, int] = {}
        self._starting: SimulatedInbox | None = None

    def patch(self, patches: Patches) -> None:
        """Let threads, and Pykka's actors with them, run as fibers."""
        start, join, is_alive = Thread.start, Thread.join, Thread.is_alive
        current, ident, every = threading.current_thread, threading.get_ident, threading.enumerate
        fibers, known = self._fibers, self._known

        def joined(thread: Thread, timeout: float | None = None) -> None:
            if thread in known and fibers.is_here():
                self._join(known[thread], timeout)
            else:
                join(thread, timeout)

        def alive(thread: Thread) -> bool:
            fiber = known.get(thread)
            return is_alive(thread) if fiber is None else fibers.is_here() and not fiber.has_ended

        def here() -> Fiber | None:
            return fibers.current if fibers.is_here() else None

        def current_thread() -> Thread:
            fiber = here()
            return current() if fiber is None or fiber.thread is None else fiber.thread

        def get_ident() -> int:
            fiber = here()
            return ident() if fiber is None or fiber is fibers.main else id(fiber)

        def enumerate_threads() -> list[Thread]:
            mine = [fiber.thread for fiber in fibers.all.values() if fiber.thread is not None]
            return [*every(), *mine] if fibers.is_here() else every()

        def starting(thread: Thread) -> None:
            (self._start if fibers.is_here() else start)(thread)

        patches.put(Thread, "start", starting)
        patches.put(Thread, "join", joined)
        patches.put(Thread, "is_alive", alive)
        patches.put(threading, "current_thread", current_thread)
        patches.put(threading, "get_ident", get_ident)
        patches.put(threading, "enumerate", enumerate_threads)

    def forget(self) -> None:
        """Let nobody wait, at the end of the process, for threads that there were none of."""
        pools = sys.modules.get("concurrent.futures.thread")
        waited_for: dict[Thread, Any] = getattr(pools, "_threads_queues", {})
        for thread in list(self._known):
            waited_for.pop(thread, None)

    def begin_with(self, inbox: SimulatedInbox | None) -> None:
        """Make the next thread that starts the owner of an inbox."""
        self._starting = inbox

    def _start(self, thread: Thread) -> None:
        if thread in self._known:
            raise RuntimeError("threads can only be started once")
        thread.name = self._name(thread)
        fiber = self._known[thread] = self._fibers.spawn(thread.name, thread.run, thread)
        if self._starting is not None:
            self._starting.owner, self._starting = fiber, None

    def _join(self, fiber: Fiber, timeout: float | None) -> None:
        if fiber is self._fibers.current:
            raise RuntimeError("cannot join current thread")
        self._fibers.join(fiber, None if timeout is None else self._fibers.after(timeout))

    def _name(self, thread: Thread) -> str:
        """Return a name that is the same in every run: Python and Pykka count on through all."""
        base = re.sub(r"-\d+", "", thread.name)
        self._numbers[base] = self._numbers.get(base, 0) + 1
        return f"{base}-{self._numbers[base]}"


def patch_doors(patches: Patches) -> None:
    """Let an engine of ours have no socket: a thread that waits for the world would never yield."""

    def refused(*_: object) -> None:
        raise OSError("a simulated program has no sockets")

    patches.put(engine, "EngineSocket", refused)
