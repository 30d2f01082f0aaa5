"""TomlLines: on which line of a TOML text each key stands, which `tomllib` never says.

Owns one pass over text that `tomllib` has already taken. A key inside an inline table or an array
has the line on which its statement begins; `line_of` falls back to the nearest table around it.
"""

import re
import tomllib
from collections.abc import Mapping

from attrs import define, field

TomlPath = tuple[str | int, ...]
"""Keys from the top, and places (from 0) in arrays of tables."""

_BASIC, _LITERAL = r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'"
_STRING = re.compile(rf'"""(?:\\.|[^\\])*?"""+|\'\'\'.*?\'\'\'+|{_BASIC}|{_LITERAL}', re.DOTALL)
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_COMMENT = re.compile(r"#[^\n]*")
_PART = re.compile(rf"[ \t]*({_BASIC}|{_LITERAL}|[A-Za-z0-9_-]+)[ \t]*\.?")


def lines_of(text: str) -> dict[TomlPath, int]:
    """Return the line (from 1) of every table and key of a valid TOML text."""
    return _Scan(text.replace("\r\n", "\n")).run()


def line_of(lines: Mapping[TomlPath, int], path: TomlPath) -> int:
    """Return the line of a path, or of the nearest thing around it."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)


@define
class _Scan:
    """One pass over a text, statement by statement."""

    text: str
    place: int = 0
    table: TomlPath = ()
    lines: dict[TomlPath, int] = field(factory=dict[TomlPath, int])
    counts: dict[TomlPath, int] = field(factory=dict[TomlPath, int])
    """How many tables each array of tables has so far."""

    def run(self) -> dict[TomlPath, int]:
        while self._skip(_BLANK) < len(self.text):
            line = 1 + self.text.count("\n", 0, self.place)
            if self.text[self.place] == "[":
                self.table = self._header()
                self._note((), self.table, line)
            else:
                self._note(self.table, self._key(), line)
                self._value()
        return self.lines

    def _note(self, above: TomlPath, key: TomlPath, line: int) -> None:
        for end in range(1, len(key) + 1):
            self.lines.setdefault(above + key[:end], line)

    def _header(self) -> TomlPath:
        is_array = self.text.startswith("[[", self.place)
        self.place += 2 if is_array else 1
        *above, last = self._key()
        self.place += 1 if is_array else 0
        path = self._inside(tuple(above))
        if not is_array:
            return self._inside((*above, last))
        count = self.counts[(*path, last)] = self.counts.get((*path, last), 0) + 1
        return (*path, last, count - 1)

    def _inside(self, key: tuple[str, ...]) -> TomlPath:
        """Return a key's path: a name of an array of tables means its latest table."""
        path: TomlPath = ()
        for part in key:
            path = (*path, part)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def _key(self) -> tuple[str, ...]:
        """Read a dotted key and what ends it, `=` or `]`."""
        parts: list[str] = []
        while found := _PART.match(self.text, self.place):
            self.place = found.end()
            word = found[1]
            parts.append(word if word[0] not in "\"'" else tomllib.loads(f"key = {word}")["key"])
        self.place += 1
        return tuple(parts)

    def _value(self) -> None:
        """Pass over a value: to the end of the line that closes its last bracket."""
        depth = 0
        while self.place < len(self.text):
            letter = self.text[self.place]
            if letter == "\n" and depth == 0:
                return
            if letter in "\"'":
                self._skip(_STRING)
            elif letter == "#":
                self._skip(_COMMENT)
            else:
                depth += (letter in "[{") - (letter in "]}")
                self.place += 1

    def _skip(self, what: re.Pattern[str]) -> int:
        found = what.match(self.text, self.place)
        assert found is not None, "the text is valid TOML"
        self.place = found.end()
        return self.place
