"""Protection: D3 and D4, about the stop of a position, from its first fill to its end.

The stop is the first thing that is asked for when a position is known, nobody takes the last one
away while the position is open, and a position that has one is not closed for want of it.
"""

from typing import ClassVar

from attrs import define, field

from ...actors import names
from ...actors.ports import VenueAnswer, VenueRequest
from ...actors.position_facts import ClosingSet, FiredDue
from ...actors.position_state import PositionsState
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.market import MarkChanged
from ...messages.orders import LegChanged
from ...messages.values import CloseReason, ErrorKind, Leg
from ..venue.algo_orders import AlgoOrder
from .ground import ALGO_ORDER, ZERO, Ground, Hooks, client_id_of_placement, code_of

CLOSE_POSITION_EXISTS = -4130


@define(eq=False)
class StopsComeFirst:
    """D4: a stop is asked for as soon as a position is known, filled in parts or whole.

    And the last stop of an open position is cancelled by nobody, whatever else closes it.
    """

    ground: Ground
    _told: dict[tuple[str, str], bool] = field(init=False, factory=dict[tuple[str, str], bool])
    """Lives of positions, by key, that were reported."""
    name: ClassVar[str] = "D4"

    def hooks(self) -> Hooks:
        """Look at cancels that leave, and between instants."""
        return Hooks(request=self.on_request, quiet=self.on_quiet)

    def on_request(self, request: VenueRequest) -> None:
        """Look at cancels of conditional orders."""
        if request.method == "DELETE" and request.path == ALGO_ORDER:
            self._look_at_cancel(request.params.get("clientAlgoId", ""))

    def on_quiet(self) -> None:
        """Every position that is known has asked for a stop, or is being closed."""
        if self.ground.engine.life is None:
            return
        state: PositionsState = self.ground.engine.state(names.POSITION_MONITOR)
        for key, guard in state.open_guards():
            life = (key, guard.intent_id)
            has_asked = guard.attempts.get(Leg.STOP.value) or guard.closing or guard.is_foreign
            if not has_asked and life not in self._told:
                self._told[life] = True
                self.ground.report(self.name, f"{key} is open, and no stop was asked for")

    def _look_at_cancel(self, client_order_id: str) -> None:
        found, algo = self.ground.parse(client_order_id), self.ground.algo(client_order_id)
        if found is None or found.leg is not Leg.STOP or algo is None or not algo.is_open:
            return
        key = (algo.request.symbol, algo.request.position_side)
        state: PositionsState = self.ground.engine.state(names.POSITION_MONITOR)
        guard = state.guards.get("/".join(key))
        is_over = guard is None or guard.position.is_flat or guard.intent_id != found.intent
        if is_over or self.ground.amounts.get(key, ZERO) == ZERO:
            return
        others = [each for each in self._stops(key) if each is not algo]
        if not others:
            self.ground.report(
                self.name, f"{client_order_id}, the last stop of {key}, is cancelled"
            )

    def _stops(self, key: tuple[str, str]) -> list[AlgoOrder]:
        symbol, side = key
        return [
            each
            for each in self.ground.open_stops(symbol)
            if each.request.position_side == side and each.request.type.startswith("STOP")
        ]


@define(eq=False)
class StopsAreBelieved:
    """D3: a position is not closed for want of a stop after the venue said that there is one.

    That is what the venue means by refusing a second order that closes the position (-4130). What
    counts is a stop of the position's own life: one that an earlier life left behind is being
    cancelled, and waits at a price of its own. And a close because a price is passed wants no stop.
    """

    ground: Ground
    _told: dict[str, int] = field(init=False, factory=dict[str, int])
    """By symbol, when the venue said so."""
    name: ClassVar[str] = "D3"

    def hooks(self) -> Hooks:
        """Look at answers, and at what the monitor decides."""
        return Hooks(
            steps=((names.POSITION_MONITOR, self.on_monitor),),
            answer=self.on_answer,
        )

    def on_answer(self, request: VenueRequest, answer: VenueAnswer) -> None:
        """Keep the venue's word on a stop of ours."""
        found = self.ground.parse(client_id_of_placement(request))
        if found is None or found.leg is not Leg.STOP:
            return
        if code_of(answer) == CLOSE_POSITION_EXISTS:
            self._told[request.params["symbol"]] = self.ground.now_ns

    def on_monitor(self, cell: Cell, envelope: Envelope) -> None:
        """Look for a stop at the venue when a position is closed for protection's sake."""
        for fact in cell.context.facts:
            is_protection = isinstance(fact, ClosingSet) and fact.by is CloseReason.PROTECTION
            if is_protection and not self._tells_passed(envelope.message):
                self._compare(fact, cell.actor.state)

    def _tells_passed(self, message: object) -> bool:
        """True for the news that a price is passed: by the mark, by an order, or by its firing."""
        if not isinstance(message, LegChanged):
            return isinstance(message, MarkChanged | FiredDue)
        algo = self.ground.algo(message.client_order_id)
        has_fired = algo is not None and algo.triggered_ms > 0
        return has_fired or message.kind == ErrorKind.WOULD_TRIGGER

    def _compare(self, fact: ClosingSet, state: PositionsState) -> None:
        symbol, _, side = fact.key.partition("/")
        told_ns, guard = self._told.get(symbol, 0), state.guards[fact.key]
        exit_side = guard.exit_side.value
        for algo in self.ground.open_stops(symbol):
            request, found = algo.request, self.ground.parse(algo.request.client_algo_id)
            is_stop = request.type == "STOP_MARKET" and request.close_position
            is_of_life = found is not None and found.intent == guard.intent_id
            is_its = is_of_life and request.position_side == side and request.side == exit_side
            if told_ns >= guard.opened_at_ms * 1_000_000 and is_stop and is_its:
                text = f"{fact.key} is closed ({fact.reason}) beside {request.client_algo_id}"
                self.ground.report(self.name, text)
