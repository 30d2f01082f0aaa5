"""Restart flattens: a monitor that is started anew closes what it finds open, to be safe.

A crash of one actor, or of the process, sells every position at the market: losses that no
strategy and no person wished, at the worst time.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.position_legs import Legs
from callboard.actors.position_monitor import PositionMonitor
from callboard.actors.runtime.actor import Context
from callboard.actors.settings import ProtectionSettings


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def resume(self: PositionMonitor, ctx: Context) -> None:
        legs = Legs(self.state, ProtectionSettings(), ctx)
        for key, guard in self.state.open_guards():
            legs.close(key, guard, "restarted")

    return patch.object(PositionMonitor, "resume", resume)
