"""Exits: D3 to D5, D10 and D13, what users of other engines lost money by.

Judged by the venue's own books: every position has a stop, an exit under way or an engine that
says so; what closes never turns a position over in the engine's books either; a flat symbol keeps
no order of ours; and no order breaks a filter that the engine knows. Time counts while nothing
keeps the engine from acting: `calm.py` says since when.
"""

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ...actors import names
from ...actors.instruments import InstrumentState
from ...actors.ports import VenueAnswer, VenueRequest
from ...actors.position_facts import FillApplied
from ...actors.position_state import PositionsState
from ...actors.risk_facts import GateState
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.values import Leg, TradingState
from ..venue.fills import Fill
from ..venue.orders import Order
from .ground import ZERO, Ground, Hooks, PositionKey, client_id_of_placement, code_of

MS = 1_000_000
SECOND_NS = 1_000_000_000
NOTICE_NS = 30 * SECOND_NS
"""The bound on an open quantity without a stop, and two passes of the reconciler."""
SWEEP_NS = 90 * SECOND_NS
"""A sweep with its retries: cancels back off, and each may wait for the limiter's next window."""
KNEW_MAX = 10_000
REFRESHING_CODES = (-1111, -4014, -4023, -4164)
"""Refusals of a correct request by a filter that has moved."""
FILTER_CODES = (-1111, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4023, -4164)


@define(eq=False)
class StopsCoverPositions:
    """D3, D4: the venue's position has a stop for all of it, an exit, or an engine that knows."""

    ground: Ground
    _since_ns: dict[PositionKey, int] = field(init=False, factory=dict[PositionKey, int])
    name: ClassVar[str] = "D3"

    def hooks(self) -> Hooks:
        """Look between instants."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Measure every position of the venue that our own orders opened."""
        now_ns = self.ground.now_ns
        for key, amount in self.ground.amounts.items():
            if amount == ZERO or self._is_covered(key, amount) or self._is_known(key):
                self._since_ns.pop(key, None)
                continue
            since_ns = max(self._since_ns.setdefault(key, now_ns), self.ground.calm.since_ns)
            if self.ground.calm.since_ns and now_ns - since_ns > NOTICE_NS:
                text = f"{key} holds {amount} without a stop for {(now_ns - since_ns) // MS} ms"
                self.ground.report(self.name, text)
                self._since_ns[key] = now_ns

    def _is_covered(self, key: PositionKey, amount: Decimal) -> bool:
        symbol, side = key
        is_exit_buy = amount < ZERO
        covered = ZERO
        for algo in self.ground.open_stops(symbol):
            request = algo.request
            if request.position_side != side or (request.side == "BUY") != is_exit_buy:
                continue
            if request.type.startswith("STOP"):
                covered += abs(amount) if request.close_position else request.quantity or ZERO
        return covered + self._working(symbol, side, is_buy=is_exit_buy) >= abs(amount)

    def _working(self, symbol: str, side: str, *, is_buy: bool) -> Decimal:
        """Return what open orders still take off: exits, and children of stops that fired."""
        open_orders = self.ground.engine.venue.core.matching.orders.open_of(symbol)
        exits = (order for order in open_orders if order.is_buy == is_buy)
        of_side = (order for order in exits if order.request.position_side == side)
        return sum((each.remaining for each in of_side if self._is_exit(each)), ZERO)

    def _is_exit(self, order: Order) -> bool:
        found = self.ground.parse(order.client_order_id)
        return bool(order.request.algo_id) or (found is not None and found.leg is not Leg.ENTRY)

    def _is_known(self, key: PositionKey) -> bool:
        """True while the engine takes no entries, closes the position or has alarmed."""
        engine = self.ground.engine
        if engine.life is None:
            return False
        gate: GateState = engine.state(names.RISK_GATE)
        symbol, side = key
        trading = gate.trading
        if trading is None or trading.state is not TradingState.ACTIVE:
            return True
        if symbol in (*trading.reducing_symbols, *gate.mismatched, *gate.unprotected):
            return True
        monitor: PositionsState = engine.state(names.POSITION_MONITOR)
        guard = monitor.guards.get(f"{symbol}/{side}")
        return guard is not None and (guard.is_alarmed or bool(guard.closing))


