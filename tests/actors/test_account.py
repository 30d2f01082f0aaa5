"""Test of Account: money and modes, known once both were read, told to those who decide."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.account import Account, mode_fault
from callboard.actors.exchange_settings import AccountSettings
from callboard.messages.account import (
    AccountChanged,
    Bracket,
    BracketsRead,
    LeverageChanged,
    LeverageLadder,
    PositionsValued,
    ReadBrackets,
    ReadSymbolConfigs,
    RefreshAccount,
    ResetPeak,
    SymbolConfig,
    SymbolConfigsRead,
    SymbolLeverage,
)
from callboard.messages.control import TripBreaker
from callboard.messages.stream import BalancesReported
from callboard.messages.values import Priority, Severity, TradingState
from callboard.messages.venue import (
    AccountModeRead,
    AccountRead,
    Fenced,
    Permit,
    PermitGranted,
    PermitRefused,
    ReadAccount,
    ReadAccountMode,
    Result,
)
from support.steps import SECOND, Step, StepRunner
from support.venue_samples import read_ended

DAY = 86_400 * SECOND
ONE_WAY = AccountModeRead(hedge_mode=False, multi_assets=False, can_trade=True)
HEDGE = AccountModeRead(hedge_mode=True, multi_assets=False, can_trade=True)
HOUR = 3_600 * SECOND
EVERYTHING = ["ReadAccountMode", "ReadAccount", "ReadSymbolConfigs", "ReadBrackets"]
CONFIG = SymbolConfig("BTCUSDT", 10, Decimal(1_000_000), isolated=False)
BRACKET = Bracket(Decimal(0), Decimal(50_000), 125, Decimal("0.004"))
CONFIGS = SymbolConfigsRead((CONFIG,))
LADDERS = BracketsRead((LeverageLadder("BTCUSDT", (BRACKET,)),))
MONEY = AccountRead(Decimal(1000), Decimal(900), Decimal(-10))


class Bench:
    def __init__(self, *, known: bool = True) -> None:
        settings = AccountSettings(interval_ms=60_000, hedge_mode=False)
        self.steps = StepRunner(Account(settings), name="account")
        self.started = self.steps.start()
        if known:
            self.read(ONE_WAY)
            self.read(MONEY)
            self.read(CONFIGS)
            self.read(LADDERS)

    def read(self, result: Result | None, *, ago_ns: int = 0) -> Step:
        sent_at_ns = self.steps.now_ns - ago_ns
        return self.steps.tell(read_ended("account/ReadAccount", result, sent_at_ns=sent_at_ns))

    def changed(self, *, equity: int, wallet: int = 1000, available: int = 900) -> AccountChanged:
        return AccountChanged(
            wallet=Decimal(wallet),
            available=Decimal(available),
            equity=Decimal(equity),
            day_start_equity=Decimal(990),
            peak_equity=Decimal(max(990, equity)),
            hedge_mode=False,
            can_trade=True,
            at_ns=self.steps.now_ns,
        )


def test_modes_balances_and_leverage_are_asked_for_at_every_start() -> None:
    calls = [request.call for request in Bench(known=False).started.to("rate_limiter")]

    assert EVERYTHING == calls


def test_a_tick_asks_for_modes_and_balances_again() -> None:
    bench = Bench()
    bench.steps.fire("tick")

    step = bench.steps.fire("tick")

    asked = [request.call for request in step.to("rate_limiter")]
    assert ["ReadAccountMode", "ReadAccount"] == asked
    assert 60 * SECOND == bench.steps.timers["tick"].due_ns - bench.steps.now_ns


def test_an_account_that_is_not_known_is_asked_for_more_often() -> None:
    bench = Bench(known=False)

    assert 2 * SECOND == bench.steps.timers["tick"].due_ns - bench.steps.now_ns


def test_each_permit_becomes_the_call_that_its_token_names() -> None:
    bench = Bench(known=False)
    requests = bench.started.to("rate_limiter")
    permit = Permit("p1", bench.steps.now_ns + SECOND)

    steps = [bench.steps.tell(PermitGranted(request.token, permit)) for request in requests]

    made = [call for step in steps for call in step.to("lane_reducing")]
    expected = [ReadAccountMode(), ReadAccount(), ReadSymbolConfigs(), ReadBrackets()]
    assert expected == [each.call for each in made]
    assert {Priority.OPENING} == {each.priority for each in made}


def test_nothing_is_told_before_both_were_read() -> None:
    bench = Bench(known=False)

    money = bench.read(MONEY)
    mode = bench.read(ONE_WAY)

    assert () == money.tells
    changed = bench.changed(equity=990)
    assert (("risk_gate", changed), ("circuit_breaker", changed)) == mode.tells


def test_balances_read_later_are_told() -> None:
    bench = Bench()

    step = bench.read(AccountRead(Decimal(1100), Decimal(1000), Decimal(0)))

    expected = bench.changed(equity=1100, wallet=1100, available=1000)
    assert [expected] == step.to("risk_gate")


def test_a_reported_wallet_moves_what_is_available_by_as_much() -> None:
    bench = Bench()

    step = bench.steps.tell(BalancesReported(Decimal(1020), 5), after_ns=SECOND)

    assert [bench.changed(equity=1010, wallet=1020, available=920)] == step.to("risk_gate")


def test_a_reading_that_left_before_a_report_does_not_move_the_wallet_back() -> None:
    bench = Bench()
    bench.steps.tell(BalancesReported(Decimal(1020), 5), after_ns=SECOND)

    step = bench.read(MONEY, ago_ns=SECOND // 2)

    assert [Decimal(1020)] == [changed.wallet for changed in step.to("risk_gate")]


def test_a_valuation_moves_equity_and_makes_no_balance_younger() -> None:
    bench = Bench()
    known_at_ns = bench.steps.now_ns

    step = bench.steps.tell(PositionsValued(Decimal(50), 0), after_ns=SECOND)

    (changed,) = step.to("circuit_breaker")
    assert (Decimal(1050), Decimal(1050), known_at_ns) == (
        changed.equity,
        changed.peak_equity,
        changed.at_ns,
    )


@pytest.mark.parametrize(
    "message", [BalancesReported(Decimal(1), 5), PositionsValued(Decimal(1), 5)]
)
def test_changes_of_an_unknown_account_say_nothing(
    message: BalancesReported | PositionsValued,
) -> None:
    step = Bench(known=False).steps.tell(message)

    assert ((), ()) == (step.facts, step.tells)


def test_a_new_utc_day_starts_with_its_first_equity() -> None:
    bench = Bench()

    step = bench.steps.tell(PositionsValued(Decimal(-100), 0), after_ns=DAY)

    (changed,) = step.to("circuit_breaker")
    assert (Decimal(900), Decimal(990)) == (changed.day_start_equity, changed.peak_equity)


@pytest.mark.parametrize("reason", ["DEPOSIT", "WITHDRAW", "ASSET_TRANSFER"])
def test_money_that_is_moved_is_neither_profit_nor_loss(reason: str) -> None:
    """C-10: a transfer touches no wall and lifts none."""
    bench = Bench()
    moved = BalancesReported(Decimal(600), 5, reason, Decimal(-400))

    (changed,) = bench.steps.tell(moved).to("circuit_breaker")

    assert (Decimal(590), Decimal(590), Decimal(590)) == (
        changed.equity,
        changed.day_start_equity,
        changed.peak_equity,
    )


@pytest.mark.parametrize("reason", ["FUNDING_FEE", "ORDER", "INSURANCE_CLEAR", ""])
def test_funding_and_fees_are_losses(reason: str) -> None:
    """C-10: equity pays funding and fees like any loss."""
    bench = Bench()
    paid = BalancesReported(Decimal(990), 5, reason, Decimal(-10))

    (changed,) = bench.steps.tell(paid).to("circuit_breaker")

    assert (Decimal(980), Decimal(990)) == (changed.equity, changed.day_start_equity)


def test_a_deposit_that_a_reading_showed_first_raises_the_peak_once() -> None:
    bench = Bench()
    bench.read(AccountRead(Decimal(1500), Decimal(1400), Decimal(-10)))

    step = bench.steps.tell(BalancesReported(Decimal(1500), 5, "DEPOSIT", Decimal(500)))

    (changed,) = step.to("circuit_breaker")
    assert (Decimal(1490), Decimal(1490), Decimal(1490)) == (
        changed.equity,
        changed.day_start_equity,
        changed.peak_equity,
    )


def test_a_person_sets_the_peak_anew_and_the_breaker_hears_at_once() -> None:
    """C-10: a drawdown is reset by hand alone."""
    bench = Bench()
    bench.steps.tell(PositionsValued(Decimal(-200), 0))

    step = bench.steps.tell(ResetPeak("resumed by ada: checked"))

    (changed,) = step.to("circuit_breaker")
    assert (Decimal(800), Decimal(800), Decimal(990)) == (
        changed.equity,
        changed.peak_equity,
        changed.day_start_equity,
    )


def test_a_peak_that_nobody_knows_is_not_reset() -> None:
    step = Bench(known=False).steps.tell(ResetPeak("resumed"))

    assert ((), ()) == (step.facts, step.tells)


def test_a_wrong_position_mode_reduces_trading_and_alarms_once() -> None:
    bench = Bench()

    first = bench.read(HEDGE)
    second = bench.read(HEDGE)

    reason = "position mode is hedge, the settings say one-way"
    assert [TripBreaker(TradingState.REDUCING, reason)] == first.told(TripBreaker)
    assert [Severity.CRITICAL] == [alert.severity for alert in first.to("event_bus")]
    assert [True] == [changed.hedge_mode for changed in first.to("risk_gate")]
    assert () == second.tells


def test_a_mode_that_was_put_right_is_told_without_resuming_trading() -> None:
    bench = Bench()
    bench.read(HEDGE)

    step = bench.read(ONE_WAY)

    assert ["account_mode_right"] == [alert.alert for alert in step.to("event_bus")]
    assert [] == step.told(TripBreaker)


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        (ONE_WAY, ""),
        (HEDGE, "position mode is hedge, the settings say one-way"),
        (
            AccountModeRead(hedge_mode=False, multi_assets=True, can_trade=True),
            "multi-assets mode is on: balances of one asset would not be the whole margin",
        ),
        (
            AccountModeRead(hedge_mode=False, multi_assets=False, can_trade=False),
            "the account may not trade",
        ),
    ],
)
def test_each_fault_of_the_modes_is_named(mode: AccountModeRead, fault: str) -> None:
    assert fault == mode_fault(mode, hedge_mode=False)


def test_a_failed_read_changes_nothing() -> None:
    step = Bench().read(None)

    assert ((), ()) == (step.facts, step.tells)


@pytest.mark.parametrize(
    "message", [PermitRefused("account/ReadAccount", "late"), Fenced("c", 0, "x")]
)
def test_a_read_that_did_not_leave_waits_for_its_tick(message: PermitRefused | Fenced) -> None:
    bench = Bench()

    step = bench.steps.tell(message)

    assert ((), ()) == (step.facts, step.tells)
    assert "tick" in bench.steps.timers


def test_a_refusal_for_the_mode_reads_at_once() -> None:
    step = Bench().steps.tell(RefreshAccount("-4061"))

    assert EVERYTHING == [request.call for request in step.to("rate_limiter")]


def test_leverage_is_told_once_settings_and_ladders_are_both_known() -> None:
    """C-50: the gate knows each symbol's leverage before the first order."""
    bench = Bench(known=False)

    configs = bench.read(CONFIGS)
    ladders = bench.read(LADDERS)

    assert [] == configs.told(LeverageChanged)
    known = (SymbolLeverage(CONFIG, (BRACKET,)),)
    assert [LeverageChanged(known, bench.steps.now_ns)] == ladders.to("risk_gate")


