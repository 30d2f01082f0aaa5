"""Addresses: where the faces of a data directory answer, in a file there for whoever looks.

Owns `service.json`, a JSON object of a face's name and its address. Written whole, by rename, by
the service; an empty object says that it has ended.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

FILE = "service.json"


def write_addresses(data_dir: Path, addresses: Mapping[str, str]) -> None:
    """Write down where the faces answer; a disk that takes nothing is no trouble of theirs."""
    path = data_dir / FILE
    beside = path.with_suffix(".new")
    with suppress(OSError):
        beside.write_text(json.dumps(dict(addresses)), encoding="utf-8")
        beside.replace(path)


def read_addresses(data_dir: Path) -> Mapping[str, str]:
    """Return where the faces answer; empty where nobody serves, or the file is not readable."""
    try:
        data: Any = json.loads((data_dir / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    named = cast("dict[str, Any]", data)
    return {name: address for name, address in named.items() if isinstance(address, str)}
