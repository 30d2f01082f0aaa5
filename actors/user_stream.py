"""UserStream: what the account's own stream says, once each, and if any of it is missing.

Owns the window of frames already seen, the health of the stream and the gaps. Every report is
passed on as evidence, strangers' orders included; OrderManager decides whose they are. A bare fill
(TRADE_LITE) is told early as `TradesFound`; its full report is told all the same, for its fees,
with the same trade id, by which it is booked once. After each connection the time since the last
frame is a gap: the reconciler fills it, and the stream is healthy again only when it says so.
When the wire wants a listen key, the venue is asked for it once, with a permit like any request;
the wire sees the answer pass, and wants it again when it was none.

Bound: the newest `dedupe_window` keys; a duplicate that is older passes, and is harmless, since
evidence is cumulative. An idle stream looks like a dead one, so silence is asked after, too.
Source: Binance user data streams, life cycle and ordering, 2026-11-20.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, field, frozen

from ..messages.account import RefreshAccount
from ..messages.control import TripBreaker
from ..messages.events import AlertRaised
from ..messages.listen_key import ListenKeyRenewed, ListenKeyWanted, RenewListenKey
from ..messages.orders import OrderReported
from ..messages.reconciliation import TradesFound
from ..messages.stream import (
    AccountConfigFrame,
    AccountFrame,
    BackfillDone,
    BackfillNeeded,
    BalancesReported,
    FrameQuarantined,
    FundingPaid,
    MarginCalled,
    OrderFrame,
    PositionReported,
    ReportUserStream,
    StreamHealthChanged,
    UserStreamChanged,
)
from ..messages.values import Priority, Severity, TradingState
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    PermitGranted,
    PermitRefused,
)
from ..messages.vitals import GetUserStream, UserStreamView
from .exchange_settings import StreamSettings
from .names import (
    ACCOUNT,
    CIRCUIT_BREAKER,
    EVENT_BUS,
    ORDER_MANAGER,
    POSITION_MONITOR,
    RECONCILER,
    RISK_GATE,
    USER_SOCKET,
)
from .policies.frame_keys import keys_of
from .reading import ReadOptions, ask_to_read, left_out, make_read
from .runtime.actor import Actor, Context
from .stream_grace import GraceOver, begin_grace, take_back, tell_health

MS = 1_000_000
SOURCE = "stream"
WALLET = "wallet"
KEY_READS = ReadOptions(Priority.REDUCING, 10_000 * MS)
"""Fills are heard of by the stream, so its key may use the limiter's reserve."""
FUNDING = "FUNDING_FEE"
"""The venue's word for an account event that is funding."""


@frozen
class _SilenceCheck:
    """Look whether anything was heard lately."""


@frozen
class _FramesSeen:
    """Fact: a frame was heard; its keys are known from now on."""

    keys: tuple[str, ...]
    event_at_ms: int
    heard_at_ns: int


@frozen
class _AccountSeen:
    """Fact: balances or positions were heard; `parts` are those whose news was passed on."""

    parts: tuple[str, ...]
    event_at_ms: int
    heard_at_ns: int


@frozen
class _StreamLost:
    """Fact: the stream is not connected, as far as this life knows."""


@frozen
class _GapOpened:
    """Fact: the stream is connected, and what came since `since_ms` must be compared."""

    since_ms: int
    at_ns: int


@frozen
class _GapClosed:
    """Fact: the comparison is through."""


@define
class StreamState:
    """Keys in the order of their arrival; venue time since which there is a gap, if any."""

    seen: dict[str, bool] = field(factory=dict[str, bool])
    account_seen: dict[str, int] = field(factory=dict[str, int])
    """Part (wallet, or symbol and side) -> venue time of the newest news."""
    last_event_ms: int = 0
    heard_at_ns: int = 0
    connected: bool = False
    healthy: bool = False
    gap_since_ms: int | None = None


Inbox = (
    OrderFrame
    | AccountFrame
    | AccountConfigFrame
    | MarginCalled
    | FrameQuarantined
    | UserStreamChanged
    | BackfillDone
    | ListenKeyWanted
    | PermitGranted
    | PermitRefused
    | Fenced
    | AttemptEnded
    | _SilenceCheck
    | GraceOver
    | GetUserStream
)
FACTS = (_FramesSeen, _AccountSeen, _StreamLost, _GapOpened, _GapClosed)
Fact = _FramesSeen | _AccountSeen | _StreamLost | _GapOpened | _GapClosed


