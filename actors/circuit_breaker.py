"""CircuitBreaker: whether risk may be opened at all.

Owns the trading state, latched, and the epoch, which only grows; and the venue breaker, which
closes by itself (`venue_breaker.py`). HALTED never blocks a verified reducing order. A trip is told
urgently to the gate, the queue, the manager and every lane before anything else happens; what
follows is in `trip_sequence.py`. A loss at the wall of HALTED also closes our positions. Only a
person resumes, with a reason, not before the cooldown of a loss or an emergency is over, and not
while its cause stands; a drawdown stands until a person's resume sets the peak anew. State survives
a restart. Bound: one reason a symbol, one word an emergency source. Walls: register, C-10.
"""

from collections.abc import Iterator
from typing import assert_never

from attrs import evolve

from ..messages.account import AccountChanged, ResetPeak
from ..messages.control import (
    JournalFailed,
    JournalRecovered,
    TradingStateChanged,
    TripBreaker,
    TripHooksEnded,
)
from ..messages.events import AlertRaised, CommandRefused, TradingStateReported
from ..messages.failure import EscalateFailure, VenueAnswered
from ..messages.intake import EmergencyStateChanged, HaltTrading, ResumeTrading
from ..messages.positions import OpenReported
from ..messages.queries import EngineStatus, GetStatus
from ..messages.stream import BackfillDone
from ..messages.values import EscalationLevel, Severity, TradingState
from ..messages.venue import LaneStarted
from . import names
from .breaker_facts import (
    PRIVATE,
    BreakerState,
    EmergencyNoted,
    Fact,
    JournalNoted,
    ResumeWaits,
    StateSet,
    SymbolReduced,
    WallTouched,
    apply_fact,
)
from .policies.loss_walls import LossLimits, Wall, find_wall, is_stricter
from .runtime.actor import Actor, Context
from .settings import BreakerSettings
from .trip_sequence import FlatDue, HooksDue, TripSequence
from .venue_breaker import ProbeDue, VenueBreaker, health_limits

MS = 1_000_000
CALM_STATES = ("OK", "NORMAL", "ARMED", "CLEAR")
"""Words of an emergency-stop source that mean "no emergency"; any other halts entries."""

Inbox = (
    HaltTrading
    | ResumeTrading
    | EmergencyStateChanged
    | TripBreaker
    | EscalateFailure
    | VenueAnswered
    | AccountChanged
    | JournalFailed
    | JournalRecovered
    | LaneStarted
    | TripHooksEnded
    | OpenReported
    | BackfillDone
    | GetStatus
    | HooksDue
    | FlatDue
    | ProbeDue
)

LISTENERS = (
    names.RISK_GATE,
    names.ORDER_QUEUE,
    names.ORDER_MANAGER,
    names.LANE_OPENING,
    names.LANE_REDUCING,
)


