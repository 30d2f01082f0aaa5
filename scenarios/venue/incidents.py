"""Incidents: what befalls the whole exchange or the account, whoever asks at that moment.

Owns the maintenance that answers nobody, halts of symbols, changes of filters, and what a person
does beside the engine: position mode, leverage, transfers, requests from the same address. What has
an end ends by itself. A change that the venue would refuse at that moment is left out.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from attrs import evolve

from . import api_config
from .account import money
from .account_frames import account_update
from .core import Core
from .fault_source import FaultDraw
from .faults import Fault, Faults
from .hands import Act, ActKind, perform, small_trade
from .income import TRANSFER
from .moment import NS_PER_MS, Agenda
from .params import Params
from .refusal import VenueRefusal
from .streams import Streams

HALTED, TRADING = "SETTLING", "TRADING"
TICKS_COARSER = 10
NOTIONALS_LARGER = 2
LEVERAGES = (1, 3, 10, 50, 75)
RESTORE_EVERY_MS = 1_000
PERCENT = Decimal(100)


class Incidents:
    """What happens to one exchange."""

    def __init__(
        self, core: Core, agenda: Agenda, streams: Streams, faults: Callable[[], Faults]
    ) -> None:
        self._core = core
        self._agenda = agenda
        self._streams = streams
        self._faults = faults
        self._usual = {rules.symbol: rules for rules in core.settings.symbols}
        self.closed_until_ns = 0

    @property
    def is_closed(self) -> bool:
        """True during a maintenance."""
        return self._core.moment.ns < self.closed_until_ns

    def strike(self, draw: FaultDraw) -> None:
        """Let an incident happen now."""
        match draw.fault:
            case Fault.MAINTENANCE:
                self._close(draw.size_ms)
            case Fault.SYMBOL_HALTED:
                self._halt(self._symbol(draw.luck), draw.size_ms)
            case Fault.SYMBOL_SETTLED:
                self._settle(self._symbol(draw.luck), draw.size_ms)
            case Fault.FILTERS_CHANGED:
                self._change_filters(self._symbol(draw.luck))
            case Fault.WEIGHT_JUMP:
                limits = self._core.limits
                limits.use_elsewhere(self._faults().weight_jump_units, self._core.moment.ms)
            case _:
                self._befall_account(draw)

    def _befall_account(self, draw: FaultDraw) -> None:
        """Let a person, or the venue itself, do something to the account."""
        match draw.fault:
            case Fault.MODE_CHANGED:
                self._change_mode(draw.size_ms)
            case Fault.LEVERAGE_CHANGED:
                self._change_leverage(draw.luck)
            case Fault.BALANCE_CHANGED:
                self._transfer(is_out=draw.luck < 0.5)
            case Fault.TRADED_BY_HAND:
                self._trade(draw.luck)
            case Fault.DELEVERAGED:
                perform(self._core, Act(ActKind.DELEVERAGE))
            case _:
                perform(self._core, Act(ActKind.LIQUIDATE))

    def _symbol(self, luck: float) -> str:
        symbols = tuple(self._core.books)
        return symbols[int(luck * len(symbols)) % len(symbols)]

    def _close(self, length_ms: int) -> None:
        """Answer nobody for a while, and say nothing on any stream."""
        now_ns = self._core.moment.ns
        self.closed_until_ns = now_ns + length_ms * NS_PER_MS
        self._streams.interrupt(now_ns, self.closed_until_ns)

    def _halt(self, symbol: str, length_ms: int) -> None:
        if self._core.rules(symbol).status != TRADING:
            return
        self._core.change_rules(evolve(self._core.rules(symbol), status=HALTED))
        self._agenda.after(length_ms, partial(self._reopen, symbol))

    def _settle(self, symbol: str, length_ms: int) -> None:
        """End a contract, and list it anew after a while."""
        if self._core.rules(symbol).status != TRADING:
            return
        perform(self._core, Act(ActKind.SETTLE, symbol))
        self._agenda.after(length_ms, partial(self._reopen, symbol))

    def _reopen(self, symbol: str) -> None:
        self._core.change_rules(evolve(self._core.rules(symbol), status=TRADING))

    def _change_filters(self, symbol: str) -> None:
        """Make prices coarser and orders larger, or as they were."""
        usual, rules = self._usual[symbol], self._core.rules(symbol)
        if rules.tick != usual.tick:
            self._core.change_rules(evolve(usual, status=rules.status))
            return
        tick = usual.tick * TICKS_COARSER
        notional_min = usual.notional_min * NOTIONALS_LARGER
        price_min = -(-usual.price_min // tick) * tick
        coarser = evolve(rules, tick=tick, price_min=price_min, notional_min=notional_min)
        self._core.change_rules(coarser)

    def _change_mode(self, length_ms: int) -> None:
        if self._core.is_engaged:
            return
        self._core.account.is_hedged = not self._core.account.is_hedged
        usual = self._core.settings.hedge_mode
        if self._core.account.is_hedged != usual:
            self._agenda.after(length_ms, self._restore_mode)

    def _restore_mode(self) -> None:
        """Put the mode back as soon as the venue lets anybody do it."""
        if self._core.is_engaged:
            self._agenda.after(RESTORE_EVERY_MS, self._restore_mode)
        else:
            self._core.account.is_hedged = self._core.settings.hedge_mode

    def _change_leverage(self, luck: float) -> None:
        choices = [(symbol, leverage) for symbol in self._core.books for leverage in LEVERAGES]
        symbol, leverage = choices[int(luck * len(choices)) % len(choices)]
        try:
            api_config.change_leverage(
                self._core, Params({"symbol": symbol, "leverage": str(leverage)})
            )
        except VenueRefusal:
            return

    def _trade(self, luck: float) -> None:
        choices = [(symbol, is_buy) for symbol in self._core.books for is_buy in (True, False)]
        symbol, is_buy = choices[int(luck * len(choices)) % len(choices)]
        perform(self._core, small_trade(self._core, symbol, is_buy=is_buy))

    def _transfer(self, *, is_out: bool) -> None:
        """Move a part of the wallet to or from another one of the person's."""
        core = self._core
        share = Decimal(self._faults().balance_changed_pct) / PERCENT
        amount = money(core.account.wallet * share) * (-1 if is_out else 1)
        if core.margin().available + amount < 0:
            return
        account, at_ms = core.account, core.moment.ms
        account.move(amount, at_ms=at_ms)
        core.income.add(TRANSFER, amount)
        if core.feed.is_heard:
            reason = "WITHDRAW" if is_out else "DEPOSIT"
            frame = account_update(account, reason, (), core.books, at_ms=at_ms, change=amount)
            core.feed.send(frame)
