"""Effects leak: what a handler tells leaves at once, not when the handler has ended well.

A handler that fails in its last line has told everybody already. It is delivered its message again
and tells everybody once more, from a state in which nothing of the first time happened.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.runtime import kernel
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import Saboteur, sabotage
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.step import run_step


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open: a planned crash strikes at the end of its handler."""
    sound = Kernel.step

    def step(self: Kernel, cell: Cell, envelope: Envelope, now: int) -> None:
        crash = sabotage(self.saboteur, cell, envelope, now)
        if crash is None or not cell.is_core:
            leave_alone(self, cell, envelope, now)
            return
        run_step(cell.actor, cell.context, envelope, now)
        for number, (to, message, urgent) in enumerate(cell.context.tells):
            origin = f"{cell.name}:{envelope.id}"
            self.send(Envelope(to, message, cell.name, origin, number, "", urgent))
        self.lives.fail(cell, envelope, crash)

    def leave_alone(self: Kernel, cell: Cell, envelope: Envelope, now: int) -> None:
        with patch.object(kernel, "sabotage", spare):
            sound(self, cell, envelope, now)

    return patch.object(Kernel, "step", step)


def spare(saboteur: Saboteur | None, cell: Cell, envelope: Envelope, now: int) -> None:
    """Let a step be: it was asked about already."""
    del saboteur, cell, envelope, now
