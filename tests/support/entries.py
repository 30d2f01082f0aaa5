"""Entries: a signal, and a world in which it passes every rule of the gate.

Owns no figure that matters to a test: a test names the one that it changes.
"""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.policies.entry_view import EntryView, StrategyView
from callboard.actors.settings import RiskSettings, StrategyLimits
from callboard.messages.account import AccountChanged, Bracket, SymbolConfig, SymbolLeverage
from callboard.messages.control import TradingStateChanged
from callboard.messages.instruments import ContractStatus, Filters, InstrumentsChanged
from callboard.messages.intake import SubmitSignal
from callboard.messages.market import ClockChanged, MarkChanged
from callboard.messages.orders import RequestExit
from callboard.messages.reconciliation import VenueListed
from callboard.messages.stream import StreamHealthChanged
from callboard.messages.values import (
    Leg,
    OrderType,
    PositionSide,
    Side,
    SignalType,
    TradingState,
    WorkingType,
)
from support.steps import MS, START_NS

D = Decimal
SYMBOL = "ETHUSDT"
NOW_MS = START_NS // MS
PRICE = D(2000)
ETH = Filters(
    symbol=SYMBOL,
    status=ContractStatus.TRADING,
    margin_asset="USDT",
    tick_size=D("0.01"),
    price_min=D("0.01"),
    price_max=D(300_000),
    step_size=D("0.001"),
    quantity_min=D("0.001"),
    quantity_max=D(10_000),
    market_step_size=D("0.001"),
    market_quantity_min=D("0.001"),
    market_quantity_max=D(2_000),
    notional_min=D(20),
    multiplier_up=D("1.05"),
    multiplier_down=D("0.95"),
)
SETTINGS = RiskSettings(symbols=(SYMBOL, "BTCUSDT", "SOLUSDT", "XRPUSDT"))
ACCOUNT = AccountChanged(
    wallet=D(10_000),
    available=D(10_000),
    equity=D(10_000),
    day_start_equity=D(10_000),
    peak_equity=D(10_000),
    hedge_mode=False,
    can_trade=True,
    at_ns=START_NS,
)
ACTIVE = TradingStateChanged(TradingState.ACTIVE, 1, "", venue_open=True)
CLOCK = ClockChanged(offset_ns=0, error_ns=0, trusted=True)
LISTED = VenueListed(START_NS, (), 0)
HEALTHY = StreamHealthChanged(healthy=True, reason="")


def entry(**changes: Any) -> SubmitSignal:
    """Return a confident wish to go long at the market."""
    plain = SubmitSignal(
        signal_id="s1",
        at_ms=NOW_MS,
        signal=SignalType.LONG_ENTRY,
        symbol=SYMBOL,
        confidence=D("0.9"),
    )
    return evolve(plain, **changes)


def mark(symbol: str = SYMBOL, *, price: Decimal = PRICE, at_ns: int = START_NS) -> MarkChanged:
    """Return a mark with its book around it."""
    return MarkChanged(symbol, price, price - 1, price + 1, at_ns)


def instruments(*symbols: str, at_ns: int = START_NS) -> InstrumentsChanged:
    """Return a reading of the filters of some symbols, all like those of ETHUSDT."""
    filters = tuple(evolve(ETH, symbol=symbol) for symbol in symbols or (SYMBOL,))
    return InstrumentsChanged(filters, (), at_ns)


def view(signal: SubmitSignal | None = None, **changes: Any) -> EntryView:
    """Return what the gate knows when nothing speaks against the entry."""
    plain = EntryView(
        signal=signal or entry(),
        settings=SETTINGS,
        now_ns=START_NS,
        venue_ms=NOW_MS,
        trading_state=TradingState.ACTIVE,
        trading_reason="",
        venue_open=True,
        is_ready=True,
        clock_trusted=True,
        stream_healthy=True,
        symbol_hold="",
        account=ACCOUNT,
        filters=ETH,
        filters_read_at_ns=START_NS,
        mark=mark(),
        position_quantity=D(0),
        position_notional=D(0),
        gross_notional=D(0),
        reserved_notional=D(0),
        slots_used=0,
        has_slot=False,
        executed_at_ns=0,
        executions_today=0,
        leverage=10,
        bracket=leverage(),
        listed_at_ns=START_NS,
        open_orders=0,
        conditional_orders=0,
    )
    return evolve(plain, **changes)


def leverage(
    symbol: str = SYMBOL, *, set_to: int = 10, notional_cap: Decimal = D(70_000_000)
) -> SymbolLeverage:
    """Return a symbol's leverage, and a ladder that admits twice as much of a tenth of its cap."""
    config = SymbolConfig(symbol, set_to, notional_cap, isolated=False)
    steps = (
        Bracket(D(0), notional_cap / 10, 20, D("0.025")),
        Bracket(notional_cap / 10, notional_cap, 10, D("0.05")),
    )
    return SymbolLeverage(config, steps)


def strategy(
    *,
    position_notional: Decimal = D(0),
    gross_notional: Decimal = D(0),
    slots_used: int = 0,
    has_slot: bool = False,
    executed_at_ns: int = 0,
    executions_today: int = 0,
    **limits: Any,
) -> StrategyView:
    """Return a strategy with limits of its own that has done nothing yet."""
    return StrategyView(
        limits=StrategyLimits("default", **limits),
        position_notional=position_notional,
        gross_notional=gross_notional,
        slots_used=slots_used,
        has_slot=has_slot,
        executed_at_ns=executed_at_ns,
        executions_today=executions_today,
    )


def exit_request(**changes: Any) -> RequestExit:
    """Return the wish to close a long position of 0.1 whole."""
    plain = RequestExit(
        intent_id="p1",
        leg=Leg.EXIT,
        attempt=1,
        signal_id="",
        strategy="default",
        symbol=SYMBOL,
        side=Side.SELL,
        position_side=PositionSide.BOTH,
        order_type=OrderType.MARKET,
        quantity=D("0.1"),
        price=None,
        trigger_price=None,
        working_type=WorkingType.MARK_PRICE,
        position_quantity=D("0.1"),
    )
    return evolve(plain, **changes)
