"""Redelivery doubles: a message on which an actor failed is handed to its next life twice.

Once by the supervisor, once by the mailbox that had kept it: a fill is booked twice, an order is
approved twice.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.lives import Lives


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    name = "_take_back"
    sound = getattr(Lives, name)

    def take_back(self: Lives, cell: Cell, failed: Envelope | None, *, redeliver: bool) -> None:
        sound(self, cell, failed, redeliver=redeliver)
        if redeliver and failed is not None:
            cell.waiting.insert(0, failed)

    return patch.object(Lives, name, take_back)
