"""Disk: the journal's folder on a real file system.

Owns one folder. Syncs are `fdatasync`, and the folder is synced whenever a name appears or goes,
since on Linux a new file's name is durable only then (fsync(2)). Faults are the `OSError`s of the
system; the caller decides. One process at a time may write a folder: `lock` says who.
"""

import contextlib
import os
from pathlib import Path

from attrs import define, field

from ..errors import EngineError
from ..ports import AppendFile
from .claim import Claim, Taken, claim

NEW_SUFFIX = ".new"


class FolderInUse(EngineError):
    """Another process writes this folder."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(folder, holder)
        self.folder = folder
        self.holder = holder

    def __str__(self) -> str:
        return f"{self.folder} is in use by {self.holder}"


@define(eq=False)
class Disk:
    """One folder of files; made when it is missing."""

    folder: Path
    _claim: Claim | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def lock(self) -> None:
        """Claim the folder for this process until `close`; raises `FolderInUse`."""
        try:
            self._claim = claim(self.folder / "lock")
        except Taken as taken:
            raise FolderInUse(self.folder, str(taken)) from None

    def close(self) -> None:
        """Give the claim back, if there is one."""
        if self._claim is not None:
            self._claim.close()

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted."""
        return tuple(sorted(entry.name for entry in os.scandir(self.folder) if entry.is_file()))

    def size(self, name: str) -> int:
        """Return the bytes in a file."""
        return (self.folder / name).stat().st_size

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Return up to `length` bytes from `offset`; all that follow when it is -1."""
        with (self.folder / name).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def open_append(self, name: str) -> AppendFile:
        """Open a file for appending; a new one's name is durable before this returns."""
        path = self.folder / name
        is_new = not path.exists()
        file = _open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        if is_new:
            self._sync_folder()
        return file

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, durably, by way of a new one beside it."""
        beside = self.folder / (name + NEW_SUFFIX)
        file = _open(beside, os.O_WRONLY | os.O_TRUNC | os.O_CREAT)
        try:
            file.append(data)
            file.sync()
        finally:
            file.close()
        beside.replace(self.folder / name)
        self._sync_folder()

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to `size` bytes, durably."""
        file = _open(self.folder / name, os.O_WRONLY)
        try:
            os.ftruncate(file.descriptor, size)
            os.fsync(file.descriptor)
        finally:
            file.close()

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, durably."""
        (self.folder / old).rename(self.folder / new)
        self._sync_folder()

    def remove(self, name: str) -> None:
        """Delete a file, durably."""
        (self.folder / name).unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@define(eq=False)
class _OpenFile:
    descriptor: int

    def append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]

    def sync(self) -> None:
        # macOS has no fdatasync.
        getattr(os, "fdatasync", os.fsync)(self.descriptor)

    def close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _open(path: Path, flags: int) -> _OpenFile:
    return _OpenFile(os.open(path, flags | os.O_CLOEXEC, 0o600))
