"""Account: money, modes and leverage of the venue's account, the base of every percentage.

Owns wallet, available balance, unrealised profit, the equity at the start of the UTC day, the
highest equity seen, the account's modes, and how each symbol's leverage is set and bounded.
Balances and modes are read at every start and every interval; the user stream and the position
monitor tell the changes between. Leverage is read at every start, when the venue says that it
changed, and every `leverage_interval_ms`. Nothing is told before both of a pair were read once.
What the settings want otherwise at the venue is set there (`account_setup.py`).
A mode other than the engine was set up for reduces trading and alarms, once per finding: an order
under the wrong mode would be refused, or worse, understood. A reading that fails waits for the
next tick; the age of what is known is for others to judge.
Bound: one record a symbol. Source: requirements C-10, C-31 and C-50.
"""

from typing import assert_never

from attrs import evolve, frozen

from ..messages.account import (
    AccountChanged,
    BracketsRead,
    DisarmCountdown,
    FeePriceChanged,
    FeePriceRead,
    LeverageChanged,
    PositionsValued,
    ReadBrackets,
    ReadFeePrice,
    ReadSymbolConfigs,
    RefreshAccount,
    ReportCountdown,
    ResetPeak,
    SymbolConfigsRead,
)
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
from ..messages.vitals import GetAccount
from .account_facts import (
    PRIVATE,
    ZERO,
    AccountState,
    Configs,
    Fact,
    Ladders,
    LeverageKnown,
    ModeKnown,
    MoneyKnown,
    WalletReported,
    apply_fact,
    leverage_of,
    marks_after,
)
from .account_key import judge_key
from .account_setup import AccountSetup, Beat, SetupWishes, setting_of
from .exchange_settings import AccountSettings
from .names import CIRCUIT_BREAKER, EVENT_BUS, POSITION_MONITOR, RISK_GATE
from .reading import Read, ReadOptions, ask_to_read
from .runtime.actor import Actor, Context
from .vital_views import account_view

MS = 1_000_000
UNKNOWN_INTERVAL_MS = 2_000
"""How often the account is read while balances or modes are not known at all."""
MONEY: tuple[Read, ...] = (ReadAccountMode(), ReadAccount())
LEVERAGE: tuple[Read, ...] = (ReadSymbolConfigs(), ReadBrackets())
MOVES = frozenset(
    {
        "ADJUSTMENT",
        "ADMIN_DEPOSIT",
        "ADMIN_WITHDRAW",
        "ASSET_TRANSFER",
        "AUTO_EXCHANGE",
        "COIN_SWAP_DEPOSIT",
        "COIN_SWAP_WITHDRAW",
        "DEPOSIT",
        "MARGIN_TRANSFER",
        "WITHDRAW",
        "WITHDRAW_REJECT",
    }
)
"""Reasons of an account event whose change is neither profit nor loss; binance-futures, 4.4."""


@frozen
class _Tick:
    """The account is due to be read."""


Inbox = (
    _Tick
    | Beat
    | AttemptEnded
    | PermitGranted
    | PermitRefused
    | Fenced
    | BalancesReported
    | PositionsValued
    | RefreshAccount
    | ResetPeak
    | DisarmCountdown
    | ReportCountdown
    | GetAccount
)


