"""Envelope: what travels beside a message, so that the message can stay a bare value."""

from typing import Any, NamedTuple


class Envelope(NamedTuple):
    """One message on its way.

    `origin` is the sequence of the step that caused it (an int), or a name for what comes from an
    edge or from outside; `number` numbers the effects of that origin. Both together are its id.
    """

    to: str
    message: Any
    sender: str
    origin: int | str
    number: int
    correlation: str
    urgent: bool = False
    cause: str = ""
    """For messages from an edge: id of the message that the edge was working on."""
    reply: int = 0
    """Token of a waiting asker, 0 for none."""

    @property
    def id(self) -> str:
        """The message's id, `<sequence of its cause>.<number>`."""
        return f"{self.origin}.{self.number}"


NOBODY = "no such actor"
GONE = "the actor has stopped"
FAILED = "it failed and is not repeated"
CUT_OFF = "its thread takes no more"


class DeadLetter(NamedTuple):
    """A message that nobody will handle, and why."""

    envelope: Envelope
    reason: str

    @property
    def message(self) -> Any:
        """The message itself."""
        return self.envelope.message


class Timer(NamedTuple):
    """One armed timer; `generation` keeps it from firing into a rebuilt actor."""

    due_ns: int
    key: str
    generation: int
    envelope: Envelope