@define(eq=False)
class FlatKeepsNothing:
    """D5: a flat symbol without an entry under way keeps no order of ours."""

    ground: Ground
    _since_ns: dict[PositionKey, int] = field(init=False, factory=dict[PositionKey, int])
    name: ClassVar[str] = "D5"

    def hooks(self) -> Hooks:
        """Look between instants."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Measure since when orders are left over."""
        now_ns = self.ground.now_ns
        left = self._left()
        self._since_ns = {key: self._since_ns.get(key, now_ns) for key in left}
        for key, since_ns in self._since_ns.items():
            alone_ns = now_ns - max(since_ns, self.ground.calm.since_ns)
            if self.ground.calm.since_ns and alone_ns > SWEEP_NS:
                what = ", ".join(left[key])
                self.ground.report(
                    self.name, f"{key} is flat for {alone_ns // MS} ms beside {what}"
                )
                self._since_ns[key] = now_ns

    def _left(self) -> dict[PositionKey, list[str]]:
        """Return our exit orders by the flat position they could only open."""
        left: dict[PositionKey, list[str]] = {}
        for symbol in self.ground.engine.venue.core.books:
            if self._may_open(symbol):
                continue
            for algo in self.ground.open_stops(symbol):
                key = (symbol, algo.request.position_side)
                if self.ground.amounts.get(key, ZERO) == ZERO:
                    left.setdefault(key, []).append(algo.request.client_algo_id)
        return left

    def _may_open(self, symbol: str) -> bool:
        ground = self.ground
        if ground.open_entries(symbol):
            return True
        return any(
            ground.is_entry(client_order_id) and ground.unsettled(client_order_id)
            for client_order_id in ground.placements
        )


@define(eq=False)
class ExitsOnlyReduce:
    """D10: in the engine's books, too, a stop, target or exit makes its position smaller.

    Fills may be told out of order: one counts when every earlier fill of its position is booked.
    """

    ground: Ground
    _quantities: dict[str, Decimal] = field(init=False, factory=dict[str, Decimal])
    _booked: dict[str, dict[str, int]] = field(init=False, factory=dict[str, dict[str, int]])
    """By position, trade ids of the venue, oldest first, with the record that booked them, or 0."""
    name: ClassVar[str] = "D10"

    def hooks(self) -> Hooks:
        """Look at the venue's fills and at the monitor's."""
        return Hooks(
            steps=((names.POSITION_MONITOR, self.on_monitor),),
            filled=self.on_filled,
            life=self.on_life,
        )

    def on_life(self) -> None:
        """Begin with the quantities that were recovered; what is not recorded is not booked."""
        state: PositionsState = self.ground.engine.state(names.POSITION_MONITOR)
        self._quantities = {key: guard.position.quantity for key, guard in state.guards.items()}
        life = self.ground.engine.life
        recovered = None if life is None else life.recovered
        known_to = 0 if recovered is None else recovered.start.sequence
        for booked in self._booked.values():
            lost = [trade_id for trade_id, sequence in booked.items() if sequence > known_to]
            booked.update(dict.fromkeys(lost, 0))

    def on_filled(self, fill: Fill, _before: Decimal) -> None:
        """Keep what is to be booked."""
        key = f"{fill.symbol}/{fill.position_side}"
        self._booked.setdefault(key, {})[str(fill.trade_id)] = 0

    def on_monitor(self, cell: Cell, _envelope: Envelope) -> None:
        """Compare the position before and after each step that booked a fill."""
        state: PositionsState = cell.actor.state
        facts = [fact for fact in cell.context.facts if isinstance(fact, FillApplied)]
        for key, guard in state.guards.items():
            before = self._quantities.get(key, ZERO)
            after = self._quantities[key] = guard.position.quantity
            for fact in facts:
                if f"{fact.fill.trade.symbol}/{fact.fill.trade.position_side.value}" == key:
                    self._compare(key, fact, before, after)

    def _compare(self, key: str, fact: FillApplied, before: Decimal, after: Decimal) -> None:
        booked = self._booked.get(key, {})
        trade_id = fact.fill.trade.trade_id
        is_next = next((each for each, sequence in booked.items() if not sequence), "") == trade_id
        if trade_id in booked:
            booked[trade_id] = self.ground.engine.kernel.sequence
        found = self.ground.parse(fact.fill.client_order_id)
        if not is_next or found is None or found.leg is Leg.ENTRY:
            return
        if before * after < ZERO or abs(after) > abs(before):
            text = f"{fact.fill.client_order_id} moved {key} from {before} to {after} in our books"
            self.ground.report(self.name, text)


