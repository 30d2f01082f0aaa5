"""Test of the guard table: every reason of a refusal is reached once, by its exact name."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.close_rules import Close, size_close
from callboard.actors.policies.emergency import EmergencyTerms, EmergencyWord
from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.exit_rules import verify_exit
from callboard.actors.policies.guard import Guard
from callboard.actors.policies.guard_table import GUARDS, SafetyGuard, safety_guard
from callboard.actors.policies.ledger import Position
from callboard.actors.policies.refusal import Refusal
from callboard.actors.policies.signal_rules import fault_of
from callboard.messages.instruments import ContractStatus
from callboard.messages.intake import SubmitSignal
from callboard.messages.orders import RenewalRefused, RenewApproval
from callboard.messages.plans import TrailingStop
from callboard.messages.values import (
    OrderType,
    PositionSide,
    Side,
    SignalType,
    TimeInForce,
    TradingState,
)
from support.entries import (
    ACCOUNT,
    ETH,
    NOW_MS,
    SETTINGS,
    SYMBOL,
    entry,
    exit_request,
    mark,
    strategy,
    view,
)
from support.gates import GateBench
from support.steps import START_NS

D = Decimal
TESTS = Path(__file__).parents[1]
Changes = dict[str, Any]


def settings(**changes: Any) -> Changes:
    return {"settings": evolve(SETTINGS, **changes)}


def limit(price: str, **changes: Any) -> SubmitSignal:
    return entry(order_type=OrderType.LIMIT, price=D(price), **changes)


ENTRIES: dict[str, Changes] = {
    "trading_state": {"trading_state": TradingState.HALTED},
    "not_ready": {"is_ready": False},
    "venue_open": {"venue_open": False},
    "clock": {"clock_trusted": False},
    "user_stream": {"stream_healthy": False},
    "symbol_whitelist": settings(symbols=()),
    "action_whitelist": settings(actions=("CLOSE_LONG", "REDUCE_50")),
    "symbol_hold": {"symbol_hold": "mismatch"},
    "expired": {"signal": entry(expires_at_ms=NOW_MS)},
    "confidence": {"signal": entry(confidence=D("0.6999"))},
    "confluence_score": {"signal": entry(confluence_score=D("2.9"))},
    "signal_strength": {"signal": entry(signal_strength=D(-1))},
    "filters_age": {"filters": None},
    "margin_asset": {"margin_asset": "USDC"},
    "contract_status": {"filters": evolve(ETH, status=ContractStatus.CLOSE)},
    "mark_age": {"mark": None},
    "account_age": {"account": None},
    "account_may_trade": {"account": evolve(ACCOUNT, can_trade=False)},
    "emergency_age": {"emergency": EmergencyWord(EmergencyTerms(1_000), NOW_MS - 1_001)},
    "policy_age": {"policy_at_ms": NOW_MS - 1_001, **settings(policy_age_ms_max=1_000)},
    "position_age": {"listed_at_ns": 0},
    "leverage_policy": {"leverage": 11},
    "margin_type": settings(margin_type="isolated"),
    "conditional_orders": {"conditional_orders": 200},
    "leverage_bracket": {"bracket": None},
    "correlated_percent_max": {
        "others": (("BTCUSDT", D(1_000)),),
        **settings(correlations=("BTCUSDT/ETHUSDT=0.9",)),
    },
    "filter_orders_max": {
        "signal": limit("1990"),
        "filters": evolve(ETH, orders_max=2),
        "open_orders": 2,
    },
    "opposite_position": {"position_quantity": D(-1)},
    "scale_in": {"position_quantity": D(1)},
    "positions_max": {"slots_used": 3},
    "cooldown": {"executed_at_ns": START_NS},
    "daily_quota": {"executions_today": 6},
    "strategy_whitelist": {"own": strategy(symbols=("BTCUSDT",))},
    "strategy_positions_max": {"own": strategy(positions_max=1, slots_used=1)},
    "strategy_cooldown": {"own": strategy(cooldown_ms=1_000, executed_at_ns=START_NS)},
    "strategy_daily_quota": {"own": strategy(executions_per_day_max=2, executions_today=2)},
    "strategy_position_percent_max": {"own": strategy(position_size_pct_max=D("1.9"))},
    "strategy_gross_percent_max": {"own": strategy(gross_exposure_pct_max=D("1.9"))},
    "leverage_max": {"signal": entry(leverage_max=9)},
    "stop_side": {"signal": entry(stop_loss=D(2001))},
    "target_side": {"signal": entry(take_profit=D(1999))},
    "stop_adjusted": {
        "mark": mark(price=D("2000.009")),
        "signal": entry(stop_loss=D("2000.005")),
        **settings(protection_distance_pct_min=D(0), protection_distance_ticks_min=0),
    },
    "stop_distance": {"signal": entry(stop_loss=D(1900))},
    "stop_distance_min": {"signal": entry(stop_loss=D(1999))},
    "risk_reward_ratio": {"signal": entry(take_profit=D(2010))},
    "mark_distance": {"signal": limit("1000")},
    "slippage_reference": {"signal": entry(price=D(1900))},
    "slippage_estimate": {"mark": evolve(mark(), ask=D(2100))},
    "quantity_min": {"signal": entry(quantity=D("0.0001"))},
    "equity": {"account": evolve(ACCOUNT, equity=D(0))},
    "order_notional_max": {"signal": entry(quantity=D(51))},
    "position_percent_max": {"signal": entry(quantity=D(1))},
    "gross_percent_max": {"gross_notional": D(4900)},
    "drawdown": {"account": evolve(ACCOUNT, equity=D(8_501), peak_equity=D(10_000))},
    "available": {"account": evolve(ACCOUNT, available=D(1))},
    "filter_price_min": {"signal": limit("0.001")},
    "filter_price_max": {"signal": limit("1990"), "filters": evolve(ETH, price_max=D(1_000))},
    "filter_quantity_min": {
        "signal": limit("1990", quantity=D("0.1")),
        "filters": evolve(ETH, quantity_min=D(1)),
    },
    "filter_quantity_max": {
        "signal": limit("1990", quantity=D("0.1")),
        "filters": evolve(ETH, quantity_max=D("0.05")),
    },
    "filter_market_quantity_min": {
        "signal": entry(quantity=D("0.1")),
        "filters": evolve(ETH, market_quantity_min=D(1)),
    },
    "filter_market_quantity_max": {
        "signal": entry(quantity=D("0.1")),
        "filters": evolve(ETH, market_quantity_max=D("0.05")),
    },
    "filter_notional_min": {"signal": entry(quantity=D("0.009"))},
    "filter_multiplier_up": {"signal": limit("2110")},
    "filter_multiplier_down": {"signal": limit("1890", signal=SignalType.SHORT_ENTRY)},
}
"""Guard of the gate -> what of a calm world is otherwise."""

SIGNALS: dict[str, Changes] = {
    "signal_quantity": {"quantity": D(0)},
    "signal_price": {"order_type": OrderType.LIMIT},
    "signal_stop_loss": {"stop_loss": D(-1)},
    "signal_take_profit": {"take_profit": D("NaN")},
    "signal_confidence": {"confidence": D("Infinity")},
    "signal_confluence_score": {"confluence_score": D("NaN")},
    "signal_signal_strength": {"signal_strength": D("NaN")},
    "signal_order_type": {"order_type": OrderType.STOP},
    "signal_time_in_force": {"time_in_force": TimeInForce.GTD},
    "signal_position_side": {"position_side": PositionSide.SHORT},
    "signal_trailing": {"trailing": TrailingStop(D("0.05"))},
}
"""Guard of the intake -> what makes a signal impossible."""


def close(quantity: str, wanted: SignalType, part: str | None = None, closing: str = "") -> Any:
    amount = D(quantity)
    guard = Guard(Position(SYMBOL, PositionSide.BOTH, amount, amount * 2000), closing=closing)
    signal = entry(signal=wanted, quantity=None if part is None else D(part))
    return size_close(signal, [("k", guard)], ETH)


CLOSES: dict[str, Callable[[], Refusal | Close | None]] = {
    "no_position": lambda: close("1", SignalType.CLOSE_SHORT),
    "not_reducing": lambda: verify_exit(exit_request(side=Side.BUY)),
    "closing": lambda: close("1", SignalType.CLOSE_LONG, closing="flatten"),
    "too_small_to_halve": lambda: close("0.001", SignalType.REDUCE_50),
    "too_small_to_close": lambda: close("1", SignalType.CLOSE_LONG, "0.0001"),
}
"""Guard of an exit -> how it comes about; C-51 among them."""

ELSEWHERE = {
    "unresolved": "actors/test_execution_system.py",
    "queue_full": "actors/test_intake_readiness.py",
    "taken_back": "actors/test_intake_readiness.py",
    "message_lost": "actors/test_intake_lost.py",
    "algorithm_plan": "algorithms/test_twap.py",
    "algorithms_running": "algorithms/test_algorithms_at_the_intake.py",
    "algorithm_over": "algorithms/test_algorithms_at_the_gate.py",
    "policy": "actors/test_risk_gate.py",
    "no_reservation": "actors/test_risk_gate.py",
    "host_rule": "embedding/test_own_rule.py",
}
"""Guard that needs an actor -> its file under `tests`."""


@pytest.mark.parametrize("guard", ENTRIES)
def test_an_entry_is_refused_by_each_guard_of_the_gate(guard: str) -> None:
    verdict = judge(view(**ENTRIES[guard]))

    assert isinstance(verdict, Refusal), verdict
    assert guard == verdict.guard


@pytest.mark.parametrize("guard", SIGNALS)
def test_an_impossible_signal_is_refused_by_the_field_at_fault(guard: str) -> None:
    fault = fault_of(entry(**SIGNALS[guard]))

    assert fault is not None
    assert guard == fault.guard


@pytest.mark.parametrize("guard", CLOSES)
def test_an_exit_is_refused_only_where_there_is_nothing_to_reduce(guard: str) -> None:
    """C-51: a half that is too small is refused by that name."""
    found = CLOSES[guard]()

    assert isinstance(found, Refusal)
    assert guard == found.guard


def test_a_retry_without_its_reservation_is_not_admissible() -> None:
    """C-49: the seventh guard."""
    (refused,) = GateBench().steps.tell(RenewApproval("cb3-9-e1", "9")).told(RenewalRefused)

    assert "no_reservation" == refused.guard
    assert SafetyGuard.RETRY is safety_guard(refused.guard)


def test_every_guard_is_reached_and_every_one_has_its_line() -> None:
    reached = {*ENTRIES, *SIGNALS, *CLOSES, *ELSEWHERE}

    assert set(GUARDS) == reached
    for guard, file in ELSEWHERE.items():
        assert f'"{guard}' in (TESTS / file).read_text(encoding="utf-8"), guard


def test_each_of_the_seven_has_its_guards_and_the_rest_are_ours_or_the_hosts() -> None:
    """C-49: the seven are told apart from Callboard's own and from those of a host's rules."""
    assert set(SafetyGuard) == set(GUARDS.values())
    assert SafetyGuard.HOST is safety_guard("no_shorts_at_night")
    assert SafetyGuard.DAILY_LIMIT is safety_guard("daily_quota")
