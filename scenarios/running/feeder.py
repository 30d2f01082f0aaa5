"""Feeder: tells commands to an engine at their venue time, out of a source of any length.

Owns a window of `WINDOW` lines, in which it puts lines in order of their times; a line that comes
later than that after its time is told at once. A line without a time goes with the one before it.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Protocol

from attrs import define, evolve, field

from ...actors.adapters.signals import SignalLines, TimedCommand
from ...messages.intake import ExecuteAlgorithm, HostCommand, SubmitSignal

WINDOW = 10_000
MS_NS = 1_000_000


class CommandSource(Protocol):
    """Where a run has its commands from."""

    @property
    def lines(self) -> SignalLines:
        """The lines that it reads, with their faults."""
        ...

    @property
    def told(self) -> int:
        """Commands that were taken."""
        ...

    @property
    def is_over(self) -> bool:
        """True when every command was taken and no other can come."""
        ...

    def next_at_ns(self) -> int | None:
        """When the next command is due; None where none is known."""
        ...

    def take(self) -> HostCommand:
        """Return the next command."""
        ...

    def drain(self) -> int:
        """Read what is left, for its faults, and return how many good lines it was."""
        ...


@define(eq=False)
class Feeder:
    """Hands out commands in the order of their times."""

    lines: SignalLines
    shift_ms: int = 0
    """How far the times of all lines are moved."""
    told: int = field(init=False, default=0)
    _rest: Iterator[TimedCommand] = field(init=False)
    _window: list[tuple[int, int, HostCommand]] = field(init=False)
    _last_ms: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self._rest = iter(self.lines)
        self._window = [self._entry(each) for each in islice(self._rest, WINDOW)]
        heapify(self._window)

    @property
    def is_over(self) -> bool:
        """True when every command was taken."""
        return not self._window

    def next_at_ns(self) -> int | None:
        """When the next command is due; None when all were told."""
        return (self._window[0][0] + self.shift_ms) * MS_NS if self._window else None

    def take(self) -> HostCommand:
        """Return the next command."""
        _, _, command = heappop(self._window)
        self.told += 1
        following = next(self._rest, None)
        if following is not None:
            heappush(self._window, self._entry(following))
        return self._shifted(command)

    def drain(self) -> int:
        """Read what is left, for its faults, and return how many good lines it was."""
        left = len(self._window) + sum(1 for _ in self._rest)
        self._window.clear()
        return left

    def _shifted(self, command: HostCommand) -> HostCommand:
        if isinstance(command, ExecuteAlgorithm):
            return evolve(command, signal=self._moved(command.signal))
        return self._moved(command) if isinstance(command, SubmitSignal) else command

    def _moved(self, command: SubmitSignal) -> SubmitSignal:
        if not self.shift_ms:
            return command
        expires_at_ms = command.expires_at_ms
        return evolve(
            command,
            at_ms=command.at_ms + self.shift_ms,
            expires_at_ms=None if expires_at_ms is None else expires_at_ms + self.shift_ms,
        )

    def _entry(self, timed: TimedCommand) -> tuple[int, int, HostCommand]:
        self._last_ms = timed.at_ms or self._last_ms
        return self._last_ms, timed.line, timed.command


def feed(
    feeder: Feeder,
    *,
    at: Callable[[int, Callable[[], None]], None],
    tell: Callable[[HostCommand], None],
) -> None:
    """Plan the next command in virtual time; when it is told, the one after it is planned."""
    due_ns = feeder.next_at_ns()
    if due_ns is None:
        return

    def tell_and_go_on() -> None:
        tell(feeder.take())
        feed(feeder, at=at, tell=tell)

    at(due_ns, tell_and_go_on)
