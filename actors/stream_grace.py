"""Stream grace: how long entries may rest while fills are not heard of.

UserStream's tool, bound to one message. By default they are kept: their orders are asked for by
polls meanwhile. `stream.on_disconnect = "cancel"` takes them back once the stream has not been
whole for `disconnect_ms`, at a start too; stops, targets and exits stay whatever it says.
"""

from attrs import frozen

from ..messages.events import AlertRaised
from ..messages.orders import CancelEntries
from ..messages.values import Severity
from .exchange_settings import StreamSettings
from .names import EVENT_BUS, RISK_GATE
from .runtime.actor import Context

MS = 1_000_000
CANCEL = "cancel"
KEY = "grace"


@frozen
class GraceOver:
    """The stream has not been whole for as long as entries may rest without it."""


def begin_grace(ctx: Context, settings: StreamSettings) -> None:
    """Let entries rest for a while, where they are not kept."""
    if settings.on_disconnect == CANCEL:
        ctx.after(settings.disconnect_ms * MS, GraceOver(), key=KEY)


def tell_health(ctx: Context, settings: StreamSettings, *, healthy: bool, text: str) -> None:
    """Tell people how the stream is; a whole one lets entries rest."""
    if healthy and settings.on_disconnect == CANCEL:
        ctx.cancel(KEY)
    alert = AlertRaised(
        severity=Severity.INFO if healthy else Severity.WARNING,
        alert="user_stream_healthy" if healthy else "user_stream_lost",
        subject="user",
        text=text,
    )
    ctx.tell(EVENT_BUS, alert)


def take_back(ctx: Context, settings: StreamSettings) -> None:
    """Cancel the resting entries, and say so; they go by way of the gate, as their orders do."""
    reason = f"the user stream was not whole for {settings.disconnect_ms} ms"
    ctx.tell(RISK_GATE, CancelEntries("", reason))
    ctx.tell(EVENT_BUS, AlertRaised(Severity.WARNING, "entries_taken_back", "user", reason))
