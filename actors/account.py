"""Account: money and modes of the venue's account, the base of every percentage.

Owns wallet, available balance, unrealised profit, the equity at the start of the UTC day, the
highest equity seen, and the account's modes. Balances and modes are read at every start and every
interval; the user stream and the position monitor tell the changes between. Nothing is told
before both were read once. A mode other than the engine was set up for reduces trading and
alarms, once per finding: an order under the wrong mode would be refused, or worse, understood.
A reading that fails waits for the next tick; the age of what is known is for others to judge.
Bound: one record. Source: requirements C-10 and C-31.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, frozen

from ..messages.account import AccountChanged, PositionsValued, RefreshAccount
from ..messages.control import TripBreaker
from ..messages.events import AlertRaised
from ..messages.stream import BalancesReported
from ..messages.values import Priority, Severity, TradingState
from ..messages.venue import (
    AccountModeRead,
    AccountRead,
    AttemptEnded,
    Fenced,
    PermitGranted,
    PermitRefused,
    ReadAccount,
    ReadAccountMode,
)
from .names import CIRCUIT_BREAKER, EVENT_BUS, RISK_GATE
from .policies.equity import EquityMarks, mark_equity
from .reading import ReadOptions, ask_to_read, make_read
from .runtime.actor import Actor, Context
from .settings import AccountSettings

MS = 1_000_000
UNKNOWN_INTERVAL_MS = 2_000
"""How often the account is read while balances or modes are not known at all."""
ZERO = Decimal(0)


@frozen
class _Tick:
    """The account is due to be read."""


@frozen
class _MoneyKnown:
    """Fact: what the account holds, after a reading, a report or a valuation."""

    wallet: Decimal
    available: Decimal
    unrealised_pnl: Decimal
    known_at_ns: int
    """When the venue last told wallet or balances; a valuation makes no balance younger."""
    at_ns: int


@frozen
class _WalletReported:
    """Fact: the user stream told the wallet, so an older reading of it is void."""

    at_ns: int


@frozen
class _ModeKnown:
    """Fact: the account's modes, and what is wrong with them (empty: nothing)."""

    mode: AccountModeRead
    fault: str


@define
class AccountState:
    """Money in the margin asset; None where nothing was read yet."""

    wallet: Decimal = ZERO
    available: Decimal = ZERO
    unrealised_pnl: Decimal = ZERO
    known_at_ns: int = 0
    reported_at_ns: int = 0
    marks: EquityMarks | None = None
    mode: AccountModeRead | None = None
    fault: str = ""


Inbox = (
    _Tick
    | AttemptEnded
    | PermitGranted
    | PermitRefused
    | Fenced
    | BalancesReported
    | PositionsValued
    | RefreshAccount
)
Fact = _MoneyKnown | _WalletReported | _ModeKnown


