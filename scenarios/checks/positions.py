"""Positions: S8 and S9, and the guard of every position.

S8 compares what the monitor books with the venue's fills, one by one while the run goes and as a
whole when it is at rest. S9 reads every order that leaves. The third class knows for how long a
position has had no stop, by the engine's own clock and by the venue's books.
"""

from decimal import Decimal
from typing import Any, ClassVar

from attrs import define, field

from ...actors import names
from ...actors.ports import VenueRequest
from ...actors.position_facts import FillApplied, FillCorrected
from ...actors.position_state import PositionsState
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ..venue.algo_orders import TRAILING
from ..venue.fills import Fill
from ..venue.settings import SymbolRules
from .ground import AMENDED, PLACING_PATHS, ZERO, Ground, Hooks, PositionKey

MS = 1_000_000
STOPS_MAX = 6
"""Conditional orders of one symbol that may wait at once: a stop and a target, doubted twice."""
TRAILING_MAX = 4
"""Trailing stops beside them: one and its successor for a position that grew, each doubted."""
ALARM_SLACK_NS = 100 * MS


@define(eq=False)
class PositionsAreFills:
    """S8: the monitor books each fill of the venue once, as it was, and nothing else.

    The fee of a fill that was told bare comes later, once.
    """

    ground: Ground
    _fills: dict[str, Fill] = field(init=False, factory=dict[str, Fill])
    """Fills that this life has not booked, by trade id."""
    _booked: dict[str, bool] = field(init=False, factory=dict[str, bool])
    _corrected: dict[str, bool] = field(init=False, factory=dict[str, bool])
    name: ClassVar[str] = "S8"

    def hooks(self) -> Hooks:
        """Look at the venue's fills and at the monitor's."""
        return Hooks(
            steps=((names.POSITION_MONITOR, self.on_monitor),),
            filled=self.on_filled,
            life=self.on_life,
        )

    def on_life(self) -> None:
        """What was not durable may be booked again by the next life."""
        self._booked.clear()
        self._corrected.clear()

    def on_filled(self, fill: Fill, _before: Decimal) -> None:
        """Keep what may be booked."""
        self._fills[str(fill.trade_id)] = fill

    def on_monitor(self, cell: Cell, _envelope: Envelope) -> None:
        """Compare each booked fill with the venue's own record of it."""
        for fact in cell.context.facts:
            if isinstance(fact, FillApplied):
                self._compare(fact)
            elif isinstance(fact, FillCorrected):
                self._compare_fee(fact)

    def _compare(self, fact: FillApplied) -> None:
        trade = fact.fill.trade
        fill = self._fills.get(trade.trade_id)
        if fill is None:
            self.ground.report(self.name, f"fill {trade.trade_id} is not the venue's")
            return
        if trade.trade_id in self._booked:
            self.ground.report(self.name, f"fill {trade.trade_id} is booked twice")
        self._booked[trade.trade_id] = True
        fee = fill.quote_fee if trade.settled else ZERO
        theirs = (fill.symbol, fill.side, fill.quantity, fill.price, fee)
        ours = (trade.symbol, trade.side.value, trade.quantity, trade.price, trade.fee)
        told_id = fact.fill.client_order_id or fill.client_order_id  # a stranger's may be unknown
        if theirs != ours or fill.client_order_id != told_id:
            self.ground.report(self.name, f"fill {trade.trade_id} is {theirs}, booked as {ours}")

    def _compare_fee(self, fact: FillCorrected) -> None:
        trade = fact.trade
        fill = self._fills.get(trade.trade_id)
        if fill is None or fill.quote_fee != trade.fee or trade.trade_id in self._corrected:
            self.ground.report(self.name, f"fill {trade.trade_id} is corrected by {trade.fee}")
        self._corrected[trade.trade_id] = True


@define(eq=False)
class NumbersAreExact:
    """S9: quantities and prices that leave are plain decimals on the symbol's grid."""

    ground: Ground
    name: ClassVar[str] = "S9"

    def hooks(self) -> Hooks:
        """Look at every order that leaves."""
        return Hooks(request=self.on_request)

    def on_request(self, request: VenueRequest) -> None:
        """Measure every number against its step."""
        if request.method not in ("POST", AMENDED) or request.path not in PLACING_PATHS:
            return
        params, core = request.params, self.ground.engine.venue.core
        symbol = params["symbol"]
        # Whoever has not heard of new rules yet keeps those of before.
        rules = (core.account.rules[symbol], *core.rules_before[symbol])
        for key in ("quantity", "price", "triggerPrice"):
            if key in params:
                self._measure(key, params[key], tuple(_step(each, key) for each in rules))

    def _measure(self, key: str, text: str, steps: tuple[Decimal, ...]) -> None:
        number = Decimal(text)
        is_off = all(number % step for step in steps)
        if format(number, "f") != text or is_off or number <= ZERO:
            self.ground.report(self.name, f"{key} {text} is no plain multiple of {steps[0]}")


@define(eq=False)
class PositionsAreGuarded:
    """P: a position without a stop for too long is alarmed and closed; stops do not pile up."""

    ground: Ground
    _since_ns: dict[PositionKey, int] = field(init=False, factory=dict[PositionKey, int])
    name: ClassVar[str] = "P"

    def hooks(self) -> Hooks:
        """Look between instants."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Compare the engine's own clock of each position, and count stops at the venue."""
        for symbol in self.ground.engine.venue.core.books:
            types = [each.request.type for each in self.ground.open_stops(symbol)]
            trailing = types.count(TRAILING)
            if len(types) - trailing > STOPS_MAX or trailing > TRAILING_MAX:
                self.ground.report(self.name, f"{len(types)} conditional orders of {symbol} wait")
        if self.ground.engine.life is not None:
            self._check_alarms(self.ground.engine.state(names.POSITION_MONITOR))

    def _check_alarms(self, state: PositionsState) -> None:
        allowed_ns = self.ground.engine.settings.protection.unprotected_ms_max * MS
        if self._is_monitor_down():
            return
        for key, guard in state.open_guards():
            without_ns = self.ground.now_ns - guard.unprotected_since_ns
            is_over = guard.unprotected_since_ns and without_ns > allowed_ns + ALARM_SLACK_NS
            is_acting = guard.closing or guard.unlisted_since_ns
            if is_over and not (guard.is_alarmed and is_acting):
                text = f"{key} has no stop for {without_ns // MS} ms and no alarm"
                self.ground.report(self.name, text)

    def _is_monitor_down(self) -> bool:
        """A crashed monitor is the supervisor's business; its clock goes on after the rebuild."""
        cell: Any = self.ground.engine.kernel.cells[names.POSITION_MONITOR]
        return bool(cell.waiting) or cell.failed is not None


def _step(rules: SymbolRules, key: str) -> Decimal:
    return rules.step if key == "quantity" else rules.tick
