"""Built-in rules: each trouble fires its rule, and a calm engine fires none."""

from decimal import Decimal

import pytest

from callboard.actors.adapters.alerts.alert_book import AlertBook
from callboard.actors.adapters.alerts.occurrences import occurrence_of
from callboard.actors.adapters.alerts.rule_file import load_rules
from callboard.actors.adapters.metrics.catalogue import figure_names
from callboard.messages.events import AlertRaised
from callboard.messages.values import Severity

HOUR_MS = 3_600_000
CALM = {
    "weight_used_ratio": "0.2",
    "request_error_ratio_5m": "0",
    "retry_budget_left": "20",
    "market_stream_age_seconds": "0.3",
    "clock_offset_ms": "12",
    "clock_error_ms": "20",
    "positions_open": "1",
    "positions_unprotected": "0",
    "symbols_mismatched": "0",
    "liquidation_distance_pct": "60",
    "engine_up": "1",
    "dead_letters_total": "3",
    "journal_lag_seconds": "0",
    "journal_failed": "0",
    "disk_free_bytes": "50000000000",
}


def book() -> AlertBook:
    return AlertBook(load_rules(None, figure_names()), 0, 0)


def firing(alerts: AlertBook) -> set[str]:
    return {each["rule"] for each in alerts.listed() if each["state"] == "firing"}


def look(alerts: AlertBook, now_ms: int, **changed: str) -> None:
    figures = {name: Decimal(each) for name, each in (CALM | changed).items()}
    alerts.look(figures.get, now_ms)


def test_a_calm_engine_fires_nothing() -> None:
    alerts = book()

    look(alerts, 0)
    look(alerts, HOUR_MS)

    assert set() == firing(alerts)


@pytest.mark.parametrize(
    ("figure", "value", "rules"),
    [
        ("weight_used_ratio", "0.85", {"weight_over_80_percent"}),
        ("weight_used_ratio", "0.95", {"weight_over_80_percent", "weight_over_90_percent"}),
        ("request_error_ratio_5m", "0.11", {"error_rate", "error_rate_10_percent"}),
        ("retry_budget_left", "0", {"retry_budget_spent"}),
        ("market_stream_age_seconds", "11", {"market_stream_silent"}),
        ("clock_offset_ms", "1500", {"clock_skew"}),
        ("clock_error_ms", "1500", {"clock_uncertain"}),
        ("positions_unprotected", "1", {"position_without_stop"}),
        ("symbols_mismatched", "1", {"reconcile_mismatch"}),
        ("liquidation_distance_pct", "4", {"liquidation_distance"}),
        ("engine_up", "0", {"engine_not_answering"}),
        ("dead_letters_total", "4", {"dead_letter"}),
        ("journal_lag_seconds", "2", {"journal_lag"}),
        ("journal_failed", "1", {"journal_failed"}),
        ("disk_free_bytes", "1000000000", {"disk_low"}),
    ],
)
def test_a_figure_in_trouble_fires_its_rule(figure: str, value: str, rules: set[str]) -> None:
    alerts = book()
    look(alerts, 0)

    look(alerts, 1_000, **{figure: value})
    look(alerts, 91_000, **{figure: value})

    assert rules == firing(alerts)


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ("rate_limit", {"venue_rate_limit"}),
        ("venue_down", {"venue_unreachable", "venue_unreachable_with_position"}),
        ("user_stream_lost", {"user_stream_lost"}),
        ("margin_call", {"margin_call"}),
        ("liquidation_near", {"liquidation_near"}),
        ("order_unresolved", {"order_unresolved"}),
        ("foreign_order", {"order_or_position_not_ours"}),
        ("foreign_position", {"order_or_position_not_ours"}),
        ("slippage", {"slippage_after_fill"}),
        ("trading_halted", {"breaker_tripped"}),
        ("stop_missing", {"stop_missing"}),
        ("target_missing", {"target_missing"}),
        ("policy_refused", {"engine_alert"}),
    ],
)
def test_what_the_engine_says_fires_its_rule(said: str, rules: set[str]) -> None:
    alerts = book()
    figures = {name: Decimal(each) for name, each in CALM.items()}

    alerts.hear(occurrence_of(AlertRaised(Severity.WARNING, said, "x", "so")), figures.get, 0)

    assert rules == firing(alerts)
