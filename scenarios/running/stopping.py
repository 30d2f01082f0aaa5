"""Stopping: the first SIGINT or SIGTERM asks a command to end, the second ends it.

Owns the handlers, for as long as the command runs. The first signal is a wish that whoever runs
looks at. The second raises `KeyboardInterrupt`, which unwinds; a command whose unwinding may take
long (`ends_at_once`) ends there and then, without another word to the venue: its journal is what a
killed process leaves, which the next start goes on from. Its code is then 130 or 143, as a shell
says of what these signals ended.
"""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from attrs import define, field

from ...actors.adapters.exits import say

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ENDED_BY_SIGNAL = 128
"""A shell adds it to a signal's number."""
IN_ORDER = "stopping in order; once more to end at once"
AT_ONCE = "ended at once; the journal holds what was done, and the next start goes on from it\n"
STANDARD_ERROR = 2


@define(eq=False)
class Stop:
    """Whether somebody wants the command to end, and what is done when they insist."""

    text: str = IN_ORDER
    """Said at the first signal."""
    ends_at_once: bool = False
    on_first: Callable[[], None] = lambda: None
    """Called at the first signal; must neither wait nor raise."""
    on_last: Callable[[], None] = lambda: None
    """Called before the process ends at once; must neither wait nor raise."""
    number: int = field(init=False, default=0)
    """The first signal that came; 0 while nobody wants an end."""

    def __call__(self) -> bool:
        """Say whether the command is to end."""
        return self.number != 0

    def take(self, number: int, _frame: object) -> None:
        """Take a signal; the handler of both."""
        if self.number and self.ends_at_once:
            self._end(number)
        elif self.number:
            raise KeyboardInterrupt
        else:
            self.number = number
            say(self.text)
            self.on_first()

    def _end(self, number: int) -> None:
        self.on_last()
        # Not through a stream, which the interrupted code may be in the middle of writing to.
        with suppress(OSError):
            os.write(STANDARD_ERROR, AT_ONCE.encode())
        os._exit(ENDED_BY_SIGNAL + number)


@contextmanager
def interrupts(stop: Stop | None = None) -> "Generator[Callable[[], bool]]":
    """Have both signals taken by a stop, and yield what says whether the command is to end."""
    taking = stop or Stop()
    before = {number: signal.signal(number, taking.take) for number in SIGNALS}
    try:
        yield taking
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