class CircuitBreaker(Actor):
    """Latched; the most restrictive source wins."""

    State = BreakerState
    private = (HooksDue, FlatDue, ProbeDue, *PRIVATE)
    state: BreakerState

    def __init__(self, settings: BreakerSettings) -> None:
        super().__init__()
        self._settings = settings
        self._health = health_limits(settings)
        self._limits = LossLimits(
            settings.daily_reduce_pct, settings.daily_halt_pct, settings.drawdown_halt_pct
        )

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case HaltTrading():
                self._trip(TradingState.HALTED, f"{message.by}: {message.reason}", ctx)
            case ResumeTrading():
                self.on_resume_trading(message, ctx)
            case EmergencyStateChanged():
                self.on_emergency_state_changed(message, ctx)
            case TripBreaker():
                self._trip(message.state, message.reason, ctx)
            case EscalateFailure():
                self.on_escalate_failure(message, ctx)
            case VenueAnswered():
                self._venue(ctx).answered()
            case AccountChanged():
                self.on_account_changed(message, ctx)
            case JournalFailed():
                self.on_journal_failed(message, ctx)
            case JournalRecovered():
                self.on_journal_recovered(ctx)
            case LaneStarted():
                ctx.tell(message.lane, self.state.told(), urgent=True)
            case TripHooksEnded():
                self._sequence(ctx).hooks_ended(message)
            case OpenReported():
                self._sequence(ctx).open_reported(message)
            case BackfillDone():
                self._tell(self._venue(ctx).compared(message), ctx)
            case GetStatus():
                self.on_get_status(ctx)
            case HooksDue():
                self._sequence(ctx).hooks_due(message)
            case FlatDue():
                self._sequence(ctx).flat_due()
            case ProbeDue():
                self._venue(ctx).probe_due()
            case _:
                assert_never(message)

    def on_resume_trading(self, message: ResumeTrading, ctx: Context) -> None:
        """Allow trading again; after a loss only later, and not while it stands."""
        refusal = next(self._obstacles(message, ctx), "")
        if refusal:
            ctx.tell(names.EVENT_BUS, CommandRefused(message.command_id, refusal))
        elif self.state.wall.of_peak_alone:
            # The account answers with its losses from the new peak, which end the wait.
            ctx.record(ResumeWaits(message))
            ctx.tell(names.ACCOUNT, ResetPeak(_resumed(message)))
        else:
            self._resume(message, ctx)

    def on_emergency_state_changed(self, message: EmergencyStateChanged, ctx: Context) -> None:
        """CRITICAL, and any word that is not known to be calm, halts."""
        is_calm = message.state.upper() in CALM_STATES
        word = "" if is_calm else message.state or "nothing"
        if word != self.state.emergencies.get(message.source, ""):
            ctx.record(EmergencyNoted(message.source, word, ctx.now))
        if not is_calm:
            self._trip(TradingState.HALTED, f"{message.source} reports {word}", ctx)

    def on_escalate_failure(self, message: EscalateFailure, ctx: Context) -> None:
        """A failure concerns more than its order."""
        match message.level:
            case EscalationLevel.SYMBOL:
                self._reduce_symbol(message.symbol, message.reason, ctx)
            case EscalationLevel.ACCOUNT:
                self._trip(TradingState.REDUCING, message.reason, ctx)
            case EscalationLevel.ENGINE:
                self._trip(TradingState.HALTED, message.reason, ctx)
            case EscalationLevel.VENUE:
                self._tell(self._venue(ctx).failed(message), ctx)
            case EscalationLevel.ORDER:
                ctx.log("order_escalation", reason=message.reason)
            case _:
                assert_never(message.level)

    def on_account_changed(self, message: AccountChanged, ctx: Context) -> None:
        """Compare the losses with their walls; the first hit wins (C-10)."""
        wall = find_wall(
            self._limits,
            equity=message.equity,
            day_start=message.day_start_equity,
            peak=message.peak_equity,
        )
        before = self.state.wall
        if (wall.state, wall.of_peak_alone) == (before.state, before.of_peak_alone):
            return
        ctx.record(WallTouched(wall, ctx.now))
        self._end_wait(wall, ctx)
        if is_stricter(wall.state, before.state):
            flattens = wall.state is TradingState.HALTED
            self._trip(wall.state, wall.text, ctx, flattens=flattens)

    def on_journal_failed(self, message: JournalFailed, ctx: Context) -> None:
        """What cannot be written down must not be risked; a person resumes."""
        if message.reason != self.state.journal:
            ctx.record(JournalNoted(message.reason))
            self._trip(TradingState.REDUCING, f"the journal cannot write: {message.reason}", ctx)

    def on_journal_recovered(self, ctx: Context) -> None:
        """The journal stands in the way of a resume no more."""
        if self.state.journal:
            ctx.record(JournalNoted(""))

    def on_get_status(self, ctx: Context) -> None:
        """Answer with the state of trading."""
        state = self.state
        ctx.reply(
            EngineStatus(
                trading_state=state.state,
                epoch=state.epoch,
                reason=state.reason or state.journal,
                held_symbols=tuple(state.reducing),
                venue_open=state.venue_open,
            )
        )

    def resume(self, ctx: Context) -> None:
        """Tell everybody the latched state; a restart forgets none of it."""
        self._tell(self.state.told(), ctx)
        self._sequence(ctx).resume()
        if not self.state.venue_open:
            self._venue(ctx).wait()
        if self.state.resuming is not None:
            ctx.tell(names.ACCOUNT, ResetPeak(_resumed(self.state.resuming)))

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._health)

    def _obstacles(self, message: ResumeTrading, ctx: Context) -> Iterator[str]:
        """Say what stands in the way of a resume, the cause before the clock."""
        state = self.state
        if state.journal:
            yield f"the journal cannot write: {state.journal}"
        if not message.reason.strip():
            yield "resume needs a reason"
        if state.resuming is not None:
            yield f"{state.resuming.command_id} waits for the peak to be set anew"
        for source, word in state.emergencies.items():
            yield f"the emergency stands: {source} reports {word}"
        if state.wall.state is not TradingState.ACTIVE and not state.wall.of_peak_alone:
            yield f"the loss stands: {state.wall.text}"
        left_ms = self._settings.cooldown_ms - (ctx.now - state.cooling_since_ns) // MS
        if state.cooling and left_ms > 0:
            yield f"{state.cooling} tripped the breaker; {left_ms} ms of its cooldown are left"

    def _end_wait(self, wall: Wall, ctx: Context) -> None:
        """A resume that waited for the new peak is carried out, or refused for another loss."""
        waiting = self.state.resuming
        if waiting is None:
            return
        ctx.record(ResumeWaits(None))
        if wall.state is TradingState.ACTIVE:
            self._resume(waiting, ctx)
        else:
            refused = CommandRefused(waiting.command_id, f"the loss stands: {wall.text}")
            ctx.tell(names.EVENT_BUS, refused)

    def _resume(self, message: ResumeTrading, ctx: Context) -> None:
        reason = _resumed(message)
        if self.state.state is TradingState.ACTIVE and not self.state.reducing:
            # A new epoch would fence approvals that nothing speaks against.
            report = TradingStateReported(TradingState.ACTIVE, self.state.epoch, reason)
            ctx.tell(names.EVENT_BUS, report)
            return
        self._set(TradingState.ACTIVE, reason, ctx)

    def _trip(
        self, state: TradingState, reason: str, ctx: Context, *, flattens: bool = False
    ) -> None:
        """Become stricter, never less strict than now, and let the sequence of a trip follow."""
        epoch = self.state.epoch
        becomes_stricter = is_stricter(state, self.state.state)
        if becomes_stricter:
            epoch = self._set(state, reason, ctx)
            name = "trading_halted" if state is TradingState.HALTED else "trading_reduced"
            ctx.tell(names.EVENT_BUS, AlertRaised(Severity.CRITICAL, name, "account", reason))
        if becomes_stricter or flattens:
            self._sequence(ctx).begin(state, epoch, reason, flattens=flattens)

    def _set(self, state: TradingState, reason: str, ctx: Context) -> int:
        epoch = self.state.epoch + 1
        ctx.record(StateSet(state, epoch, reason, ctx.now))
        told = evolve(self.state.told(), state=state, epoch=epoch, reason=reason)
        if state is TradingState.ACTIVE:
            told = evolve(told, reducing_symbols=())
        self._tell(told, ctx)
        ctx.tell(names.EVENT_BUS, TradingStateReported(state, epoch, reason))
        ctx.log("trading_state_changed", state=state, reason=reason)
        return epoch

    def _reduce_symbol(self, symbol: str, reason: str, ctx: Context) -> None:
        if symbol in self.state.reducing:
            return
        epoch = self.state.epoch + 1
        ctx.record(SymbolReduced(symbol, epoch, reason))
        alert = AlertRaised(Severity.CRITICAL, "symbol_reducing", symbol, reason)
        ctx.tell(names.EVENT_BUS, alert)
        symbols = (*self.state.reducing, symbol)
        self._tell(evolve(self.state.told(), epoch=epoch, reducing_symbols=symbols), ctx)

    def _tell(self, told: TradingStateChanged | None, ctx: Context) -> None:
        """Tell everybody who could open risk, before anything else; None has nothing new."""
        if told is not None:
            for name in LISTENERS:
                ctx.tell(name, told, urgent=True)

    def _sequence(self, ctx: Context) -> TripSequence:
        return TripSequence(self.state, self._settings, ctx)

    def _venue(self, ctx: Context) -> VenueBreaker:
        return VenueBreaker(self.state, self._settings, ctx)


def _resumed(message: ResumeTrading) -> str:
    by = ", ".join(message.approvals) or "operator"
    return f"resumed by {by}: {message.reason}"
