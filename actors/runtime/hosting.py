"""Hosting: what a kernel needs of its surroundings, as protocols, and what it counts.

Owns no behaviour. A host carries messages and timers, a journal port takes records, a saboteur is
a test's hand in the machine. All of them may be called from the thread that runs a step.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import define

from .actor import Actor, EdgeActor
from .cell import Cell
from .envelope import Envelope, Timer


class Host(Protocol):
    """Who carries messages and timers for a kernel."""

    def route(self, envelope: Envelope) -> None:
        """Put an envelope into the inbox of its receiver; any thread."""
        ...

    def arm(self, cell: Cell, timer: Timer) -> None:
        """Keep a timer of a cell, replacing one of the same key; the cell's own thread."""
        ...

    def disarm(self, cell: Cell, key: str | None) -> None:
        """Drop a timer, or all of the cell's timers; the cell's own thread."""
        ...

    def waiting(self) -> Iterable[Envelope]:
        """Return what is routed to the core and not processed yet; the core's own thread."""
        ...

    def place(self, cell: Cell) -> None:
        """A new cell was spawned: find it a place."""
        ...

    def fatal(self, reason: str) -> None:
        """The supervisor cannot be kept alive: the engine must stop."""
        ...


class JournalPort(Protocol):
    """Where records go; it releases what was held once the record is as safe as configured."""

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        """Take one record; never waits for a disk."""
        ...


class Saboteur(Protocol):
    """A test's hand in the machine: raises in place of a handler to make it crash."""

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Return, or raise `InjectedCrash`."""
        ...


class InjectedCrash(RuntimeError):
    """A crash that a simulation put in place of a handler; replay repeats it as an input."""


@define
class Counts:
    """What happened to messages: sent = delivered + dead + pending."""

    sent: int = 0
    delivered: int = 0
    dead: int = 0
    steps: int = 0
    failures: int = 0
    restarts: int = 0


Kinds = Mapping[str, Callable[[Any], Actor | EdgeActor]]
LogSink = Callable[[str, str, Mapping[str, object]], None]
"""(actor, event, fields)"""


def sabotage(
    saboteur: Saboteur | None, cell: Cell, envelope: Envelope, now: int
) -> Exception | None:
    """Ask the saboteur, if there is one, whether a crash stands in place of this step."""
    if saboteur is None:
        return None
    try:
        saboteur.before_step(cell, envelope)
    except InjectedCrash as crash:
        cell.context.begin(envelope, now)
        return crash
    return None
