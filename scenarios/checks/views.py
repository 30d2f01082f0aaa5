"""Views: D6 to D8 and D15, about how long the engine may believe what is not so.

Whatever was lost on the way, a frame, a connection, an end that came in a gap, or what the venue
did by itself: the passes of the reconciler find it. Time counts while nothing keeps the engine
from asking.
"""

from collections.abc import Iterator
from typing import ClassVar

from attrs import define, field

from ...actors import names
from ...actors.order_state import OrdersState
from ...actors.position_state import PositionsState
from ...messages.values import OrderState
from .ground import ZERO, Ground, Hooks

MS = 1_000_000
DRIFT_NS = 90_000_000_000
"""Passes that are slowed by a full window of the limiter, and a listing of fills after them."""
GAP_NS = 180_000_000_000
"""Many passes, with all that may slow them; an order in doubt is asked for beyond its horizon."""
AT_VENUE = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED)


@define(eq=False)
class ViewsAgree:
    """D7: no order and no position differs from the venue's for longer than the passes take.

    Also D8, after frames that came twice or in another order; and D15, after what the venue did by
    itself.
    """

    ground: Ground
    _since_ns: dict[str, int] = field(init=False, factory=dict[str, int])
    name: ClassVar[str] = "D7"

    def hooks(self) -> Hooks:
        """Look between instants."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Measure since when each thing differs."""
        now_ns, calm_ns = self.ground.now_ns, self.ground.calm.since_ns
        if not calm_ns:
            self._since_ns = {}
            return
        differing = (*self._orders(), *self._positions())
        self._since_ns = {what: self._since_ns.get(what, now_ns) for what in differing}
        for what, since_ns in self._since_ns.items():
            if now_ns - max(since_ns, calm_ns) > DRIFT_NS:
                self.ground.report(self.name, f"{what} for {(now_ns - since_ns) // MS} ms")
                self._since_ns[what] = now_ns

    def _orders(self) -> Iterator[str]:
        """Yield the orders that rest in our books alone."""
        state: OrdersState = self.ground.engine.state(names.ORDER_MANAGER)
        for client_order_id, order in state.orders.items():
            if order.state not in AT_VENUE:
                continue
            algo = self.ground.algo(client_order_id)
            is_there = any(each.is_open for each in self.ground.orders.get(client_order_id, ()))
            if not is_there and not (algo is not None and algo.is_open):
                yield f"{client_order_id} rests in our books and not at the venue"

    def _positions(self) -> Iterator[str]:
        """Yield the positions of ours that are another size at the venue."""
        state: PositionsState = self.ground.engine.state(names.POSITION_MONITOR)
        account = self.ground.engine.venue.core.account
        for key, guard in state.guards.items():
            symbol, _, side = key.partition("/")
            theirs, ours = account.amount((symbol, side)), guard.position.quantity
            if theirs != ours and not self.ground.strange.get((symbol, side), ZERO):
                yield f"{key} is {ours} in our books, {theirs} at the venue"


@define(eq=False)
class GapsAreClosed:
    """D6: what a gap of the stream may have hidden is found out while the stream is connected.

    The orders that ended in the gap are among it: until they are known, the gap stays open.
    """

    ground: Ground
    _since_ns: int = field(init=False, default=0)
    name: ClassVar[str] = "D6"

    def hooks(self) -> Hooks:
        """Look between instants."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Measure since when the venue could have been asked."""
        engine, now_ns = self.ground.engine, self.ground.now_ns
        if engine.life is None or not self._is_open():
            self._since_ns = 0
            return
        self._since_ns = self._since_ns or now_ns
        if now_ns - self._since_ns > GAP_NS:
            waited_ms = (now_ns - self._since_ns) // MS
            self.ground.report(
                self.name, f"the stream is connected and in doubt for {waited_ms} ms"
            )
            self._since_ns = now_ns

    def _is_open(self) -> bool:
        stream = self.ground.engine.state(names.USER_STREAM)
        return (
            stream.connected and not stream.healthy and self.ground.calm.may_ask(self.ground.now_ns)
        )
