"""Risk: S3 and S4, about what the engine may owe the market at any time.

S3 compares the venue's worst case with what the gate has promised, and the gate's promises with
its limits. S4 watches what leaves after a halt, and what reducing orders do to a position.
"""

from decimal import Decimal
from typing import Any, ClassVar

from attrs import define, field

from ...actors import names
from ...actors.ports import VenueRequest
from ...actors.risk_facts import ExposureMoved, GateState, Reserved
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.values import Leg, Side, TradingState
from ..venue.fills import Fill
from .ground import ZERO, Ground, Hooks, client_id_of_placement

PERCENT = Decimal(100)


@define(eq=False)
class ExposureIsReserved:
    """S3: open, resting and possibly sent entries are covered by the gate, and that by its limits.

    The gate covers a position when its booked quantity and its reservations of one direction are
    at least what the venue holds, has resting and may still accept in that direction.
    """

    ground: Ground
    name: ClassVar[str] = "S3"

    def hooks(self) -> Hooks:
        """Look when the gate's books move, and between instants."""
        return Hooks(steps=((names.RISK_GATE, self.on_gate),), quiet=self.compare)

    def on_gate(self, cell: Cell, _envelope: Envelope) -> None:
        """Compare when an approval or a fill was booked."""
        for fact in cell.context.facts:
            if isinstance(fact, Reserved):
                self._compare_limits(cell.actor.state)
                self.compare()
            elif isinstance(fact, ExposureMoved):
                self.compare()

    def compare(self) -> None:
        """Compare every position's worst case with what the gate holds for it."""
        if self.ground.engine.life is None:
            return
        gate: GateState = self.ground.engine.state(names.RISK_GATE)
        for symbol in self.ground.engine.venue.core.books:
            for is_buy in (True, False):
                worst = self._worst(symbol, is_buy=is_buy)
                if worst and worst > (held := _covered(gate, symbol, is_buy=is_buy)):
                    side = "long" if is_buy else "short"
                    text = f"{symbol} {side}: up to {worst} at the venue, {held} in the gate"
                    self.ground.report(self.name, text)

    def _worst(self, symbol: str, *, is_buy: bool) -> Decimal:
        """Return what the venue holds, has resting and may still get, in one direction."""
        ground = self.ground
        worst = ground.exposure(symbol, is_buy=is_buy)
        for order in ground.open_entries(symbol):
            if order.is_buy == is_buy:
                worst += order.remaining
        for client_order_id in list(ground.placements):
            worst += self._under_way(client_order_id, symbol, is_buy=is_buy)
        return worst

    def _under_way(self, client_order_id: str, symbol: str, *, is_buy: bool) -> Decimal:
        ground = self.ground
        if not ground.is_entry(client_order_id) or ground.orders.get(client_order_id):
            return ZERO
        ours = ground.engine_order(client_order_id)
        if ours is None or ours.approved.symbol != symbol:
            return ZERO
        if (ours.approved.side is Side.BUY) != is_buy:
            return ZERO
        waiting = [each for each in ground.unsettled(client_order_id) if ground.may_arrive(each)]
        return max((each.quantity for each in waiting), default=ZERO)

    def _compare_limits(self, gate: GateState) -> None:
        """After an approval, everything promised is inside the limits at the gate's own marks."""
        settings = self.ground.engine.settings.risk
        assert gate.account is not None
        if gate.policy:
            return
        equity = gate.account.equity
        notionals = _notionals(gate)
        gross = sum(notionals.values(), ZERO)
        gross_max = equity * settings.gross_exposure_pct_max / PERCENT
        largest_max = equity * settings.position_size_pct_max / PERCENT
        largest = max(notionals.values(), default=ZERO)
        for figure, limit, what in (
            (gross, gross_max, "gross exposure"),
            (largest, largest_max, "one position"),
            (Decimal(len(notionals)), Decimal(settings.positions_max), "positions"),
        ):
            if figure > limit:
                self.ground.report(self.name, f"{what} {figure} over {limit}")


