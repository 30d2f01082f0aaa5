"""Audit tail: the last lines of an audit log, and those that come, day after day.

Reads whole lines only; what is being written is read when it is complete. Bound: of a day's end at
most `TAIL_BYTES_MAX` are looked at for the last lines.
"""

import time
from collections.abc import Callable, Iterator

from attrs import define, field

from ....messages.codec import Json
from ..records.audit_files import AuditFiles, parsed

TAIL_BYTES_MAX = 64 * 1024 * 1024
CHUNK_BYTES = 1 << 20
LOOK_SECONDS = 0.1

IsWanted = Callable[[Json], bool]


@define(eq=False)
class AuditTail:
    """Follows the files of one folder; for one thread."""

    files: AuditFiles
    is_wanted: IsWanted
    _day: str = field(init=False, default="")
    _offset: int = field(init=False, default=0)

    def last(self, count: int) -> list[Json]:
        """Return the last wanted lines, oldest first, and stand behind them."""
        days, found = self.files.days(), list[Json]()
        for day in reversed(days):
            found = [*self._of_end(day), *found]
            if len(found) >= count:
                break
        return found[max(len(found) - count, 0) :]

    def follow(self, is_over: Callable[[], bool]) -> Iterator[Json]:
        """Yield wanted lines as they are written, until it is over."""
        while not is_over():
            lines = self._new()
            yield from lines
            if not lines:
                time.sleep(LOOK_SECONDS)

    def _new(self) -> list[Json]:
        """Return what was written since, of this day or the next one."""
        later = [day for day in self.files.days() if day > self._day]
        lines = self._read_on() if self._day else []
        if lines or not later:
            return lines
        self._day, self._offset = later[0], 0
        return self._read_on()

    def _read_on(self) -> list[Json]:
        with self.files.path(self._day).open("rb") as file:
            file.seek(self._offset)
            chunk = file.read(CHUNK_BYTES)
        end = chunk.rfind(b"\n") + 1
        self._offset += end
        return [each for each in parsed(chunk[:end].splitlines()) if self.is_wanted(each)]

    def _of_end(self, day: str) -> list[Json]:
        """Return the wanted lines of a day's end; of the latest day the place is kept."""
        path = self.files.path(day)
        with path.open("rb") as file:
            size = path.stat().st_size
            begin = max(size - TAIL_BYTES_MAX, 0)
            file.seek(begin)
            data = file.read(size - begin)
        first = data.find(b"\n") + 1 if begin else 0
        end = data.rfind(b"\n") + 1
        if not self._day:
            self._day, self._offset = day, begin + end
        return [each for each in parsed(data[first:end].splitlines()) if self.is_wanted(each)]
