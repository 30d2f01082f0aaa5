"""Recorded host: carries a kernel's messages while the record says what arrives when.

Owns what was told and armed and has not arrived yet, by its id; which calls the lanes hold; and
the last word of each kind to each lane, for lanes that begin later. A timer that was replaced may
have fired already in a host with threads, so it stays known; `LATE_MAX` bounds that.
"""

from collections.abc import Sequence

from attrs import define, field

from ...actors import names
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope, Timer
from ...actors.runtime.lives import CONTROLS
from ...messages.codec import Json
from ...messages.venue import AttemptEnded, Fenced, MakeCall

LATE_MAX = 10_000
ENDS = tuple(f"{cls.__name__}." for cls in (AttemptEnded, Fenced))


@define(eq=False)
class RecordedHost:
    """Implements the kernel's host; nothing moves before `take` says that it arrived."""

    told: dict[str, Envelope] = field(init=False, factory=dict[str, Envelope])
    """Messages inside the core, by id, oldest first."""
    calls: dict[str, Envelope] = field(init=False, factory=dict[str, Envelope])
    """Calls that a lane was told and that have not ended, by id."""
    words: dict[tuple[str, type], Envelope] = field(
        init=False, factory=dict[tuple[str, type], Envelope]
    )
    """(lane, class) -> the last message of it."""
    fatal_reason: str = field(init=False, default="")
    _timers: dict[tuple[str, str], Timer] = field(init=False, factory=dict[tuple[str, str], Timer])
    _keys: dict[str, tuple[str, str]] = field(init=False, factory=dict[str, tuple[str, str]])
    """Id of a timer's message -> (actor, key)."""
    _late: dict[str, Timer] = field(init=False, factory=dict[str, Timer])

    @property
    def timers(self) -> Sequence[Timer]:
        """What is armed, in arming order."""
        return tuple(self._timers.values())

    def take(self, record: Json) -> Envelope | Timer | None:
        """Return what a record says has arrived; None where nobody here told it."""
        message_id = record["id"]
        if record["msg"]["t"].startswith(ENDS):
            self.calls.pop(record.get("cause", ""), None)
        told = self.told.pop(message_id, None)
        if told is not None:
            return told
        key = self._keys.pop(message_id, None)
        return self._late.pop(message_id, None) if key is None else self._timers.pop(key)

    def route(self, envelope: Envelope) -> None:
        """Keep a message until it arrives."""
        if envelope.to in names.CORE:
            self.told[envelope.id] = envelope
        elif isinstance(envelope.message, MakeCall):
            self.calls[envelope.id] = envelope
        elif envelope.to in names.LANES and type(envelope.message) not in CONTROLS:
            self.words[envelope.to, type(envelope.message)] = envelope

    def arm(self, cell: Cell, timer: Timer) -> None:
        """Keep a timer of a cell, replacing one of the same key."""
        self._drop((cell.name, timer.key))
        self._timers[cell.name, timer.key] = timer
        self._keys[timer.envelope.id] = cell.name, timer.key

    def disarm(self, cell: Cell, key: str | None) -> None:
        """Drop a timer, or all of the cell's."""
        if key is not None:
            self._drop((cell.name, key))
            return
        for armed in [each for each in self._timers if each[0] == cell.name]:
            self._drop(armed)

    def _drop(self, armed: tuple[str, str]) -> None:
        timer = self._timers.pop(armed, None)
        if timer is None:
            return
        del self._keys[timer.envelope.id]
        self._late[timer.envelope.id] = timer
        if len(self._late) > LATE_MAX:
            del self._late[next(iter(self._late))]

    def waiting(self) -> list[Envelope]:
        """Return what is on its way inside the core."""
        return list(self.told.values())

    def place(self, cell: Cell) -> None:
        """Every cell has its place here by its name."""

    def fatal(self, reason: str) -> None:
        """Note that the engine gave up."""
        self.fatal_reason = reason
