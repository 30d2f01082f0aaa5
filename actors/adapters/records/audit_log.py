"""AuditLog: what the engine did, day by day as JSON Lines, made of the journal alone.

Owns the folder of daily files, by default `audit` in the data directory. Append-only: a line that
was written stays as it is, and every line carries the number and the hash of its journal record.
Files that the journal does not bear out, since a power cut took its end, are moved aside whole.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from attrs import define, field, frozen

from ....messages.codec import Codec
from ...ports import FileSystem
from ...runtime.segment import RunFacts
from ..disk import Disk
from .audit_files import AuditFiles, parsed
from .audit_projection import AuditLine, AuditProjection
from .journal_tail import JournalForgotten, JournalTail, Place
from .trade_store import JournalIncomplete

FOLDER = "audit"
REMEMBERED_DAYS = 2


@define(eq=False)
class AuditLog:
    """The view; `open` makes the folder where there is none."""

    files: AuditFiles
    journal: FileSystem
    codec: Codec
    pace: Callable[[Iterable[bytes]], Iterable[bytes]] = iter
    """How it goes through the records of a chunk."""
    tail: JournalTail = field(init=False)
    _projection: AuditProjection | None = field(init=False, default=None)
    _claim: Disk | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.tail = JournalTail(self.journal)

    def open(self) -> Sequence[str]:
        """Stand behind the last line; returns what people should know.

        Raises:
            OSError: The folder cannot be written.
            FolderInUse: Another engine writes there.
            JournalDamaged: A manifest cannot be read.
        """
        self._claim = claimed(self.files.folder)
        notes: list[str] = []
        projection = AuditProjection.of(self.codec)
        last = self.files.last_whole()
        try:
            self.tail.follow(Place() if last is None else Place(last[1]["record"], last[1]["hash"]))
        except JournalForgotten as forgotten:
            notes.append(f"{forgotten}; the audit log begins anew, {self.files.set_aside()} is old")
            last = None
            self.tail.follow(Place())
        if self.tail.missing:
            notes.append(f"{self.tail.missing} records of the journal are gone, unread")
        if last is not None:
            self._stand(projection, *last)
        self._projection = projection
        return notes

    def advance(self) -> bool:
        """Write the lines of the next chunk of records; False when there is none."""
        assert self._projection is not None, "open the log first"
        records = self.tail.read()
        lines = [
            line
            for record in self.pace(records)
            for line in self._projection.lines(record, self.tail.run)
        ]
        self.files.append(lines)
        return bool(records)

    def close(self) -> None:
        """Forget where it stood; the files say that."""
        self._projection = None
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def _stand(self, projection: AuditProjection, day: str, line: dict[str, object]) -> None:
        """Bring a projection to where the lines end."""
        projection.day, projection.run = day, self.tail.run
        projection.sequence = int(str(line["sequence"]))
        for known in self.files.days()[-REMEMBERED_DAYS:]:
            for each in parsed(self.files.read(known)):
                projection.remember(each, known)


@frozen
class Remade:
    """What a rebuild has found."""

    lines: int
    changed: tuple[str, ...]
    """Days whose file was not as the journal says."""
    kept: Path | None
    """Where the old files are; None where nothing had to change."""
    missing: int


def claimed(folder: Path) -> Disk:
    """Claim a folder, made where there is none: two engines' lines must not mix.

    Raises:
        FolderInUse: Another engine, or a rebuild, writes there.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    disk = Disk(folder)
    disk.lock()
    return disk


def projected(
    journal: FileSystem,
    codec: Codec,
    on_start: Callable[[JournalTail], None] | None = None,
) -> Iterator[AuditLine]:
    """Yield every line that the journal gives; raises `JournalDamaged` at a changed record."""
    tail, projection = JournalTail(journal, is_checked=True), AuditProjection.of(codec)
    tail.follow(Place())
    if on_start is not None:
        on_start(tail)
    while records := tail.read():
        run: RunFacts = tail.run
        for record in records:
            yield from projection.lines(record, run)


def rebuild(folder: Path, journal: FileSystem, codec: Codec, *, partial: bool = False) -> Remade:
    """Make the log anew from the journal; where that differs, the old files are moved aside.

    Raises:
        JournalIncomplete: The journal's beginning is gone; not with `partial`.
        JournalDamaged: A record is not as it was written.
        FolderInUse: An engine writes there.
    """
    claim = claimed(folder)
    try:
        return _remake(AuditFiles(folder), journal, codec, partial=partial)
    finally:
        claim.close()


def _remake(files: AuditFiles, journal: FileSystem, codec: Codec, *, partial: bool) -> Remade:
    fresh = AuditFiles(files.folder / "new")
    fresh.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for day in fresh.days():
        fresh.path(day).unlink()
    missing: list[int] = []

    def look(tail: JournalTail) -> None:
        missing.append(tail.missing)
        if tail.missing and not partial:
            raise JournalIncomplete(tail.missing)

    count = 0
    try:
        for line in projected(journal, codec, look):
            fresh.append((line,))
            count += 1
        changed = _changed(files, fresh)
        kept = files.set_aside() if changed and files.days() else None
        if changed:
            for day in fresh.days():
                fresh.path(day).rename(files.path(day))
    finally:
        fresh.remove()
    return Remade(count, changed, kept, missing[0])


def _changed(files: AuditFiles, fresh: AuditFiles) -> tuple[str, ...]:
    days = sorted({*files.days(), *fresh.days()})
    return tuple(day for day in days if _bytes(files, day) != _bytes(fresh, day))


def _bytes(files: AuditFiles, day: str) -> bytes:
    path = files.path(day)
    return path.read_bytes() if path.exists() else b""
