"""Carrying: what is done next of one signal that is carried out in slices.

Tools of the intake, bound to one message. The next move is decided in `policies/`; here its slice
is asked for, taken back or waited for, and the parent is ended with its one terminal event.
"""

from attrs import evolve, frozen

from ...messages.algorithms import ReleaseAlgorithm
from ...messages.events import AlgorithmProgressed
from ...messages.market import MarkChanged
from ...messages.orders import CancelIntent, OrderEnded, RequestEntry
from ...messages.plans import Bracket
from ...messages.positions import RequestClose
from ...messages.values import OrderState, OrderType, TimeInForce
from .. import names
from ..intake_facts import CommandTaken, IntakeState, SignalEnded
from ..intake_news import terminal_event
from ..policies.algorithm_moves import draws_each, next_move
from ..policies.parent_order import Moment, Over, Parent, Place, TakeBack, Wait, slice_intent
from ..policies.rounding import ZERO
from ..runtime.actor import Context
from .facts import (
    AlgorithmDue,
    ParentEnded,
    ParentEnding,
    PricesSeen,
    SliceAsked,
    SliceLeaving,
)

MS = 1_000_000
GONE = "no_position"
"""The guard that says that a reducing parent has nothing left to reduce."""
CLOSED = "its position is closed"


@frozen
class Carrying:
    """Does what a parent's policy wants; the intake's state and the context of the message."""

    state: IntakeState
    ctx: Context

    def go_on(self, parent: Parent, *, is_ready: bool = False) -> None:
        """Do what is next; entries wait for readiness."""
        if not parent.is_running or not parent.began_ns:
            return
        if parent.ending and parent.live:
            return
        if parent.ending:
            self.finish(parent, end_state(parent), parent.ending)
            return
        if parent.signal.signal.is_entry and not (self.state.ready or is_ready):
            return
        elapsed_ms = (self.ctx.now - parent.began_ns) // MS
        draw = self.ctx.random() if draws_each(parent.command.plan) else 0.0
        move = next_move(parent, Moment(elapsed_ms, self.ctx.now // MS, draw))
        match move:
            case Place():
                self._ask(parent, move)
            case TakeBack():
                self.ctx.record(SliceLeaving(parent.intent_id))
                self.take_back(parent)
            case Wait(at_ms):
                if at_ms is not None:
                    self.look_later(parent, at_ms - elapsed_ms)
            case Over(state, reason):
                self.finish(parent, state, reason)

    def see(self, parent: Parent, mark: MarkChanged) -> Parent:
        """Return the parent with the best prices of now."""
        if (parent.bid, parent.ask) == (mark.bid, mark.ask):
            return parent
        self.ctx.record(PricesSeen(parent.intent_id, mark.bid, mark.ask))
        return evolve(parent, bid=mark.bid, ask=mark.ask)

    def end_soon(self, parent: Parent, reason: str) -> Parent:
        """Return the parent as one that asks for nothing more."""
        self.ctx.record(ParentEnding(parent.intent_id, reason))
        return evolve(parent, ending=reason)

    def finish(self, parent: Parent, state: OrderState, reason: str) -> None:
        """Tell the one terminal event of the parent."""
        ctx, signal = self.ctx, parent.signal
        ctx.record(SignalEnded(signal.signal_id, parent.intent_id, state.value, ""))
        ctx.record(ParentEnded(parent.intent_id, state.value, reason))
        ctx.cancel(f"algorithm/{parent.intent_id}")
        ctx.tell(names.RISK_GATE, ReleaseAlgorithm(parent.intent_id))
        ended = OrderEnded(
            intent_id=parent.intent_id,
            client_order_id="",
            symbol=signal.symbol,
            side=parent.side,
            state=state,
            reason=reason,
            filled=parent.filled,
            average_price=parent.average_price,
        )
        ctx.tell(names.EVENT_BUS, terminal_event(signal.signal_id, ended))
        ctx.log("algorithm_ended", signal_id=signal.signal_id, outcome=state, reason=reason)

    def take_back(self, parent: Parent) -> None:
        """Cancel the slice under way, by the gate: so it never overtakes its request."""
        intent_id = slice_intent(parent.intent_id, parent.asked)
        self.ctx.tell(names.RISK_GATE, CancelIntent(parent.live, intent_id))

    def tell_progress(self, parent: Parent, slice_id: str, outcome: str) -> None:
        """Tell how far the whole is after a slice."""
        self.ctx.tell(
            names.EVENT_BUS,
            AlgorithmProgressed(
                signal_id=parent.signal.signal_id,
                symbol=parent.signal.symbol,
                slice_id=slice_id,
                outcome=outcome,
                filled=parent.filled,
                quantity=parent.quantity,
                average_price=parent.average_price,
            ),
        )

    def look_later(self, parent: Parent, delay_ms: int) -> None:
        """Look again at what is next."""
        due = AlgorithmDue(parent.intent_id)
        self.ctx.after(max(0, delay_ms) * MS, due, key=f"algorithm/{parent.intent_id}")

    def _ask(self, parent: Parent, place: Place) -> None:
        """Ask for a slice under the next number whose name is free."""
        ctx, number = self.ctx, parent.asked + 1
        while self.state.knows(f"{parent.signal.signal_id}/{number}"):
            number += 1
        intent_id = slice_intent(parent.intent_id, number)
        signal = evolve(
            parent.signal,
            signal_id=f"{parent.signal.signal_id}/{number}",
            at_ms=ctx.now // MS,
            quantity=place.quantity,
            time_in_force=_time_in_force(parent),
        )
        if place.form is not None:
            form = place.form
            signal = evolve(
                signal,
                order_type=form.order_type,
                price=form.price,
                time_in_force=form.time_in_force,
            )
        ctx.record(SliceAsked(parent.intent_id, number, signal, ctx.now))
        ctx.record(CommandTaken(signal.signal_id, intent_id, signal.symbol, ctx.now))
        if signal.signal.is_entry:
            ctx.tell(names.RISK_GATE, RequestEntry(intent_id, signal))
        else:
            ctx.tell(names.POSITION_MONITOR, RequestClose(intent_id, signal))


def end_state(parent: Parent) -> OrderState:
    """Return how a parent ends of which nothing more is asked for."""
    is_bracket = isinstance(parent.command.plan, Bracket)
    has_done = parent.ending == GONE or (is_bracket and parent.ending == CLOSED)
    if parent.rest <= ZERO and not is_bracket:
        return OrderState.FILLED
    return OrderState.FILLED if has_done and parent.filled else OrderState.CANCELLED


def _time_in_force(parent: Parent) -> TimeInForce:
    """Return that of slices: one of a schedule takes what is there at its time."""
    is_timed = bool(parent.schedule) and parent.signal.order_type is OrderType.LIMIT
    return TimeInForce.IOC if is_timed else parent.signal.time_in_force
