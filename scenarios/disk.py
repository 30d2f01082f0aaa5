"""Disk: a simulated folder of files that fails the way disks do, from one seed.

Owns the content and what of it is durable. Every fault is a named rate, off by default: a crash
loses what was not synced or leaves a torn part of it, an append writes a part and fails, the disk
is full, a sync hangs, or fails and drops the pages that it should have kept. A slow disk is data:
`busy_ns` says how long the operations took, and nothing waits. Source: the fsync incident of 2018
and the ALICE paper (Pillai et al., OSDI 2014).
"""

import errno
from collections.abc import Callable
from random import Random

from attrs import define, field, frozen

from ..actors.ports import AppendFile

NO_LIMIT = 1 << 62
HANG_NS = 5_000_000_000


@frozen
class DiskFaults:
    """What may go wrong, as chances per operation."""

    append_fails: float = 0.0
    """An append writes a drawn part and raises."""
    sync_fails: float = 0.0
    """A sync raises, and what it should have kept is lost by the next crash for good."""
    crash_keeps_tail: float = 0.0
    """At a crash, a file keeps a drawn part of its un-synced tail instead of losing it all."""
    latency_ns_max: int = 0
    """Each append and sync takes up to so long."""
    hangs: float = 0.0
    """A sync does not answer for `HANG_NS`."""
    capacity_bytes: int = NO_LIMIT
    """Bytes in all files together, past which an append raises ENOSPC."""


@define(eq=False)
class _Content:
    data: bytearray = field(factory=bytearray)
    durable: int = 0
    """Bytes from the start that survive a crash."""
    dirty_from: int = 0
    """Bytes from here are written by the next sync; earlier ones are believed clean."""
    holes: list[tuple[int, int]] = field(factory=list[tuple[int, int]])
    """Ranges that a failed sync dropped: clean in memory, never on the disk."""


@define(eq=False)
class SimulatedDisk:
    """A folder of files in memory; implements the journal's `FileSystem`."""

    random: Random = field(factory=lambda: Random(0))
    faults: DiskFaults = field(factory=DiskFaults)
    broken: bool = False
    """True makes every write and sync fail, until somebody sets it back."""
    busy_ns: int = 0
    """Time that the operations took so far."""
    syncs: int = 0
    crashes: int = 0
    failures: int = 0
    """Writes and syncs that failed, for whatever reason."""
    _files: dict[str, _Content] = field(init=False, factory=dict[str, _Content])

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted."""
        return tuple(sorted(self._files))

    def size(self, name: str) -> int:
        """Return the bytes in a file."""
        return len(self._content(name).data)

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Return up to `length` bytes from `offset`; all that follow when it is -1."""
        data = self._content(name).data
        end = len(data) if length < 0 else offset + length
        return bytes(data[offset:end])

    def open_append(self, name: str) -> AppendFile:
        """Open a file for appending; its name is durable at once."""
        if name not in self._files:
            self._fail_if_broken()
            self._files[name] = _Content()
        return _OpenFile(self, name, self.crashes)

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, durably."""
        self._counted(lambda: self._replace(name, data))

    def _replace(self, name: str, data: bytes) -> None:
        self._fail_if_broken()
        kept = self._files.get(name)
        self._fail_if_full(len(data) - (0 if kept is None else len(kept.data)))
        self._files[name] = _Content(bytearray(data), durable=len(data), dirty_from=len(data))

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to `size` bytes, durably."""
        self._fail_if_broken()
        content = self._content(name)
        del content.data[size:]
        content.durable = min(content.durable, size)
        content.dirty_from = min(content.dirty_from, size)
        content.holes = [(a, min(b, size)) for a, b in content.holes if a < size]

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, durably."""
        self._fail_if_broken()
        self._files[new] = self._content(old)
        del self._files[old]

    def remove(self, name: str) -> None:
        """Delete a file, durably."""
        self._fail_if_broken()
        self._content(name)
        del self._files[name]

    def crash(self) -> "SimulatedDisk":
        """Cut the power, and return this disk: only what survives stands on it.

        Files that the dead process had open are stale: they take nothing more.
        """
        self.crashes += 1
        self._files = {name: self._survivor(self._files[name]) for name in self.names()}
        return self

    def flip(self, name: str, offset: int, bit: int = 0) -> None:
        """Turn one bit around, as a bad sector or a hand would."""
        self._content(name).data[offset] ^= 1 << bit

    def append(self, name: str, data: bytes) -> None:
        """Append to a file, or a part of it and fail."""
        self._counted(lambda: self._append(name, data))

    def sync(self, name: str) -> None:
        """Make a file durable, or fail and forget what was dirty."""
        self._counted(lambda: self._sync(name))

    def _counted(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError:
            self.failures += 1
            raise

    def _append(self, name: str, data: bytes) -> None:
        self._take_time()
        content = self._content(name)
        self._fail_if_broken()
        if self._happens(self.faults.append_fails):
            content.data += data[: self.random.randrange(len(data) + 1)]
            raise OSError(errno.EIO, "simulated: append failed")
        if self.faults.capacity_bytes >= NO_LIMIT:
            content.data += data
            return
        free = max(self.faults.capacity_bytes - self._used(), 0)
        content.data += data[:free]
        self._fail_if_full(len(data) - min(len(data), free))

    def _sync(self, name: str) -> None:
        self._take_time()
        content = self._content(name)
        self.syncs += 1
        if self._happens(self.faults.hangs):
            self.busy_ns += HANG_NS
        end = len(content.data)
        if self.broken or self._happens(self.faults.sync_fails):
            content.holes.append((content.dirty_from, end))
            content.dirty_from = end
            raise OSError(errno.EIO, "simulated: sync failed")
        content.dirty_from = end
        content.durable = min([end, *(begin for begin, until in content.holes if begin < until)])

    def _survivor(self, content: _Content) -> _Content:
        kept = content.durable
        if self._happens(self.faults.crash_keeps_tail):
            kept = self.random.randint(kept, len(content.data))
        return _Content(content.data[:kept], durable=kept, dirty_from=kept)

    def _content(self, name: str) -> _Content:
        try:
            return self._files[name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "simulated: no such file", name) from None

    def _used(self) -> int:
        return sum(len(content.data) for content in self._files.values())

    def _happens(self, chance: float) -> bool:
        # Without a chance nothing is drawn, so that enabling one fault leaves the others' draws.
        return chance > 0 and self.random.random() < chance

    def _take_time(self) -> None:
        if self.faults.latency_ns_max:
            self.busy_ns += self.random.randrange(self.faults.latency_ns_max + 1)

    def _fail_if_broken(self) -> None:
        if self.broken:
            raise OSError(errno.EIO, "simulated: disk is broken")

    def _fail_if_full(self, bytes_more: int) -> None:
        if bytes_more > 0 and self._used() + bytes_more > self.faults.capacity_bytes:
            raise OSError(errno.ENOSPC, "simulated: disk is full")


@define(eq=False)
class _OpenFile:
    disk: SimulatedDisk
    name: str
    crashes: int
    """How often the disk had crashed when the file was opened."""

    def append(self, data: bytes) -> None:
        self._fail_if_stale()
        self.disk.append(self.name, data)

    def sync(self) -> None:
        self._fail_if_stale()
        self.disk.sync(self.name)

    def close(self) -> None:
        """Give nothing back: there is no handle."""

    def _fail_if_stale(self) -> None:
        if self.crashes != self.disk.crashes:
            raise OSError(errno.EBADF, "simulated: opened before the crash", self.name)
