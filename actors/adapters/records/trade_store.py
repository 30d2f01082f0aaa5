"""TradeStore: orders, fills and trades in one SQLite file, made of the journal alone.

Owns the file `store.sqlite` of a data directory. It is a view: what it holds can be made again by
`rebuild`, row for row, and the engine never reads it. A file that the journal does not bear out,
since a power cut took the end of the journal, is set aside and made anew; none is ever deleted.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from attrs import define, field, frozen

from ....messages.codec import Codec
from ...errors import EngineError
from ...ports import FileSystem
from .journal_tail import JournalForgotten, JournalTail, Place
from .store_projection import StoreProjection
from .store_schema import FILE, open_store

COMPANIONS = ("", "-wal", "-shm")
"""SQLite's files beside a database, by what follows its name."""
PAGES_PER_STEP = 256
BACKUP_PAUSE_SECONDS = 0.01


class JournalIncomplete(EngineError):
    """The journal's beginning is gone, so that a store made of it would hold less."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return (
            f"the first {self.missing} records of the journal are gone (journal.keep_segments);"
            " --partial makes a store of what is left, the old one is kept"
        )


@define(eq=False)
class TradeStore:
    """The view; `open` makes the file where there is none."""

    path: Path
    journal: FileSystem
    codec: Codec
    is_checked: bool = False
    """Whether every record's hash is computed anew."""
    pace: Callable[[Iterable[bytes]], Iterable[bytes]] = iter
    """How it goes through the records of a chunk."""
    tail: JournalTail = field(init=False)
    _projection: StoreProjection | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.tail = JournalTail(self.journal, self.is_checked)

    @property
    def place(self) -> Place:
        """The record up to which the store is made."""
        return self.tail.place

    def open(self) -> Sequence[str]:
        """Open the file and stand behind its last record; returns what people should know.

        Raises:
            StoreVersionError: The file is of another version; it stays as it is.
            sqlite3.Error: The file cannot be opened.
            JournalDamaged: A manifest cannot be read.
        """
        notes: list[str] = []
        projection = self._connect()
        try:
            self.tail.follow(projection.place())
        except JournalForgotten as forgotten:
            projection.connection.close()
            notes.append(f"{forgotten}; the store is made anew, {set_aside(self.path)} is the old")
            projection = self._connect()
            self.tail.follow(Place())
        if self.tail.missing:
            notes.append(f"{self.tail.missing} records of the journal are gone, unread")
            projection.begin_at(self.tail.place)
        self._projection = projection
        return notes

    def advance(self) -> bool:
        """Apply the next chunk of records; False when there is none."""
        assert self._projection is not None, "open the store first"
        lines = self.tail.read()
        if lines:
            self._projection.apply(self.pace(lines), self.tail.run, self.tail.place)
        return bool(lines)

    def close(self) -> None:
        """Give the file back."""
        projection, self._projection = self._projection, None
        if projection is not None:
            projection.connection.close()

    def _connect(self) -> StoreProjection:
        return StoreProjection.on(open_store(self.path), self.codec)


@frozen
class Rebuilt:
    """What a rebuild has made."""

    records: int
    kept: Path | None
    """The store that stood there before."""
    missing: int
    """Records that the journal has lost to retention."""


def rebuild(folder: Path, journal: FileSystem, codec: Codec, *, partial: bool = False) -> Rebuilt:
    """Make the store of a data directory anew from its journal; the old file is kept beside it.

    The old one stays in place until the new one is whole.

    Raises:
        JournalIncomplete: The journal's beginning is gone; not with `partial`.
        JournalDamaged: A record is not as it was written.
    """
    path, fresh = folder / FILE, folder / f"{FILE}.new"
    for companion in COMPANIONS:
        Path(f"{fresh}{companion}").unlink(missing_ok=True)
    store = TradeStore(fresh, journal, codec, is_checked=True)
    try:
        store.open()
        if store.tail.missing and not partial:
            raise JournalIncomplete(store.tail.missing)
        while store.advance():
            continue
    finally:
        store.close()
    kept = set_aside(path) if path.exists() else None
    fresh.rename(path)
    return Rebuilt(store.place.sequence, kept, store.tail.missing)


def set_aside(path: Path) -> Path:
    """Give a store that is closed another name beside it, and return that."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.old-{number}{path.suffix}")).exists():
        number += 1
    for companion in COMPANIONS:
        here = Path(f"{path}{companion}")
        if here.exists():
            here.rename(f"{aside}{companion}")
    return aside


def backup(
    source: sqlite3.Connection, target: Path, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Copy a store, also while it is written; the copy is whole and of one moment.

    Raises:
        FileExistsError: There is something at the target already.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    beside = target.with_name(f"{target.name}.part")
    beside.unlink(missing_ok=True)
    copy = sqlite3.connect(beside)
    try:
        source.backup(
            copy,
            pages=PAGES_PER_STEP,
            sleep=BACKUP_PAUSE_SECONDS,
            progress=None if on_progress is None else lambda _, left, all_: on_progress(left, all_),
        )
        # The copy is one file: its reader needs no companions.
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()
    beside.rename(target)
