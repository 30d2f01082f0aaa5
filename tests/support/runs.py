"""Runs: one troubled paper run for all who look at a recorded log, and changed copies."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from support.paper_runs import troubled_run

_KEPT: list[TemporaryDirectory[str]] = []
"""Until the process ends."""


@cache
def recorded_run() -> Path:
    """Return the data directory of a run with retries, queries and snapshots; only to be read."""
    folder = TemporaryDirectory(prefix="callboard-run-")
    _KEPT.append(folder)
    troubled_run(Path(folder.name), signals=6, segment_bytes_max=90_000)
    return Path(folder.name)


def changed_copy(folder: Path, change: Callable[[bytes], bytes], *, names: str) -> Path:
    """Copy the recorded run into a folder, with some of its journal's files changed."""
    shutil.copytree(recorded_run(), folder, dirs_exist_ok=True)
    for path in sorted((folder / "journal").glob(names)):
        path.write_bytes(change(path.read_bytes()))
    return folder


def tighter(manifest: bytes) -> bytes:
    """Return a manifest whose run had nearer stops."""
    return manifest.replace(b'"stop_loss_pct_default":"2.0"', b'"stop_loss_pct_default":"1.0"')


def pinned(manifest: bytes) -> bytes:
    """Return a manifest whose actors ran on a thread each."""
    return manifest.replace(b'"placement":"shared"', b'"placement":"pinned"')
