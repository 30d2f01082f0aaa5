"""ExecutionSystem: intake. A command comes in once, and ends in at most one terminal event.

Owns the idempotency of signals and commands and the numbers of intents. Entries and amendments that
are told before the first reconciliation wait and run after it; exits, cancels and flattens run at
once, and end the waiting entries that they take back. Within `signal_timeout_ms` a signal ends, or
is reported unresolved, again and again, and its symbol takes no entries. Bounds: `DEFERRED_MAX`
commands wait, a signal beyond is refused; `signals_kept` finished commands are remembered.
"""

from collections.abc import Callable
from typing import TypeGuard, assert_never

from attrs import evolve, frozen

from ..messages.control import EngineStarted, RecoveryDone
from ..messages.events import (
    CommandRefused,
    EngineReady,
    Event,
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
    OrderUnresolved,
)
from ..messages.intake import (
    AmendOrder,
    CancelOrder,
    EmergencyStateChanged,
    EndOrder,
    FlattenPositions,
    HaltTrading,
    HostCommand,
    LookForOrder,
    PolicyChanged,
    ResumeTrading,
    SubmitSignal,
)
from ..messages.orders import (
    AmendIntent,
    ApprovalRefused,
    CancelEntries,
    CancelIntent,
    OrderEnded,
    RequestEntry,
    TakeBackEntries,
)
from ..messages.positions import CloseRefused, FlattenAll, RequestClose
from ..messages.queries import GetSummary, SummaryView
from ..messages.values import OrderState
from . import names
from .intake_facts import (
    PRIVATE,
    REFUSED,
    CommandDeferred,
    CommandTaken,
    Deferred,
    DeferredRun,
    Fact,
    IntakeState,
    Order,
    ReadinessSet,
    SignalDropped,
    SignalEnded,
    apply_fact,
    id_of,
)
from .policies.guard_table import safety_guard
from .policies.refusal import Refusal
from .policies.signal_rules import fault_of, is_taken_back, side_taken_back
from .runtime.actor import Actor, Context

MS = 1_000_000
SWEEP_NS = 60_000_000_000
"""How often open signals are looked at for their time T."""
DEFERRED_MAX = 1_000


@frozen
class _Sweep:
    """Look for signals that have been open for too long."""


@frozen
class _RunNext:
    """Run the first command that waited for the reconciliation."""


Inbox = (
    HostCommand
    | ApprovalRefused
    | CloseRefused
    | OrderEnded
    | OrderCorrected
    | EngineStarted
    | RecoveryDone
    | GetSummary
    | _Sweep
    | _RunNext
)


