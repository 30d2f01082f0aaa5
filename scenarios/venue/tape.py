"""TapeMarket: a recorded market, read line by line, in the venue's own time.

Owns the file and one line of look-ahead; nothing is loaded whole. Plain, gz and zip files. What a
line means is its parser's matter. A bad line becomes a fault (file, line, field, reason) and is
skipped, or raises TapeError when `strict`; the first thousand faults are kept, all are counted.
"""

import gzip
import io
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from attrs import frozen

from .market import MarketEvent

FAULTS_KEPT_MAX = 1000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BadLineError(Exception):
    """A line that says nothing usable: which field, and why."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


@frozen
class TapeFault:
    """One bad line; `line` counts from 1."""

    path: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.field}: {self.reason}"


class TapeError(Exception):
    """A bad line in a strict reading."""

    def __init__(self, fault: TapeFault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class TapeClock:
    """Venue time that never goes backwards, moved so that the first stamp is `start_ns`."""

    def __init__(self, start_ns: int | None = None) -> None:
        self._start_ns = start_ns
        self._shift_ns = 0
        self.now_ns = 0

    def stamp(self, at_ns: int) -> int:
        """Return the time of a line that claims `at_ns`."""
        if self._start_ns is not None:
            self._shift_ns = self._start_ns - at_ns
            self._start_ns = None
        at_ns += self._shift_ns
        if at_ns > self.now_ns:
            self.now_ns = at_ns
        return self.now_ns


class LineParser(Protocol):
    """What turns lines into events; raises BadLineError."""

    def parse(self, line: bytes) -> Sequence[MarketEvent]:
        """Return the events of a line, none for a line of no interest."""
        ...


class TapeMarket:
    """A market read from a file."""

    def __init__(self, path: Path, parser: LineParser, *, strict: bool = False) -> None:
        self.path = path
        self.faults: list[TapeFault] = []
        self.fault_count = 0
        self.lines_read = 0
        self._parser = parser
        self._strict = strict
        self._file: IO[bytes] | None = open_lines(path)
        self._pending: deque[MarketEvent] = deque()
        self._fetch()

    @property
    def is_over(self) -> bool:
        """True at the end of the file; right also while another thread advances the tape."""
        # In this order: the last event is taken out before the next line is read.
        return self._file is None and not self._pending

    def next_at_ns(self) -> int | None:
        """When the next event is due; None at the end of the file."""
        return self._pending[0].at_ns if self._pending else None

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield every event due at or before `now_ns`."""
        pending = self._pending
        while pending and pending[0].at_ns <= now_ns:
            event = pending.popleft()
            if not pending:
                self._fetch()
            yield event

    def close(self) -> None:
        """Close the file; what is left of it is not read."""
        self._pending.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _fetch(self) -> None:
        """Read on until a line gives events, or the file ends."""
        if self._file is None:
            return
        for line in self._lines(self._file):
            self.lines_read += 1
            if line.isspace():
                continue
            try:
                events = self._parser.parse(line)
            except BadLineError as bad:
                self._note(bad)
                continue
            if events:
                self._pending.extend(events)
                return
        self.close()

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        """Yield lines up to the end, or to where the file is damaged."""
        try:
            # No `yield from`: it would close the file with this generator.
            for line in file:  # noqa: UP028
                yield line
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            self.lines_read += 1
            self._note(BadLineError("file", f"cannot be read from here on: {error}"))

    def _note(self, bad: BadLineError) -> None:
        fault = TapeFault(str(self.path), self.lines_read, bad.field, bad.reason)
        self.fault_count += 1
        if len(self.faults) < FAULTS_KEPT_MAX:
            self.faults.append(fault)
        if self._strict:
            self.close()
            raise TapeError(fault) from bad


def open_lines(path: Path) -> IO[bytes]:
    """Open a plain, gz or single-member zip file for reading lines, behind a byte-order mark."""
    file = io.BufferedReader(_raw(path))
    try:
        if file.peek(len(BYTE_ORDER_MARK)).startswith(BYTE_ORDER_MARK):
            file.read(len(BYTE_ORDER_MARK))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        # What stands before the damage is still to be read; the reading will meet it again.
        return io.BufferedReader(_raw(path))
    return file


def _raw(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    if path.suffix == ".zip":
        archive = zipfile.ZipFile(path)
        return archive.open(archive.namelist()[0])
    return path.open("rb", buffering=0)