class Account(Actor):
    """Knows what the account is worth, and how it is set."""

    State = AccountState
    private = (_Tick, _MoneyKnown, _WalletReported, _ModeKnown)
    state: AccountState

    def __init__(self, settings: AccountSettings) -> None:
        super().__init__()
        self._settings = settings
        self._reads = ReadOptions(Priority.OPENING, settings.interval_ms * MS)

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case _Tick():
                self._read(ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case PermitGranted():
                make_read(ctx, message, self._reads)
            case PermitRefused() | Fenced():
                ctx.log("account_read_left_out", reason=message.reason)
            case BalancesReported():
                self.on_balances_reported(message, ctx)
            case PositionsValued():
                self.on_positions_valued(message, ctx)
            case RefreshAccount():
                ctx.log("account_refresh", reason=message.reason)
                self._read(ctx)
            case _:
                assert_never(message)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Take what was read; a failure waits for the next tick."""
        match message.result:
            case AccountRead():
                self._take_balances(message.result, message.sent_at_ns, ctx)
            case AccountModeRead():
                self._take_mode(message.result, ctx)
            case _:
                ctx.log("account_read_failed", phase=message.phase, status=message.status)

    def on_balances_reported(self, message: BalancesReported, ctx: Context) -> None:
        """Take the wallet of an account event; what is available moves by as much."""
        if self.state.marks is None:
            return
        gained = message.wallet - self.state.wallet
        available = max(ZERO, self.state.available + gained)
        ctx.record(_WalletReported(ctx.now))
        unrealised_pnl = self.state.unrealised_pnl
        self._know(_MoneyKnown(message.wallet, available, unrealised_pnl, ctx.now, ctx.now), ctx)

    def on_positions_valued(self, message: PositionsValued, ctx: Context) -> None:
        """Take the unrealised profit at the marks."""
        if self.state.marks is None:
            return
        state = self.state
        fact = _MoneyKnown(
            wallet=state.wallet,
            available=state.available,
            unrealised_pnl=message.unrealised_pnl,
            known_at_ns=state.known_at_ns,
            at_ns=ctx.now,
        )
        self._know(fact, ctx)

    def resume(self, ctx: Context) -> None:
        """Read at every start."""
        self._read(ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case _MoneyKnown():
                state.wallet, state.available = fact.wallet, fact.available
                state.unrealised_pnl, state.known_at_ns = fact.unrealised_pnl, fact.known_at_ns
                equity = fact.wallet + fact.unrealised_pnl
                state.marks = mark_equity(state.marks, equity, fact.at_ns)
            case _WalletReported():
                state.reported_at_ns = fact.at_ns
            case _ModeKnown():
                state.mode, state.fault = fact.mode, fact.fault
            case _:
                assert_never(fact)

    def _read(self, ctx: Context) -> None:
        ask_to_read(ctx, ReadAccountMode(), self._reads)
        ask_to_read(ctx, ReadAccount(), self._reads)
        is_known = self.state.marks is not None and self.state.mode is not None
        interval_ms = self._settings.interval_ms
        delay_ms = interval_ms if is_known else min(interval_ms, UNKNOWN_INTERVAL_MS)
        ctx.after(delay_ms * MS, _Tick(), key="tick")

    def _take_balances(self, read: AccountRead, sent_at_ns: int, ctx: Context) -> None:
        """A wallet that the stream reported while the reading was out is the newer one."""
        is_newer = sent_at_ns > self.state.reported_at_ns
        wallet = read.wallet if is_newer else self.state.wallet
        fact = _MoneyKnown(wallet, read.available, read.unrealised_pnl, ctx.now, ctx.now)
        self._know(fact, ctx)

    def _know(self, fact: _MoneyKnown, ctx: Context) -> None:
        ctx.record(fact)
        if self.state.mode is not None:
            self._tell(fact, self.state.mode, ctx)

    def _take_mode(self, mode: AccountModeRead, ctx: Context) -> None:
        fault = mode_fault(mode, hedge_mode=self._settings.hedge_mode)
        state = self.state
        if mode == state.mode and fault == state.fault:
            return
        ctx.record(_ModeKnown(mode, fault))
        if state.marks is not None:
            known = _MoneyKnown(
                wallet=state.wallet,
                available=state.available,
                unrealised_pnl=state.unrealised_pnl,
                known_at_ns=state.known_at_ns,
                at_ns=ctx.now,
            )
            self._tell(known, mode, ctx)
        if fault != state.fault:
            self._alarm(fault, ctx)

    def _alarm(self, fault: str, ctx: Context) -> None:
        """A wrong mode lets nothing be opened; the end of it is for a person to resume."""
        if fault:
            ctx.tell(CIRCUIT_BREAKER, TripBreaker(TradingState.REDUCING, fault))
        ctx.tell(
            EVENT_BUS,
            AlertRaised(
                severity=Severity.CRITICAL if fault else Severity.INFO,
                alert="account_mode_wrong" if fault else "account_mode_right",
                subject="account",
                text=fault or "the account's modes are those of the settings",
            ),
        )

    def _tell(self, known: _MoneyKnown, mode: AccountModeRead, ctx: Context) -> None:
        """Tell those who decide by it; `at_ns` says since when the balances are known."""
        equity = known.wallet + known.unrealised_pnl
        marks = mark_equity(self.state.marks, equity, known.at_ns)
        changed = AccountChanged(
            wallet=known.wallet,
            available=known.available,
            equity=equity,
            day_start_equity=marks.day_start,
            peak_equity=marks.peak,
            hedge_mode=mode.hedge_mode,
            can_trade=mode.can_trade,
            at_ns=known.known_at_ns,
        )
        ctx.tell(RISK_GATE, changed)
        ctx.tell(CIRCUIT_BREAKER, changed)


def mode_fault(mode: AccountModeRead, *, hedge_mode: bool) -> str:
    """Return what is wrong with the account's modes, empty when nothing is."""
    if mode.hedge_mode != hedge_mode:
        is_set, wanted = _position_mode(mode.hedge_mode), _position_mode(hedge_mode)
        return f"position mode is {is_set}, the settings say {wanted}"
    if mode.multi_assets:
        return "multi-assets mode is on: balances of one asset would not be the whole margin"
    return "" if mode.can_trade else "the account may not trade"


def _position_mode(hedge_mode: bool) -> str:
    return "hedge" if hedge_mode else "one-way"
