"""Test of what RiskGate judges by: each piece of news may refuse, silence always does."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.control import EngineStarted, RecoveryDone, TradingStateChanged
from callboard.messages.positions import ProtectionFailing
from callboard.messages.reconciliation import SymbolsMismatched
from callboard.messages.stream import StreamHealthChanged
from callboard.messages.values import (
    LastRun,
    TradingState,
)
from support.entries import (
    ACCOUNT,
    CLOCK,
    SYMBOL,
    entry,
    instruments,
    mark,
)
from support.gates import NEWS, GateBench
from support.steps import SECOND, START_NS

D = Decimal
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("news", "guard"),
    [
        (TradingStateChanged(TradingState.REDUCING, 2, "", venue_open=True), "trading_state"),
        (TradingStateChanged(TradingState.HALTED, 2, "", venue_open=True), "trading_state"),
        (TradingStateChanged(TradingState.ACTIVE, 2, "", venue_open=False), "venue_open"),
        (
            TradingStateChanged(
                TradingState.ACTIVE, 2, "", venue_open=True, reducing_symbols=(SYMBOL,)
            ),
            "symbol_hold",
        ),
        (evolve(CLOCK, trusted=False), "clock"),
        (StreamHealthChanged(healthy=False, reason="gap"), "user_stream"),
        (SymbolsMismatched((SYMBOL,)), "symbol_hold"),
        (ProtectionFailing(SYMBOL, alarm=True), "symbol_hold"),
        (evolve(instruments(), filters=(), gone=(SYMBOL,)), "filters_age"),
        (evolve(ACCOUNT, equity=D(0)), "equity"),
        (mark(at_ns=START_NS - 6 * SECOND), "mark_age"),
    ],
)
def test_what_changes_in_the_world_refuses_the_next_entry(news: object, guard: str) -> None:
    bench = GateBench()
    bench.steps.tell(news)

    assert guard == bench.guard()


@pytest.mark.parametrize(
    ("held", "released"),
    [
        (SymbolsMismatched((SYMBOL,)), SymbolsMismatched(())),
        (ProtectionFailing(SYMBOL, alarm=True), ProtectionFailing(SYMBOL, alarm=False)),
    ],
)
def test_a_hold_that_ended_lets_entries_in_again(held: object, released: object) -> None:
    bench = GateBench()
    bench.steps.tell(held)
    bench.steps.tell(released)

    assert "" == bench.guard()


@pytest.mark.parametrize(("asset", "guard"), [("USDT", ""), ("USDC", "margin_asset")])
def test_a_symbol_of_another_margin_asset_is_refused_by_name(asset: str, guard: str) -> None:
    assert guard == GateBench(margin_asset=asset).guard()


def test_a_hold_concerns_its_own_symbol() -> None:
    bench = GateBench()
    bench.steps.tell(ProtectionFailing(SYMBOL, alarm=True))

    assert "" == bench.guard(entry(symbol="BTCUSDT"))


def test_a_gate_that_heard_nothing_of_the_breaker_takes_it_for_halted() -> None:
    bench = GateBench(ready=False)

    assert "trading_state" == bench.guard()


@pytest.mark.parametrize("missing", NEWS[:5])
def test_commands_run_once_the_gate_has_heard_all_that_it_judges_by(missing: object) -> None:
    bench = GateBench(ready=False)
    for news in NEWS:
        if news is not missing:
            bench.steps.tell(news)
    recovered = bench.steps.tell(RecoveryDone(3))

    last = bench.steps.tell(missing)

    assert [] == recovered.to("execution_system")
    assert [RecoveryDone(3)] == last.to("execution_system")


def test_readiness_is_told_once_a_start() -> None:
    bench = GateBench()

    again = bench.steps.tell(RecoveryDone(3))
    bench.steps.tell(EngineStarted(4, LastRun.STOPPED))
    next_start = bench.steps.tell(RecoveryDone(4))

    assert [] == again.to("execution_system")
    assert [RecoveryDone(4)] == next_start.to("execution_system")


def test_after_a_start_entries_wait_for_the_comparison_of_that_start() -> None:
    bench = GateBench()
    bench.steps.tell(EngineStarted(4, LastRun.STOPPED))
    before = bench.guard()

    late = bench.steps.tell(RecoveryDone(3))
    still = bench.guard()
    bench.steps.tell(RecoveryDone(4))

    assert ((), "not_ready", "not_ready") == (late.facts, before, still)
    assert "cb4-3-e1" == bench.approve().client_order_id
