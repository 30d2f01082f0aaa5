"""Locks: those of a simulated program; who waits for one lets the other fibers run.

The conditions, events, queues and semaphores of the standard library are made of these two, so
they wait in virtual time without a line of their own. Inside is a real lock: what was made in a
simulation and outlives it (by an import, say) goes on as an ordinary lock.
"""

from _thread import allocate_lock
from collections import deque
from typing import Any

from .fibers import Fiber, Fibers


class SimulatedLock:
    """A lock in the place of `threading.Lock`."""

    def __init__(self, fibers: Fibers) -> None:
        self._fibers = fibers
        self._lock = allocate_lock()
        self._waiting: deque[Fiber] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, waiting at most `timeout` virtual seconds for it."""
        if self._lock.acquire(False):
            return True
        fibers = self._fibers
        if not blocking or not fibers.is_here():
            return self._lock.acquire(blocking, timeout)
        until_ns = None if timeout < 0 else fibers.after(timeout)
        while True:
            fiber = fibers.waiter()
            self._waiting.append(fiber)
            try:
                was_woken = fibers.block(until_ns, "a lock, an event or a queue")
            finally:
                if fiber in self._waiting:
                    self._waiting.remove(fiber)
            if self._lock.acquire(False):
                return True
            if not was_woken:
                return False

    def release(self) -> None:
        """Give the lock back; raises `RuntimeError` when nobody has it."""
        self._lock.release()
        if self._waiting:
            self._fibers.wake(self._waiting.popleft())

    def locked(self) -> bool:
        """Say whether somebody has the lock."""
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        """Be free in a forked child; the standard library asks this of its own locks."""
        self._lock = allocate_lock()


class SimulatedRLock:
    """A lock that its owner may take again, in the place of `threading.RLock`."""

    def __init__(self, fibers: Fibers) -> None:
        self._fibers = fibers
        self._lock = SimulatedLock(fibers)
        self._owner: object = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock once more, waiting at most `timeout` virtual seconds for it."""
        me = self._fibers.me()
        if self._owner != me and not self._lock.acquire(blocking, timeout):
            return False
        self._owner = me
        self._count += 1
        return True

    def release(self) -> None:
        """Give the lock back once; raises `RuntimeError` for one that is another's."""
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()

    # What the standard library asks of a lock of its own, under its names.

    def _release_save(self) -> tuple[int, Any]:
        saved = self._count, self._owner
        self._count, self._owner = 0, None
        self._lock.release()
        return saved

    def _acquire_restore(self, saved: tuple[int, Any]) -> None:
        self._lock.acquire()
        self._count, self._owner = saved

    def _at_fork_reinit(self) -> None:
        self._lock = SimulatedLock(self._fibers)
        self._count, self._owner = 0, None

    def _is_owned(self) -> bool:
        return self._owner == self._fibers.me()
