"""Supervisor: the one who decides about failures, of attempts and of actors.

Owns the restart windows of the tree, the retry budget and the backoff. Retry is its directive and
nobody else retries; a crashed actor is rebuilt by its word. Bounds: the windows of the tree, the
budget of `retries_in_30s_max` repetitions; past the root of the tree trading is halted. A pause
that the venue asks for is counted once, however many orders hear of it. A message of the core that
fails twice is lost, and no new risk is taken until a person has looked; intake hears of it, too.
"""

from itertools import chain
from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import MessageLost, TripBreaker
from ..messages.events import AlertRaised, SystemFailed
from ..messages.failure import ClassifyFailure, EscalateFailure, FailureClassified, RetryDirective
from ..messages.lifecycle import ENGINE_STOPS, ActorFailed, HighWaterPassed, Terminated
from ..messages.market import ClockChanged
from ..messages.values import Action, ErrorKind, EscalationLevel, Priority, Severity, TradingState
from . import names
from .policies.error_table import Verdict, pause_until_ms
from .policies.retry import Directive, RetrySettings, decide, policies_of
from .policies.retry_pace import paced_settings, recent
from .policies.venue_health import is_silent
from .runtime.actor import Actor, Context
from .runtime.supervision import FailureLog, Group, Strategy
from .runtime.supervision import decide as decide_restart
from .settings import OrderSettings, RetryFigures

BUDGET_WINDOW_NS = 30_000_000_000
PAUSES_IN_ROW_MS = 60_000
"""A pause that begins so soon after the end of another goes on with its row."""
MS = 1_000_000

TREE: tuple[Group, ...] = (
    Group("engine", Strategy.ONE_FOR_ALL, ("core", "wires", "outputs"), intensity=3),
    Group(
        "core",
        Strategy.ONE_FOR_ONE,
        tuple(name for name in names.CORE if name != names.SUPERVISOR),
        intensity=10,
        period_ns=BUDGET_WINDOW_NS,
    ),
    Group(
        "wires",
        Strategy.ONE_FOR_ONE,
        (names.LANE_REDUCING, names.LANE_OPENING, names.USER_SOCKET, names.MARKET_SOCKET),
        intensity=5,
        backoff_base_ns=100_000_000,
    ),
    Group(
        "outputs",
        Strategy.ONE_FOR_ONE,
        (names.EVENT_BUS, names.JOURNAL, names.TRIP_HOOKS),
        intensity=5,
    ),
)
"""A rebuilt actor folds its facts, so its neighbours need no rebuild: one for one, bounded."""


@frozen
class _RestartDue:
    """A backoff is over."""

    actors: tuple[str, ...]
    redeliver: bool
    failed: str


@frozen
class FailureNoted:
    """Fact: an actor failed, in the windows of these groups."""

    groups: tuple[tuple[str, int], ...]
    actor: str
    message_id: str


@frozen
class RetrySpent:
    """Fact: a repetition was taken from the budget."""

    at_ns: int


@frozen
class FailureCounted:
    """Fact: a request failed in this way."""

    kind: ErrorKind
    at_ns: int


@frozen
class PauseNoted:
    """Fact: the venue wants no requests until this venue time, the n-th time in a row."""

    until_ms: int
    consecutive: int


@frozen
class ClockNoted:
    """Fact: the venue's clock, for bounds in venue time."""

    offset_ns: int


@define
class SupervisorState:
    """What the supervisor remembers."""

    failures: FailureLog = field(factory=FailureLog)
    retries: list[int] = field(factory=list[int])
    kinds: dict[str, list[int]] = field(factory=dict[str, list[int]])
    """Kind of failure -> when it came lately, oldest first."""
    pause_until_ms: int = 0
    pauses: int = 0
    """Pauses in a row, each begun soon after the end of the one before."""
    offset_ns: int = 0


Inbox = FailureClassified | ActorFailed | Terminated | HighWaterPassed | ClockChanged | _RestartDue
Fact = FailureNoted | RetrySpent | FailureCounted | PauseNoted | ClockNoted


