"""Cursor: which journal this is, and how far it was published, in the data directory.

Owns one small file, written whole or not at all. The server that holds the events also holds the
last one's id, and that counts; this is for a server that has lost it. A file that cannot be read
is made anew under another name for the journal, so that nobody takes old events for new ones.
"""

from pathlib import Path
from typing import Any
from uuid import uuid4

from attrs import define

from ....messages.codec import dumps, loads
from ..service.feed import START, BadEventId, Position, position_of

FILE = "bus.json"


@define(eq=False)
class Cursor:
    """The name of a journal, and the last event of it that was published."""

    path: Path
    journal: str
    last: Position = START
    _written: Position | None = None

    @staticmethod
    def of(data_dir: Path) -> "Cursor":
        """Return the cursor of a data directory; a new one where there is none."""
        path = data_dir / FILE
        try:
            said: Any = loads(path.read_bytes())
            last = position_of(str(said["last_id"]))
            return Cursor(path, str(said["journal"]), last, last)
        except (OSError, ValueError, KeyError, TypeError, BadEventId):
            return Cursor(path, uuid4().hex[:12])

    def write(self) -> None:
        """Keep the place; does nothing where it is kept already."""
        if self._written == self.last:
            return
        beside = self.path.with_suffix(".new")
        beside.write_bytes(dumps({"journal": self.journal, "last_id": str(self.last)}))
        beside.replace(self.path)
        self._written = self.last


def position_in(said: object) -> Position | None:
    """Return the place that a server has kept, None where it has none or nobody can read it."""
    if not isinstance(said, bytes):
        return None
    try:
        return position_of(said.decode("ascii", "replace"))
    except BadEventId:
        return None
