"""Sending: S1, S2, S11 and S12, about which placements may leave and what they may become.

Each class is one invariant over the venue's own books and the requests on the wire. S1, S2 and S12
are stated for opening orders: a reducing order that is doubted may have a second one beside it.
"""

from typing import ClassVar

from attrs import define, field

from ...actors.ports import VenueRequest
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...actors.runtime.journal_writer import Durability
from ...messages.values import Leg
from ..venue.orders import Order
from .ground import (
    ZERO,
    Ground,
    Hooks,
    client_id_of_placement,
)


@define(eq=False)
class OneOrderPerIntent:
    """S1: the venue never holds two orders of one intent that live or have filled."""

    ground: Ground
    name: ClassVar[str] = "S1"

    def hooks(self) -> Hooks:
        """Look at every order that the venue accepts."""
        return Hooks(accepted=self.on_accepted)

    def on_accepted(self, order: Order) -> None:
        """Compare with the earlier orders of the intent."""
        found = self.ground.parse(order.client_order_id)
        if found is None or found.leg is not Leg.ENTRY:
            return
        for earlier in self.ground.by_intent.get(found.intent, ()):
            if earlier.is_open or earlier.executed:
                text = f"{order.client_order_id} beside {earlier.client_order_id} {earlier.status}"
                self.ground.report(self.name, text)


@define(eq=False)
class NeverMoreThanIntended:
    """S2: what an intent filled, may fill and may still send is at most what was approved."""

    ground: Ground
    name: ClassVar[str] = "S2"

    def hooks(self) -> Hooks:
        """Look at every opening placement that leaves, and every fill."""
        return Hooks(request=self.on_request, accepted=self.on_accepted)

    def on_request(self, request: VenueRequest) -> None:
        """Add up before the request leaves; the request itself is counted already."""
        client_order_id = client_id_of_placement(request)
        if client_order_id and self.ground.is_entry(client_order_id):
            self._compare(client_order_id)

    def on_accepted(self, order: Order) -> None:
        """An order cannot be larger than its approval."""
        if self.ground.is_entry(order.client_order_id) and self.ground.engine.life is not None:
            self._compare(order.client_order_id)

    def _compare(self, client_order_id: str) -> None:
        ground = self.ground
        ours = ground.engine_order(client_order_id)
        if ours is None or ours.approved.quantity is None:
            return
        wished = ZERO if ours.amend is None else ours.amend.quantity or ZERO
        approved = max(ours.approved.quantity, wished)
        at_venue = sum(
            (
                order.quantity if order.is_open else order.executed
                for order in ground.orders.get(client_order_id, ())
            ),
            ZERO,
        )
        on_its_way = ZERO
        if not ground.orders.get(client_order_id):
            on_its_way = sum(
                (
                    each.quantity
                    for each in ground.unsettled(client_order_id)
                    if ground.may_arrive(each)
                ),
                ZERO,
            )
        if at_venue + on_its_way > approved:
            text = f"{client_order_id}: {at_venue} at the venue, {on_its_way} under way, "
            ground.report(self.name, text + f"{approved} approved")


@define(eq=False)
class RecordBeforeRequest:
    """S11: a placement leaves only when its attempt is durable in the journal.

    While the journal cannot write, what reduces goes out all the same, and nothing that opens.
    """

    ground: Ground
    _recorded: dict[str, int] = field(init=False, factory=dict[str, int])
    name: ClassVar[str] = "S11"

    def hooks(self) -> Hooks:
        """Look at the manager's attempts and at every placement."""
        return Hooks(
            steps=(("order_manager", self.on_order_manager),),
            request=self.on_request,
            life=self.on_life,
        )

    def on_life(self) -> None:
        """Every order of ours that is open at the venue stands in the recovered journal."""
        if self.ground.engine.life is None or self.ground.engine.disk is None:
            return
        for symbol in self.ground.engine.venue.core.books:
            open_ids = [order.client_order_id for order in self.ground.open_entries(symbol)]
            open_ids += [algo.request.client_algo_id for algo in self.ground.open_stops(symbol)]
            for client_order_id in open_ids:
                is_excused = client_order_id in self.ground.unrecorded
                if not is_excused and self.ground.engine_order(client_order_id) is None:
                    self.ground.report(self.name, f"{client_order_id} is in no record")

    def on_order_manager(self, cell: Cell, _envelope: Envelope) -> None:
        """Note the sequence of the record in which an attempt starts."""
        for fact in cell.context.facts:
            if type(fact).__name__ == "AttemptStarted":
                self._recorded[fact.client_order_id] = self.ground.engine.kernel.sequence

    def on_request(self, request: VenueRequest) -> None:
        """Compare with what the journal has made durable."""
        client_order_id = client_id_of_placement(request)
        life = self.ground.engine.life
        if not client_order_id or life is None or life.journal is None:
            return
        keeper = life.journal.keeper
        if keeper.durability is Durability.OFF:
            return
        if keeper.failed and not self.ground.is_entry(client_order_id):
            return
        sequence = self._recorded.pop(client_order_id, None)
        durable = keeper.writer.sequence - keeper.writer.unsynced
        if sequence is None or sequence > durable:
            text = f"{client_order_id}: attempt in record {sequence}, durable to {durable}"
            self.ground.report(self.name, text)


@define(eq=False)
class NoBlindResend:
    """S12: an id whose outcome is unknown is sent again only after proof of absence.

    Proof: the earlier request can be accepted no more, and afterwards both stores said that they
    do not have the order.
    """

    ground: Ground
    name: ClassVar[str] = "S12"

    def hooks(self) -> Hooks:
        """Look at opening placements."""
        return Hooks(request=self.on_request)

    def on_request(self, request: VenueRequest) -> None:
        """Look for earlier placements of the id that are not settled; each is told once."""
        client_order_id = client_id_of_placement(request)
        if not client_order_id or not self.ground.is_entry(client_order_id):
            return
        for placement in self.ground.unsettled(client_order_id):
            if placement.request_id != request.request_id:
                result = placement.result or "not answered"
                text = f"{client_order_id}: resent while an earlier request is {result}"
                self.ground.report(self.name, text)
                placement.result = "absent"
