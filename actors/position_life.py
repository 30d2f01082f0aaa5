"""Position life: how a position begins, changes and ends, and what that sets going.

PositionMonitor's tools, bound to one message. A first fill asks for protection; the end cancels
what still protects. A fill that turns a position over ends one life and begins the next; the
venue's word that less is left than our fills say ends or shortens it without a fill.
"""

from decimal import Decimal

from attrs import frozen

from ..messages.events import PositionClosed, PositionOpened, PositionUpdated
from ..messages.orders import CancelLeg, FillBooked
from ..messages.positions import PositionAdopted
from ..messages.values import Leg
from . import names
from .policies.guard import Guard, new_life
from .policies.ledger import Position
from .position_facts import VenueAdopted, adopted_position
from .protection import Protection


@frozen
class Life:
    """Tells of positions; bound to one message by its protection."""

    protection: Protection

    def opened(self, key: str, after: Position, fill: FillBooked) -> None:
        """A fill began a life: protect it; one that an exit began should not be."""
        legs = self.protection.legs
        legs.ctx.tell(
            names.EVENT_BUS,
            PositionOpened(
                after.symbol,
                after.position_side,
                after.quantity,
                after.entry_price,
                fill.strategy,
            ),
        )
        life = new_life(after, fill, legs.state.lives + 1)
        self.protection.begin_wait(key, life.number)
        if fill.leg is Leg.ENTRY:
            self.protection.request(key, life)
        else:
            legs.close(key, life, "turned over by an exit")

    def updated(self, after: Position) -> None:
        """A position is larger or smaller than before."""
        self.protection.legs.ctx.tell(
            names.EVENT_BUS,
            PositionUpdated(
                after.symbol,
                after.position_side,
                after.quantity,
                after.entry_price,
                after.realised_pnl,
            ),
        )

    def closed(self, key: str, guard: Guard, after: Position, exit_price: Decimal) -> None:
        """A life is over."""
        ctx = self.protection.legs.ctx
        ctx.tell(
            names.EVENT_BUS,
            PositionClosed(
                symbol=after.symbol,
                position_side=after.position_side,
                exit_price=exit_price,
                realised_pnl=after.realised_pnl - guard.realised_before,
                fees=after.fees - guard.fees_before,
                strategy=guard.strategy,
            ),
        )
        ctx.log("position_closed", key=key, was=guard.position.quantity)
        self.protection.end_wait(key, guard)
        for leg in guard.pending:
            self.protection.legs.heard(key, Leg(leg))

    def sweep(self, guard: Guard, *, but: str = "") -> None:
        """Cancel the protective orders that are left, but the one whose fill it was."""
        for client_order_id in guard.resting_ids():
            if client_order_id != but:
                self.protection.legs.ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))

    def adopted(self, key: str, guard: Guard) -> None:
        """The venue holds less than our fills say: that is what there is."""
        legs, ours = self.protection.legs, guard.position
        after = adopted_position(guard, legs.ctx.now)
        legs.ctx.record(VenueAdopted(key, legs.ctx.now))
        change = after.quantity - ours.quantity
        legs.ctx.tell(names.RISK_GATE, PositionAdopted(ours.symbol, ours.position_side, change))
        text = f"the venue holds {after.quantity}, our fills say {ours.quantity}"
        legs.alert("position_adopted", key, text)
        if after.is_flat:
            self.closed(key, guard, after, guard.last_price)
            self.sweep(guard)
        else:
            self.updated(after)