class Account(Actor):
    """Knows what the account is worth, and how it is set."""

    State = AccountState
    private = (_Tick, Beat, *PRIVATE)
    state: AccountState

    def __init__(self, settings: AccountSettings, wishes: SetupWishes | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._wishes = wishes or SetupWishes()
        self._reads = ReadOptions(Priority.OPENING, settings.interval_ms * MS)

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case _Tick():
                self.on_tick(ctx)
            case Beat():
                self._setup(ctx).beat()
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case PermitGranted():
                self._setup(ctx).granted(message)
            case PermitRefused() | Fenced():
                self._setup(ctx).left_out(message)
            case BalancesReported():
                self.on_balances_reported(message, ctx)
            case PositionsValued():
                self.on_positions_valued(message, ctx)
            case RefreshAccount():
                self.on_refresh_account(message, ctx)
            case ResetPeak():
                self.on_reset_peak(message, ctx)
            case DisarmCountdown():
                self._setup(ctx).disarm()
            case ReportCountdown():
                self._setup(ctx).report()
            case GetAccount():
                ctx.reply(account_view(self.state, ctx.now // MS))
            case _:
                assert_never(message)

    def on_tick(self, ctx: Context) -> None:
        """Read balances and modes, leverage too where it is old; sooner what was never read."""
        settings, missing = self._settings, self._missing()
        if missing and not self._is_old(self.state.known_at_ns, settings.interval_ms, ctx):
            self._ask(missing, ctx)
            return
        is_old = self._is_old(self.state.leverage_read_at_ns, settings.leverage_interval_ms, ctx)
        # What is read every interval stands last: on a slow line the last ones are left out.
        seldom = LEVERAGE if is_old else ()
        self._ask(tuple(dict.fromkeys((*missing, *seldom, *MONEY))), ctx)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Take what was read; a failure waits for the next tick."""
        setting = setting_of(message.call_id)
        if setting is not None:
            configs = self._setup(ctx).ended(setting, message)
            if configs:
                self._take_configs(SymbolConfigsRead(configs), ctx)
            return
        judge_key(self.state, message, ctx)
        match message.result:
            case AccountRead():
                self._take_balances(message.result, message.sent_at_ns, ctx)
            case AccountModeRead():
                self._take_mode(message.result, ctx)
            case SymbolConfigsRead():
                self._take_configs(message.result, ctx)
            case BracketsRead():
                self._take_ladders(message.result, ctx)
            case FeePriceRead():
                price = FeePriceChanged(self._wishes.fee_asset, message.result.price, ctx.now)
                ctx.tell(POSITION_MONITOR, price)
            case _:
                ctx.log("account_read_failed", phase=message.phase, status=message.status)

    def on_balances_reported(self, message: BalancesReported, ctx: Context) -> None:
        """Take the wallet of an account event; what is available moves by as much."""
        state = self.state
        if state.marks is None:
            return
        gained = message.wallet - state.wallet
        is_moved = message.reason in MOVES
        ctx.record(WalletReported(ctx.now))
        fact = MoneyKnown(
            wallet=message.wallet,
            available=max(ZERO, state.available + gained),
            unrealised_pnl=state.unrealised_pnl,
            known_at_ns=ctx.now,
            at_ns=ctx.now,
            moved=message.change if is_moved else ZERO,
            counted=is_moved and gained == ZERO,
        )
        self._know(fact, ctx)

    def on_positions_valued(self, message: PositionsValued, ctx: Context) -> None:
        """Take the unrealised profit at the marks."""
        if self.state.marks is not None:
            self._know(evolve(self._known(ctx), unrealised_pnl=message.unrealised_pnl), ctx)

    def on_reset_peak(self, message: ResetPeak, ctx: Context) -> None:
        """Begin the drawdown anew; equity that is not known yet has no peak to reset."""
        ctx.log("peak_reset", reason=message.reason)
        if self.state.marks is not None:
            self._know(evolve(self._known(ctx), resets_peak=True), ctx)

    def on_refresh_account(self, message: RefreshAccount, ctx: Context) -> None:
        """Read everything now: a setting of the account is other than we thought."""
        ctx.log("account_refresh", reason=message.reason)
        self._ask((*MONEY, *LEVERAGE), ctx)

    def resume(self, ctx: Context) -> None:
        """Read everything at every start, and arm the countdown where one is wanted."""
        self._ask((*MONEY, *LEVERAGE), ctx)
        self._setup(ctx).begin()

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact)

    def _setup(self, ctx: Context) -> AccountSetup:
        again_ns = self._settings.leverage_interval_ms * MS
        return AccountSetup(self.state, self._wishes, self._reads, again_ns, ctx)

    def _ask(self, reads: tuple[Read, ...], ctx: Context) -> None:
        for read in reads:
            ask_to_read(ctx, read, self._reads)
        if self._wishes.fee_symbol:
            ask_to_read(ctx, ReadFeePrice(self._wishes.fee_symbol), self._reads)
        interval_ms = self._settings.interval_ms
        delay_ms = min(interval_ms, UNKNOWN_INTERVAL_MS) if self._missing() else interval_ms
        ctx.after(delay_ms * MS, _Tick(), key="tick")

    def _is_old(self, read_at_ns: int, age_ms_max: int, ctx: Context) -> bool:
        return ctx.now - read_at_ns >= age_ms_max * MS

    def _missing(self) -> tuple[Read, ...]:
        """Return the reads of what is not known at all.

        They alone are repeated: on a slow line the last of many would always be left out, since
        one lane makes them in turn and a permit grows old meanwhile.
        """
        state = self.state
        known = (state.mode, state.marks, state.configs, state.ladders)
        return tuple(
            read for read, value in zip((*MONEY, *LEVERAGE), known, strict=True) if not value
        )

    def _take_configs(self, read: SymbolConfigsRead, ctx: Context) -> None:
        configs = {config.symbol: config for config in read.configs}
        self._know_leverage(LeverageKnown(read.configs, None, ctx.now), configs, None, ctx)
        self._setup(ctx).want(configs)

    def _take_ladders(self, read: BracketsRead, ctx: Context) -> None:
        ladders = {ladder.symbol: ladder.brackets for ladder in read.ladders}
        self._know_leverage(LeverageKnown(None, read.ladders, ctx.now), None, ladders, ctx)

    def _know_leverage(
        self,
        fact: LeverageKnown,
        configs: Configs | None,
        ladders: Ladders | None,
        ctx: Context,
    ) -> None:
        """Tell what changed, once how symbols are set and what bounds them are both known."""
        before = leverage_of(self.state.configs, self.state.ladders)
        ctx.record(fact)
        after = leverage_of(
            self.state.configs if configs is None else configs,
            self.state.ladders if ladders is None else ladders,
        )
        if after != before:
            ctx.tell(RISK_GATE, LeverageChanged(after, ctx.now))

    def _take_balances(self, read: AccountRead, sent_at_ns: int, ctx: Context) -> None:
        """A wallet that the stream reported while the reading was out is the newer one."""
        is_newer = sent_at_ns > self.state.reported_at_ns
        wallet = read.wallet if is_newer else self.state.wallet
        fact = MoneyKnown(wallet, read.available, read.unrealised_pnl, ctx.now, ctx.now)
        self._know(fact, ctx)

    def _known(self, ctx: Context) -> MoneyKnown:
        """Return what is known now."""
        state = self.state
        return MoneyKnown(
            wallet=state.wallet,
            available=state.available,
            unrealised_pnl=state.unrealised_pnl,
            known_at_ns=state.known_at_ns,
            at_ns=ctx.now,
        )

    def _know(self, fact: MoneyKnown, ctx: Context) -> None:
        ctx.record(fact)
        if self.state.mode is not None:
            self._tell(fact, self.state.mode, ctx)

    def _take_mode(self, mode: AccountModeRead, ctx: Context) -> None:
        fault = mode_fault(mode, hedge_mode=self._settings.hedge_mode)
        state = self.state
        if mode == state.mode and fault == state.fault:
            return
        ctx.record(ModeKnown(mode, fault))
        if state.marks is not None:
            self._tell(self._known(ctx), mode, ctx)
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

    def _tell(self, known: MoneyKnown, mode: AccountModeRead, ctx: Context) -> None:
        """Tell those who decide by it; `at_ns` says since when the balances are known."""
        marks = marks_after(self.state.marks, known)
        changed = AccountChanged(
            wallet=known.wallet,
            available=known.available,
            equity=known.equity,
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
