"""Account setup: how symbols are to be set at the venue, and the countdown over them.

Account's tool, bound to one message. What a reading shows to differ from the settings' wish is set
by a request with a permit, once, and once again at the next whole reading of leverage; that it was
so already counts as done. What the venue refuses is an alert; entries of the symbol are refused by
the gate for as long as it is not so. The countdown, off by default, is the venue's own brake: it
cancels a symbol's open orders when this engine has been silent for so long. Whether it also
cancels conditional orders, and so stops, is not documented: arming it warns, once a start. Nothing
is remembered but what was asked when; a token says which request it stands for. An orderly stop
disarms it, or says why not; an engine that is killed leaves it armed, which is what it is for.

Source: Binance USDS-M leverage, marginType and countdownCancelAll, read 2026-11-20.
"""

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from ..messages.account import (
    ArmCountdown,
    CountdownArmed,
    CountdownReported,
    LeverageSet,
    MarginTypeSet,
    ReadFeePrice,
    ReadSymbolConfigs,
    SetLeverage,
    SetMarginType,
    SymbolConfig,
)
from ..messages.events import AlertRaised
from ..messages.values import ErrorKind, Priority, Severity
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    MakeCall,
    PermitGranted,
    PermitRefused,
    RequestPermit,
)
from .account_facts import AccountState, CountdownLeaving, CountdownLeft, SettingAsked
from .names import EVENT_BUS, LANE_REDUCING, RATE_LIMITER
from .policies.error_codes import CODES
from .reading import ReadOptions, ask_to_read, left_out, make_read
from .runtime.actor import Context

MS = 1_000_000
BEATS = 3
"""How often the countdown is armed anew within its time."""
ARM_AGAIN_NS = 250_000_000
"""When it is armed after a request that did not leave: at a start the clock is not known yet."""

SETTING_PARTS = 4
"""Asker, call, symbol and value of a token; a read's has two."""

Setting = SetLeverage | SetMarginType | ArmCountdown


@frozen
class SetupWishes:
    """What the settings want; nothing by default."""

    symbols: tuple[str, ...] = ()
    leverage: int | None = None
    isolated: bool | None = None
    countdown_ms: int = 0
    """0 arms no countdown."""
    fee_asset: str = ""
    """The asset that pays fees, to be counted at its price; empty counts it in its own units."""
    fee_symbol: str = ""
    """Its symbol with the margin asset."""

    @property
    def beat_ns(self) -> int:
        """How often the countdown is armed."""
        return self.countdown_ms * MS // BEATS

    def missing(self, configs: Mapping[str, SymbolConfig]) -> Iterator[Setting]:
        """Yield what is to be set of the symbols whose setting is known."""
        for symbol in self.symbols:
            config = configs.get(symbol)
            if config is None:
                continue
            if self.isolated not in (None, config.isolated):
                yield SetMarginType(symbol, isolated=not config.isolated)
            if self.leverage not in (None, config.leverage):
                yield SetLeverage(symbol, self.leverage or config.leverage)


def token_of(actor: str, setting: Setting) -> str:
    """Return the token that stands for a request."""
    match setting:
        case SetLeverage():
            value = setting.leverage
        case SetMarginType():
            value = int(setting.isolated)
        case ArmCountdown():
            value = setting.countdown_ms
    return f"{actor}/{type(setting).__name__}/{setting.symbol}/{value}"


def setting_of(token: str) -> Setting | None:
    """Return the request that a token stands for, None of a read's."""
    parts = token.split("/")
    if len(parts) != SETTING_PARTS:
        return None
    call, symbol, value = parts[1], parts[2], int(parts[3])
    match call:
        case SetLeverage.__name__:
            return SetLeverage(symbol, value)
        case SetMarginType.__name__:
            return SetMarginType(symbol, isolated=bool(value))
        case _:
            return ArmCountdown(symbol, value)


@frozen
class Beat:
    """The countdown is due to be armed anew."""