class Supervisor(Actor):
    """Retry and restart, by policy."""

    State = SupervisorState
    private = (_RestartDue, FailureNoted, RetrySpent, FailureCounted, PauseNoted, ClockNoted)
    state: SupervisorState

    def __init__(
        self, settings: OrderSettings, figures: RetryFigures, tree: tuple[Group, ...] = TREE
    ) -> None:
        super().__init__()
        self._settings = settings
        self._figures = figures
        self._retry = RetrySettings(jitter=settings.jitter, policies=policies_of(figures))
        self._tree = tree

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case FailureClassified():
                self.on_failure_classified(message, ctx)
            case ActorFailed():
                self.on_actor_failed(message, ctx)
            case _RestartDue():
                self.on_restart_due(message, ctx)
            case Terminated():
                self.on_terminated(message, ctx)
            case HighWaterPassed():
                self.on_high_water_passed(message, ctx)
            case ClockChanged():
                ctx.record(ClockNoted(message.offset_ns))
            case _:
                assert_never(message)

    def resume(self, ctx: Context) -> None:
        """Hear of every core actor that is gone for good."""
        core = (group.children for group in self._tree if group.name == "core")
        for name in chain.from_iterable(core):
            ctx.watch(name)

    def on_failure_classified(self, message: FailureClassified, ctx: Context) -> None:
        """Decide about an attempt, and tell those whom it concerns."""
        failure = message.failure
        directive = self._decide(message, ctx)
        if directive.action in (Action.REDELIVER, Action.FIX_AND_REDELIVER):
            ctx.record(RetrySpent(ctx.now))
        ctx.tell(
            names.ORDER_MANAGER,
            RetryDirective(
                client_order_id=failure.client_order_id,
                attempt=failure.attempt,
                operation=failure.operation,
                kind=message.kind,
                outcome=message.outcome,
                action=directive.action,
                fix=directive.fix,
                delay_ms=directive.delay_ms,
                reason=directive.reason,
                error_type=message.error_type,
                severity=message.severity,
                attempts_max=1 + self._retry.policies[message.error_type].retries_max,
                status=failure.status,
                code=failure.code,
                text=failure.text,
            ),
        )
        level = directive.escalate or EscalationLevel.ORDER
        if level is EscalationLevel.ORDER and is_silent(failure.phase, failure.status):
            level = EscalationLevel.VENUE
        if level is not EscalationLevel.ORDER:
            self._escalate(message, level, directive.reason, ctx)

    def on_actor_failed(self, message: ActorFailed, ctx: Context) -> None:
        """Rebuild what the tree says, at once or after its backoff."""
        log = self.state.failures
        decision = decide_restart(
            self._tree, log, actor=message.actor, message_id=message.message_id, now=ctx.now
        )
        ctx.record(FailureNoted(decision.failures, message.actor, message.message_id))
        text = f"{message.error}: {message.text}"
        alert = AlertRaised(Severity.CRITICAL, "actor_failed", message.actor, text)
        ctx.tell(names.EVENT_BUS, alert)
        ctx.tell(names.EVENT_BUS, SystemFailed(message.actor, "actor_failed", text))
        is_core = message.actor in names.CORE
        is_poison = log.poison.get(message.actor) == message.message_id
        if is_core and is_poison:
            self._lose(message, ctx)
        if decision.halted:
            reason = f"{message.actor} fails again and again: {text}"
            ctx.tell(names.CIRCUIT_BREAKER, TripBreaker(TradingState.HALTED, reason))
            # What the core was told is not to blame for the failures before it.
            ctx.restart(message.actor, redeliver=is_core and not is_poison)
            return
        due = _RestartDue(decision.actors, decision.redeliver, message.actor)
        if decision.delay_ns:
            ctx.after(decision.delay_ns, due, key=f"restart/{message.actor}")
        else:
            self.on_restart_due(due, ctx)

    def _lose(self, message: ActorFailed, ctx: Context) -> None:
        """A message that failed twice is given up, so somebody may know less than he should."""
        text = f"{message.actor} cannot handle {message.message} {message.message_id}: it is lost"
        ctx.tell(
            names.EVENT_BUS,
            AlertRaised(Severity.CRITICAL, "message_lost", message.actor, text),
        )
        ctx.tell(names.EVENT_BUS, SystemFailed(message.actor, "message_lost", text))
        ctx.tell(names.CIRCUIT_BREAKER, TripBreaker(TradingState.REDUCING, text))
        ctx.tell(names.EXECUTION_SYSTEM, MessageLost(message.actor, message.message))

    def on_restart_due(self, message: _RestartDue, ctx: Context) -> None:
        """Rebuild, in start order; only the actor that failed gets its message again."""
        for name in message.actors:
            ctx.restart(name, redeliver=message.redeliver and name == message.failed)

    def on_terminated(self, message: Terminated, ctx: Context) -> None:
        """Say that an actor is gone for good, unless all of them go."""
        if message.reason == ENGINE_STOPS:
            ctx.log("actor_stopped", actor=message.actor)
            return
        alert = AlertRaised(Severity.CRITICAL, "actor_stopped", message.actor, message.reason)
        ctx.tell(names.EVENT_BUS, alert)
        ctx.tell(names.EVENT_BUS, SystemFailed(message.actor, "actor_stopped", message.reason))

    def on_high_water_passed(self, message: HighWaterPassed, ctx: Context) -> None:
        """The core is flooded: stop opening risk."""
        reason = f"{message.depth} messages wait in the core, the mark is {message.mark}"
        ctx.tell(names.CIRCUIT_BREAKER, TripBreaker(TradingState.REDUCING, reason))

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case FailureNoted():
                for group, at in fact.groups:
                    times = state.failures.times.setdefault(group, [])
                    state.failures.times[group] = [*times[-31:], at]
                state.failures.poison[fact.actor] = fact.message_id
            case RetrySpent():
                since = fact.at_ns - BUDGET_WINDOW_NS
                state.retries = [*(at for at in state.retries if at > since), fact.at_ns]
            case FailureCounted():
                times = [*state.kinds.get(fact.kind.value, ()), fact.at_ns]
                state.kinds[fact.kind.value] = recent(times, self._figures, fact.at_ns)
            case PauseNoted():
                state.pause_until_ms, state.pauses = fact.until_ms, fact.consecutive
            case ClockNoted():
                state.offset_ns = fact.offset_ns
            case _:
                assert_never(fact)

    def _decide(self, message: FailureClassified, ctx: Context) -> Directive:
        failure = message.failure
        now_ms = (ctx.now + self.state.offset_ns) // MS
        spent = sum(1 for at in self.state.retries if ctx.now - at < BUDGET_WINDOW_NS)
        pause = self._pause(failure, now_ms, ctx)
        ctx.record(FailureCounted(message.kind, ctx.now))
        earlier = recent(self.state.kinds.get(message.kind.value, []), self._figures, ctx.now)
        return decide(
            Verdict(
                message.kind, message.outcome, message.error_type, message.severity, message.rule
            ),
            attempt=failure.attempt,
            is_reducing=failure.priority is Priority.REDUCING,
            leg=failure.leg,
            now_ms=now_ms,
            send_by_ms=failure.send_by_ms or None,
            deadline_ms=failure.deadline_ms or None,
            budget_left=self._settings.retries_in_30s_max - spent,
            uniform=ctx.random() if self._settings.jitter else 0.5,
            settings=paced_settings(self._retry, message.error_type, len(earlier), self._figures),
            not_before_ms=pause,
            fixes_tried=failure.fixes_tried,
        )

    def _pause(self, failure: ClassifyFailure, now_ms: int, ctx: Context) -> int | None:
        """Return until when the venue wants no more requests; those of one pause count as one."""
        state = self.state
        is_another = now_ms >= state.pause_until_ms
        is_in_row = now_ms - state.pause_until_ms < PAUSES_IN_ROW_MS
        consecutive = (state.pauses if is_in_row else 0) + is_another
        seconds = failure.retry_after_s
        headers = {"Retry-After": str(seconds)} if seconds >= 0 else {}
        until_ms = pause_until_ms(
            failure.status, failure.code or None, failure.text, headers, now_ms, consecutive
        )
        if until_ms is not None and until_ms > state.pause_until_ms:
            ctx.record(PauseNoted(until_ms, consecutive))
        return until_ms

    def _escalate(
        self,
        message: FailureClassified,
        level: EscalationLevel,
        reason: str,
        ctx: Context,
    ) -> None:
        escalation = EscalateFailure(level, message.kind, message.failure.symbol, reason)
        ctx.tell(names.CIRCUIT_BREAKER, escalation)
