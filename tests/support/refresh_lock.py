"""Refresh lock: write the schema lock and the golden files after a wanted change.

Adds what is new. A label whose fields changed is refused, because journals with it exist: give the
class a new version and an upcaster in `messages/upcasts.py`, then run this again. Before a first
release, `--rewrite` takes today's classes as they are; versions before today's stay, since nothing
could make them again. Run it as `./dev run python tests/support/refresh_lock.py`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import schema


def main(arguments: list[str]) -> int:
    """Refresh both; returns 1, having written nothing, when a label changed."""
    rewrite = "--rewrite" in arguments
    current = schema.current_lock()
    locked = schema.read_lock() if schema.LOCK.exists() else {}
    refused: list[str] = []
    for part in ("messages", "states"):
        known: dict[str, str] = locked.get(part, {})
        if rewrite:
            known = {label: fields for label, fields in known.items() if schema.is_older(label)}
        refused += schema.changed(known, current[part])
        current[part] = dict(sorted({**known, **current[part]}.items()))
    if refused:
        sys.stderr.write("\n".join(refused) + "\n")
        return 1
    schema.LOCK.write_bytes(schema.as_json(current))
    write_golden(rewrite=rewrite)
    return 0


def write_golden(*, rewrite: bool) -> None:
    """Write the golden files that are missing; with `rewrite`, all but those of old versions."""
    schema.GOLDEN.mkdir(exist_ok=True)
    if rewrite:
        for path in schema.GOLDEN.glob("*.json"):
            if not schema.is_older(path.stem):
                path.unlink()
    for label, content in schema.golden_messages().items():
        path = schema.GOLDEN / schema.golden_name(label)
        if not path.exists():
            path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
