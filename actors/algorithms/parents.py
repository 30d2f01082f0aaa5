"""Parents: what ExecutionSystem hears of signals that are carried out in slices.

Tools of the intake, bound to one message. Here news is weighed: who of those that run is meant by
it, and what it changes of them; what is done next of one is in `carrying.py`. One slice is under
way at a time. Bound: `RUNNING_MAX` parents run at a time, and slices are as many as
`policies/plan_rules.py` lets a plan have.
"""

from decimal import Decimal
from typing import assert_never

from attrs import evolve, frozen

from ...messages.algorithms import AlgorithmAdmitted, PositionGone, RequestAlgorithm
from ...messages.control import TradingStateChanged
from ...messages.events import AlertRaised, OrderCorrected
from ...messages.intake import ExecuteAlgorithm, SubmitSignal
from ...messages.market import MarkChanged
from ...messages.orders import OrderEnded
from ...messages.queries import AlgorithmsView, AlgorithmView
from ...messages.values import OrderState, OrderType, PositionSide, Severity, Side, TradingState
from .. import names
from ..intake_facts import REFUSED, IntakeState
from ..policies.algorithm_moves import draws_of, follows_prices, schedule_of
from ..policies.parent_order import Parent, lot_of, parent_intent, whole_quantity
from ..policies.plan_rules import plan_faults
from ..policies.refusal import Refusal
from ..policies.rounding import ZERO, plain
from ..policies.signal_rules import is_taken_back
from ..runtime.actor import Context
from .carrying import CLOSED, GONE, Carrying, end_state
from .facts import (
    AlgorithmDue,
    ParentBegun,
    ParentEnded,
    ParentTaken,
    SliceCorrected,
    SliceOver,
    begin,
    end_slice,
)

RUNNING_MAX = 100
"""Algorithms at a time; one more is refused."""
News = AlgorithmAdmitted | TradingStateChanged | PositionGone | MarkChanged | AlgorithmDue


