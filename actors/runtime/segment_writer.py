"""Segment writer: lines of records into segments, and what stands there when a disk fails.

Owns the open segment. Lines that it took but could not write stay in memory, up to
`unwritten_bytes_max`; past it they are lost, counted, and named in the next manifest. After a
failed write or sync it cuts the file back to what is known durable and writes the rest again,
since the kernel may have dropped the pages of a failed sync (PostgreSQL's fsync incident, 2018).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any

import attrs
from attrs import define, field, frozen

from ..ports import AppendFile, FileSystem
from .record import GENESIS, split_line
from .segment import DAY_NS, Manifest, RunFacts, Status, segment_name, write_manifest

SEGMENT_BYTES_MAX = 64 * 1024 * 1024
UNWRITTEN_BYTES_MAX = 64 * 1024 * 1024
APPEND_BYTES_MAX = 1 << 20
SNAPSHOT_MARK = b'"kind":"snapshot"'
"""Cannot stand inside a JSON text, where its quotes would be escaped."""


@frozen
class Start:
    """Where a run's first segment continues the journal."""

    number: int = 1
    sequence: int = 0
    """Sequence of the last record before it."""
    head: str = GENESIS


@define(eq=False)
class SegmentWriter:
    """The open segment of a journal, and the lines on their way to it.

    Methods that touch the disk raise `OSError`; calling `flush` again continues where it failed.
    """

    filesystem: FileSystem
    run: RunFacts
    start: Start = field(factory=Start)
    segment_bytes_max: int = SEGMENT_BYTES_MAX
    unwritten_bytes_max: int = UNWRITTEN_BYTES_MAX
    syncs: bool = True
    """False for a journal without durability: nothing is kept for a second write."""
    on_sealed: Callable[[Manifest], None] | None = None
    """Called after each sealing, for retention."""
    lost: int = field(init=False, default=0)
    """Records that were dropped since the disk last worked."""
    _unwritten: deque[bytes] = field(init=False, factory=deque[bytes])
    _unwritten_bytes: int = field(init=False, default=0)
    _unsynced: list[bytes] = field(init=False, factory=list[bytes])
    _manifest: Manifest | None = field(init=False, default=None)
    _file: AppendFile | None = field(init=False, default=None)
    _number: int = field(init=False)
    _sequence: int = field(init=False)
    _head: str = field(init=False)
    _size: int = field(init=False, default=0)
    _size_safe: int = field(init=False, default=0)
    """What a repair cuts back to: the durable size, or the written one without syncs."""
    _day: int = field(init=False, default=0)
    _hash: Any = field(init=False, factory=sha256)
    """Of what the segment shall hold; a repair writes the same bytes again."""
    _doubtful: bool = field(init=False, default=False)
    _lost_line: bytes = field(init=False, default=b"")

    def __attrs_post_init__(self) -> None:
        self._number = self.start.number
        self._sequence, self._head = self.start.sequence, self.start.head

    @property
    def sequence(self) -> int:
        """Sequence of the last record that was written."""
        return self._sequence

    @property
    def unsynced(self) -> int:
        """Lines written and not yet durable; always 0 for a journal without durability."""
        return len(self._unsynced)

    @property
    def unwritten(self) -> int:
        """Lines taken and not yet written."""
        return len(self._unwritten)

    def unsafe_since_ns(self) -> int:
        """Return the engine time of the oldest line that is not as safe as it shall be; any thread.

        0 where all are.
        """
        # Each part is read in one go: the journal's thread changes them meanwhile.
        oldest = [*self._unsynced[:1], *islice(self._unwritten, 1)]
        return now_of(oldest[0]) if oldest else 0

    def claim(self) -> None:
        """Make this run's generation durable, before anything is named after it.

        A run that could not would share its order ids with the next.
        """
        self._announce(self._sequence + 1)

    def take(self, lines: Sequence[bytes]) -> None:
        """Take lines for the next `flush`; never fails, but past the bound lines are lost."""
        size = sum(map(len, lines))
        if not self.lost and self._unwritten_bytes + size <= self.unwritten_bytes_max:
            self._unwritten.extend(lines)
            self._unwritten_bytes += size
            return
        for line in lines:
            # Once one is lost the later ones are too, so that what stands is without holes.
            if self.lost or self._unwritten_bytes + len(line) > self.unwritten_bytes_max:
                self._lose(line)
            else:
                self._unwritten.append(line)
                self._unwritten_bytes += len(line)

    def write(self, lines: Sequence[bytes]) -> None:
        """Take lines and write them, not durably yet."""
        self.take(lines)
        self.flush()

    def flush(self) -> None:
        """Write every line taken; opens and seals segments as size and UTC day demand."""
        if self._doubtful:
            self._repair()
        while self._unwritten:
            self._write_run()
        if self.lost:
            self._resume_after_loss()

    def sync(self) -> None:
        """Make every written line durable."""
        if self._doubtful:
            self._repair()
        if self._file is None or not self._unsynced:
            return
        self._guarded(self._file.sync)
        self._unsynced = []
        self._size_safe = self._size

    def seal(self, status: Status = Status.SEALED) -> None:
        """Close the open segment for good, with its hashes in the manifest."""
        if self._file is None or self._manifest is None:
            return
        self.sync()
        sealed = attrs.evolve(
            self._manifest,
            status=status,
            last=self._sequence,
            head_after=self._head,
            bytes=self._size,
            sha256=self._hash.hexdigest(),
        )
        write_manifest(self.filesystem, sealed)
        self._file.close()
        self._file = self._manifest = None
        if self.on_sealed is not None:
            self.on_sealed(sealed)

    def close(self) -> None:
        """Write, sync and seal what is open."""
        self.flush()
        self.seal()

    def _write_run(self) -> None:
        """Write the lines that go into one segment by one append."""
        if self._must_rotate(self._unwritten[0]):
            self.seal()
        if self._file is None:
            self._open(self._unwritten[0])
        run = self._next_run()
        file = self._file
        assert file is not None
        data = b"".join(run)
        self._guarded(lambda: file.append(data))
        if len(run) == len(self._unwritten):
            self._unwritten.clear()
        else:
            for _ in run:
                self._unwritten.popleft()
        self._unwritten_bytes -= len(data)
        self._note_written(run, data)

    def _next_run(self) -> list[bytes]:
        if self._fits_whole():
            return list(self._unwritten)
        run = [self._unwritten[0]]
        size = self._size + len(run[0])
        for line in _skip_first(self._unwritten):
            size += len(line)
            if size > self.segment_bytes_max or size - self._size > APPEND_BYTES_MAX:
                break
            if _day_of(line) > self._day:
                break
            run.append(line)
        return run

    def _fits_whole(self) -> bool:
        size = self._unwritten_bytes
        has_room = size <= APPEND_BYTES_MAX and self._size + size <= self.segment_bytes_max
        return has_room and _day_of(self._unwritten[-1]) <= self._day

    def _must_rotate(self, line: bytes) -> bool:
        if self._file is None or self._size == 0:
            return False
        return self._size + len(line) > self.segment_bytes_max or _day_of(line) > self._day

    def _open(self, line: bytes) -> None:
        manifest = self._announce(sequence_of(line))
        self._file = self.filesystem.open_append(segment_name(self._number))
        self._manifest = manifest
        self._number += 1
        self._size = self._size_safe = 0
        self._day = _day_of(line)
        self._hash = sha256()

    def _announce(self, first: int) -> Manifest:
        """Write down that the next segment is this run's, and begins with this record."""
        manifest = Manifest(
            number=self._number,
            status=Status.OPEN,
            run=self.run,
            first=first,
            head_before=self._head,
            lost_before=first - self._sequence - 1,
        )
        write_manifest(self.filesystem, manifest)
        return manifest

    def _note_written(self, run: list[bytes], data: bytes) -> None:
        self._size += len(data)
        self._hash.update(data)
        self._sequence = sequence_of(run[-1])
        self._head = split_line(run[-1])[1]
        if self.syncs:
            self._unsynced += run
        else:
            self._size_safe = self._size
        if self._manifest is not None and SNAPSHOT_MARK in data:
            snapshots = self._manifest.snapshots + data.count(SNAPSHOT_MARK)
            self._manifest = attrs.evolve(self._manifest, snapshots=snapshots)

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError:
            self._doubtful = True
            raise

    def _repair(self) -> None:
        file = self._file
        assert file is not None
        number = self._number - 1
        self.filesystem.truncate(segment_name(number), self._size_safe)
        if self._unsynced:
            file.append(b"".join(self._unsynced))
        self._doubtful = False

    def _lose(self, line: bytes) -> None:
        self.lost += 1
        self._lost_line = line

    def _resume_after_loss(self) -> None:
        """Close the segment; the next one names how many records are missing before it."""
        self.seal()
        self._head = split_line(self._lost_line)[1]
        self.lost = 0


def sequence_of(line: bytes) -> int:
    """Return the sequence of a record's line; it is always the first key."""
    return int(line[7 : line.index(b",", 7)])


def now_of(line: bytes) -> int:
    """Return the engine time of a record; its own `now` precedes every nested object."""
    begin = line.index(b'"now":') + 6
    return int(line[begin : line.index(b",", begin)])


def _day_of(line: bytes) -> int:
    """Return the UTC day of a record."""
    return now_of(line) // DAY_NS


def _skip_first(lines: deque[bytes]) -> Iterable[bytes]:
    iterator = iter(lines)
    next(iterator, None)
    return iterator
