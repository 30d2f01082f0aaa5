"""ExecutionSystem: intake. A command comes in once, and ends in at most one terminal event.

Owns the idempotency of signals and commands and the numbers of intents. Entries and amendments that
are told before the first reconciliation wait and run after it; exits, cancels and flattens run at
once, and end the waiting entries that they take back. Within `signal_timeout_ms` a signal ends, or
is reported unresolved, again and again, and its symbol takes no entries. Bounds: `DEFERRED_MAX`
commands wait, a signal beyond is refused; `signals_kept` finished commands are remembered.
"""

from collections.abc import Callable
from typing import assert_never

from attrs import evolve, frozen

from ..messages.algorithms import AlgorithmAdmitted, PositionGone
from ..messages.control import EngineStarted, MessageLost, RecoveryDone, TradingStateChanged
from ..messages.events import (
    CommandRefused,
    EngineReady,
    OrderCorrected,
    OrderUnresolved,
)
from ..messages.intake import (
    AmendOrder,
    CancelOrder,
    CancelOrders,
    EmergencyStateChanged,
    EndOrder,
    ExecuteAlgorithm,
    FlattenPositions,
    HaltTrading,
    HostCommand,
    LookForOrder,
    ModelPromoted,
    PolicyChanged,
    ReconcileNow,
    ResumeTrading,
    SubmitSignal,
)
from ..messages.market import MarkChanged
from ..messages.orders import (
    AmendIntent,
    ApprovalRefused,
    CancelEntries,
    CancelIntent,
    OrderEnded,
    RequestEntry,
    TakeBackEntries,
)
from ..messages.positions import CheckPositions, CloseRefused, FlattenAll, RequestClose
from ..messages.queries import GetAlgorithms, GetSummary
from . import names
from .algorithms.facts import AlgorithmDue
from .algorithms.parents import Parents
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
    must_wait,
    wish_of,
)
from .intake_news import WISHES, refused_event, tell_refused, terminal_event
from .intake_sources import hear_source, marked
from .policies.refusal import Refusal
from .policies.signal_rules import fault_of, is_taken_back, side_taken_back
from .runtime.actor import Actor, Context

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
    | AlgorithmAdmitted
    | PositionGone
    | MarkChanged
    | MessageLost
    | TradingStateChanged
    | EngineStarted
    | RecoveryDone
    | GetSummary
    | GetAlgorithms
    | AlgorithmDue
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
            case LookForOrder() | EndOrder() | ExecuteAlgorithm() | CancelOrders():
                self._take_or_defer(message, ctx)
            case ResumeTrading() | ReconcileNow():
                self.on_word(message, ctx)
            case HaltTrading():
                ctx.tell(names.CIRCUIT_BREAKER, message, urgent=True)
            case EmergencyStateChanged() | PolicyChanged() | ModelPromoted():
                hear_source(message, self.state, ctx)
            case ApprovalRefused() | CloseRefused():
                self.on_refused(message, ctx)
            case MessageLost():
                self.on_message_lost(message, ctx)
            case OrderEnded():
                self.on_order_ended(message, ctx)
            case OrderCorrected():
                ctx.tell(names.EVENT_BUS, message)
                self._parents(ctx).corrected(message)
            case AlgorithmAdmitted() | TradingStateChanged() | PositionGone():
                self._parents(ctx).hear(message)
            case MarkChanged() | AlgorithmDue():
                self._parents(ctx).hear(message)
            case EngineStarted():
                ctx.record(ReadinessSet(message.generation, ready=False))
            case RecoveryDone():
                self.on_recovery_done(message, ctx)
            case GetSummary():
                ctx.reply(self.state.summary())
            case GetAlgorithms():
                ctx.reply(self._parents(ctx).view())
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
            tell_refused(refused_event(message.signal_id, message.symbol, fault), ctx)
        elif message.signal.is_entry:
            ctx.tell(names.RISK_GATE, RequestEntry(intent_id, message))
        else:
            self._make_way(message, ctx)
            ctx.tell(names.POSITION_MONITOR, RequestClose(intent_id, message))

    def on_execute_algorithm(self, message: ExecuteAlgorithm, ctx: Context) -> None:
        """Give the algorithm an intent and have it judged whole."""
        intent_id, signal = str(self.state.intents + 1), message.signal
        ctx.record(CommandTaken(signal.signal_id, intent_id, signal.symbol, ctx.now))
        fault = fault_of(signal) or self._parents(ctx).fault_of(message)
        if fault is None and signal.signal.is_entry:
            fault = self._unresolved(signal.symbol, ctx.now)
        if fault is not None:
            ctx.record(SignalEnded(signal.signal_id, intent_id, REFUSED, fault.guard))
            tell_refused(refused_event(signal.signal_id, signal.symbol, fault), ctx)
            return
        if not signal.signal.is_entry:
            self._make_way(signal, ctx)
        self._parents(ctx).take(intent_id, message)

    def on_cancel_order(self, message: CancelOrder, ctx: Context) -> None:
        """Cancel what is still open of a signal, or waits to be looked at."""
        waits = self._take_back(
            ctx, message.command_id, lambda each: each.signal_id == message.signal_id
        )
        signal = self.state.open.get(message.signal_id)
        parent = None if signal is None else self.state.parents.get(signal.intent_id)
        if parent is not None:
            self._parents(ctx).cancel(parent, f"cancelled by {message.command_id}")
        elif signal is not None:
            ctx.tell(names.RISK_GATE, CancelIntent(message.command_id, signal.intent_id))
        elif not waits:
            self._refuse_command(message.command_id, f"no open signal {message.signal_id}", ctx)

    def on_amend_order(self, message: AmendOrder, ctx: Context) -> None:
        """Amend the resting entry of a signal."""
        signal = self.state.open.get(message.signal_id)
        if signal is None:
            self._refuse_command(message.command_id, f"no open signal {message.signal_id}", ctx)
        else:
            price, quantity = message.price, message.quantity
            amend = AmendIntent(message.command_id, signal.intent_id, price, quantity)
            ctx.tell(names.ORDER_MANAGER, amend)

    def on_flatten_positions(self, message: FlattenPositions, ctx: Context) -> None:
        """Cancel entries, also those that wait, and close positions."""
        reason = message.reason or "flatten"
        self._take_back(ctx, message.command_id, lambda each: message.symbol in ("", each.symbol))
        self._parents(ctx).taken_back(message.symbol, reason, exits=True)
        ctx.tell(names.RISK_GATE, CancelEntries(message.symbol, reason, flattens=True))
        close = FlattenAll(message.command_id, message.symbol, reason, message.verified)
        ctx.tell(names.POSITION_MONITOR, close)

    def on_cancel_orders(self, message: CancelOrders, ctx: Context) -> None:
        """Cancel what rests, behind what is on its way; what waits to open anything ends."""
        self._take_back(ctx, message.command_id, lambda each: message.symbol in ("", each.symbol))
        reason = f"cancelled by {message.command_id}"
        self._parents(ctx).taken_back(message.symbol, reason, exits=False)
        ctx.tell(names.RISK_GATE, message)

    def on_word(self, message: ResumeTrading | ReconcileNow, ctx: Context) -> None:
        """Pass it on once: the same word must not lift a later halt; a halt passes every time."""
        if self.state.knows(message.command_id):
            return ctx.log("command_repeated", id=message.command_id)
        ctx.record(CommandTaken(message.command_id, "", "", ctx.now))
        if isinstance(message, ResumeTrading):
            return ctx.tell(names.CIRCUIT_BREAKER, message, urgent=True)
        return ctx.tell(names.RECONCILER, CheckPositions(f"{message.reason} ({message.by})"))

    def on_refused(self, message: ApprovalRefused | CloseRefused, ctx: Context) -> None:
        """A guard said no: that is the signal's terminal event."""
        if message.intent_id not in self.state.by_intent:
            ctx.log("refusal_repeated", signal_id=message.signal_id, guard=message.guard)
            return
        refusal = Refusal(message.guard, message.figure, message.limit)
        ctx.record(SignalEnded(message.signal_id, message.intent_id, REFUSED, refusal.guard))
        event = refused_event(message.signal_id, message.symbol, refusal)
        if isinstance(message, ApprovalRefused):
            event = evolve(event, mark=message.mark, drawdown_pct=message.drawdown_pct)
        tell_refused(event, ctx)
        if self.state.parents:
            self._parents(ctx).slice_refused(message.intent_id, refusal)

    def on_message_lost(self, message: MessageLost, ctx: Context) -> None:
        """End the signal whose wish no actor could handle: it never became an order."""
        signal = self.state.open.get(ctx.correlation) if message.message in WISHES else None
        if signal is None or signal.intent_id in self.state.parents:
            return
        lost = Refusal("message_lost", message.actor, message.message)
        ctx.record(SignalEnded(ctx.correlation, signal.intent_id, REFUSED, lost.guard))
        tell_refused(refused_event(ctx.correlation, signal.symbol, lost), ctx)

    def on_order_ended(self, message: OrderEnded, ctx: Context) -> None:
        """The order of a signal is over: publish its terminal event."""
        signal_id = self.state.by_intent.get(message.intent_id)
        if signal_id is None:
            return
        outcome = message.state.value
        ctx.record(SignalEnded(signal_id, message.intent_id, outcome, ""))
        ctx.tell(names.EVENT_BUS, terminal_event(signal_id, message))
        ctx.log("signal_ended", signal_id=signal_id, outcome=outcome, reason=message.reason)
        if self.state.parents:
            self._parents(ctx).slice_ended(message)

    def on_recovery_done(self, message: RecoveryDone, ctx: Context) -> None:
        """Say that entries are possible, and run what waited; an earlier start's word is late."""
        if self.state.ready or message.generation < self.state.generation:
            return
        ctx.record(ReadinessSet(message.generation, ready=True))
        ctx.tell(names.EVENT_BUS, EngineReady(message.generation))
        self._parents(ctx).ready()
        if self.state.deferred:
            ctx.tell(ctx.me, _RunNext())

    def on_run_next(self, ctx: Context) -> None:
        """Run one command that waited; the next has its own step."""
        if not (self.state.ready and self.state.deferred):
            return
        ctx.record(DeferredRun())
        self._run(self.state.deferred[0], ctx)
        ctx.tell(ctx.me, _RunNext())

    def on_sweep(self, ctx: Context) -> None:
        """Report every signal that has been open for longer than its time."""
        ctx.after(SWEEP_NS, _Sweep(), key="sweep")
        overdue = self.state.overdue(ctx.now, self._signal_timeout_ms)
        for signal_id, signal, waiting_ms in overdue:
            ctx.tell(names.EVENT_BUS, OrderUnresolved(signal_id, signal.symbol, waiting_ms))

    def resume(self, ctx: Context) -> None:
        """Keep looking at the open signals, and go on with what waits."""
        ctx.after(SWEEP_NS, _Sweep(), key="sweep")
        if self.state.deferred:
            ctx.tell(ctx.me, _RunNext())
        self._parents(ctx).resume()

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._signals_kept)

    def _take_or_defer(self, command: Order, ctx: Context) -> None:
        """Run a command once, now or after the first reconciliation."""
        state = self.state
        if state.knows(id_of(command)):
            ctx.log("command_repeated", id=id_of(command))
        elif must_wait(command) and not (state.ready and not state.deferred):
            self._defer(command, ctx)
        else:
            self._run(command, ctx)

    def _defer(self, command: Deferred, ctx: Context) -> None:
        waiting = len(self.state.deferred)
        signal = wish_of(command)
        if waiting < DEFERRED_MAX:
            ctx.record(CommandDeferred(command))
        elif signal is not None:
            self._drop(signal, Refusal("queue_full", str(waiting), str(DEFERRED_MAX)), ctx)
        else:
            self._refuse_command(id_of(command), "too many commands wait for readiness", ctx)

    def _run(self, command: Order, ctx: Context) -> None:
        match command:
            case SubmitSignal():
                self.on_submit_signal(marked(command, self.state), ctx)
                return
            case ExecuteAlgorithm():
                signal = marked(command.signal, self.state)
                self.on_execute_algorithm(evolve(command, signal=signal), ctx)
                return
            case CancelOrder():
                self.on_cancel_order(command, ctx)
            case AmendOrder():
                self.on_amend_order(command, ctx)
            case FlattenPositions():
                self.on_flatten_positions(command, ctx)
            case CancelOrders():
                self.on_cancel_orders(command, ctx)
            case LookForOrder() | EndOrder():
                ctx.tell(names.ORDER_MANAGER, command)
            case _:
                assert_never(command)
        ctx.record(CommandTaken(id_of(command), "", "", ctx.now))

    def _make_way(self, exit_: SubmitSignal, ctx: Context) -> None:
        """End what would still open what an exit wants closed."""
        self._take_back(ctx, exit_.signal_id, lambda each: is_taken_back(each, exit_))
        self._parents(ctx).exited(exit_)
        self._take_back_approved(exit_, ctx)

    def _parents(self, ctx: Context) -> Parents:
        return Parents(self.state, ctx)

    def _take_back(self, ctx: Context, by: str, is_meant: Callable[[SubmitSignal], bool]) -> bool:
        """End the waiting entries that a later command takes back; say whether there were any."""
        wishes = [wish_of(each) for each in self.state.deferred]
        meant = [each for each in wishes if each is not None and is_meant(each)]
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
        for signal_id, signal, _ in self.state.overdue(now_ns, self._signal_timeout_ms):
            if signal.symbol == symbol:
                return Refusal("unresolved", signal_id, str(self._signal_timeout_ms))
        return None

    def _drop(self, signal: SubmitSignal, refusal: Refusal, ctx: Context) -> None:
        """Refuse a signal that has no intent yet."""
        ctx.record(SignalDropped(signal.signal_id, refusal.guard))
        tell_refused(refused_event(signal.signal_id, signal.symbol, refusal), ctx)

    def _refuse_command(self, command_id: str, reason: str, ctx: Context) -> None:
        ctx.tell(names.EVENT_BUS, CommandRefused(command_id, reason))
