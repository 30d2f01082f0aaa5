"""Orphan exits: stop and target stay at the venue when their position is closed.

They wait for a price. When it comes they act on whatever is open then, perhaps the next position
of the symbol, with the price of the last one; and they use up the venue's room for stops.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.policies.guard import Guard
from callboard.actors.position_life import Life


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def sweep(self: Life, guard: Guard, *, but: str = "") -> None:
        self.protection.legs.ctx.log("position_flat", life=guard.intent_id, by=but)

    return patch.object(Life, "sweep", sweep)