@frozen
class AccountSetup:
    """What is set for an account; state, wishes and context of one message."""

    state: AccountState
    wishes: SetupWishes
    reads: ReadOptions
    again_ns: int
    """When what was asked for once may be asked for again."""
    ctx: Context

    def begin(self) -> None:
        """Let everything be asked for anew at a start, and arm the countdown where one is wanted.

        Nothing is done where nothing is wished.
        """
        for token in self.state.asked:
            self.ctx.record(SettingAsked(token, 0))
        if self.state.leaving:
            self.ctx.record(CountdownLeaving(()))
        if self.wishes.countdown_ms:
            warn_of_countdown(self.ctx, self.wishes)
            self.beat()

    def beat(self) -> None:
        """Arm the countdown of every symbol anew."""
        for symbol in self.wishes.symbols:
            arm = ArmCountdown(symbol, self.wishes.countdown_ms)
            _ask_to_set(self.ctx, arm, self.wishes.beat_ns)
        self.ctx.after(self.wishes.beat_ns, Beat(), key="beat")

    def disarm(self) -> None:
        """Disarm the countdown of every symbol, and arm none any more."""
        symbols = self.wishes.symbols if self.wishes.countdown_ms else ()
        self.ctx.cancel("beat")
        self.ctx.record(CountdownLeaving(symbols))
        for symbol in symbols:
            _ask_to_set(self.ctx, ArmCountdown(symbol, 0), self.wishes.beat_ns)

    def report(self) -> None:
        """Answer what has come of disarming."""
        leaving = self.state.leaving.items()
        pending = tuple(symbol for symbol, why in leaving if why is None)
        left = tuple((symbol, why) for symbol, why in leaving if why)
        self.ctx.reply(CountdownReported(pending, left))

    def want(self, configs: Mapping[str, SymbolConfig]) -> None:
        """Ask for what is to be set, each once until it may be asked for again."""
        for setting in self.wishes.missing(configs):
            token = token_of(self.ctx.me, setting)
            asked_at_ns = self.state.asked.get(token)
            if asked_at_ns is None or self.ctx.now - asked_at_ns >= self.again_ns:
                self.ctx.record(SettingAsked(token, self.ctx.now))
                _ask_to_set(self.ctx, setting, self.reads.patience_ns)

    def granted(self, message: PermitGranted) -> None:
        """Make the read or the setting that the token stands for."""
        setting = setting_of(message.token)
        if setting is None:
            is_price = message.token.endswith(ReadFeePrice.__name__)
            read = ReadFeePrice(self.wishes.fee_symbol) if is_price else None
            make_read(self.ctx, message, self.reads, read)
        elif self.state.leaving and isinstance(setting, ArmCountdown) and setting.countdown_ms:
            self.ctx.log("countdown_not_armed", symbol=setting.symbol)
        else:
            _make_setting(self.ctx, message, setting)

    def left_out(self, message: PermitRefused | Fenced) -> None:
        """Note it; what was to be set may be asked for at the next reading."""
        left_out(self.ctx, message)
        token = message.token if isinstance(message, PermitRefused) else message.call_id
        if token in self.state.asked:
            self.ctx.record(SettingAsked(token, 0))
        setting = setting_of(token)
        if not isinstance(setting, ArmCountdown):
            return
        if not setting.countdown_ms:
            self._left(setting.symbol, message.reason)
        elif not self.state.leaving:
            self.ctx.after(min(ARM_AGAIN_NS, self.wishes.beat_ns), Beat(), key="beat")

    def ended(self, setting: Setting, message: AttemptEnded) -> tuple[SymbolConfig, ...]:
        """Return how symbols are set now if that is other; else the next reading says how."""
        is_disarming = isinstance(setting, ArmCountdown) and not setting.countdown_ms
        if isinstance(message.result, CountdownArmed):
            if is_disarming:
                self._left(setting.symbol, "")
            return ()
        if is_disarming:
            self._left(setting.symbol, _why(message))
        config = set_now(setting, message, self.state.configs.get(setting.symbol))
        if config is not None:
            self.ctx.log("symbol_set", symbol=config.symbol, leverage=config.leverage)
            return tuple((self.state.configs | {config.symbol: config}).values())
        self.ctx.tell(EVENT_BUS, not_set(setting, message))
        if not isinstance(setting, ArmCountdown):
            ask_to_read(self.ctx, ReadSymbolConfigs(), self.reads)
        return ()

    def _left(self, symbol: str, why: str) -> None:
        if symbol in self.state.leaving:
            self.ctx.record(CountdownLeft(symbol, why))


def _ask_to_set(ctx: Context, setting: Setting, patience_ns: int) -> None:
    """Ask the limiter for leave; the countdown's may use its reserve, since it must not lapse."""
    ctx.tell(
        RATE_LIMITER,
        RequestPermit(
            token=token_of(ctx.me, setting),
            call=type(setting).__name__,
            by_symbol=False,
            priority=_priority(setting),
            expires_at_ns=ctx.now + patience_ns,
        ),
    )


def _make_setting(ctx: Context, granted: PermitGranted, setting: Setting) -> None:
    """Make the request that a permit was granted for."""
    ctx.tell(
        LANE_REDUCING,
        MakeCall(
            call_id=granted.token,
            call=setting,
            permit=granted.permit,
            priority=_priority(setting),
            epoch=0,
            send_by_ms=0,
        ),
    )


def set_now(
    setting: Setting, ended: AttemptEnded, config: SymbolConfig | None
) -> SymbolConfig | None:
    """Return how a symbol is set after a request that was carried out, None after any other."""
    if config is None:
        return None
    match ended.result:
        case LeverageSet():
            return evolve(
                config, leverage=ended.result.leverage, notional_max=ended.result.notional_max
            )
        case MarginTypeSet():
            return evolve(config, isolated=ended.result.isolated)
        case _:
            pass
    if isinstance(setting, SetMarginType) and _is_so_already(ended.code):
        return evolve(config, isolated=setting.isolated)
    return None


def not_set(setting: Setting, ended: AttemptEnded) -> AlertRaised:
    """Return the alert of a request that was not carried out, as far as is known."""
    text = f"{_words(setting)}: {_why(ended)}"
    return AlertRaised(Severity.WARNING, "symbol_not_set", setting.symbol, text)


def _why(ended: AttemptEnded) -> str:
    return f"{ended.code} {ended.text}".strip() if ended.code else ended.phase.value


def warn_of_countdown(ctx: Context, wishes: SetupWishes) -> None:
    """Tell what an armed countdown may do."""
    text = (
        f"the venue cancels the open orders of {', '.join(wishes.symbols)} when this engine is"
        f" silent for {wishes.countdown_ms} ms; whether stops go too is not documented"
    )
    ctx.tell(EVENT_BUS, AlertRaised(Severity.WARNING, "countdown_armed", "account", text))


def _is_so_already(code: int) -> bool:
    return code in CODES and CODES[code].kind is ErrorKind.ALREADY_SO


def _priority(setting: Setting) -> Priority:
    return Priority.REDUCING if isinstance(setting, ArmCountdown) else Priority.OPENING


def _words(setting: Setting) -> str:
    match setting:
        case SetLeverage():
            return f"leverage {setting.leverage} was not set"
        case SetMarginType():
            return f"margin type {'isolated' if setting.isolated else 'crossed'} was not set"
        case ArmCountdown():
            if not setting.countdown_ms:
                return "the countdown was not disarmed"
            return f"the countdown of {setting.countdown_ms} ms was not armed"
