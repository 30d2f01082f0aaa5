"""Dry disk: a folder in which everything can be done and nothing is changed.

Owns what would stand there otherwise, in memory; what is not touched is read from the folder. For
looking at what a start of the engine would do to a journal: cut a torn tail, close a segment.
"""

from attrs import define, field

from ..ports import AppendFile, FileSystem


@define(eq=False)
class DryDisk:
    """Reads a folder, and keeps every change to itself; implements the journal's `FileSystem`."""

    folder: FileSystem
    _changed: dict[str, bytes] = field(init=False, factory=dict[str, bytes])
    _gone: dict[str, None] = field(init=False, factory=dict[str, None])

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted."""
        kept = [name for name in self.folder.names() if name not in self._gone]
        return tuple(sorted({*kept, *self._changed}))

    def size(self, name: str) -> int:
        """Return the bytes in a file."""
        return len(self._changed[name]) if name in self._changed else self.folder.size(name)

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Return up to `length` bytes from `offset`; all that follow when it is -1."""
        if name not in self._changed:
            return self.folder.read(name, offset, length)
        data = self._changed[name]
        return data[offset : len(data) if length < 0 else offset + length]

    def open_append(self, name: str) -> AppendFile:
        """Open a file for appending."""
        self._changed[name] = self.read(name) if name in self.names() else b""
        return _DryFile(self, name)

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file."""
        self._changed[name] = data

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to `size` bytes; one that has no more stays where it is."""
        if self.size(name) > size:
            self._changed[name] = self.read(name, 0, size)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        self._changed[new] = self.read(old)
        self.remove(old)

    def remove(self, name: str) -> None:
        """Delete a file."""
        self._changed.pop(name, None)
        self._gone[name] = None

    def append(self, name: str, data: bytes) -> None:
        """Append to a file that was opened."""
        self._changed[name] += data


@define
class _DryFile:
    disk: DryDisk
    name: str

    def append(self, data: bytes) -> None:
        self.disk.append(self.name, data)

    def sync(self) -> None:
        """There is nothing to make durable."""

    def close(self) -> None:
        """There is nothing to give back."""
