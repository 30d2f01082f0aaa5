"""Views: which views of the journal a data directory has, as the settings say."""

from collections.abc import Callable, Iterable
from pathlib import Path

from ....messages.codec import Codec
from ... import names
from ...errors import ConfigurationError
from ...ports import FileSystem
from ...record_settings import RecordsSettings
from .audit_files import AuditFiles, make_writable
from .audit_log import FOLDER, AuditLog
from .store_schema import FILE
from .trade_store import TradeStore
from .view import View, ViewKeeper

ON, OFF = "on", "off"
PAPER = "paper"
CHUNKS_MAX = 1_000_000


def views_of(
    settings: RecordsSettings,
    data_dir: Path,
    journal: FileSystem,
    codec: Codec,
    pace: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
) -> dict[str, View]:
    """Return the views that are wanted, by the address of the actor that follows each.

    `pace` is how they go through their records.
    """
    views: dict[str, View] = {}
    if settings.store == ON:
        views[names.TRADE_STORE] = TradeStore(data_dir / FILE, journal, codec, pace=pace)
    if settings.audit == ON:
        files = AuditFiles(audit_folder(settings.audit_dir, data_dir))
        views[names.AUDIT_LOG] = AuditLog(files, journal, codec, pace)
    return views


def audit_folder(audit_dir: str, data_dir: Path) -> Path:
    """Return where the audit log is; a relative setting is below the data directory."""
    return data_dir / (audit_dir or FOLDER)


def check_audit(settings: RecordsSettings, mode: str, data_dir: Path) -> None:
    """Refuse a start whose audit log cannot be written; paper money goes on without (S4-085).

    Raises:
        ConfigurationError: The folder cannot be written.
    """
    if settings.audit == OFF or mode == PAPER:
        return
    folder = audit_folder(settings.audit_dir, data_dir)
    try:
        make_writable(folder)
    except OSError as error:
        raise ConfigurationError(
            f"records.audit_dir: {folder} cannot be written: {error}"
        ) from error


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
