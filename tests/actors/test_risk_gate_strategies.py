"""Test of RiskGate's strategies: each has limits, slots, cooldown and quota of its own."""

from decimal import Decimal

from attrs import evolve

from callboard.actors.settings import StrategyLimits
from callboard.messages.intake import SubmitSignal
from callboard.messages.positions import PositionAdopted
from callboard.messages.values import PositionSide, SignalType
from support.entries import SETTINGS, SYMBOL, entry
from support.gates import GateBench
from support.steps import SECOND

D = Decimal
MINUTE = 60 * SECOND
CAREFUL = StrategyLimits(
    "careful",
    symbols=(SYMBOL, "BTCUSDT"),
    positions_max=1,
    position_size_pct_max=D(3),
    gross_exposure_pct_max=D(4),
    executions_per_day_max=2,
    cooldown_ms=1_800_000,
)
BOTH = evolve(SETTINGS, strategies=(CAREFUL,), scale_in=True)


def wish(strategy: str = "careful", symbol: str = SYMBOL, quantity: str = "0.1") -> SubmitSignal:
    return entry(strategy=strategy, symbol=symbol, quantity=D(quantity))


def test_a_strategy_with_limits_keeps_to_its_own_symbols() -> None:
    bench = GateBench(BOTH)

    assert "strategy_whitelist" == bench.guard(wish(symbol="SOLUSDT"))
    assert "" == bench.guard(wish("bold", "SOLUSDT"))


def test_the_slots_of_a_strategy_are_its_own() -> None:
    bench = GateBench(BOTH)
    bench.fill(bench.approve(wish("bold", "SOLUSDT")))
    bench.fill(bench.approve(wish()))

    assert "strategy_positions_max" == bench.guard(wish(symbol="BTCUSDT"))
    assert "" == bench.guard(wish("bold", "BTCUSDT"))


def test_an_entry_that_waits_uses_the_slot_of_its_strategy_too() -> None:
    bench = GateBench(BOTH)
    bench.approve(wish())

    assert "strategy_positions_max" == bench.guard(wish(symbol="BTCUSDT"))


def test_the_sizes_of_a_strategy_are_its_own_and_the_accounts_hold_beside_them() -> None:
    """S3-129: 3 % is 300, 4 % is 400 and the account's 5 % is 500."""
    bench = GateBench(BOTH)

    assert "strategy_position_percent_max" == bench.guard(wish(quantity="0.151"))
    assert "" == bench.guard(wish("bold", quantity="0.151"))
    assert "position_percent_max" == bench.guard(wish("bold", "BTCUSDT", "0.251"))


def test_the_gross_of_a_strategy_counts_its_own_share_only() -> None:
    limits = evolve(CAREFUL, positions_max=None, cooldown_ms=None, executions_per_day_max=None)
    bench = GateBench(evolve(BOTH, strategies=(limits,), cooldown_ms=0))
    bench.fill(bench.approve(wish("bold", "SOLUSDT", "0.2")))
    bench.fill(bench.approve(wish(quantity="0.15")))

    assert "strategy_gross_percent_max" == bench.guard(wish(symbol="BTCUSDT", quantity="0.06"))
    assert "" == bench.guard(wish(symbol="BTCUSDT", quantity="0.05"))


def test_the_cooldown_of_a_strategy_is_longer_and_its_own() -> None:
    bench = GateBench(BOTH)
    bench.fill(bench.approve(wish()))
    bench.wait(16 * MINUTE)

    assert "strategy_cooldown" == bench.guard(wish(quantity="0.01"))
    assert "" == bench.guard(wish("bold", quantity="0.01"))


def test_the_quota_of_a_strategy_is_smaller_and_its_own() -> None:
    bench = GateBench(BOTH)
    for _ in range(2):
        bench.fill(bench.approve(wish(quantity="0.01")))
        bench.wait(30 * MINUTE)

    assert "strategy_daily_quota" == bench.guard(wish(quantity="0.01"))
    assert "" == bench.guard(wish("bold", quantity="0.01"))


def test_what_was_never_sent_is_given_back_to_its_strategy() -> None:
    bench = GateBench(BOTH)
    bench.never_sent(bench.approve(wish()))

    assert "" == bench.guard(wish())


def test_shares_follow_fills_and_what_the_venue_took_away() -> None:
    bench = GateBench(evolve(BOTH, cooldown_ms=0))
    bench.fill(bench.approve(wish("bold")))
    bench.fill(bench.approve(wish(quantity="0.05")))
    key = f"{SYMBOL}/BOTH"

    assert {"bold": D("0.1"), "careful": D("0.05")} == bench.steps.actor.state.shares[key]

    bench.steps.tell(PositionAdopted(SYMBOL, PositionSide.BOTH, D("-0.12")))
    assert {"careful": D("0.03")} == bench.steps.actor.state.shares[key]
    bench.steps.tell(PositionAdopted(SYMBOL, PositionSide.BOTH, D("-0.03")))
    assert ({}, {}) == (bench.steps.actor.state.shares, bench.steps.actor.state.positions)


def test_a_strategy_short_of_limits_has_the_accounts() -> None:
    bench = GateBench(evolve(SETTINGS, strategies=(StrategyLimits("careful"),)))
    short = evolve(wish(), signal=SignalType.SHORT_ENTRY)

    assert ["", "scale_in"] == [bench.guard(short), bench.guard(short)]
