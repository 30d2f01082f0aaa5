"""ViewFollower: the edge actor that keeps one view of the journal up to date.

Looks every `interval_ms` of the wall on its own thread, and sooner while more is waiting, but works
for at most a fifth of the time: Python runs one thread at once, and the core comes first. A view
that cannot be written is an alert and a log line, once; it catches up by itself when it can. At the
stop it takes what is left, for at most `CLOSE_SECONDS`; the next start takes the rest.
"""

import time

from attrs import frozen

from ....messages.events import AlertRaised
from ....messages.values import Severity
from ...names import EVENT_BUS
from ...ports import Clock
from ...runtime.actor import Context, EdgeActor
from .view import Look, View, ViewKeeper

SECOND_NS = 1_000_000_000
RETRY_SECONDS = 1.0
REST_SHARE = 4
"""Times as long as it works, a follower rests."""
CLOSE_SECONDS = 2.0
LOOK_KEY = "look"


@frozen
class _Look:
    """It is time to look into the journal."""


class ViewFollower(EdgeActor):
    """Lets a view advance, again and again."""

    def __init__(self, name: str, view: View, *, clock: Clock, interval_ms: int) -> None:
        self._name = name
        self._keeper = ViewKeeper(view)
        self._clock = clock
        self._interval_seconds = interval_ms / 1_000

    def receive(self, message: _Look, ctx: Context) -> None:  # noqa: ARG002 - there is one
        """Look once."""
        self._look(ctx)

    def resume(self, ctx: Context) -> None:
        """Begin soon; not at once, so that who subscribes at the start hears what it finds."""
        ctx.after(self._engine_ns(self._interval_seconds), _Look(), key=LOOK_KEY)

    def close(self) -> None:
        """Take what is left and close the view."""
        until = time.monotonic() + CLOSE_SECONDS
        while self._keeper.look(1).is_behind and time.monotonic() < until:
            continue
        self._keeper.close()

    def _look(self, ctx: Context) -> None:
        began = time.monotonic()
        look = self._keeper.look(1)
        self._tell(look, ctx)
        rest = self._interval_seconds
        if self._keeper.stale:
            rest = RETRY_SECONDS
        elif look.is_behind:
            rest = min(rest, REST_SHARE * (time.monotonic() - began))
        ctx.after(self._engine_ns(rest), _Look(), key=LOOK_KEY)

    def _tell(self, look: Look, ctx: Context) -> None:
        for note in look.notes:
            ctx.log("view_note", text=note)
        if look.failed:
            self._alert(ctx, Severity.WARNING, "view_stale", look.failed)
        if look.recovered:
            self._alert(ctx, Severity.INFO, "view_recovered", "it is written again")

    def _alert(self, ctx: Context, severity: Severity, alert: str, text: str) -> None:
        ctx.log(alert, text=text)
        ctx.tell(EVENT_BUS, AlertRaised(severity, alert, self._name, text))

    def _engine_ns(self, wall_seconds: float) -> int:
        """Return the engine time that passes in so many seconds of the wall."""
        return int(wall_seconds / self._clock.wall_seconds(SECOND_NS) * SECOND_NS)
