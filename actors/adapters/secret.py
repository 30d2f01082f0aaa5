"""Secret: a text that never shows itself, and where it is read from.

Owns the masking: `repr`, `str` and formatting give `***`, and only `reveal` gives the text. A
secret comes from an environment variable or, as containers and systemd hand them over, from the
file that `<NAME>_FILE` names. Both at once, or a file that cannot be read, that others could read
too or that is no secret's size, is a configuration error that names the variable and never the
content.
"""

import os
import re
import stat
from collections.abc import Mapping

from ..errors import ConfigurationError

MASK = "***"
FILE_SUFFIX = "_FILE"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
HANDED_OVER = (0o440, 0, 0)
"""Mode, owner and group of what systemd hands over: an access list lets the service in, whose mask
stands where the rights of a group do."""
BYTES_MAX = 64 * 1024
_USER = re.compile(r"(?<=://)[^/\s]*@")


class Secret:
    """A text for the eyes of one library call."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; for the call that needs it and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


def read_secret(name: str, environ: Mapping[str, str]) -> Secret | None:
    """Return the secret of a variable or of its `_FILE`, None where there is neither.

    Raises:
        ConfigurationError: Both are set, the file cannot be read, or the secret is empty.
    """
    direct, file = environ.get(name), environ.get(name + FILE_SUFFIX)
    if direct is not None and file is not None:
        raise ConfigurationError(f"{name}: set it or {name}{FILE_SUFFIX}, not both")
    if direct is None and file is None:
        return None
    text = direct if direct is not None else _read(name + FILE_SUFFIX, str(file))
    if not text.strip():
        raise ConfigurationError(f"{name}: is empty")
    return Secret(text.strip())


def without_user(text: str) -> str:
    """Return a text in which no address shows its user and password."""
    return _USER.sub(f"{MASK}@", text)


def _read(variable: str, path: str) -> str:
    """Return a file's text; who may read it is asked of the file that was opened, not of its name.

    Opened without waiting: a pipe that nobody writes to is empty, and never holds the start.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            _check_private(variable, path, os.fstat(file.fileno()))
            content = file.read(BYTES_MAX + 1) or b""
        if len(content) > BYTES_MAX:
            raise ConfigurationError(f"{variable}: {path} is over {BYTES_MAX} bytes: no secret")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{variable}: cannot be read: {type(error).__name__}") from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _check_private(variable: str, path: str, found: os.stat_result) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS and (mode, found.st_uid, found.st_gid) != HANDED_OVER:
        remedy = f"others can read it; chmod 600 {path}"
        raise ConfigurationError(f"{variable}: {path} has mode {mode:04o}: {remedy}")
    if found.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(f"{variable}: {path} belongs to another user")
