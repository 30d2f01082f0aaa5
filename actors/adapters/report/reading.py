"""Reading: one pass over a journal that fills the fold and a trade store in memory.

Reads a data directory and changes nothing in it, whether an engine runs there or not; of a running
one, what its journal holds when the reading begins. The store is projected anew, so that figures
of money and of time are those of one and the same record, wherever the engine's own store is.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from ...errors import ConfigurationError
from ..journal_commands import open_journal
from ..records.journal_tail import JournalTail, Place
from ..records.store_projection import StoreProjection
from ..records.store_schema import open_store
from ..travel.survey import survey
from .run_fold import RunFold

IN_MEMORY = Path(":memory:")


@frozen
class Run:
    """A run that was read; the connection ends with its reading."""

    data_dir: Path
    fold: RunFold
    store: sqlite3.Connection
    place: Place
    """The last record that was read."""
    missing: int
    """Records that the journal has lost to retention."""
    settings: dict[str, Any]
    """Of its last start."""


@contextmanager
def reading(data_dir: Path) -> Generator[Run]:
    """Read a run.

    Raises:
        ConfigurationError: There is no journal, or no record in it.
        JournalDamaged: A record is not what was written.
        CodecError: A record holds a message that this version cannot read.
    """
    from ...system import make_codec

    journal, codec = open_journal(data_dir), make_codec()
    last = survey(journal).last
    tail, fold = JournalTail(journal), RunFold.of(codec)
    connection = open_store(IN_MEMORY)
    try:
        connection.row_factory = sqlite3.Row
        projection = StoreProjection.on(connection, codec)
        tail.follow(Place())
        if tail.missing:
            projection.begin_at(tail.place)
        while tail.place.sequence < last and (lines := tail.read()):
            projection.apply(lines, tail.run, tail.place)
            for line in lines:
                fold.take(line)
        if not fold.last_ns:
            raise ConfigurationError(f"{data_dir}: its journal holds nothing yet")
        settings: dict[str, Any] = tail.run.settings or {}
        yield Run(data_dir, fold, connection, tail.place, tail.missing, settings)
    finally:
        connection.close()
