"""LiveFeeder: tells commands as they arrive, from a pipe or a terminal that stays open.

Owns a thread that reads lines, since a read of the standard input blocks, and a window of
`WINDOW` commands; a full window lets the writer wait. A command whose time is in the future waits
for it. The thread is a daemon: a read that nobody answers never holds up the end of the process.
"""

from heapq import heappop, heappush
from threading import Condition, Thread

from ...actors.adapters.signals import SignalLines, TimedCommand
from ...messages.intake import HostCommand
from .feeder import MS_NS, WINDOW


class LiveFeeder:
    """Hands out commands in the order of their times, as far as they have arrived."""

    def __init__(self, lines: SignalLines, *, window: int = WINDOW) -> None:
        self.lines = lines
        self.told = 0
        self._window_max = window
        self._window: list[tuple[int, int, HostCommand]] = []
        self._has_ended = False
        self._changed = Condition()
        self._thread = Thread(target=self._read, name="callboard-signals", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """True when the source has ended and every command was taken."""
        with self._changed:
            return self._has_ended and not self._window

    def next_at_ns(self) -> int | None:
        """When the next command that has arrived is due; None where there is none."""
        with self._changed:
            return self._window[0][0] * MS_NS if self._window else None

    def take(self) -> HostCommand:
        """Return the next command."""
        with self._changed:
            _, _, command = heappop(self._window)
            self.told += 1
            self._changed.notify_all()
        return command

    def drain(self) -> int:
        """Return how many commands have arrived and were not taken; waits for none."""
        with self._changed:
            left = len(self._window)
            self._window.clear()
            self._changed.notify_all()
        return left

    def wait_for_end(self, timeout_seconds: float) -> bool:
        """Wait until the source has ended; False when it has not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._has_ended, timeout_seconds)

    def _read(self) -> None:
        try:
            for timed in self.lines:
                self._put(timed)
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()

    def _put(self, timed: TimedCommand) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._window) < self._window_max)
            heappush(self._window, (timed.at_ms, timed.line, timed.command))
            self._changed.notify_all()
