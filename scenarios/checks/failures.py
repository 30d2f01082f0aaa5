"""Failures: D15, about actors that fail although nobody made them.

A word that no document names, a body of another form, a move that cannot be: none of it may crash
an actor, since a message on which one fails twice is lost.
"""

from typing import ClassVar

from attrs import define

from ...actors import names
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...actors.runtime.hosting import InjectedCrash
from ...messages.lifecycle import ActorFailed
from .ground import Ground, Hooks


@define(eq=False)
class NobodyFails:
    """D15: no actor fails but those that the simulation makes fail."""

    ground: Ground
    name: ClassVar[str] = "D15"

    def hooks(self) -> Hooks:
        """Look at what the supervisor hears."""
        return Hooks(steps=((names.SUPERVISOR, self.on_supervisor),))

    def on_supervisor(self, cell: Cell, envelope: Envelope) -> None:
        """Tell a failure that nobody planned."""
        del cell
        failed = envelope.message
        if isinstance(failed, ActorFailed) and failed.error != InjectedCrash.__name__:
            text = f"{failed.actor} failed on {failed.message}: {failed.error}: {failed.text}"
            self.ground.report(self.name, text)
