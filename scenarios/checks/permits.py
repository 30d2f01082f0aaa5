"""Permits: S5 beside the counts, about the time within which a permit is used.

A permit that is used late arrives in a later window of the venue, where it was not counted.
"""

from typing import ClassVar

from attrs import define, field

from ...actors import names
from ...actors.ports import VenueRequest
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.venue import MakeCall
from .ground import Ground, Hooks

ASKERS = (
    names.ORDER_MANAGER,
    names.RECONCILER,
    names.INSTRUMENTS,
    names.ACCOUNT,
    names.VENUE_CLOCK,
)
"""Who calls the venue."""
CALLS_KEPT = 1_000


@define(eq=False)
class PermitsAreFresh:
    """S5: no request leaves with a permit whose time is over."""

    ground: Ground
    _expires_ns: dict[str, int] = field(init=False, factory=dict[str, int])
    """By id of the message that asked a lane for the call, the latest of them."""
    name: ClassVar[str] = "S5"

    def hooks(self) -> Hooks:
        """Look at the calls that the core makes, and at what leaves."""
        steps = tuple((name, self.on_asker) for name in ASKERS)
        return Hooks(steps=steps, request=self.on_request)

    def on_asker(self, cell: Cell, _envelope: Envelope) -> None:
        """Keep until when each call may leave."""
        for index, (_, message, _) in enumerate(cell.context.tells):
            if type(message) is MakeCall:
                call = f"{self.ground.engine.kernel.sequence}.{index}"
                self._expires_ns[call] = message.permit.expires_at_ns
                if len(self._expires_ns) > CALLS_KEPT:
                    del self._expires_ns[next(iter(self._expires_ns))]

    def on_request(self, request: VenueRequest) -> None:
        """Compare with the time of leaving."""
        expires_ns = self._expires_ns.pop(request.request_id, self.ground.now_ns)
        if expires_ns < self.ground.now_ns:
            late_ms = (self.ground.now_ns - expires_ns) // 1_000_000
            text = f"{request.method} {request.path} left {late_ms} ms after its permit"
            self.ground.report(self.name, text)
