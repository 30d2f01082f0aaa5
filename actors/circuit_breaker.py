"""CircuitBreaker: whether risk may be opened at all.

Owns the trading state, latched, and the epoch, which only grows; and the venue breaker, which
closes by itself after a half-open probe. HALTED never blocks a verified reducing order. A trip is
told urgently to the gate, the queue, the manager and every lane; a loss at the wall of HALTED also
closes every position. Only a person resumes, with a reason, and not while the loss stands. State
survives a restart. Walls: register, C-10.
"""

from decimal import Decimal
from typing import assert_never

from attrs import evolve, frozen

from ..messages.account import AccountChanged
from ..messages.control import (
    JournalFailed,
    JournalRecovered,
    TradingStateChanged,
    TripBreaker,
)
from ..messages.events import AlertRaised, CommandRefused, TradingStateReported
from ..messages.failure import EscalateFailure, VenueAnswered
from ..messages.intake import EmergencyStateChanged, HaltTrading, ResumeTrading
from ..messages.positions import FlattenAll
from ..messages.queries import EngineStatus, GetStatus
from ..messages.values import ErrorKind, EscalationLevel, Severity, TradingState
from ..messages.venue import LaneStarted
from . import names
from .breaker_facts import (
    PRIVATE,
    BreakerState,
    Fact,
    JournalNoted,
    StateSet,
    SymbolReduced,
    VenueFailed,
    VenueWorks,
    WallTouched,
    apply_fact,
    is_stricter,
)
from .runtime.actor import Actor, Context
from .settings import BreakerSettings

MS = 1_000_000
CALM_STATES = ("OK", "NORMAL", "ARMED", "CLEAR")
"""Words of an emergency-stop source that mean "no emergency"; any other halts entries."""
PERCENT = Decimal(100)
PROBE = "probe"


