"""Test of the strategy rules: a strategy's own limits, at and around their bounds."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.entry_view import StrategyView
from callboard.actors.policies.refusal import Refusal
from callboard.actors.policies.strategy_rules import limits_of_strategy
from callboard.actors.settings import StrategyLimits
from support.entries import SETTINGS, entry, strategy, view
from support.steps import MS, START_NS

D = Decimal


def refusal(own: StrategyView | None, **changes: Any) -> Refusal | None:
    """Judge an entry of 200 on 10,000 of equity."""
    verdict = judge(view(entry(quantity=D("0.1")), own=own, **changes))
    return verdict if isinstance(verdict, Refusal) else None


def test_a_signal_has_the_limits_of_its_own_strategy_and_else_none() -> None:
    careful, bold = StrategyLimits("careful"), StrategyLimits("bold")
    settings = evolve(SETTINGS, strategies=(careful, bold))

    found = [limits_of_strategy(settings, entry(strategy=name)) for name in ("bold", "third")]

    assert [bold, None] == found


@pytest.mark.parametrize("own", [None, strategy(slots_used=9, executions_today=9)])
def test_a_strategy_without_limits_of_its_own_has_only_the_accounts(
    own: StrategyView | None,
) -> None:
    assert refusal(own) is None


def test_a_strategy_keeps_to_the_symbols_that_it_names() -> None:
    expected = Refusal("strategy_whitelist", "ETHUSDT", "BTCUSDT,SOLUSDT")

    assert expected == refusal(strategy(symbols=("BTCUSDT", "SOLUSDT")))
    assert refusal(strategy(symbols=("BTCUSDT", "ETHUSDT"))) is None


@pytest.mark.parametrize(
    ("used", "has_slot", "is_refused"), [(1, False, False), (2, False, True), (2, True, False)]
)
def test_a_strategy_has_so_many_positions_at_once(
    used: int, has_slot: bool, is_refused: bool
) -> None:
    found = refusal(strategy(positions_max=2, slots_used=used, has_slot=has_slot))

    assert (Refusal("strategy_positions_max", "2", "2") if is_refused else None) == found


@pytest.mark.parametrize(("waited_ms", "left"), [(1_000, ""), (999, "1 left")])
def test_a_strategy_waits_out_its_own_cooldown(waited_ms: int, left: str) -> None:
    own = strategy(cooldown_ms=1_000, executed_at_ns=START_NS - waited_ms * MS)

    assert (Refusal("strategy_cooldown", left, "1000") if left else None) == refusal(own)


@pytest.mark.parametrize(("count", "is_refused"), [(1, False), (2, True)])
def test_a_strategy_has_so_many_executions_a_day(count: int, is_refused: bool) -> None:
    own = strategy(cooldown_ms=1_000, executions_per_day_max=2, executions_today=count)

    assert (Refusal("strategy_daily_quota", "2", "2") if is_refused else None) == refusal(own)


def test_of_cooldown_and_quota_the_cooldown_is_told_first() -> None:
    own = strategy(
        cooldown_ms=1_000, executed_at_ns=START_NS, executions_per_day_max=2, executions_today=2
    )

    assert Refusal("strategy_cooldown", "1000 left", "1000") == refusal(own)


@pytest.mark.parametrize(("held", "figure"), [("100", ""), ("100.01", "300.01")])
def test_a_position_of_a_strategy_may_be_as_large_as_its_own_limit(held: str, figure: str) -> None:
    found = refusal(strategy(position_size_pct_max=D(3), position_notional=D(held)))

    assert (Refusal("strategy_position_percent_max", figure, "300") if figure else None) == found


@pytest.mark.parametrize(("held", "figure"), [("200", ""), ("200.01", "400.01")])
def test_all_positions_of_a_strategy_may_be_as_large_as_its_own_limit(
    held: str, figure: str
) -> None:
    found = refusal(strategy(gross_exposure_pct_max=D(4), gross_notional=D(held)))

    assert (Refusal("strategy_gross_percent_max", figure, "400") if figure else None) == found