class ExecutionSystem(Actor):
    """Once in, once out."""

    State = IntakeState
    private = (_Sweep, _RunNext, *PRIVATE)
    state: IntakeState

    def __init__(self, signal_timeout_ms: int, signals_kept: int) -> None:
        super().__init__()
        self._signal_timeout_ms = signal_timeout_ms
        self._signals_kept = signals_kept

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case SubmitSignal() | CancelOrder() | AmendOrder() | FlattenPositions():
                self._take_or_defer(message, ctx)
            case LookForOrder() | EndOrder():
                self._take_or_defer(message, ctx)
            case ResumeTrading():
                self.on_resume_trading(message, ctx)
            case HaltTrading() | EmergencyStateChanged():
                ctx.tell(names.CIRCUIT_BREAKER, message, urgent=True)
            case PolicyChanged():
                ctx.tell(names.RISK_GATE, message)
            case ApprovalRefused() | CloseRefused():
                self.on_refused(message, ctx)
            case OrderEnded():
                self.on_order_ended(message, ctx)
            case OrderCorrected():
                ctx.tell(names.EVENT_BUS, message)
            case EngineStarted():
                ctx.record(ReadinessSet(message.generation, ready=False))
            case RecoveryDone():
                self.on_recovery_done(message, ctx)
            case GetSummary():
                self.on_get_summary(ctx)
            case _Sweep():
                self.on_sweep(ctx)
            case _RunNext():
                self.on_run_next(ctx)
            case _:
                assert_never(message)

    def on_submit_signal(self, message: SubmitSignal, ctx: Context) -> None:
        """Give the signal an intent and send it to the one who can judge it."""
        intent_id = str(self.state.intents + 1)
        ctx.record(CommandTaken(message.signal_id, intent_id, message.symbol, ctx.now))
        fault = fault_of(message)
        if fault is None and message.signal.is_entry:
            fault = self._unresolved(message.symbol, ctx.now)
        if fault is not None:
            ctx.record(SignalEnded(message.signal_id, intent_id, REFUSED, fault.guard))
            self._tell_refused(_refused_event(message.signal_id, message.symbol, fault), ctx)
        elif message.signal.is_entry:
            ctx.tell(names.RISK_GATE, RequestEntry(intent_id, message))
        else:
            self._take_back(ctx, message.signal_id, lambda each: is_taken_back(each, message))
            self._take_back_approved(message, ctx)
            ctx.tell(names.POSITION_MONITOR, RequestClose(intent_id, message))

    def on_cancel_order(self, message: CancelOrder, ctx: Context) -> None:
        """Cancel what is still open of a signal, or waits to be looked at."""
        waits = self._take_back(
            ctx, message.command_id, lambda each: each.signal_id == message.signal_id
        )
        signal = self.state.open.get(message.signal_id)
        if signal is not None:
            ctx.tell(names.ORDER_MANAGER, CancelIntent(message.command_id, signal.intent_id))
        elif not waits:
            self._refuse_command(message.command_id, f"no open signal {message.signal_id}", ctx)

    def on_amend_order(self, message: AmendOrder, ctx: Context) -> None:
        """Amend the resting entry of a signal."""
        signal = self.state.open.get(message.signal_id)
        if signal is None:
            self._refuse_command(message.command_id, f"no open signal {message.signal_id}", ctx)
        else:
            ctx.tell(
                names.ORDER_MANAGER,
                AmendIntent(message.command_id, signal.intent_id, message.price, message.quantity),
            )

    def on_flatten_positions(self, message: FlattenPositions, ctx: Context) -> None:
        """Cancel entries, also those that wait, and close positions."""
        reason = message.reason or "flatten"
        self._take_back(ctx, message.command_id, lambda each: message.symbol in ("", each.symbol))
        ctx.tell(names.ORDER_MANAGER, CancelEntries(message.symbol, reason, flattens=True))
        ctx.tell(names.POSITION_MONITOR, FlattenAll(message.command_id, message.symbol, reason))

    def on_resume_trading(self, message: ResumeTrading, ctx: Context) -> None:
        """Pass it on once: the same word must not lift a later halt; a halt passes every time."""
        if self.state.knows(message.command_id):
            ctx.log("command_repeated", id=message.command_id)
            return
        ctx.record(CommandTaken(message.command_id, "", "", ctx.now))
        ctx.tell(names.CIRCUIT_BREAKER, message, urgent=True)

    def on_refused(self, message: ApprovalRefused | CloseRefused, ctx: Context) -> None:
        """A guard said no: that is the signal's terminal event."""
        if message.intent_id not in self.state.by_intent:
            ctx.log("refusal_repeated", signal_id=message.signal_id, guard=message.guard)
            return
        refusal = Refusal(message.guard, message.figure, message.limit)
        ctx.record(SignalEnded(message.signal_id, message.intent_id, REFUSED, refusal.guard))
        event = _refused_event(message.signal_id, message.symbol, refusal)
        if isinstance(message, ApprovalRefused):
            event = evolve(event, mark=message.mark, drawdown_pct=message.drawdown_pct)
        self._tell_refused(event, ctx)

    def on_order_ended(self, message: OrderEnded, ctx: Context) -> None:
        """The order of a signal is over: publish its terminal event."""
        signal_id = self.state.by_intent.get(message.intent_id)
        if signal_id is None:
            return
        outcome = message.state.value
        ctx.record(SignalEnded(signal_id, message.intent_id, outcome, ""))
        ctx.tell(names.EVENT_BUS, _terminal_event(signal_id, message))
        ctx.log("signal_ended", signal_id=signal_id, outcome=outcome, reason=message.reason)

    def on_recovery_done(self, message: RecoveryDone, ctx: Context) -> None:
        """Say that entries are possible, and run what waited; an earlier start's word is late."""
        if self.state.ready or message.generation < self.state.generation:
            return
        ctx.record(ReadinessSet(message.generation, ready=True))
        ctx.tell(names.EVENT_BUS, EngineReady(message.generation))
        if self.state.deferred:
            ctx.tell(ctx.me, _RunNext())

    def on_run_next(self, ctx: Context) -> None:
        """Run one command that waited; the next has its own step."""
        if not (self.state.ready and self.state.deferred):
            return
        ctx.record(DeferredRun())
        self._run(self.state.deferred[0], ctx)
        ctx.tell(ctx.me, _RunNext())

    def on_get_summary(self, ctx: Context) -> None:
        """Answer with the counts of the run."""
        state = self.state
        ctx.reply(
            SummaryView(
                signals=state.signals,
                refusals=tuple(sorted(state.refusals.items())),
                outcomes=tuple(sorted(state.outcomes.items())),
            )
        )

    def on_sweep(self, ctx: Context) -> None:
        """Report every signal that has been open for longer than its time."""
        ctx.after(SWEEP_NS, _Sweep(), key="sweep")
        for signal_id, signal in self.state.open.items():
            waiting_ms = (ctx.now - signal.at_ns) // MS
            if waiting_ms >= self._signal_timeout_ms:
                event = OrderUnresolved(signal_id, signal.symbol, waiting_ms)
                ctx.tell(names.EVENT_BUS, event)

    def resume(self, ctx: Context) -> None:
        """Keep looking at the open signals, and go on with what waits."""
        ctx.after(SWEEP_NS, _Sweep(), key="sweep")
        if self.state.deferred:
            ctx.tell(ctx.me, _RunNext())

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._signals_kept)

    def _take_or_defer(self, command: Order, ctx: Context) -> None:
        """Run a command once, now or after the first reconciliation."""
        state = self.state
        if state.knows(id_of(command)):
            ctx.log("command_repeated", id=id_of(command))
        elif _must_wait(command) and not (state.ready and not state.deferred):
            self._defer(command, ctx)
        else:
            self._run(command, ctx)

    def _defer(self, command: Deferred, ctx: Context) -> None:
        waiting = len(self.state.deferred)
        if waiting < DEFERRED_MAX:
            ctx.record(CommandDeferred(command))
        elif isinstance(command, SubmitSignal):
            self._drop(command, Refusal("queue_full", str(waiting), str(DEFERRED_MAX)), ctx)
        else:
            self._refuse_command(command.command_id, "too many commands wait for readiness", ctx)

    def _run(self, command: Order, ctx: Context) -> None:
        match command:
            case SubmitSignal():
                self.on_submit_signal(command, ctx)
                return
            case CancelOrder():
                self.on_cancel_order(command, ctx)
            case AmendOrder():
                self.on_amend_order(command, ctx)
            case FlattenPositions():
                self.on_flatten_positions(command, ctx)
            case LookForOrder() | EndOrder():
                ctx.tell(names.ORDER_MANAGER, command)
            case _:
                assert_never(command)
        ctx.record(CommandTaken(id_of(command), "", "", ctx.now))

    def _take_back(self, ctx: Context, by: str, is_meant: Callable[[SubmitSignal], bool]) -> bool:
        """End the waiting entries that a later command takes back; say whether there were any."""
        meant = [
            each
            for each in self.state.deferred
            if isinstance(each, SubmitSignal) and is_meant(each)
        ]
        for signal in meant:
            self._drop(signal, Refusal("taken_back", by, "none"), ctx)
        return bool(meant)

    def _take_back_approved(self, exit_: SubmitSignal, ctx: Context) -> None:
        """End the entries that are approved and have not left, which the exit would miss."""
        side = side_taken_back(exit_)
        is_any_open = any(each.symbol == exit_.symbol for each in self.state.open.values())
        if side is not None and is_any_open:
            reason = f"taken back by {exit_.signal_id}"
            ctx.tell(names.RISK_GATE, TakeBackEntries(exit_.symbol, side, reason))

    def _unresolved(self, symbol: str, now_ns: int) -> Refusal | None:
        """Refuse the entries of a symbol while a signal of it is open beyond its time."""
        for signal_id, signal in self.state.open.items():
            waiting_ms = (now_ns - signal.at_ns) // MS
            if signal.symbol == symbol and waiting_ms >= self._signal_timeout_ms:
                return Refusal("unresolved", signal_id, str(self._signal_timeout_ms))
        return None

    def _drop(self, signal: SubmitSignal, refusal: Refusal, ctx: Context) -> None:
        """Refuse a signal that has no intent yet."""
        ctx.record(SignalDropped(signal.signal_id, refusal.guard))
        self._tell_refused(_refused_event(signal.signal_id, signal.symbol, refusal), ctx)

    def _tell_refused(self, event: OrderRefused, ctx: Context) -> None:
        ctx.tell(names.EVENT_BUS, event)
        ctx.log(
            "order_refused",
            signal_id=event.signal_id,
            guard=event.guard,
            figure=event.figure,
            limit=event.limit,
            safety_guard=event.safety_guard,
        )

    def _refuse_command(self, command_id: str, reason: str, ctx: Context) -> None:
        ctx.tell(names.EVENT_BUS, CommandRefused(command_id, reason))


