"""Crashes: an actor raises at messages of a class, as often as wished."""

from attrs import define, field

from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import InjectedCrash


@define(eq=False)
class Crashes:
    """Raises `times` times at the `nth` message of a class that an actor gets."""

    actor: str
    message: str
    times: int = 1
    nth: int = 1
    _seen: int = field(init=False, default=0)
    _struck: str = field(init=False, default="")

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise while the message that was chosen comes again, as often as wished."""
        if cell.name != self.actor or type(envelope.message).__name__ != self.message:
            return
        if not self._struck:
            self._seen += 1
            self._struck = envelope.id if self._seen == self.nth else ""
        if self.times and envelope.id == self._struck:
            self.times -= 1
            raise InjectedCrash("on demand")
