"""StandardStreams: the input and error output, also where they are closed or stay open.

Owns nothing for longer than the call. A reader of its own is laid over the standard input, because
at the end of the process the interpreter closes `sys.stdin` and aborts while a thread still reads
from it. A closed error output is replaced by one that nobody reads; a closed input is refused.
"""

import os
import sys
from io import BytesIO
from pathlib import Path
from typing import IO, TextIO

from ...actors.adapters.signals import STANDARD_INPUT
from ...actors.errors import ConfigurationError


def standard_input(*, is_wanted: bool) -> IO[bytes]:
    """Return the standard input, or an empty one where nobody wants it.

    Raises:
        ConfigurationError: It is wanted, and closed.
    """
    if not is_wanted:
        return BytesIO()
    # None in a process that was started with it closed, whatever its type says.
    stream: TextIO | None = sys.stdin
    if stream is None:
        raise ConfigurationError(f"{STANDARD_INPUT}: is closed")
    try:
        number = stream.fileno()
    except OSError:
        return stream.buffer
    return open(number, "rb", closefd=False)


def error_output() -> TextIO:
    """Return where people read, or the null device in a process without it."""
    stream: TextIO | None = sys.stderr
    return Path(os.devnull).open("w", encoding="utf-8") if stream is None else stream
