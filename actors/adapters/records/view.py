"""View: what is made of the journal for people, and how its making is kept going.

A view opens at the record that it was last made of, takes what came since, chunk by chunk, and can
be lost without harm: whatever fails, a bug included, it is closed, told once, and opened again from
its last whole chunk at the next look. Nothing waits for it, and its only queue is the journal.
"""

import sqlite3
from collections.abc import Sequence
from typing import Protocol

from attrs import define, field, frozen

from ....messages.codec import CodecError
from ...errors import EngineError
from ...runtime.journal_reader import JournalDamaged

FAULTS = (OSError, sqlite3.Error, EngineError, JournalDamaged, CodecError)
"""What may befall a view without being a bug of it; their words say enough."""


class View(Protocol):
    """Something that is made of the journal, record after record."""

    def open(self) -> Sequence[str]:
        """Stand behind the last record that it was made of; returns what people should know."""
        ...

    def advance(self) -> bool:
        """Take the next chunk of records; False when there is none."""
        ...

    def close(self) -> None:
        """Give back what it holds; harmless when it is closed."""
        ...


@frozen
class Look:
    """What came of one look: whether more is waiting, and what people should know."""

    is_behind: bool = False
    notes: tuple[str, ...] = ()
    failed: str = ""
    """Why the view went stale at this look; empty when it did not, or was stale before."""
    recovered: bool = False


@define(eq=False)
class ViewKeeper:
    """Opens a view, lets it advance, and keeps whether it is stale."""

    view: View
    stale: str = field(init=False, default="")
    """Why the view lags behind the journal; empty while it follows."""
    _is_open: bool = field(init=False, default=False)

    def look(self, chunks_max: int) -> Look:
        """Take at most so many chunks; a fault leaves the view closed and stale."""
        notes: tuple[str, ...] = ()
        try:
            if not self._is_open:
                notes = tuple(self.view.open())
                self._is_open = True
            is_behind = self._advance(chunks_max)
        except Exception as error:  # noqa: BLE001 - not even a view's bug may stop trading
            was_stale, self.stale = self.stale, _words_of(error)
            self.close()
            return Look(notes=notes, failed="" if was_stale else self.stale)
        was_stale, self.stale = self.stale, ""
        return Look(is_behind, notes, recovered=bool(was_stale))

    def close(self) -> None:
        """Close the view; the next look opens it again."""
        self._is_open = False
        self.view.close()

    def _advance(self, chunks_max: int) -> bool:
        return all(self.view.advance() for _ in range(chunks_max))


def _words_of(error: Exception) -> str:
    name = type(error).__name__
    return (str(error) or name) if isinstance(error, FAULTS) else f"{name}: {error}"
