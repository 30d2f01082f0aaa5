"""Mishaps: what befalls messages on their way, over any order of delivery.

Owns a count of the messages to each actor, those from outside included. What the runtime itself
says to an actor (that it starts, that another failed) is not counted and always arrives.
"""

from collections.abc import Callable

from attrs import define, field

from ...actors.runtime.envelope import Envelope
from ...actors.runtime.lives import CONTROLS
from ...messages.lifecycle import ActorFailed, Terminated
from ..mailboxes import Mailboxes
from ..simulation import Simulation
from .play import Mishap, Play, Trouble

MS_NS = 1_000_000
SPOKEN_BY_THE_RUNTIME = (*CONTROLS, ActorFailed, Terminated)


@define(eq=False)
class TroubledMailboxes:
    """Mailboxes in which some messages are lost, doubled or late."""

    inner: Mailboxes
    simulation: Simulation
    play: Play
    on_mishap: Callable[[Envelope, str], None]
    """Takes a message and what befalls it."""
    _seen: dict[str, int] = field(init=False, factory=dict[str, int])

    def put(self, envelope: Envelope) -> None:
        """Take a message, as many times as it arrives."""
        trouble = self._trouble_of(envelope)
        if trouble is None:
            self.inner.put(envelope)
            return
        self.on_mishap(envelope, told(trouble))
        if trouble.kind is Mishap.TWICE:
            self.inner.put(envelope)
            self.inner.put(envelope)
        elif trouble.kind is Mishap.LATE:
            due_ns = self.simulation.now_ns + trouble.late_ms * MS_NS
            self.simulation.at(due_ns, lambda: self.inner.put(envelope))

    def take(self) -> Envelope | None:
        """Return the next message to deliver."""
        return self.inner.take()

    def size(self) -> int:
        """Messages inside."""
        return self.inner.size()

    def waiting(self) -> list[Envelope]:
        """Return the messages inside."""
        return self.inner.waiting()

    def _trouble_of(self, envelope: Envelope) -> Trouble | None:
        if isinstance(envelope.message, SPOKEN_BY_THE_RUNTIME):
            return None
        count = self._seen[envelope.to] = self._seen.get(envelope.to, 0) + 1
        for trouble in self.play.troubles:
            if (trouble.actor, trouble.nth) == (envelope.to, count):
                return None if trouble.kind is Mishap.CRASH else trouble
        return None


def way_of(envelope: Envelope) -> str:
    """Say from where to where a message goes."""
    if envelope.sender == envelope.to:
        return f"{envelope.to}, to itself"
    return f"{envelope.sender or 'outside'} -> {envelope.to}"


def told(trouble: Trouble) -> str:
    """Say what befalls a message."""
    match trouble.kind:
        case Mishap.LATE:
            return f"comes {trouble.late_ms} ms late"
        case Mishap.TWICE:
            return "comes twice"
        case _:
            return "is lost"