@frozen
class Parents:
    """Weighs news of algorithms; the intake's state and the context of the message at hand."""

    state: IntakeState
    ctx: Context

    @property
    def carrying(self) -> Carrying:
        """What is done of each."""
        return Carrying(self.state, self.ctx)

    def hear(self, news: News) -> None:
        """Weigh what the gate, or the clock, says of those that run."""
        match news:
            case AlgorithmAdmitted():
                self.admitted(news)
            case TradingStateChanged():
                self.trading_changed(news)
            case PositionGone():
                self.position_gone(news)
            case MarkChanged():
                self.mark_changed(news)
            case AlgorithmDue():
                self.due(news)
            case _:
                assert_never(news)

    def fault_of(self, command: ExecuteAlgorithm) -> Refusal | None:
        """Return why an algorithm is impossible, or one too many."""
        faults, running = plan_faults(command), len(self._running())
        if faults:
            return Refusal("algorithm_plan", "; ".join(faults), "a plan that can be carried out")
        if running >= RUNNING_MAX:
            return Refusal("algorithms_running", str(running), str(RUNNING_MAX))
        return None

    def take(self, intent_id: str, command: ExecuteAlgorithm) -> None:
        """Ask the gate for all of it."""
        self.ctx.record(ParentTaken(intent_id, command))
        self.ctx.tell(names.RISK_GATE, RequestAlgorithm(intent_id, command))

    def admitted(self, message: AlgorithmAdmitted) -> None:
        """Cut it into slices and begin; one that was cancelled meanwhile ends."""
        parent = self.state.parents.get(message.intent_id)
        if parent is None or parent.began_ns or not parent.is_running:
            return
        ctx, command = self.ctx, parent.command
        lot = lot_of(command.signal, _order_type(command), message.filters, message.mark)
        quantity = whole_quantity(command, lot)
        draws = [ctx.random() for _ in range(draws_of(command.plan))]
        schedule = schedule_of(command.plan, quantity, lot, draws)
        begun = ParentBegun(parent.intent_id, quantity, lot, schedule, ctx.now)
        ctx.record(begun)
        after = evolve(parent)
        begin(after, begun)
        if message.mark is not None and follows_prices(command.plan):
            after = self.carrying.see(after, message.mark)
        self.carrying.go_on(after)

    def mark_changed(self, message: MarkChanged) -> None:
        """The best prices moved: who follows them looks again."""
        for parent in self._running():
            is_meant = parent.signal.symbol == message.symbol
            if is_meant and parent.began_ns and follows_prices(parent.command.plan):
                self.carrying.go_on(self.carrying.see(parent, message))

    def due(self, message: AlgorithmDue) -> None:
        """A time has come."""
        parent = self.state.parents.get(message.intent_id)
        if parent is not None:
            self.carrying.go_on(parent)

    def ready(self) -> None:
        """Entries are possible: what waited for that goes on."""
        for parent in self._running():
            self.carrying.go_on(parent, is_ready=True)

    def slice_ended(self, message: OrderEnded) -> None:
        """A slice has ended; its parent counts what it filled, and goes on."""
        is_failed = message.state in (OrderState.REJECTED, OrderState.FAILED)
        missed_by = (message.reason or message.state.value) if is_failed else ""
        self._over(message.intent_id, message.state.value, message, missed_by)

    def slice_refused(self, intent_id: str, refusal: Refusal) -> None:
        """A guard refused a slice, so that its parent missed one; or all of a parent."""
        if intent_id in self.state.parents:
            self.ctx.record(ParentEnded(intent_id, REFUSED, refusal.guard))
            return
        parent = self._parent_of(intent_id)
        if parent is None:
            return
        if refusal.guard == GONE and not parent.signal.signal.is_entry:
            parent = self.carrying.end_soon(parent, GONE)
        missed_by = f"{refusal.guard}: {refusal.figure} against {refusal.limit}"
        self._over(intent_id, REFUSED, None, missed_by, parent)

    def corrected(self, message: OrderCorrected) -> None:
        """A slice was filled after its end; a parent that has ended is corrected, too."""
        for parent in self.state.parents.values():
            if message.signal_id in parent.slices:
                more = message.filled - parent.slices[message.signal_id]
                fact = SliceCorrected(parent.intent_id, message.signal_id, message.filled)
                self.ctx.record(fact)
                self._tell_surplus(parent, parent.filled + more)
                if not parent.is_running:
                    filled, told = parent.filled + more, parent.signal.signal_id
                    event = evolve(message, signal_id=told, corrects=parent.outcome, filled=filled)
                    self.ctx.tell(names.EVENT_BUS, event)

    def _tell_surplus(self, parent: Parent, filled: Decimal) -> None:
        """A fill after an end made it more than was wished: it stays, under the position's stop."""
        if parent.signal.signal.is_entry and filled > parent.quantity:
            text = f"{plain(filled)} filled of {plain(parent.quantity)}: it stays under its stop"
            name, told = "algorithm_overfilled", parent.signal.signal_id
            alert = AlertRaised(Severity.WARNING, name, told, text)
            self.ctx.tell(names.EVENT_BUS, alert)

    def cancel(self, parent: Parent, reason: str) -> None:
        """Ask for nothing more, take the slice under way back, and end with it."""
        if not parent.is_running or parent.ending:
            return
        parent = self.carrying.end_soon(parent, reason)
        if not parent.live:
            self.carrying.finish(parent, end_state(parent), reason)
        elif parent.signal.signal.is_entry:
            self.carrying.take_back(parent)

    def taken_back(self, symbol: str, reason: str, *, exits: bool) -> None:
        """Nothing of a symbol is opened any more; with `exits` nothing is closed in slices too."""
        for parent in self._running():
            is_meant = exits or parent.signal.signal.is_entry
            if is_meant and symbol in ("", parent.signal.symbol):
                self.cancel(parent, reason)

    def exited(self, exit_: SubmitSignal) -> None:
        """An exit takes back what would still be opened."""
        for parent in self._running():
            if is_taken_back(parent.signal, exit_):
                self.cancel(parent, f"taken back by {exit_.signal_id}")

    def trading_changed(self, message: TradingStateChanged) -> None:
        """Entries are off: what opens ends, what reduces goes on."""
        is_off = message.state is not TradingState.ACTIVE
        for parent in self._running():
            is_meant = is_off or parent.signal.symbol in message.reducing_symbols
            if is_meant and parent.signal.signal.is_entry:
                self.cancel(parent, f"halted: {message.reason}")

    def position_gone(self, message: PositionGone) -> None:
        """The position that a parent opens is closed: by its stop, or by whoever wanted that."""
        for parent in self._running():
            signal = parent.signal
            opens = PositionSide.LONG if parent.side is Side.BUY else PositionSide.SHORT
            is_meant = message.position_side in (PositionSide.BOTH, opens)
            is_begun = signal.signal.is_entry and parent.asked
            if is_begun and is_meant and signal.symbol == message.symbol:
                self.cancel(parent, CLOSED)

    def resume(self) -> None:
        """Look at every parent that runs."""
        for parent in self._running():
            if parent.began_ns:
                self.carrying.look_later(parent, 0)

    def view(self) -> AlgorithmsView:
        """Return all that are remembered."""
        return AlgorithmsView(tuple(_view(each) for each in self.state.parents.values()))

    def _running(self) -> list[Parent]:
        return [each for each in self.state.parents.values() if each.is_running]

    def _parent_of(self, intent_id: str) -> Parent | None:
        return self.state.parents.get(parent_intent(intent_id))

    def _over(
        self,
        intent_id: str,
        outcome: str,
        ended: OrderEnded | None,
        missed_by: str,
        parent: Parent | None = None,
    ) -> None:
        parent = parent or self._parent_of(intent_id)
        if parent is None or not parent.live:
            return
        filled = ZERO if ended is None else ended.filled
        average = ZERO if ended is None else ended.average_price
        fact = SliceOver(parent.intent_id, parent.live, filled, average, missed_by, self.ctx.now)
        self.ctx.record(fact)
        after = evolve(parent, slices=dict(parent.slices))
        end_slice(after, fact)
        self.carrying.tell_progress(after, fact.slice_id, outcome)
        self.carrying.go_on(after)


def _order_type(command: ExecuteAlgorithm) -> OrderType:
    """Return what most slices are."""
    return OrderType.LIMIT if follows_prices(command.plan) else command.signal.order_type


def _view(parent: Parent) -> AlgorithmView:
    return AlgorithmView(
        signal_id=parent.signal.signal_id,
        algorithm=type(parent.command.plan).__name__,
        symbol=parent.signal.symbol,
        side=parent.side,
        quantity=parent.quantity,
        filled=parent.filled,
        average_price=parent.average_price,
        slices=tuple(parent.slices),
        outcome=parent.outcome,
        reason=parent.ending,
    )
