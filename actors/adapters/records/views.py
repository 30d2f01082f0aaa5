"""Views: which views of the journal a data directory has, as the settings say."""

from pathlib import Path

from ....messages.codec import Codec
from ... import names
from ...ports import FileSystem
from ...settings import RecordsSettings
from .store_schema import FILE
from .trade_store import TradeStore
from .view import View, ViewKeeper

ON, OFF = "on", "off"
CHUNKS_MAX = 1_000_000


def views_of(
    settings: RecordsSettings, data_dir: Path, journal: FileSystem, codec: Codec
) -> dict[str, View]:
    """Return the views that are wanted, by the address of the actor that follows each."""
    views: dict[str, View] = {}
    if settings.store == ON:
        views[names.TRADE_STORE] = TradeStore(data_dir / FILE, journal, codec)
    return views


class FollowedViews:
    """The views of a run in virtual time, which has no threads: it looks when it is told to."""

    def __init__(self, views: dict[str, View]) -> None:
        self._keepers = {name: ViewKeeper(view) for name, view in views.items()}

    def look(self) -> list[tuple[str, str]]:
        """Let every view take what is there; returns (view, text) of what people should know."""
        return self._look(1)

    def finish(self) -> list[tuple[str, str]]:
        """Take the rest and close every view."""
        notes = self._look(CHUNKS_MAX)
        for keeper in self._keepers.values():
            keeper.close()
        return notes

    def _look(self, chunks_max: int) -> list[tuple[str, str]]:
        notes: list[tuple[str, str]] = []
        for name, keeper in self._keepers.items():
            look = keeper.look(chunks_max)
            notes += [(name, text) for text in (*look.notes, look.failed) if text]
        return notes