def test_leverage_that_did_not_change_is_no_news() -> None:
    bench = Bench()

    steps = [bench.read(CONFIGS), bench.read(LADDERS)]

    assert [(), ()] == [step.tells for step in steps]


def test_a_changed_leverage_is_told() -> None:
    bench = Bench()

    step = bench.read(SymbolConfigsRead((evolve(CONFIG, leverage=20),)))

    (changed,) = step.told(LeverageChanged)
    assert [20] == [each.config.leverage for each in changed.symbols]


def test_leverage_is_read_again_when_it_is_old_before_what_is_read_every_minute() -> None:
    bench = Bench()
    bench.steps.now_ns += HOUR

    step = bench.steps.fire("tick")

    asked = [request.call for request in step.to("rate_limiter")]
    assert [*EVERYTHING[2:], *EVERYTHING[:2]] == asked


def test_what_is_missing_is_read_alone_so_that_a_slow_line_gets_to_it() -> None:
    bench = Bench(known=False)
    bench.read(ONE_WAY)
    bench.read(MONEY)
    bench.read(CONFIGS)

    step = bench.steps.fire("tick")

    assert ["ReadBrackets"] == [request.call for request in step.to("rate_limiter")]
    assert 2 * SECOND == bench.steps.timers["tick"].due_ns - bench.steps.now_ns


def test_balances_are_read_though_something_else_stays_missing() -> None:
    bench = Bench(known=False)
    bench.read(ONE_WAY)
    bench.read(MONEY)
    bench.read(CONFIGS)
    bench.steps.now_ns += 60 * SECOND

    step = bench.steps.fire("tick")

    asked = [request.call for request in step.to("rate_limiter")]
    assert ["ReadBrackets", "ReadAccountMode", "ReadAccount"] == asked
