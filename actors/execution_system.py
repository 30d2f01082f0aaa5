"""ExecutionSystem: intake. A command comes in once, and ends in at most one terminal event.

Owns the idempotency of signals and commands and the numbers of intents. What is told before the
first reconciliation waits and runs after it. Within `signal_timeout_ms` a signal ends, or is
reported unresolved, again and again. Bound: `signals_kept` finished commands are remembered; an
older id could run again.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import EngineStarted, RecoveryDone
from ..messages.events import (
    AlertRaised,
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
    FlattenPositions,
    HaltTrading,
    HostCommand,
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
)
from ..messages.positions import CloseRefused, FlattenAll, RequestClose
from ..messages.queries import GetSummary, SummaryView
from ..messages.values import OrderState, Severity
from . import names
from .policies.signal_rules import fault_of
from .runtime.actor import Actor, Context

MS = 1_000_000
SWEEP_NS = 60_000_000_000
"""How often open signals are looked at for their time T."""
DEFERRED_MAX = 1_000


@frozen
class _Sweep:
    """Look for signals that have been open for too long."""


@frozen
class CommandTaken:
    """Fact: a command was taken; a signal has an intent from here on."""

    command_id: str
    intent_id: str
    symbol: str
    at_ns: int


@frozen
class CommandDeferred:
    """Fact: a command waits for the first reconciliation."""

    command: HostCommand


@frozen
class DeferredRun:
    """Fact: the first waiting command is being run."""


@frozen
class SignalEnded:
    """Fact: a signal had its terminal event."""

    signal_id: str
    intent_id: str
    outcome: str
    refused_by: str


@frozen
class ReadinessSet:
    """Fact: whether commands run."""

    generation: int
    ready: bool


@define
class Open:
    """A signal without a terminal event yet."""

    intent_id: str
    symbol: str
    at_ns: int


@define
class IntakeState:
    """Open and finished commands."""

    generation: int = 0
    ready: bool = False
    intents: int = 0
    open: dict[str, Open] = field(factory=dict[str, Open])
    """By signal id."""
    by_intent: dict[str, str] = field(factory=dict[str, str])
    finished: dict[str, str] = field(factory=dict[str, str])
    """Command or signal id -> outcome, oldest first."""
    deferred: list[HostCommand] = field(factory=list[HostCommand])
    signals: int = 0
    refusals: dict[str, int] = field(factory=dict[str, int])
    outcomes: dict[str, int] = field(factory=dict[str, int])


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
)
Fact = CommandTaken | CommandDeferred | DeferredRun | SignalEnded | ReadinessSet


class ExecutionSystem(Actor):
    """Once in, once out."""

    State = IntakeState
    private = (_Sweep, CommandTaken, CommandDeferred, DeferredRun, SignalEnded, ReadinessSet)
    state: IntakeState

    def __init__(self, signal_timeout_ms: int, signals_kept: int) -> None:
        super().__init__()
        self._signal_timeout_ms = signal_timeout_ms
        self._signals_kept = signals_kept

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901 - one arm a message
        """Handle one message."""
        match message:
            case SubmitSignal() | CancelOrder() | AmendOrder() | FlattenPositions():
                self._take_or_defer(message, ctx)
            case HaltTrading() | ResumeTrading() | EmergencyStateChanged():
                ctx.tell(names.CIRCUIT_BREAKER, message, urgent=True)
            case PolicyChanged():
                ctx.tell(names.RISK_GATE, message)
            case ApprovalRefused() | CloseRefused():
                self.on_refused(message, ctx)
            case OrderEnded():
                self.on_order_ended(message, ctx)
            case OrderCorrected():
                self.on_order_corrected(message, ctx)
            case EngineStarted():
                ctx.record(ReadinessSet(message.generation, ready=False))
            case RecoveryDone():
                self.on_recovery_done(message, ctx)
            case GetSummary():
                self.on_get_summary(ctx)
            case _Sweep():
                self.on_sweep(ctx)
            case _:
                assert_never(message)

    def on_submit_signal(self, message: SubmitSignal, ctx: Context) -> None:
        """Give the signal an intent and send it to the one who can judge it."""
        intent_id = str(self.state.intents + 1)
        ctx.record(CommandTaken(message.signal_id, intent_id, message.symbol, ctx.now))
        fault = fault_of(message)
        if fault:
            self._refuse(message.signal_id, intent_id, message.symbol, fault, ctx)
        elif message.signal.is_entry:
            ctx.tell(names.RISK_GATE, RequestEntry(intent_id, message))
        else:
            ctx.tell(names.POSITION_MONITOR, RequestClose(intent_id, message))

    def on_cancel_order(self, message: CancelOrder, ctx: Context) -> None:
        """Cancel what is still open of a signal."""
        signal = self.state.open.get(message.signal_id)
        if signal is None:
            self._refuse_command(message.command_id, f"no open signal {message.signal_id}", ctx)
        else:
            ctx.tell(names.ORDER_MANAGER, CancelIntent(message.command_id, signal.intent_id))

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
        """Cancel entries and close positions."""
        reason = message.reason or "flatten"
        ctx.tell(names.ORDER_MANAGER, CancelEntries(message.symbol, reason))
        ctx.tell(names.POSITION_MONITOR, FlattenAll(message.command_id, message.symbol, reason))

    def on_refused(self, message: ApprovalRefused | CloseRefused, ctx: Context) -> None:
        """A guard said no: that is the signal's terminal event."""
        fault = (message.guard, message.figure, message.limit)
        self._refuse(message.signal_id, message.intent_id, message.symbol, fault, ctx)

    def on_order_ended(self, message: OrderEnded, ctx: Context) -> None:
        """The order of a signal is over: publish its terminal event."""
        signal_id = self.state.by_intent.get(message.intent_id)
        if signal_id is None:
            return
        outcome = message.state.value
        ctx.record(SignalEnded(signal_id, message.intent_id, outcome, ""))
        ctx.tell(names.EVENT_BUS, _terminal_event(signal_id, message))
        ctx.log("signal_ended", signal_id=signal_id, outcome=outcome, reason=message.reason)

    def on_order_corrected(self, message: OrderCorrected, ctx: Context) -> None:
        """A late fill corrects the terminal event that was published."""
        ctx.tell(names.EVENT_BUS, message)

    def on_recovery_done(self, message: RecoveryDone, ctx: Context) -> None:
        """Say that entries are possible, and run what waited, one a step."""
        if not self.state.ready:
            ctx.record(ReadinessSet(message.generation, ready=True))
            ctx.tell(names.EVENT_BUS, EngineReady(message.generation))
        if self.state.deferred:
            ctx.record(DeferredRun())
            self._run(self.state.deferred[0], ctx)
            ctx.tell(ctx.me, message)

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
        """Keep looking at the open signals."""
        ctx.after(SWEEP_NS, _Sweep(), key="sweep")

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case CommandTaken():
                self._take(fact)
            case CommandDeferred():
                state.deferred.append(fact.command)
            case DeferredRun():
                state.deferred = state.deferred[1:]
            case SignalEnded():
                state.open.pop(fact.signal_id, None)
                state.by_intent.pop(fact.intent_id, None)
                self._finish(fact.signal_id, fact.outcome)
                state.outcomes[fact.outcome] = state.outcomes.get(fact.outcome, 0) + 1
                if fact.refused_by:
                    refused = state.refusals.get(fact.refused_by, 0)
                    state.refusals[fact.refused_by] = refused + 1
            case ReadinessSet():
                state.generation, state.ready = fact.generation, fact.ready
            case _:
                assert_never(fact)

    def _take(self, fact: CommandTaken) -> None:
        state = self.state
        if not fact.intent_id:
            self._finish(fact.command_id, "TAKEN")
            return
        state.signals += 1
        state.intents += 1
        state.open[fact.command_id] = Open(fact.intent_id, fact.symbol, fact.at_ns)
        state.by_intent[fact.intent_id] = fact.command_id

    def _finish(self, command_id: str, outcome: str) -> None:
        finished = self.state.finished
        finished[command_id] = outcome
        while len(finished) > self._signals_kept:
            del finished[next(iter(finished))]

    def _take_or_defer(
        self,
        command: SubmitSignal | CancelOrder | AmendOrder | FlattenPositions,
        ctx: Context,
    ) -> None:
        """Run a command once, now or after the first reconciliation."""
        command_id = _id_of(command)
        if command_id in self.state.open or command_id in self.state.finished:
            ctx.log("command_repeated", id=command_id)
        elif self.state.ready and not self.state.deferred:
            self._run(command, ctx)
        elif any(_id_of(each) == command_id for each in self.state.deferred):
            ctx.log("command_repeated", id=command_id)
        elif len(self.state.deferred) >= DEFERRED_MAX:
            self._refuse_command(command_id, "too many commands wait for readiness", ctx)
        else:
            ctx.record(CommandDeferred(command))

    def _run(
        self,
        command: HostCommand,
        ctx: Context,
    ) -> None:
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
            case _:
                raise AssertionError(command)
        ctx.record(CommandTaken(_id_of(command), "", "", ctx.now))

    def _refuse(
        self,
        signal_id: str,
        intent_id: str,
        symbol: str,
        fault: tuple[str, str, str],
        ctx: Context,
    ) -> None:
        guard, figure, limit = fault
        ctx.record(SignalEnded(signal_id, intent_id, "REFUSED", guard))
        reason = f"{guard}: {figure} against {limit}"
        ctx.tell(names.EVENT_BUS, OrderRefused(signal_id, symbol, guard, figure, limit, reason))
        ctx.log("order_refused", signal_id=signal_id, guard=guard, figure=figure, limit=limit)

    def _refuse_command(self, command_id: str, reason: str, ctx: Context) -> None:
        ctx.tell(names.EVENT_BUS, CommandRefused(command_id, reason))
        alert = AlertRaised(Severity.INFO, "command_refused", command_id, reason)
        ctx.tell(names.EVENT_BUS, alert)


def _id_of(command: HostCommand) -> str:
    match command:
        case SubmitSignal():
            return command.signal_id
        case CancelOrder() | AmendOrder() | FlattenPositions() | HaltTrading() | ResumeTrading():
            return command.command_id
        case _:
            return f"{command.source}@{command.at_ms}"


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
