"""DocOutput: what a page says is printed, against what was printed."""

import re

GAP = "…"


def is_as_shown(shown: str, printed: str) -> bool:
    """True where what was printed is what is shown; `…` stands for what varies.

    Within a line it is any text, as a line of its own any lines, none included. Several spaces
    are as one, since columns move with what they hold; lines at the end may be empty.
    """
    pattern = "".join(_pattern(line) for line in _lines(shown))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(printed))) is not None


def commands_of(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console, each with what is shown below it.

    A command goes on in the next line where its line ends with a backslash.
    """
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    if parts[0].strip():
        raise ValueError(f"before the first command stands {parts[0]!r}")
    return [_split(part) for part in parts[1:]]


def _split(part: str) -> tuple[str, str]:
    found = re.match(r"(?:.*\\\n)*.*\n?", part)
    assert found is not None, "the pattern matches any text"
    return found[0].strip(), part[found.end() :]


def _lines(text: str) -> list[str]:
    return [re.sub(" +", " ", line.rstrip()) for line in text.rstrip().splitlines()]


def _pattern(line: str) -> str:
    if line.strip() == GAP:
        return r"(?:.*\n)*?"
    return re.escape(line).replace(re.escape(GAP), ".*") + r"\n"