@define(eq=False)
class FiltersAreKept:
    """D13: the venue refuses no order of ours for a filter that the engine knew.

    What counts is what it knew when the order first left; a stale order may be sent once more. And
    who is told by a refusal that a filter has changed reads the filters anew.
    """

    ground: Ground
    _knew: dict[str, bool] = field(init=False, factory=dict[str, bool])
    """Client order ids that have left, oldest first."""
    _told_ns: dict[str, int] = field(init=False, factory=dict[str, int])
    """Symbol -> when a refusal told the engine that it goes by old filters."""
    name: ClassVar[str] = "D13"

    def hooks(self) -> Hooks:
        """Look at every placement and every answer, and whether old filters are read anew."""
        return Hooks(request=self.on_request, answer=self.on_answer, quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Measure how long the engine has gone by filters that it was told to be old."""
        now_ns, calm_ns = self.ground.now_ns, self.ground.calm.since_ns
        for symbol, told_ns in list(self._told_ns.items()):
            if self._knows_rules(symbol):
                del self._told_ns[symbol]
            elif calm_ns and now_ns - max(told_ns, calm_ns) > NOTICE_NS:
                text = f"the filters of {symbol} are old since {(now_ns - told_ns) // MS} ms"
                self.ground.report(self.name, f"{text}, and the venue had said so")
                del self._told_ns[symbol]

    def on_request(self, request: VenueRequest) -> None:
        """Note whether an order leaves with the filters of the day."""
        client_order_id = client_id_of_placement(request)
        if client_order_id and client_order_id not in self._knew:
            self._knew[client_order_id] = self._knows_rules(request.params["symbol"])
            if len(self._knew) > KNEW_MAX:
                del self._knew[next(iter(self._knew))]

    def on_answer(self, request: VenueRequest, answer: VenueAnswer) -> None:
        """A refusal that names a filter is a mistake, unless the filter changed meanwhile."""
        code = code_of(answer)
        client_order_id = client_id_of_placement(request)
        if code not in FILTER_CODES or not client_order_id:
            return
        symbol = request.params["symbol"]
        if not self._knows_rules(symbol) and code in REFRESHING_CODES:
            self._told_ns.setdefault(symbol, self.ground.now_ns)
        if not self._knew.get(client_order_id, False):
            return
        if not self._knows_rules(symbol):
            self._knew[client_order_id] = False
        elif not self.ground.engine.venue.is_made_up(request.request_id):
            self.ground.report(self.name, f"{dict(request.params)} is refused with {code}")

    def _knows_rules(self, symbol: str) -> bool:
        engine = self.ground.engine
        if engine.life is None:
            return False
        known: InstrumentState = engine.state(names.INSTRUMENTS)
        filters = known.filters.get(symbol)
        rules = engine.venue.core.account.rules.get(symbol)
        if filters is None or rules is None:
            return False
        theirs = (rules.tick, rules.step, rules.quantity_min, rules.notional_min)
        ours = (
            filters.tick_size,
            filters.step_size,
            filters.quantity_min,
            filters.notional_min,
        )
        return theirs == ours