class UserStream(Actor):
    """Passes on what is new, and knows when something may be missing."""

    State = StreamState
    private = (
        _SilenceCheck,
        GraceOver,
        _FramesSeen,
        _AccountSeen,
        _StreamLost,
        _GapOpened,
        _GapClosed,
    )
    state: StreamState

    def __init__(self, settings: StreamSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case OrderFrame():
                self.on_order_frame(message, ctx)
            case AccountFrame():
                self.on_account_frame(message, ctx)
            case AccountConfigFrame():
                self.on_account_config_frame(ctx)
            case MarginCalled():
                self.on_margin_called(message, ctx)
            case FrameQuarantined():
                self.on_frame_quarantined(message, ctx)
            case UserStreamChanged():
                self.on_user_stream_changed(message, ctx)
            case BackfillDone():
                self.on_backfill_done(message, ctx)
            case ListenKeyWanted():
                self.on_listen_key_wanted(message, ctx)
            case PermitGranted():
                make_read(ctx, message, KEY_READS)
            case PermitRefused() | Fenced():
                left_out(ctx, message)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case _SilenceCheck():
                self.on_silence_check(ctx)
            case GraceOver():
                take_back(ctx, self._settings)
            case GetUserStream():
                self.on_get_user_stream(ctx)
            case _:
                assert_never(message)

    def on_order_frame(self, message: OrderFrame, ctx: Context) -> None:
        """Pass a report on unless it was heard before."""
        keys = keys_of(message)
        if all(key in self.state.seen for key in keys):
            ctx.log("duplicate_frame_left_out", keys=keys)
            return
        ctx.record(_FramesSeen(keys, message.event_at_ms, ctx.now))
        if message.evidence is not None:
            report = OrderReported(message.evidence, message.trade, SOURCE)
            ctx.tell(ORDER_MANAGER, report)
        elif message.trade is not None:
            ctx.tell(ORDER_MANAGER, TradesFound(message.trade.symbol, (message.trade,)))

    def on_account_frame(self, message: AccountFrame, ctx: Context) -> None:
        """Pass on each balance and position of a delta that is not older than what is known."""
        at_ms = message.event_at_ms
        parts: list[str] = []
        if message.reason == FUNDING and message.change:
            self._pass_funding(message, ctx)
        if message.wallet is not None and self._is_news(WALLET, at_ms):
            parts.append(WALLET)
            ctx.tell(ACCOUNT, _balances(message, message.wallet))
        for position in message.positions:
            part = f"{position.symbol}/{position.position_side}"
            if self._is_news(part, at_ms):
                parts.append(part)
                report = PositionReported(
                    symbol=position.symbol,
                    position_side=position.position_side,
                    quantity=position.quantity,
                    entry_price=position.entry_price,
                    at_ms=at_ms,
                )
                ctx.tell(POSITION_MONITOR, report)
        ctx.record(_AccountSeen(tuple(parts), at_ms, ctx.now))

    def on_account_config_frame(self, ctx: Context) -> None:
        """Somebody changed leverage or mode: the account reads them again."""
        reason = "the venue says that a setting changed"
        ctx.tell(ACCOUNT, RefreshAccount(reason))
        ctx.tell(EVENT_BUS, _warning("account_setting_changed", "account", reason))

    def on_margin_called(self, message: MarginCalled, ctx: Context) -> None:
        """The venue warns of a liquidation: nothing is opened until a person resumes."""
        symbols = ", ".join(position.symbol for position in message.positions)
        text = f"the venue warns of a liquidation: {symbols}"
        ctx.tell(CIRCUIT_BREAKER, TripBreaker(TradingState.REDUCING, text))
        ctx.tell(EVENT_BUS, AlertRaised(Severity.CRITICAL, "margin_call", symbols, text))

    def on_frame_quarantined(self, message: FrameQuarantined, ctx: Context) -> None:
        """What a frame said that nobody can read is asked of the venue; nothing of it is lost."""
        reason = f"frame {message.kind!r}: {message.reason}"
        ctx.tell(EVENT_BUS, _warning("frame_quarantined", message.kind, reason))
        if message.is_lossy:
            self._lose(reason, ctx)
        if self.state.connected:
            self._ask_backfill(self._gap_start(), reason, ctx)

    def on_user_stream_changed(self, message: UserStreamChanged, ctx: Context) -> None:
        """A lost stream refuses entries at once; a new connection asks for the gap."""
        if not message.connected:
            self._lose(message.reason, ctx)
            return
        if self.state.healthy:
            # Two openings in a row: the word of a loss between them never came.
            self._lose(message.reason, ctx)
        self._ask_backfill(self._gap_start(), message.reason, ctx)

    def on_backfill_done(self, message: BackfillDone, ctx: Context) -> None:
        """The stream is whole again, if this was the gap's own comparison."""
        gap = self.state.gap_since_ms
        if not self.state.connected or gap is None or message.since_ms > gap:
            ctx.log("backfill_left_out", since_ms=message.since_ms, gap_since_ms=gap)
            return
        ctx.record(_GapClosed())
        if not self.state.healthy:
            self._tell_health(ctx, healthy=True, reason="backfilled")
            tell_health(ctx, self._settings, healthy=True, text="connected and backfilled")

    def on_listen_key_wanted(self, message: ListenKeyWanted, ctx: Context) -> None:
        """Ask the venue for the key, as any request is asked for."""
        ctx.log("listen_key_wanted", reason=message.reason)
        ask_to_read(ctx, RenewListenKey(), KEY_READS)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Note that there is no key; the wire, which has seen the answer, wants it again."""
        if not isinstance(message.result, ListenKeyRenewed):
            said = {"phase": message.phase, "status": message.status, "code": message.code}
            ctx.log("listen_key_refused", **said, text=message.text)

    def on_silence_check(self, ctx: Context) -> None:
        """Ask again for an open gap, and for news when nothing was heard for long."""
        state, silence_ns = self.state, self._settings.silence_ms_max * MS
        quiet_ns = ctx.now - state.heard_at_ns if state.connected else 0
        is_quiet = quiet_ns >= silence_ns
        ctx.after(silence_ns if is_quiet else silence_ns - quiet_ns, _SilenceCheck(), key="silence")
        if is_quiet:
            gap_since_ms = state.gap_since_ms
            since_ms = state.last_event_ms if gap_since_ms is None else gap_since_ms
            self._ask_backfill(since_ms, "nothing heard for long", ctx)

    def on_get_user_stream(self, ctx: Context) -> None:
        """Answer with how the stream is."""
        state, heard_at_ns = self.state, self.state.heard_at_ns
        view = UserStreamView(
            at_ms=ctx.now // MS,
            connected=state.connected,
            healthy=state.healthy,
            silent_ms=(ctx.now - heard_at_ns) // MS if heard_at_ns else None,
            last_event_ms=state.last_event_ms,
            gap_since_ms=state.gap_since_ms,
        )
        ctx.reply(view)

    def resume(self, ctx: Context) -> None:
        """Trust nothing of an earlier life; the socket says whether the stream is open."""
        self._lose("starting", ctx)
        ctx.tell(USER_SOCKET, ReportUserStream())
        begin_grace(ctx, self._settings)
        ctx.after(self._settings.silence_ms_max * MS, _SilenceCheck(), key="silence")

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case _FramesSeen():
                self._remember(fact.keys)
                self._heard(fact.event_at_ms, fact.heard_at_ns)
            case _AccountSeen():
                state.account_seen.update(dict.fromkeys(fact.parts, fact.event_at_ms))
                self._heard(fact.event_at_ms, fact.heard_at_ns)
            case _StreamLost():
                state.connected = state.healthy = False
            case _GapOpened():
                state.connected = True
                state.gap_since_ms, state.heard_at_ns = fact.since_ms, fact.at_ns
            case _GapClosed():
                state.healthy, state.gap_since_ms = True, None
            case _:
                assert_never(fact)

    def _lose(self, reason: str, ctx: Context) -> None:
        was_healthy = self.state.healthy
        ctx.record(_StreamLost())
        self._tell_health(ctx, healthy=False, reason=reason)
        if was_healthy:
            tell_health(ctx, self._settings, healthy=False, text=reason)
            begin_grace(ctx, self._settings)

    def _tell_health(self, ctx: Context, *, healthy: bool, reason: str) -> None:
        """Entries depend on it, and how fills are heard of."""
        for owner in (RISK_GATE, ORDER_MANAGER):
            ctx.tell(owner, StreamHealthChanged(healthy, reason))

    def _pass_funding(self, message: AccountFrame, ctx: Context) -> None:
        """Funding is money, so a frame that comes twice counts once."""
        key = f"f/{message.symbol}/{message.event_at_ms}/{message.change:f}"
        if key in self.state.seen:
            return
        ctx.record(_FramesSeen((key,), message.event_at_ms, ctx.now))
        paid = FundingPaid(message.symbol, message.change, message.event_at_ms)
        ctx.tell(POSITION_MONITOR, paid)

    def _gap_start(self) -> int:
        """Return where a new gap begins.

        While an earlier one is still open it begins a millisecond before that, so that the answer
        to the earlier one, which departed before the new loss, cannot close it.
        """
        earlier_ms = self.state.gap_since_ms
        return self.state.last_event_ms if earlier_ms is None else earlier_ms - 1

    def _ask_backfill(self, since_ms: int, reason: str, ctx: Context) -> None:
        ctx.record(_GapOpened(since_ms, ctx.now))
        ctx.tell(RECONCILER, BackfillNeeded(since_ms, reason))

    def _is_news(self, part: str, at_ms: int) -> bool:
        return at_ms >= self.state.account_seen.get(part, 0)

    def _remember(self, keys: tuple[str, ...]) -> None:
        seen = self.state.seen
        for key in keys:
            seen.setdefault(key, True)
        while len(seen) > self._settings.dedupe_window:
            del seen[next(iter(seen))]

    def _heard(self, event_at_ms: int, heard_at_ns: int) -> None:
        self.state.last_event_ms = max(self.state.last_event_ms, event_at_ms)
        self.state.heard_at_ns = heard_at_ns


def _balances(frame: AccountFrame, wallet: Decimal) -> BalancesReported:
    return BalancesReported(wallet, frame.event_at_ms, frame.reason, frame.change)


def _warning(name: str, subject: str, text: str) -> AlertRaised:
    return AlertRaised(Severity.WARNING, name, subject, text)
