"""Crash points: the boundaries of an engine's effects, and a power cut at a chosen one.

Owns the counting of boundaries over all lives of one run, and the wrappers through which a life
reaches its disk and its journal while they are counted. At a boundary that is planned, `on_crash`
kills the process there and then: the disk is stale for it, its connections are closed, its
messages and timers are gone. What is left of that step still computes, since one thread runs all
of it, but nothing that it does reaches anything. Without a plan nothing is wrapped.
Source: ALICE (Pillai et al., OSDI 2014), which crashes storage between every two system calls.
"""

import errno
from collections.abc import Callable, Sequence
from enum import StrEnum

from attrs import define, field, frozen

from ..actors.ports import AppendFile
from ..actors.runtime.envelope import Envelope
from ..actors.runtime.hosting import JournalPort
from ..actors.runtime.segment_writer import SNAPSHOT_MARK
from .disk import SimulatedDisk


class Boundary(StrEnum):
    """Where a process can die with another outcome than right before."""

    BEFORE_APPEND = "before_append"
    """The step has run; nothing of its record is in the file."""
    AFTER_APPEND = "after_append"
    """The record is in the file and may be lost or torn."""
    BEFORE_SYNC = "before_sync"
    AFTER_SYNC = "after_sync"
    """The record is durable, and nothing that waited for it has left."""
    BEFORE_FILE = "before_file"
    """A manifest is written, or a file cut, renamed or removed: at a rotation or a recovery."""
    AFTER_FILE = "after_file"
    BEFORE_SEND = "before_send"
    """A request is about to leave."""
    AFTER_SEND = "after_send"
    """The request is on the wire, and nobody will hear its answer."""
    BEFORE_ANSWER = "before_answer"
    """An answer is on the wire."""
    AFTER_ANSWER = "after_answer"
    """The lane has the answer, and nobody else."""
    BEFORE_COMMIT = "before_commit"
    """The journal has the step's record, and none of the step's effects is released."""
    AFTER_COMMIT = "after_commit"
    """The step's effects are released, and nobody has handled one."""
    BEFORE_SNAPSHOT = "before_snapshot"
    AFTER_SNAPSHOT = "after_snapshot"
    """The journal has the snapshot; the file may not."""


@frozen
class CrashPoint:
    """The process is killed when a kind of boundary is reached for the `nth` time, from 1."""

    kind: Boundary
    nth: int
    down_ms: int = 500
    """How long until it is started again."""
    torn: bool = False
    """True keeps a drawn part of what was not synced instead of nothing."""


class PowerCut(OSError):
    """The process that calls is dead."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "simulated: the power was cut")


@define(eq=False)
class Boundaries:
    """Counts boundaries, and kills the process at those of a plan."""

    plan: tuple[CrashPoint, ...] = ()
    on_crash: Callable[[CrashPoint], None] | None = None
    """Kills the process at once, and sees to its restart."""
    on_reached: Callable[[Boundary, int], None] | None = None
    """Told of every boundary, with its number."""
    is_armed: bool = True
    counts: dict[Boundary, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.counts = dict.fromkeys(Boundary, 0)

    def reach(self, kind: Boundary) -> bool:
        """Count one boundary; True when the process died there."""
        self.counts[kind] += 1
        if self.on_reached is not None:
            self.on_reached(kind, self.counts[kind])
        if not self.is_armed or self.on_crash is None:
            return False
        for point in self.plan:
            if point.kind is kind and point.nth == self.counts[kind]:
                self.on_crash(point)
                return True
        return False


@define(eq=False)
class CountedJournal:
    """A journal port whose records are boundaries of commits and snapshots."""

    journal: JournalPort
    boundaries: Boundaries

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        """Hand one record on, unless the process dies before."""
        is_snapshot = SNAPSHOT_MARK in line
        if is_snapshot and self.boundaries.reach(Boundary.BEFORE_SNAPSHOT):
            return
        self.journal.append(line, held)
        after = Boundary.AFTER_SNAPSHOT if is_snapshot else Boundary.BEFORE_COMMIT
        self.boundaries.reach(after)


@define(eq=False)
class CountedDisk:
    """The disk as one life of a process sees it; after its death every call raises `PowerCut`."""

    disk: SimulatedDisk
    boundaries: Boundaries
    _born: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._born = self.disk.crashes

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted."""
        self.fail_if_dead()
        return self.disk.names()

    def size(self, name: str) -> int:
        """Return the bytes in a file."""
        self.fail_if_dead()
        return self.disk.size(name)

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Return up to `length` bytes from `offset`; all that follow when it is -1."""
        self.fail_if_dead()
        return self.disk.read(name, offset, length)

    def open_append(self, name: str) -> AppendFile:
        """Open a file for appending."""
        self.fail_if_dead()
        return _CountedFile(self, self.disk.open_append(name))

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, durably."""
        self._change(lambda: self.disk.replace(name, data))

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to `size` bytes, durably."""
        self._change(lambda: self.disk.truncate(name, size))

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, durably."""
        self._change(lambda: self.disk.rename(old, new))

    def remove(self, name: str) -> None:
        """Delete a file, durably."""
        self._change(lambda: self.disk.remove(name))

    def act(self, before: Boundary, after: Boundary, action: Callable[[], None]) -> None:
        """Do something to the disk, with a boundary on either side."""
        self.fail_if_dead()
        if self.boundaries.reach(before):
            raise PowerCut
        action()
        if self.boundaries.reach(after):
            raise PowerCut

    def fail_if_dead(self) -> None:
        """Raise `PowerCut` for a process that was killed."""
        if self.disk.crashes != self._born:
            raise PowerCut

    def _change(self, action: Callable[[], None]) -> None:
        self.act(Boundary.BEFORE_FILE, Boundary.AFTER_FILE, action)


@define(eq=False)
class _CountedFile:
    seen: CountedDisk
    file: AppendFile

    def append(self, data: bytes) -> None:
        self.seen.act(Boundary.BEFORE_APPEND, Boundary.AFTER_APPEND, lambda: self.file.append(data))

    def sync(self) -> None:
        self.seen.act(Boundary.BEFORE_SYNC, Boundary.AFTER_SYNC, self.file.sync)

    def close(self) -> None:
        self.file.close()
