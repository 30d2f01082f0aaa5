"""Progress: one line on a terminal that says how far a run is; nothing where there is none.

Owns the line and how often it changes. It counts virtual time against the wall's, so that the pace
shows. A stream that is no terminal gets one line at the end.
"""

import time
from typing import TextIO

from ..paper import Progress

REFRESH_SECONDS = 0.2
SECOND_NS = 1_000_000_000
CLEAR = "\r\x1b[2K"


class BesideProgress:
    """A stream for lines that appear above the progress line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._start = CLEAR if stream.isatty() else ""

    def write(self, text: str, /) -> int:
        """Write over the progress line, which comes again by itself."""
        return self._stream.write(f"{self._start}{text}")

    def flush(self) -> None:
        """Let the lines appear."""
        self._stream.flush()

    def isatty(self) -> bool:
        """True where people look."""
        return self._stream.isatty()


class ProgressLine:
    """Writes over its own line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._began = time.monotonic()
        self._shown = 0.0

    def show(self, progress: Progress) -> None:
        """Show how far the run is, a few times a second at most."""
        now = time.monotonic()
        if progress.done:
            start = CLEAR if self._is_terminal else ""
            self._stream.write(f"{start}{self._text(progress, now)}\n")
            self._stream.flush()
        elif self._is_terminal and now - self._shown >= REFRESH_SECONDS:
            self._shown = now
            self._stream.write(CLEAR + self._text(progress, now))
            self._stream.flush()

    def _text(self, progress: Progress, now: float) -> str:
        virtual_s = progress.virtual_ns / SECOND_NS
        wall_s = max(now - self._began, 0.001)
        tally = progress.tally
        return (
            f"{virtual_s:,.0f} s of market in {wall_s:.1f} s ({virtual_s / wall_s:,.0f}x)  "
            f"signals {tally.signals:,}  orders {tally.orders:,}  fills {tally.fills:,}"
        )
