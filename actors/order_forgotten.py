"""Order forgotten: ours whose record was lost, cancelled once nothing is left for them.

OrderManager's tools, bound to one message. While the disk fails, what reduces goes out unrecorded;
when the process dies then, the next start meets a stop that is ours by its id alone. It is never
touched while its position is open; PositionMonitor says when that is flat. Nothing is kept of the
attempt: an order that is still listed is cancelled again at the next comparison.
"""

from attrs import frozen

from ..messages.values import Priority
from ..messages.venue import CancelOne, MakeCall, Permit, RequestPermit
from .names import LANE_REDUCING, RATE_LIMITER
from .order_calls import CALL_PATIENCE_NS, Kind, call_id
from .order_desk import Desk
from .policies.strangers import is_forgotten


@frozen
class Forgotten:
    """Cancels what no record of ours tells of; bound to one message by its desk."""

    desk: Desk

    def cancel(self, client_order_id: str) -> None:
        """Ask for leave to cancel an order that is ours by its id; every other is left alone."""
        desk = self.desk
        if desk.state.find(client_order_id) is not None or not is_forgotten(
            client_order_id, prefix=desk.settings.id_prefix, generation=desk.state.generation
        ):
            return
        self.request(client_order_id)

    def request(self, client_order_id: str) -> None:
        """Ask for leave to cancel an order, whosoever it is."""
        self.desk.ctx.tell(
            RATE_LIMITER,
            RequestPermit(
                token=call_id(client_order_id, Kind.CANCEL, 1),
                call=CancelOne.__name__,
                by_symbol=True,
                priority=Priority.REDUCING,
                expires_at_ns=self.desk.ctx.now + CALL_PATIENCE_NS,
            ),
        )

    def make(self, client_order_id: str, token: str, permit: Permit) -> None:
        """Cancel it as the venue has shown it."""
        stranger = self.desk.state.strangers.get(client_order_id)
        if stranger is None:
            return
        evidence = stranger.evidence
        self.desk.ctx.log("forgotten_order_cancelled", id=client_order_id)
        self.desk.ctx.tell(
            LANE_REDUCING,
            MakeCall(
                call_id=token,
                call=CancelOne(client_order_id, evidence.symbol, evidence.conditional),
                permit=permit,
                priority=Priority.REDUCING,
                epoch=0,
                send_by_ms=0,
            ),
        )
