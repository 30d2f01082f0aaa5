"""CircuitBreaker: whether risk may be opened at all.

Owns the trading state, latched, and the epoch, which only grows; and the venue breaker, which
closes by itself after a half-open probe. HALTED never blocks a verified reducing order. A trip is
told urgently to the gate, the queue, the manager and every lane. State survives a restart.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, field, frozen

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
from ..messages.queries import EngineStatus, GetStatus
from ..messages.values import ErrorKind, EscalationLevel, Severity, TradingState
from ..messages.venue import LaneStarted
from . import names
from .runtime.actor import Actor, Context
from .settings import BreakerSettings

MS = 1_000_000
CALM_STATES = ("OK", "NORMAL", "ARMED", "CLEAR")
"""Words of an emergency-stop source that mean "no emergency"; any other halts entries."""
ORDER = (TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)
PERCENT = Decimal(100)


@frozen
class _Probe:
    """The venue breaker has been open long enough."""


@frozen
class StateSet:
    """Fact: the trading state, its epoch, and whether a loss tripped it."""

    state: TradingState
    epoch: int
    reason: str
    by_loss: bool
    at_ns: int


@frozen
class SymbolReduced:
    """Fact: a symbol takes no entries until trading is resumed."""

    symbol: str
    epoch: int
    reason: str


@frozen
class VenueFailed:
    """Fact: the venue failed once more."""

    at_ns: int
    opens: bool


@frozen
class VenueWorks:
    """Fact: the venue answers again, or is tried again."""

    probing: bool


@frozen
class JournalNoted:
    """Fact: whether the journal can write."""

    reason: str


@define
class BreakerState:
    """The latched state and the venue's recent failures."""

    state: TradingState = TradingState.ACTIVE
    epoch: int = 1
    reason: str = ""
    by_loss: bool = False
    tripped_at_ns: int = 0
    reducing: dict[str, str] = field(factory=dict[str, str])
    venue_failures: list[int] = field(factory=list[int])
    venue_open: bool = True
    """True while the venue may be used; False refuses entries."""
    journal: str = ""


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
Fact = StateSet | SymbolReduced | VenueFailed | VenueWorks | JournalNoted

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
    private = (_Probe, StateSet, SymbolReduced, VenueFailed, VenueWorks, JournalNoted)
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
                self._note_journal(message.reason, ctx)
            case JournalRecovered():
                self._note_journal("", ctx)
            case LaneStarted():
                ctx.tell(message.lane, self._now(), urgent=True)
            case GetStatus():
                self.on_get_status(ctx)
            case _Probe():
                self.on_probe(ctx)
            case _:
                assert_never(message)

    def on_resume_trading(self, message: ResumeTrading, ctx: Context) -> None:
        """Allow trading again; after a loss only later, and with a reason."""
        refusal = self._resume_refusal(message, ctx)
        if refusal:
            ctx.tell(names.EVENT_BUS, CommandRefused(message.command_id, refusal))
            return
        by = ", ".join(message.approvals) or "operator"
        self._set(TradingState.ACTIVE, f"resumed by {by}: {message.reason}", ctx)

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
        if self.state.venue_failures or not self.state.venue_open:
            was_open = self.state.venue_open
            ctx.record(VenueWorks(probing=False))
            if not was_open:
                self._tell(ctx, self.state.state, self.state.epoch, self.state.reason, venue=True)

    def on_account_changed(self, message: AccountChanged, ctx: Context) -> None:
        """Compare the losses with their walls; the first hit wins (C-10)."""
        settings, day_loss, drawdown = self._settings, _loss(message, day=True), _loss(message)
        if drawdown >= settings.drawdown_halt_pct:
            self._trip_by_loss(TradingState.HALTED, f"drawdown {drawdown:.2f} %", ctx)
        elif day_loss >= settings.daily_halt_pct:
            self._trip_by_loss(TradingState.HALTED, f"loss of the day {day_loss:.2f} %", ctx)
        elif day_loss >= settings.daily_reduce_pct:
            self._trip_by_loss(TradingState.REDUCING, f"loss of the day {day_loss:.2f} %", ctx)

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
        ctx.record(VenueWorks(probing=True))
        self._tell(ctx, self.state.state, self.state.epoch, self.state.reason, venue=True)

    def resume(self, ctx: Context) -> None:
        """Tell everybody the latched state; a restart forgets none of it."""
        state = self.state
        self._tell(ctx, state.state, state.epoch, state.reason, venue=state.venue_open)
        if not state.venue_open:
            ctx.after(self._settings.venue_open_ms * MS, _Probe(), key="probe")

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case StateSet():
                state.state, state.epoch, state.reason = fact.state, fact.epoch, fact.reason
                state.by_loss, state.tripped_at_ns = fact.by_loss, fact.at_ns
                if fact.state is TradingState.ACTIVE:
                    state.reducing = {}
            case SymbolReduced():
                state.reducing[fact.symbol] = fact.reason
                state.epoch = fact.epoch
            case VenueFailed():
                window_ns = self._settings.venue_window_ms * MS
                recent = [at for at in state.venue_failures if fact.at_ns - at < window_ns]
                state.venue_failures = [*recent, fact.at_ns]
                state.venue_open = state.venue_open and not fact.opens
            case VenueWorks():
                state.venue_open = True
                if not fact.probing:
                    state.venue_failures = []
            case JournalNoted():
                state.journal = fact.reason
            case _:
                assert_never(fact)

    def _now(self) -> TradingStateChanged:
        state = self.state
        return TradingStateChanged(
            state.state, state.epoch, state.reason, state.venue_open, tuple(state.reducing)
        )

    def _resume_refusal(self, message: ResumeTrading, ctx: Context) -> str:
        state = self.state
        if state.journal:
            return f"the journal cannot write: {state.journal}"
        if not message.reason:
            return "resume needs a reason"
        waited_ms = (ctx.now - state.tripped_at_ns) // MS
        if state.by_loss and waited_ms < self._settings.cooldown_ms:
            left = self._settings.cooldown_ms - waited_ms
            return f"a loss tripped the breaker; {left} ms of its cooldown are left"
        return ""

    def _trip(self, state: TradingState, reason: str, ctx: Context) -> None:
        """Become stricter; never less strict than now."""
        if ORDER.index(state) > ORDER.index(self.state.state):
            self._set(state, reason, ctx)

    def _trip_by_loss(self, state: TradingState, reason: str, ctx: Context) -> None:
        if ORDER.index(state) > ORDER.index(self.state.state):
            self._set(state, reason, ctx, by_loss=True)

    def _set(
        self, state: TradingState, reason: str, ctx: Context, *, by_loss: bool = False
    ) -> None:
        epoch = self.state.epoch + 1
        ctx.record(StateSet(state, epoch, reason, by_loss, ctx.now))
        self._tell(ctx, state, epoch, reason, venue=self.state.venue_open)
        ctx.tell(names.EVENT_BUS, TradingStateReported(state, epoch, reason))
        ctx.log("trading_state_changed", state=state, reason=reason)

    def _reduce_symbol(self, symbol: str, reason: str, ctx: Context) -> None:
        if symbol in self.state.reducing:
            return
        epoch = self.state.epoch + 1
        ctx.record(SymbolReduced(symbol, epoch, reason))
        alert = AlertRaised(Severity.CRITICAL, "symbol_reducing", symbol, reason)
        ctx.tell(names.EVENT_BUS, alert)
        state = self.state
        reducing = (*state.reducing, symbol)
        self._tell(ctx, state.state, epoch, state.reason, venue=state.venue_open, reducing=reducing)

    def _venue_failed(self, message: EscalateFailure, ctx: Context) -> None:
        settings = self._settings
        window_ns = settings.venue_window_ms * MS
        recent = sum(1 for at in self.state.venue_failures if ctx.now - at < window_ns) + 1
        is_ban = message.kind is ErrorKind.BANNED
        opens = self.state.venue_open and (is_ban or recent >= settings.venue_failures_max)
        ctx.record(VenueFailed(ctx.now, opens))
        if opens:
            self._tell(ctx, self.state.state, self.state.epoch, message.reason, venue=False)
            ctx.after(settings.venue_open_ms * MS, _Probe(), key="probe")
            alert = AlertRaised(Severity.CRITICAL, "venue_down", "venue", message.reason)
            ctx.tell(names.EVENT_BUS, alert)

    def _note_journal(self, reason: str, ctx: Context) -> None:
        if reason == self.state.journal:
            return
        ctx.record(JournalNoted(reason))
        if reason:
            self._trip(TradingState.REDUCING, f"the journal cannot write: {reason}", ctx)

    def _tell(
        self,
        ctx: Context,
        state: TradingState,
        epoch: int,
        reason: str,
        *,
        venue: bool,
        reducing: tuple[str, ...] | None = None,
    ) -> None:
        symbols = tuple(self.state.reducing) if reducing is None else reducing
        if state is TradingState.ACTIVE and reducing is None and self.state.state is not state:
            symbols = ()
        message = TradingStateChanged(state, epoch, reason, venue, symbols)
        for name in LISTENERS:
            ctx.tell(name, message, urgent=True)


def _loss(account: AccountChanged, *, day: bool = False) -> Decimal:
    """Return the loss from day start or from the peak, percent, positive."""
    base = account.day_start_equity if day else account.peak_equity
    if base <= 0:
        return Decimal(0)
    return (base - account.equity) / base * PERCENT
