"""Faulty disk: the journal's real folder with a real disk's trouble.

Each life draws one kind of trouble. A disk that is full is the system's own limit on the size of a
file. What a power cut would leave is known from a note beside the folder, which says how far the
open segment is durable; `cut_tail` takes away what is not.
"""

import errno
import os
import resource
import time
from pathlib import Path
from random import Random

from attrs import define, field, frozen

from callboard.actors import engine
from callboard.actors.adapters.disk import Disk
from callboard.actors.engine import JOURNAL_FOLDER
from callboard.actors.ports import AppendFile

NOTE = "durable"
NOTE_BYTES = 80
SEGMENTS = "segment-*.jsonl"


@frozen
class Trouble:
    """What a disk does in one life."""

    name: str
    append_fails: float = 0.0
    sync_fails: float = 0.0
    sync_seconds_max: float = 0.0
    file_bytes_max: int = 0
    """More than 0 ends every file there."""

    @property
    def refuses_entries(self) -> bool:
        """True when the engine will sooner or later open nothing."""
        return bool(self.append_fails or self.sync_fails or self.file_bytes_max)


TROUBLES = (
    Trouble("sound disk"),
    Trouble("sound disk"),
    Trouble("slow sync", sync_seconds_max=0.1),
    Trouble("failing append", append_fails=0.05),
    Trouble("failing sync", sync_fails=0.05),
    Trouble("full disk", file_bytes_max=60_000),
)


def trouble_of(seed: int) -> Trouble:
    """Return the trouble of a life."""
    return Random(f"trouble/{seed}").choice(TROUBLES)


def install(seed: int) -> None:
    """Give the engines of this process the disk of a life."""
    trouble = trouble_of(seed)
    if trouble.file_bytes_max:
        resource.setrlimit(resource.RLIMIT_FSIZE, (trouble.file_bytes_max, resource.RLIM_INFINITY))
    random = Random(f"disk/{seed}")

    def disk(folder: Path) -> FaultyDisk:
        return FaultyDisk(folder, trouble=trouble, random=random)

    setattr(engine, Disk.__name__, disk)


def cut_tail(folder: Path, random: Random) -> int:
    """Take a drawn part of what is not durable from the open segment; return how many bytes."""
    segments = sorted((folder / JOURNAL_FOLDER).glob(SEGMENTS))
    note = folder / NOTE
    if not segments or not note.exists():
        return 0
    name, _, durable = note.read_text().strip().partition(" ")
    written = segments[-1].stat().st_size
    safe = min(int(durable), written) if name == segments[-1].name else 0
    kept = random.randint(safe, written)
    os.truncate(segments[-1], kept)
    return written - kept


@define(eq=False)
class FaultyDisk(Disk):
    """A folder whose opened files fail as its trouble says."""

    trouble: Trouble = field(kw_only=True)
    random: Random = field(kw_only=True)

    def open_append(self, name: str) -> AppendFile:
        """Open a file for appending."""
        return _FaultyFile(super().open_append(name), name, self)

    def note_durable(self, name: str, size: int) -> None:
        """Say how far a file is durable, by one write."""
        text = f"{name} {size}".ljust(NOTE_BYTES).encode()
        descriptor = os.open(self.folder.parent / NOTE, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, text, 0)
        finally:
            os.close(descriptor)


@define(eq=False)
class _FaultyFile:
    file: AppendFile
    name: str
    disk: FaultyDisk

    def append(self, data: bytes) -> None:
        if self._happens(self.disk.trouble.append_fails):
            self.file.append(data[: self.disk.random.randrange(len(data) + 1)])
            raise OSError(errno.EIO, "drawn: append failed")
        self.file.append(data)

    def sync(self) -> None:
        time.sleep(self.disk.random.random() * self.disk.trouble.sync_seconds_max)
        if self._happens(self.disk.trouble.sync_fails):
            raise OSError(errno.EIO, "drawn: sync failed")
        size = self.disk.size(self.name)
        self.file.sync()
        self.disk.note_durable(self.name, size)

    def close(self) -> None:
        self.file.close()

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self.disk.random.random() < chance
