"""Three runs: every refusal and every final state of an order is met on some day.

A recorded tape with 200 signals, a market of three symbols over one day, and the same with
trouble, all under the default limits. A scene that needs others changes them by policy.
"""

from pathlib import Path

import pytest

from callboard.actors.policies.guard_table import GUARDS
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.values import TERMINAL_STATES, OrderState
from callboard.scenarios.paper import PaperOptions, PaperResult, run
from callboard.scenarios.running.market import tape
from support.long_runs import LongRun
from support.paper_runs import feeder
from support.scenes import EVERYDAY
from support.signals import mixed_signals
from support.trouble_scenes import TROUBLE

SIGNALS = 200
TAPE_START_MS = 1_723_161_256_303

REACHED_BY: dict[str, tuple[str, ...]] = {
    "tape": ("no_position", "cooldown"),
    "day": (
        "daily_quota",
        "queue_full",
        "taken_back",
        "unresolved",
        "signal_quantity",
        "signal_price",
        "signal_stop_loss",
        "signal_take_profit",
        "signal_confidence",
        "signal_confluence_score",
        "signal_signal_strength",
        "signal_order_type",
        "signal_time_in_force",
        "signal_position_side",
        "signal_trailing",
        "symbol_whitelist",
        "action_whitelist",
        "confidence",
        "confluence_score",
        "signal_strength",
        "expired",
        "leverage_max",
        "algorithm_plan",
        "algorithms_running",
        "trading_state",
        "filters_age",
        "opposite_position",
        "scale_in",
        "positions_max",
        "closing",
        "too_small_to_halve",
        "too_small_to_close",
        "stop_side",
        "target_side",
        "stop_distance",
        "stop_distance_min",
        "risk_reward_ratio",
        "slippage_reference",
        "slippage_estimate",
        "mark_distance",
        "quantity_min",
        "order_notional_max",
        "position_percent_max",
        "gross_percent_max",
        "available",
        "drawdown",
        "filter_price_min",
        "filter_price_max",
        "filter_quantity_min",
        "filter_quantity_max",
        "filter_market_quantity_min",
        "filter_market_quantity_max",
        "filter_notional_min",
        "filter_multiplier_up",
        "filter_multiplier_down",
        "host_rule",
        "position_age",
        "policy_age",
        "leverage_policy",
        "margin_type",
        "leverage_bracket",
        "conditional_orders",
        "correlated_percent_max",
        "filter_orders_max",
        "strategy_whitelist",
        "strategy_positions_max",
        "strategy_cooldown",
        "strategy_daily_quota",
        "strategy_position_percent_max",
        "strategy_gross_percent_max",
    ),
    "trouble": (
        "equity",
        "user_stream",
        "mark_age",
        "venue_open",
        "clock",
        "account_age",
        "symbol_hold",
        "account_may_trade",
        "contract_status",
        "policy",
        "not_ready",
        "message_lost",
    ),
}
"""Run -> the guards that it meets; each guard stands once."""

SECOND_LOCKS = ("stop_adjusted", "not_reducing", "no_reservation", "algorithm_over")
"""No run reaches these: another rule keeps what they forbid from ever being asked of them. Their
own tests stand with the gate's policies and messages."""

OTHER_ACCOUNTS = ("margin_asset", "emergency_age")
"""No run reaches these: an account counts in the asset of its symbols, and no risk service is
asked. Their own tests stand with the account's setup and with the gate's emergency."""

ENDED_BY = {
    OrderState.FILLED: "tape",
    OrderState.CANCELLED: "day",
    OrderState.EXPIRED: "day",
    OrderState.REJECTED: "day",
    OrderState.FAILED: "trouble",
}


@pytest.fixture(scope="module")
def day() -> LongRun:
    """One day of three symbols on which the venue does what it should."""
    played = LongRun(seed=1).play(*EVERYDAY)
    played.wait_until(24)
    return played


@pytest.fixture(scope="module")
def trouble() -> LongRun:
    """The same day with faults, crashes and restarts."""
    played = LongRun(seed=2, has_disk=True).play(*TROUBLE)
    played.wait_until(24)
    return played


@pytest.fixture(scope="module")
def on_tape(tape_path: Path, tmp_path_factory: pytest.TempPathFactory) -> PaperResult:
    """The recorded tape with its signals."""
    settings = Settings(seed=7, risk=RiskSettings(symbols=("ETHUSDT",)))
    signals = feeder(mixed_signals(SIGNALS, start_ms=TAPE_START_MS))
    folder = tmp_path_factory.mktemp("tape")
    return run(PaperOptions(settings, tape(tape_path), folder, feeder=signals))


def test_every_guard_has_its_run() -> None:
    mapped = [guard for guards in REACHED_BY.values() for guard in guards]

    assert sorted(GUARDS) == sorted((*mapped, *SECOND_LOCKS, *OTHER_ACCOUNTS))
    assert sorted(TERMINAL_STATES) == sorted(ENDED_BY)


def test_the_day_reaches_its_refusals_and_ends(day: LongRun) -> None:
    missing = [guard for guard in REACHED_BY["day"] if guard not in day.refused]

    assert [] == missing
    assert {state for state, name in ENDED_BY.items() if name == "day"} <= set(day.ended)


def test_the_day_with_trouble_reaches_its_refusals_and_ends(trouble: LongRun) -> None:
    missing = [guard for guard in REACHED_BY["trouble"] if guard not in trouble.refused]

    assert [] == missing
    assert {state for state, name in ENDED_BY.items() if name == "trouble"} <= set(trouble.ended)


def test_the_tape_reaches_its_refusals_and_ends(on_tape: PaperResult) -> None:
    summary = on_tape.summary

    assert SIGNALS == summary["signals"]
    assert set(REACHED_BY["tape"]) <= set(summary["refusals"])
    assert summary["outcomes"]["FILLED"] > 0
    assert 0 == summary["violations"], summary["first_violations"]


@pytest.mark.parametrize("name", ["day", "trouble"])
def test_no_invariant_is_broken_all_day(name: str, request: pytest.FixtureRequest) -> None:
    played: LongRun = request.getfixturevalue(name)

    assert [] == [str(violation) for violation in played.checker.violations]
