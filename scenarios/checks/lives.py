"""Lives: S7, every order moves along legal edges and ends as the venue's books say.

Also that a signal has one terminal event in a life of the engine, and never two that differ.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import define, field, frozen

from ...actors import names
from ...actors.order_facts import OrderMoved, TradeBooked
from ...actors.order_state import OrdersState
from ...actors.policies.order_life import TRANSITIONS
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.events import (
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
)
from ...messages.values import TERMINAL_STATES, OrderState
from ..venue.orders import Order
from .ground import ZERO, Ground, Hooks

TERMINAL_EVENTS = (OrderCancelled, OrderExpired, OrderFailed, OrderFilled, OrderRefused)
SIGNALS_KEPT = 10_000
FILLED = "FILLED"
"""The venue's word for an order that is filled completely."""

UNFILLED = (OrderState.ACTIVE, OrderState.TRIGGERING)
"""What rests or works is PARTIALLY_FILLED instead when something is filled, after an amend too."""


def _edges(state: OrderState) -> frozenset[OrderState]:
    reached = {*TRANSITIONS[state].values(), state}
    return frozenset(reached | ({OrderState.PARTIALLY_FILLED} if reached & {*UNFILLED} else set()))


EDGES: Mapping[OrderState, frozenset[OrderState]] = {state: _edges(state) for state in TRANSITIONS}


@define(eq=False)
class LivesAreLegal:
    """S7: legal edges only; an end agrees with the venue, and nothing lives after its end."""

    ground: Ground
    _states: dict[str, OrderState] = field(init=False, factory=dict[str, OrderState])
    """Of orders that have not ended."""
    name: ClassVar[str] = "S7"

    def hooks(self) -> Hooks:
        """Look at the manager's moves and at what the venue accepts."""
        return Hooks(
            steps=((names.ORDER_MANAGER, self.on_order_manager),),
            accepted=self.on_accepted,
            life=self.on_life,
        )

    def on_life(self) -> None:
        """A start begins with what was recovered."""
        orders = self._orders().orders
        self._states = {client_order_id: order.state for client_order_id, order in orders.items()}

    def on_order_manager(self, cell: Cell, _envelope: Envelope) -> None:
        """Follow every order that this step touched."""
        for fact in cell.context.facts:
            if isinstance(fact, OrderMoved | TradeBooked):
                self._follow(fact.client_order_id, cell.actor.state, fact)

    def on_accepted(self, order: Order) -> None:
        """The venue takes no order that the engine holds for ended."""
        if self.ground.engine.life is None or self.ground.parse(order.client_order_id) is None:
            return
        ours = self._orders().history.get(order.client_order_id)
        if ours is not None and ours.changed_at_ns < order.created_ns and not order.request.algo_id:
            text = f"{order.client_order_id} was {ours.state} when the venue took it"
            self.ground.report(self.name, text)

    def _orders(self) -> OrdersState:
        state: OrdersState = self.ground.engine.state(names.ORDER_MANAGER)
        return state

    def _follow(self, client_order_id: str, state: OrdersState, fact: Any) -> None:
        order = state.find(client_order_id)
        if order is None:
            return
        before = self._states.get(client_order_id, OrderState.PENDING)
        if isinstance(fact, OrderMoved):
            self._check_edges(client_order_id, before, order.state, fact)
        if order.state in TERMINAL_STATES:
            self._states.pop(client_order_id, None)
            self._compare_end(client_order_id, order)
        else:
            self._states[client_order_id] = order.state

    def _check_edges(
        self, client_order_id: str, before: OrderState, after: OrderState, fact: OrderMoved
    ) -> None:
        reachable = {before}
        for _ in fact.events:
            reachable = {each for state in reachable for each in EDGES[state]}
        if after not in reachable:
            self.ground.report(self.name, f"{client_order_id} went from {before} to {after}")

    def _compare_end(self, client_order_id: str, order: Any) -> None:
        """An end needs the venue's own: no live order, the same fills, and its word for filled."""
        at_venue = self.ground.orders.get(client_order_id, [])
        executed = sum((each.executed for each in at_venue), ZERO)
        is_open = any(each.is_open for each in at_venue)
        algo = self.ground.algo(client_order_id)
        if is_open or (algo is not None and algo.is_open):
            self.ground.report(self.name, f"{client_order_id} is {order.state} and still lives")
        elif executed != order.filled:
            text = f"{client_order_id} is {order.state} with {order.filled} filled, not {executed}"
            self.ground.report(self.name, text)
        elif order.state is OrderState.FILLED and all(each.status != FILLED for each in at_venue):
            there = " and ".join(each.status for each in at_venue) or "not there"
            text = f"{client_order_id} is FILLED, at the venue it is {there}"
            self.ground.report(self.name, text)


@frozen
class Ending:
    """How a signal ended, and the core's last record when that was told."""

    event: object
    sequence: int


@define(eq=False)
class OneTerminalEvent:
    """S7, for signals: one terminal event in a life of the engine, and never two that differ.

    An event is told when its step is recorded, not when the record is durable: what a crash took
    out of the journal was never decided, and may be decided otherwise.
    """

    ground: Ground
    _ended: dict[str, Ending] = field(init=False, factory=dict[str, Ending])
    _in_this_life: dict[str, bool] = field(init=False, factory=dict[str, bool])
    name: ClassVar[str] = "S7"

    def hooks(self) -> Hooks:
        """Look at every event."""
        return Hooks(event=self.on_event, life=self.on_life)

    def on_life(self) -> None:
        """Forget what was said by records that are lost; the rest may be said once more."""
        life = self.ground.engine.life
        recovered = None if life is None else life.recovered
        known_to = 0 if recovered is None else recovered.start.sequence
        self._ended = {
            signal_id: ending
            for signal_id, ending in self._ended.items()
            if ending.sequence <= known_to
        }
        self._in_this_life.clear()

    def on_event(self, event: object) -> None:
        """Compare with what was said of the signal before."""
        if not isinstance(event, TERMINAL_EVENTS) or not event.signal_id:
            return
        earlier = self._ended.get(event.signal_id)
        if event.signal_id in self._in_this_life:
            self.ground.report(self.name, f"{event.signal_id} ended twice, now as {event}")
        elif earlier is not None and type(earlier.event) is not type(event):
            text = f"{event.signal_id} ended as {earlier.event}, now {event}"
            self.ground.report(self.name, text)
        sequence = self.ground.engine.kernel.sequence
        self._ended[event.signal_id] = Ending(event, sequence)
        self._in_this_life[event.signal_id] = True
        while len(self._ended) > SIGNALS_KEPT:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self._in_this_life.pop(oldest, None)