def _refused_event(signal_id: str, symbol: str, refusal: Refusal) -> OrderRefused:
    guard, figure, limit = refusal.guard, refusal.figure, refusal.limit
    return OrderRefused(
        signal_id=signal_id,
        symbol=symbol,
        guard=guard,
        figure=figure,
        limit=limit,
        reason=f"{guard}: {figure} against {limit}",
        safety_guard=safety_guard(guard).value,
    )


def _must_wait(command: Order) -> TypeGuard[Deferred]:
    """True for what opens risk: only exits may act on what is believed before the comparison."""
    is_entry = isinstance(command, SubmitSignal) and command.signal.is_entry
    return is_entry or isinstance(command, AmendOrder)


def _terminal_event(signal_id: str, ended: OrderEnded) -> Event:
    cid, symbol, filled = ended.client_order_id, ended.symbol, ended.filled
    match ended.state:
        case OrderState.FILLED:
            return OrderFilled(signal_id, cid, symbol, ended.side, filled, ended.average_price)
        case OrderState.CANCELLED:
            return OrderCancelled(signal_id, cid, symbol, filled)
        case OrderState.EXPIRED:
            return OrderExpired(signal_id, cid, symbol, filled)
        case _:
            return OrderFailed(signal_id, cid, symbol, ended.state, ended.reason, filled)
