"""Tally: what a run did, counted from the facts of the core as they happen.

Owns counts by final state, by guard and by kind; nothing grows with the run but the last states of
`ENDED_KEPT_MAX` orders, kept to correct a count when a late fill changes an end. It is given every
step through `note_step` and changes nothing.
"""

from attrs import define, field

from ..actors import names
from ..actors.intake_facts import REFUSED, CommandTaken, ReadinessSet, SignalDropped, SignalEnded
from ..actors.order_facts import OrderIntended, OrderMoved, TradeBooked
from ..actors.order_state import OrdersState
from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from ..messages.events import AlertRaised, CommandRefused
from ..messages.values import TERMINAL_STATES, OrderState, TradingState

ENDED_KEPT_MAX = 10_000

Counts = dict[str, int]


@define(eq=False)
class Tally:
    """Counts of one run."""

    is_ready: bool = False
    """Whether commands are carried out; before, they wait."""
    signals: int = 0
    """Signals taken; a repeated one is taken once."""
    outcomes: Counts = field(factory=dict[str, int])
    """Terminal events of signals, by outcome."""
    refusals: Counts = field(factory=dict[str, int])
    """Refused signals, by guard."""
    orders: int = 0
    """Orders that the gate approved."""
    ends: Counts = field(factory=dict[str, int])
    """Orders by their final state."""
    fills: int = 0
    commands_refused: int = 0
    alerts: Counts = field(factory=dict[str, int])
    trading_state: TradingState = TradingState.ACTIVE
    _ended: dict[str, OrderState] = field(init=False, factory=dict[str, OrderState])

    def note_step(self, cell: Cell, envelope: Envelope) -> None:  # noqa: ARG002 - a hook's form
        """Count the facts of one step that is done."""
        if cell.name == names.CIRCUIT_BREAKER:
            # Also of a step without facts: the state may be one that an earlier run left.
            self.trading_state = cell.actor.state.state
        facts = cell.context.facts
        if not facts:
            return
        if cell.name == names.ORDER_MANAGER:
            for fact in facts:
                self._note_order(fact, cell.actor.state)
        elif cell.name == names.EXECUTION_SYSTEM:
            for fact in facts:
                self._note_signal(fact)

    def note_event(self, event: object) -> None:
        """Count an event that no fact of the core stands for."""
        if isinstance(event, AlertRaised):
            _count(self.alerts, event.alert)
        elif isinstance(event, CommandRefused):
            self.commands_refused += 1

    def _note_order(self, fact: object, state: OrdersState) -> None:
        match fact:
            case OrderIntended():
                self.orders += 1
            case TradeBooked():
                self.fills += 1
            case OrderMoved(client_order_id=client_order_id):
                order = state.find(client_order_id)
                if order is not None:
                    self._set_end(client_order_id, order.state)
            case _:
                pass

    def _note_signal(self, fact: object) -> None:
        match fact:
            case CommandTaken(intent_id=intent_id) if intent_id:
                self.signals += 1
            case ReadinessSet():
                self.is_ready = fact.ready
            case SignalEnded():
                _count(self.outcomes, fact.outcome)
                if fact.refused_by:
                    _count(self.refusals, fact.refused_by)
            case SignalDropped():
                self.signals += 1
                _count(self.outcomes, REFUSED)
                _count(self.refusals, fact.refused_by)
            case _:
                pass

    def _set_end(self, client_order_id: str, state: OrderState) -> None:
        before = self._ended.pop(client_order_id, None)
        if before is not None:
            self.ends[before.value] -= 1
        if state in TERMINAL_STATES:
            _count(self.ends, state.value)
            self._ended[client_order_id] = state
        if len(self._ended) > ENDED_KEPT_MAX:
            del self._ended[next(iter(self._ended))]


def _count(counts: Counts, key: str) -> None:
    counts[key] = counts.get(key, 0) + 1
