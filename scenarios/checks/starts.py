"""Starts: S15 and D9, about what a start of the engine, or of an actor, may change.

A start owns what it makes, and it changes nothing at the venue: no position is closed because
somebody was restarted, or for want of a stop that nobody has looked for yet, and nobody acts in
the name of an earlier start.
"""

from typing import ClassVar

from attrs import define, field

from ...actors import names
from ...actors.order_state import OrdersState
from ...actors.ports import VenueRequest
from ...actors.position_facts import ClosingSet
from ...actors.position_state import PositionsState
from ...actors.protection import UNPROTECTED
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.lifecycle import ActorStarted
from ...messages.orders import ApprovedOrder
from ...messages.reconciliation import ComparePositions
from .ground import Ground, Hooks, client_id_of_placement


@define(eq=False)
class OneOwner:
    """S15: each start has a generation of its own, and new ids carry that of the one that runs.

    What an earlier start approved and nobody had handled is handed on with its id.
    """

    ground: Ground
    _generation: int = field(init=False, default=0)
    _handed_on: dict[str, bool] = field(init=False, factory=dict[str, bool])
    """Ids that a start found."""
    name: ClassVar[str] = "S15"

    def hooks(self) -> Hooks:
        """Look at every start and at every placement."""
        return Hooks(request=self.on_request, life=self.on_life)

    def on_life(self) -> None:
        """A later start is a larger generation."""
        life = self.ground.engine.life
        generation = 0 if life is None else life.generation
        if life is not None and generation <= self._generation:
            text = f"a start of generation {generation} follows one of {self._generation}"
            self.ground.report(self.name, text)
        self._generation = generation
        recovered = None if life is None else life.recovered
        waiting = () if recovered is None else recovered.waiting
        found = [each.message for each in waiting if isinstance(each.message, ApprovedOrder)]
        self._handed_on = dict.fromkeys((each.client_order_id for each in found), True)
        if recovered is not None:
            orders: OrdersState = self.ground.engine.state(names.ORDER_MANAGER)
            self._handed_on |= dict.fromkeys((*orders.orders, *orders.history), True)

    def on_request(self, request: VenueRequest) -> None:
        """Only what was recovered may carry an older generation."""
        client_order_id = client_id_of_placement(request)
        found = self.ground.parse(client_order_id) if client_order_id else None
        if found is None or found.generation == self._generation:
            return
        if found.generation > self._generation or client_order_id not in self._handed_on:
            text = f"{client_order_id} is new in generation {self._generation}"
            self.ground.report(self.name, text)


@define(eq=False)
class StartsCloseNothing:
    """D9: a start of the monitor decides on no close; it goes on with those it had decided on.

    A position that it finds without a stop is closed for that only when the venue was listed.
    """

    ground: Ground
    _found: dict[str, int] = field(init=False, factory=dict[str, int])
    """By key, the lives of positions that the start found without a stop."""
    name: ClassVar[str] = "D9"

    def hooks(self) -> Hooks:
        """Look at the monitor's steps."""
        return Hooks(steps=((names.POSITION_MONITOR, self.on_monitor),))

    def on_monitor(self, cell: Cell, envelope: Envelope) -> None:
        """Compare what a start decides, and what is decided between it and the first listing."""
        is_start = isinstance(envelope.message, ActorStarted)
        if isinstance(envelope.message, ComparePositions):
            self._found.clear()
        for fact in cell.context.facts:
            if not isinstance(fact, ClosingSet):
                continue
            if is_start or (fact.key in self._found and fact.reason == UNPROTECTED):
                self.ground.report(self.name, f"a start closes {fact.key}: {fact.reason}")
        state: PositionsState = cell.actor.state
        guards = state.open_guards()
        if is_start:
            self._found = {key: guard.number for key, guard in guards}
        if self._found:
            self._found = {
                key: guard.number
                for key, guard in guards
                if self._found.get(key) == guard.number and not guard.is_protected
            }