@define(eq=False)
class NothingOpensAfterHalt:
    """S4: after a halt no opening order leaves, and reducing orders only reduce.

    A halt reaches the lanes in the instant in which the breaker decides, so an opening order that
    leaves at a later instant, or with an older epoch, is a violation.
    """

    ground: Ground
    _epoch_before: int = field(init=False, default=0)
    """The epoch that was in force when this instant began."""
    _changed_at_ns: int = field(init=False, default=0)
    _breaker: Any = field(init=False, default=None)
    name: ClassVar[str] = "S4"

    def hooks(self) -> Hooks:
        """Look at the breaker, at what leaves, and at what fills."""
        return Hooks(
            steps=((names.CIRCUIT_BREAKER, self.on_breaker),),
            request=self.on_request,
            filled=self.on_filled,
            life=self.on_life,
        )

    def on_life(self) -> None:
        """A start tells the lanes everything anew."""
        self._breaker = None
        self._epoch_before = 0

    def on_breaker(self, cell: Cell, _envelope: Envelope) -> None:
        """Keep what was in force before the changes of this instant."""
        state = cell.actor.state
        if self._breaker is not None and self._breaker[1] == state.epoch:
            return
        if self._changed_at_ns != self.ground.now_ns:
            self._epoch_before = 0 if self._breaker is None else self._breaker[1]
        self._changed_at_ns = self.ground.now_ns
        self._breaker = (state.state, state.epoch)

    def on_request(self, request: VenueRequest) -> None:
        """Compare an opening order that leaves with what the breaker last said."""
        client_order_id = client_id_of_placement(request)
        if not client_order_id or self._breaker is None:
            return
        if not self.ground.is_entry(client_order_id):
            return
        state, epoch = self._breaker
        if self._changed_at_ns == self.ground.now_ns:
            epoch = self._epoch_before
            state = TradingState.ACTIVE
        order = self.ground.engine_order(client_order_id)
        if state is not TradingState.ACTIVE:
            self.ground.report(self.name, f"{client_order_id} left while {state}")
        elif order is not None and order.epoch < epoch:
            text = f"{client_order_id} left with epoch {order.epoch}, in force is {epoch}"
            self.ground.report(self.name, text)

    def on_filled(self, fill: Fill, before: Decimal) -> None:
        """A fill of a stop, target or exit makes its position smaller and never turns it over."""
        found = self.ground.parse(fill.client_order_id)
        if found is None or found.leg is Leg.ENTRY:
            return
        change = fill.quantity if fill.side == "BUY" else -fill.quantity
        after = before + change
        if before * after < ZERO or abs(after) >= abs(before):
            text = f"{fill.client_order_id} moved {fill.symbol} from {before} to {after}"
            self.ground.report(self.name, text)


def _covered(gate: GateState, symbol: str, *, is_buy: bool) -> Decimal:
    """Return what the gate holds for a symbol in one direction."""
    held = ZERO
    for key, quantity in gate.positions.items():
        if key.partition("/")[0] == symbol:
            held += max(ZERO, quantity if is_buy else -quantity)
    side = Side.BUY if is_buy else Side.SELL
    for reservation in gate.reservations.values():
        if reservation.symbol == symbol and reservation.side is side:
            held += reservation.remaining
    return held


def _notionals(gate: GateState) -> dict[str, Decimal]:
    """Return the notional of every position that is open or promised, at the gate's marks."""
    notionals: dict[str, Decimal] = {}
    for key, quantity in gate.positions.items():
        mark = gate.marks[key.partition("/")[0]].mark
        notionals[key] = abs(quantity) * mark
    for reservation in gate.reservations.values():
        key = reservation.position_key
        notional = reservation.remaining * reservation.price
        notionals[key] = notionals.get(key, ZERO) + notional
    return notionals
