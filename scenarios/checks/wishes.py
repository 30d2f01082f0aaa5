"""Wishes: S2, S4, L2 and D10, about whether what leaves is still what somebody wished.

An opening order never leaves late, and never takes off a position; a signal's exit takes no more
than the signal wished; and a wish to reduce is neither dropped nor overtaken by an opening one.
"""

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ...actors import names
from ...actors.limiter_facts import Charged, RateLimiterState, places
from ...actors.order_facts import OrderMoved
from ...actors.order_state import OrdersState
from ...actors.ports import VenueRequest
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.values import Leg, OrderState, Priority
from ..venue.fills import Fill
from ..venue.orders import Order
from .ground import ZERO, Ground, Hooks, client_id_of_placement

MS = 1_000_000
WAIT_NS = 75_000_000_000
"""Longer than the venue's longest window, after which every bucket has something again."""
INTENTS_KEPT = 10_000


@define(eq=False)
class NothingOpensLate:
    """S4: an opening order leaves within the time for which it was approved, or not at all."""

    ground: Ground
    name: ClassVar[str] = "S4"

    def hooks(self) -> Hooks:
        """Look at every placement that leaves."""
        return Hooks(request=self.on_request)

    def on_request(self, request: VenueRequest) -> None:
        """Compare the time that is signed with the approval's."""
        client_order_id = client_id_of_placement(request)
        if not client_order_id or not self.ground.is_entry(client_order_id):
            return
        order = self.ground.engine_order(client_order_id)
        late_ms = 0 if order is None else int(request.params["timestamp"]) - order.send_by_ms
        if late_ms > 0:
            text = f"{client_order_id} left {late_ms} ms after its approval was over"
            self.ground.report(self.name, text)


@define(eq=False)
class EntriesOnlyOpen:
    """D10: only a reducing order makes a position smaller; an entry is netted against nothing."""

    ground: Ground
    name: ClassVar[str] = "D10"

    def hooks(self) -> Hooks:
        """Look at every fill of the venue."""
        return Hooks(filled=self.on_filled)

    def on_filled(self, fill: Fill, before: Decimal) -> None:
        """Compare an entry's fill with what was held of ours."""
        strange = self.ground.strange.get((fill.symbol, fill.position_side), ZERO)
        if strange or not self.ground.is_entry(fill.client_order_id):
            return
        change = fill.quantity if fill.side == "BUY" else -fill.quantity
        if before * change < ZERO:
            text = f"{fill.client_order_id} took {change} off {before} of {fill.symbol}"
            self.ground.report(self.name, text)


@define(eq=False)
class ExitsKeepTheirWish:
    """S2: the venue holds one exit of a signal, so that no part is taken off twice."""

    ground: Ground
    _exits: dict[str, list[Order]] = field(init=False, factory=dict[str, list[Order]])
    """By intent of a signal, the latest of them."""
    name: ClassVar[str] = "S2"

    def hooks(self) -> Hooks:
        """Look at every order that the venue accepts."""
        return Hooks(accepted=self.on_accepted)

    def on_accepted(self, order: Order) -> None:
        """Compare with the earlier exits of the same signal; a life's own have its name."""
        found = self.ground.parse(order.client_order_id)
        if found is None or found.leg is not Leg.EXIT or not found.intent.isdecimal():
            return
        for earlier in self._exits.get(found.intent, ()):
            if earlier.client_order_id in self.ground.unrecorded:
                continue
            if earlier.is_open or earlier.executed:
                text = f"{order.client_order_id} beside {earlier.client_order_id} {earlier.status}"
                self.ground.report(self.name, text)
        self._exits.setdefault(found.intent, []).append(order)
        if len(self._exits) > INTENTS_KEPT:
            del self._exits[next(iter(self._exits))]


@define(eq=False)
class ReducingIsNotHeld:
    """L2: a reducing order is never dropped unsent, never overtaken, and waits a bounded time."""

    ground: Ground
    _since_ns: dict[str, int] = field(init=False, factory=dict[str, int])
    name: ClassVar[str] = "L2"

    def hooks(self) -> Hooks:
        """Look at the manager's moves, at the limiter's grants, and between instants."""
        return Hooks(
            steps=(
                (names.ORDER_MANAGER, self.on_order_manager),
                (names.RATE_LIMITER, self.on_limiter),
            ),
            quiet=self.on_quiet,
        )

    def on_order_manager(self, cell: Cell, _envelope: Envelope) -> None:
        """One that failed has left at least once; an attempt that came to nothing is one."""
        state: OrdersState = cell.actor.state
        for fact in cell.context.facts:
            if not isinstance(fact, OrderMoved):
                continue
            order = state.find(fact.client_order_id)
            if order is None or order.state is not OrderState.FAILED or order.attempt:
                continue
            if order.approved.priority is Priority.REDUCING:
                text = f"{fact.client_order_id} was dropped unsent: {fact.reason}"
                self.ground.report(self.name, text)

    def on_limiter(self, cell: Cell, _envelope: Envelope) -> None:
        """No entry is granted what a reducing order waits for."""
        state: RateLimiterState = cell.actor.state
        for fact in cell.context.facts:
            if isinstance(fact, Charged) and self.ground.is_entry(fact.token):
                for token, waiting in state.waiting.items():
                    if waiting.is_reducing and places(waiting.request):
                        self.ground.report(self.name, f"{fact.token} was let go before {token}")

    def on_quiet(self) -> None:
        """Measure how long reducing orders wait in the queue while nothing stops them."""
        engine, now_ns = self.ground.engine, self.ground.now_ns
        if engine.life is None or not self.ground.calm.since_ns:
            self._since_ns = {}
            return
        waiting = engine.state(names.ORDER_QUEUE).waiting
        self._since_ns = {
            cid: self._since_ns.get(cid, now_ns)
            for cid, order in waiting.items()
            if order.priority is Priority.REDUCING
        }
        for client_order_id, since_ns in self._since_ns.items():
            if now_ns - since_ns > WAIT_NS:
                waited_ms = (now_ns - since_ns) // MS
                self.ground.report(self.name, f"{client_order_id} waits for {waited_ms} ms")
                self._since_ns[client_order_id] = now_ns
