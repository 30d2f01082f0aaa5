"""Memory: what the alerts must remember beyond the life of their process, in one small file.

Owns `alerts.json` in the data directory: the last event that was heard, every alert and who was
told of it, and what was not delivered yet. It is written whole or not at all. One that cannot be
read is set aside, and said: then people may be told something twice. What people have silenced
stands beside it, in `alerts.silenced.json`; where that cannot be read, nothing is silenced.
"""

import json
from pathlib import Path
from typing import Any, cast

from attrs import field, frozen

FILE = "alerts.json"
ASIDE = "alerts.json.unreadable"
SILENCED = "alerts.silenced.json"
VERSION = 1

Json = dict[str, Any]


@frozen
class Remembered:
    """What an earlier life knew."""

    after_id: str | None = None
    """The last event that was heard; None for a first life."""
    at_ms: int = 0
    """When it was written, by the wall."""
    alerts: list[Json] = field(factory=list[Json])
    listed: list[Json] = field(factory=list[Json])
    """The alerts as people see them."""
    unsent: dict[str, list[Json]] = field(factory=dict[str, list[Json]])
    """Notices by the channel that has not delivered them."""


def remember(folder: Path, known: Remembered) -> None:
    """Write what must be remembered; raises `OSError`."""
    data = {
        "version": VERSION,
        "after_id": known.after_id,
        "at_ms": known.at_ms,
        "alerts": known.alerts,
        "listed": known.listed,
        "unsent": known.unsent,
    }
    _write(folder / FILE, data)


def silence(folder: Path, rule: str, until_ms: int) -> None:
    """Let nobody be told that a rule fires until then; 0 lifts it; raises `OSError`."""
    _write(folder / SILENCED, {**silences_of(folder), rule: until_ms})


def silences_of(folder: Path) -> dict[str, int]:
    """Return until when each rule is silenced, ms of the wall."""
    try:
        data: Any = json.loads((folder / SILENCED).read_bytes())
        return {str(rule): int(until_ms) for rule, until_ms in data.items() if until_ms}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def recall(folder: Path) -> tuple[Remembered, str]:
    """Return what was remembered, nothing at a first start, and why it could not be read."""
    path = folder / FILE
    try:
        data: Any = json.loads(path.read_bytes())
        return _remembered(data), ""
    except FileNotFoundError:
        return Remembered(), ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Remembered(), f"{path}: {type(error).__name__}: {error}"


def set_aside(folder: Path) -> None:
    """Move a file that cannot be read out of the way; raises `OSError`."""
    (folder / FILE).replace(folder / ASIDE)


def _write(path: Path, data: Json) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(data), encoding="utf-8")
    beside.replace(path)


def _remembered(data: Any) -> Remembered:
    if not isinstance(data, dict) or cast("Json", data).get("version") != VERSION:
        raise ValueError("is of another version")
    known = cast("Json", data)
    return Remembered(
        after_id=known["after_id"],
        at_ms=int(known["at_ms"]),
        alerts=list(known["alerts"]),
        listed=list(known["listed"]),
        unsent=dict(known["unsent"]),
    )
