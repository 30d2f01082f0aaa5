"""RecordedSettings: the settings of the engine on a data directory, as its journal has them.

What is not said to a service is as it is with its engine; above all the mode, on which it depends
who may command. Read from the manifest of the latest segment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ...runtime.segment import ManifestDamaged, read_manifest, segment_numbers
from ..disk import Disk
from ..spool import JOURNAL


def settings_of_run(data_dir: Path) -> Mapping[str, Any] | None:
    """Return the settings of the latest start, None where nothing is recorded."""
    if not (data_dir / JOURNAL).is_dir():
        return None
    disk = Disk(data_dir / JOURNAL)
    try:
        numbers = segment_numbers(disk)
        manifest = read_manifest(disk, numbers[-1]) if numbers else None
    except (OSError, ManifestDamaged):
        return None
    settings: Any = None if manifest is None else manifest.run.settings
    return cast("Mapping[str, Any]", settings) if isinstance(settings, dict) else None
