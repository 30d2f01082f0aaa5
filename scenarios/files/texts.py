"""SavedTexts: a saved record as a whole TOML text, in a file or out of one.

Owns opening, size and syntax; what a text says is for `fields.py`. A text that is none is a
`ConfigurationError` with file, line, what is wrong and the nearest valid names. Bound: a file of
more than `BYTES_MAX` is refused.
"""

import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from ...actors.errors import ConfigurationError
from .fields import Reading, Style, written
from .toml_lines import lines_of

Record = TypeVar("Record")

TEXT = "scenario"
"""What a text without a file is called."""
BYTES_MAX = 4 * 1024 * 1024
PLACE = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
END = " (at end of document)"


def read_record(
    kind: type[Record],
    source: Path | str,
    style: Style,
    look: Callable[[Record, Reading], None] | None = None,
) -> Record:
    """Return the record of a file (a `Path`) or of a text (a `str`); `look` may find more faults.

    Raises `ConfigurationError` that tells all faults, each with file and line.
    """
    reading, document = open_text(source, style)
    record = reading.record(kind, document, ())
    if record is not None and look is not None:
        look(record, reading)
    if record is None or reading.faults:
        raise ConfigurationError(*reading.faults)
    return record


def open_text(source: Path | str, style: Style) -> tuple[Reading, dict[str, Any]]:
    """Return what a text says as plain tables, and a reading that knows where each stands.

    Raises `ConfigurationError` for what cannot be read or is no TOML.
    """
    name, text = (str(source), _content(source)) if isinstance(source, Path) else (TEXT, source)
    document = _document(name, text)
    return Reading(name, lines_of(text), style), document


def write_record(record: object, style: Style, note: str) -> str:
    """Return a record as a text, under a note for people."""
    comment = [f"# {line}".rstrip() for line in note.splitlines()]
    return "\n".join([*comment, *written(record, style)]) + "\n"


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_no_toml(name, text, str(error))) from None


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise ConfigurationError(f"{path}: is larger than {BYTES_MAX} bytes")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None


def _no_toml(name: str, text: str, error: str) -> str:
    found = PLACE.fullmatch(error)
    last = max(1, len(text.splitlines()))
    what, line = (found[1], found[2]) if found else (error.removesuffix(END), str(last))
    return f"{name}:{line}: is no TOML: {what}"
