"""Audit files: the days of an audit log as files of one folder, only appended to.

Owns the names (`audit-2026-02-22.jsonl`) and what a crash or a full disk may leave: the lines of a
record are written together, and an unfinished record at the end of the last file is cut off before
it is written again. Every write reaches the system at once; nothing waits in this process.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from attrs import frozen

from ....messages.codec import Json, loads
from .audit_projection import AuditLine

PREFIX, SUFFIX = "audit-", ".jsonl"
TAIL_BYTES = 1 << 16


@frozen
class AuditFiles:
    """One folder of daily files."""

    folder: Path

    def days(self) -> list[str]:
        """Return the days that have a file, in order."""
        if not self.folder.is_dir():
            return []
        names = (path.name for path in self.folder.glob(f"{PREFIX}*{SUFFIX}"))
        return sorted(name.removeprefix(PREFIX).removesuffix(SUFFIX) for name in names)

    def path(self, day: str) -> Path:
        """Return the file of a day."""
        return self.folder / f"{PREFIX}{day}{SUFFIX}"

    def append(self, lines: Sequence[AuditLine]) -> None:
        """Append lines to the files of their days; a new file is readable by its owner alone."""
        for day, group in groupby(lines, key=lambda line: line.day):
            _append(self.path(day), b"".join(line.data for line in group))

    def last_whole(self) -> tuple[str, Json] | None:
        """Return (day, last line) of what is complete, and cut off what is not; None of nothing."""
        for day in reversed(self.days()):
            line = _cut(self.path(day))
            if line is not None:
                return day, line
        return None

    def read(self, day: str) -> Iterator[bytes]:
        """Yield the lines of a day that are whole."""
        with self.path(day).open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line

    def set_aside(self) -> Path:
        """Move every file into a folder beside them, and return that."""
        number = 1
        while (aside := self.folder / f"old-{number}").exists():
            number += 1
        aside.mkdir()
        for day in self.days():
            self.path(day).rename(aside / self.path(day).name)
        return aside

    def remove(self) -> None:
        """Delete every file, and the folder where it is empty then."""
        for day in self.days():
            self.path(day).unlink()
        self.folder.rmdir()


def make_writable(folder: Path) -> None:
    """Make the folder where there is none, and try to write there; raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    trial = folder / f".trial-{os.getpid()}"
    trial.write_bytes(b"")
    trial.unlink()


def parsed(lines: Iterable[bytes]) -> Iterator[Json]:
    """Yield lines as JSON objects; one that is none, by another hand, is left out."""
    for line in lines:
        try:
            yield loads(line)
        except ValueError:
            continue


def _append(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _cut(path: Path) -> Json | None:
    """Cut a file behind its last whole record and return that record's last line."""
    size = path.stat().st_size
    length = TAIL_BYTES
    while True:
        offset = max(size - length, 0)
        with path.open("rb") as file:
            file.seek(offset)
            tail = file.read()
        begin = 0 if offset == 0 else tail.find(b"\n") + 1
        found = _last_record(tail[begin:])
        if found is not None or offset == 0:
            break
        length *= 4
    end, line = (0, None) if found is None else found
    if offset + begin + end < size:
        os.truncate(path, offset + begin + end)
    return line


def _last_record(tail: bytes) -> tuple[int, Json] | None:
    """Return (end, line) of the last line that completes a record."""
    end = tail.rfind(b"\n") + 1
    while end:
        start = tail.rfind(b"\n", 0, end - 1) + 1
        try:
            line: Json = loads(tail[start:end])
        except ValueError:
            line = {}
        if line and line["part"] == line["parts"]:
            return end, line
        end = start
    return None
