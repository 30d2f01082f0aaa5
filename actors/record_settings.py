"""RecordSettings: the figures of the journal and of what is made of it for people.

Part of `Settings`; durations carry their unit in the name.
"""

from attrs import frozen


@frozen
class JournalSettings:
    """The record on disk."""

    durability: str = "intent"
    """`intent`, `group` or `off`."""
    segment_bytes_max: int = 64 * 1024 * 1024
    """Size at which a new file of the journal begins."""
    snapshot_every: int = 20_000
    """Records between two snapshots of all state; 0 takes none."""
    group_sync_ms: int = 5
    """With `group`: between two syncs of the disk."""
    exit_wait_ms: int = 500
    """So long exits, cancels and questions wait for a disk that does not answer, by the wall; less
    than a permit lives."""
    keep_segments: int = 0
    """Sealed segments to keep; 0 keeps all."""


@frozen
class RecordsSettings:
    """The views of the journal for people, in a data directory (C-21, C-38)."""

    store: str = "on"
    """`on` keeps the trade store, `off` does not."""
    audit: str = "on"
    """`on` keeps the audit log, `off` does not."""
    audit_dir: str = ""
    """Folder of the audit log, below the data directory if relative; empty is `audit` there."""
    audit_reads: bool = False
    """Whether requests that only read stand in the audit log, too (many)."""
    locale: str = "en"
    """Language of the audit log's sentences, `en` or `pt` (C-40)."""
    interval_ms: int = 250
    """Between two looks at the journal, by the wall."""