@frozen
class _Probe:
    """The venue breaker has been open long enough."""


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
    | GetStatus
    | _Probe
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
    private = (_Probe, *PRIVATE)
    state: BreakerState

    def __init__(self, settings: BreakerSettings) -> None:
        super().__init__()
        self._settings = settings

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
                self.on_venue_answered(ctx)
            case AccountChanged():
                self.on_account_changed(message, ctx)
            case JournalFailed():
                self.on_journal_failed(message, ctx)
            case JournalRecovered():
                self.on_journal_recovered(ctx)
            case LaneStarted():
                ctx.tell(message.lane, self.state.told(), urgent=True)
            case GetStatus():
                self.on_get_status(ctx)
            case _Probe():
                self.on_probe(ctx)
            case _:
                assert_never(message)

    def on_resume_trading(self, message: ResumeTrading, ctx: Context) -> None:
        """Allow trading again; after a loss only later, and not while it stands."""
        refusal = self._resume_refusal(message, ctx)
        if refusal:
            ctx.tell(names.EVENT_BUS, CommandRefused(message.command_id, refusal))
            return
        by = ", ".join(message.approvals) or "operator"
        reason = f"resumed by {by}: {message.reason}"
        if self.state.state is TradingState.ACTIVE and not self.state.reducing:
            # A new epoch would fence approvals that nothing speaks against.
            report = TradingStateReported(TradingState.ACTIVE, self.state.epoch, reason)
            ctx.tell(names.EVENT_BUS, report)
            return
        self._set(TradingState.ACTIVE, reason, ctx)

    def on_emergency_state_changed(self, message: EmergencyStateChanged, ctx: Context) -> None:
        """CRITICAL, and any word that is not known to be calm, halts."""
        if message.state.upper() not in CALM_STATES:
            self._trip(TradingState.HALTED, f"{message.source} reports {message.state}", ctx)

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
                self._venue_failed(message, ctx)
            case EscalationLevel.ORDER:
                ctx.log("order_escalation", reason=message.reason)
            case _:
                assert_never(message.level)

    def on_venue_answered(self, ctx: Context) -> None:
        """The venue works: forget its failures."""
        state = self.state
        if not state.venue_failures and state.venue_open and not state.is_probing:
            return
        ctx.record(VenueWorks(probing=False))
        ctx.cancel(PROBE)
        if not state.venue_open:
            self._tell(evolve(state.told(), venue_open=True), ctx)

    def on_account_changed(self, message: AccountChanged, ctx: Context) -> None:
        """Compare the losses with their walls; the first hit wins (C-10)."""
        wall, text = self._wall(message)
        if wall is self.state.wall:
            return
        ctx.record(WallTouched(wall, text, ctx.now))
        if not is_stricter(wall, self.state.wall):
            return
        self._trip(wall, text, ctx)
        if wall is TradingState.HALTED:
            ctx.tell(names.POSITION_MONITOR, FlattenAll("circuit_breaker", "", text))

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

    def on_probe(self, ctx: Context) -> None:
        """Half-open: the next request decides."""
        if self.state.venue_open:
            return
        ctx.record(VenueWorks(probing=True))
        self._tell(evolve(self.state.told(), venue_open=True), ctx)

    def resume(self, ctx: Context) -> None:
        """Tell everybody the latched state; a restart forgets none of it."""
        self._tell(self.state.told(), ctx)
        if not self.state.venue_open:
            ctx.after(self._settings.venue_open_ms * MS, _Probe(), key=PROBE)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._settings.venue_window_ms * MS)

    def _wall(self, account: AccountChanged) -> tuple[TradingState, str]:
        """Return what the losses demand, and the loss that demands it."""
        settings = self._settings
        drawdown = _loss(account.peak_equity, account.equity)
        day_loss = _loss(account.day_start_equity, account.equity)
        if drawdown >= settings.drawdown_halt_pct:
            return TradingState.HALTED, f"drawdown {drawdown:.2f} %"
        text = f"loss of the day {day_loss:.2f} %"
        if day_loss >= settings.daily_halt_pct:
            return TradingState.HALTED, text
        if day_loss >= settings.daily_reduce_pct:
            return TradingState.REDUCING, text
        return TradingState.ACTIVE, ""

    def _resume_refusal(self, message: ResumeTrading, ctx: Context) -> str:
        state = self.state
        if state.journal:
            return f"the journal cannot write: {state.journal}"
        if not message.reason:
            return "resume needs a reason"
        if state.wall is not TradingState.ACTIVE:
            return f"the loss stands: {state.wall_text}"
        waited_ms = (ctx.now - state.tripped_at_ns) // MS
        if state.by_loss and waited_ms < self._settings.cooldown_ms:
            left = self._settings.cooldown_ms - waited_ms
            return f"a loss tripped the breaker; {left} ms of its cooldown are left"
        return ""

    def _trip(self, state: TradingState, reason: str, ctx: Context) -> None:
        """Become stricter; never less strict than now."""
        if is_stricter(state, self.state.state):
            self._set(state, reason, ctx)

    def _set(self, state: TradingState, reason: str, ctx: Context) -> None:
        epoch = self.state.epoch + 1
        ctx.record(StateSet(state, epoch, reason, ctx.now))
        told = evolve(self.state.told(), state=state, epoch=epoch, reason=reason)
        if state is TradingState.ACTIVE:
            told = evolve(told, reducing_symbols=())
        self._tell(told, ctx)
        ctx.tell(names.EVENT_BUS, TradingStateReported(state, epoch, reason))
        ctx.log("trading_state_changed", state=state, reason=reason)

    def _reduce_symbol(self, symbol: str, reason: str, ctx: Context) -> None:
        if symbol in self.state.reducing:
            return
        epoch = self.state.epoch + 1
        ctx.record(SymbolReduced(symbol, epoch, reason))
        alert = AlertRaised(Severity.CRITICAL, "symbol_reducing", symbol, reason)
        ctx.tell(names.EVENT_BUS, alert)
        symbols = (*self.state.reducing, symbol)
        self._tell(evolve(self.state.told(), epoch=epoch, reducing_symbols=symbols), ctx)

    def _venue_failed(self, message: EscalateFailure, ctx: Context) -> None:
        state, settings = self.state, self._settings
        window_ns = settings.venue_window_ms * MS
        recent = sum(1 for at in state.venue_failures if ctx.now - at < window_ns) + 1
        is_enough = state.is_probing or recent >= settings.venue_failures_max
        opens = state.venue_open and (message.kind is ErrorKind.BANNED or is_enough)
        ctx.record(VenueFailed(ctx.now, opens))
        if not opens:
            return
        self._tell(evolve(state.told(), reason=message.reason, venue_open=False), ctx)
        ctx.after(settings.venue_open_ms * MS, _Probe(), key=PROBE)
        alert = AlertRaised(Severity.CRITICAL, "venue_down", "venue", message.reason)
        ctx.tell(names.EVENT_BUS, alert)

    def _tell(self, told: TradingStateChanged, ctx: Context) -> None:
        for name in LISTENERS:
            ctx.tell(name, told, urgent=True)


def _loss(base: Decimal, equity: Decimal) -> Decimal:
    """Return the loss from a base, percent, positive."""
    return (base - equity) / base * PERCENT if base > 0 else Decimal(0)
