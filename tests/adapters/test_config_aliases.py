"""Config aliases: each other name in its unit, with its source's rank, never two truths."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.config import DEFAULT, load, shown
from callboard.actors.adapters.config_aliases import ALIASES, VARIABLES
from callboard.actors.adapters.config_fields import fields, value_of
from callboard.actors.adapters.modes import mode_faults
from callboard.actors.errors import ConfigurationError

HOUR_MS = 3_600_000

DEFAULTS = [
    ("USE_BINANCE_TESTNET", "True", "use_testnet"),
    ("LIVE_TRADING_CONFIRM", "", "live_confirm"),
    ("POSITION_MONITOR_INTERVAL_SEC", "10", "reconciler.interval_ms"),
    ("BINANCE_RATE_LIMIT_RPM", "1200", "limits.requests_1m_max"),
    ("RATE_LIMIT_WARNING_THRESHOLD", "0.8", "limits.warn_percent"),
    ("RATE_LIMIT_HARD_THRESHOLD", "0.9", "limits.reserve_percent"),
    ("EXCHANGE_INFO_CACHE_HOURS", "24", "risk.filters_age_ms_max"),
    ("EXCHANGE_INFO_CACHE_HOURS", "24", "instruments.refresh_ms"),
    ("WEIGHT_LIMIT", "2400", "limits.weight_1m_max"),
    ("WARNING_THRESHOLD", "1920", "limits.warn_percent"),
    ("HARD_LIMIT", "2160", "limits.reserve_percent"),
    ("rate_limit_max_per_minute", "1200", "limits.requests_1m_max"),
    ("max_queue_size", "50", "queue.opening_max"),
    ("max_drawdown", "15.0", "breaker.drawdown_halt_pct"),
    ("max_drawdown", "15.0", "risk.drawdown_pct_max"),
    ("max_daily_loss", "5.0", "breaker.daily_halt_pct"),
    ("max_position_size", "50.0", "risk.gross_exposure_pct_max"),
    ("cooldown_period", "3600", "breaker.cooldown_ms"),
    ("min_signal_strength", "0.0", "risk.signal_strength_min"),
    ("min_confluence_score", "3.0", "risk.confluence_score_min"),
    ("max_concurrent_positions", "3", "risk.positions_max"),
    ("min_risk_reward_ratio", "1.5", "risk.risk_reward_ratio_min"),
    ("default_position_size_pct", "2.0", "risk.position_size_pct_default"),
    ("max_position_size_pct", "5.0", "risk.position_size_pct_max"),
    ("max_stop_loss_pct", "2.0", "risk.stop_loss_pct_max"),
    ("max_price_slippage_pct", "1.0", "risk.price_slippage_pct_max"),
    ("max_wait_time", "10.0", "orders.fill_check_ms"),
    ("jitter", "True", "orders.jitter"),
    ("max_retries", "3", "retry.api_retries_max"),
    ("max_retries", "3", "retry.timeout_retries_max"),
    ("max_retries", "3", "retry.rate_limit_retries_max"),
    ("base_delay", "1.0", "retry.api_base_ms"),
    ("initial_delay", "1.0", "retry.timeout_base_ms"),
    ("base_delay", "1.0", "protection.exit_retry_base_ms"),
    ("backoff_factor", "2.0", "retry.factor"),
    ("max_delay", "30.0", "protection.exit_retry_cap_ms"),
    ("AUDIT_LOG_DIR", "", "records.audit_dir"),
    ("RISK_SAFETY_SERVICE_URL", "", "emergency.url"),
    ("ESS_FAIL_MODE", "closed", "emergency.fail_mode"),
    ("REDIS_HOST", "", "bus.redis_host"),
    ("REDIS_PORT", "6379", "bus.redis_port"),
    ("REDIS_URL", "", "bus.redis_url"),
]
"""Name, the figure that the documents give it, and the setting whose default that is."""

OTHERS = [
    ("POSITION_MONITOR_INTERVAL_SEC", "2.5", {"reconciler.interval_ms": 2_500}),
    ("BINANCE_RATE_LIMIT_RPM", "600", {"limits.requests_1m_max": 600}),
    ("RATE_LIMIT_WARNING_THRESHOLD", "0.75", {"limits.warn_percent": 75}),
    (
        "EXCHANGE_INFO_CACHE_HOURS",
        "12",
        {"risk.filters_age_ms_max": 12 * HOUR_MS, "instruments.refresh_ms": 41_400_000},
    ),
    ("max_drawdown", "-20", {"breaker.drawdown_halt_pct": 20, "risk.drawdown_pct_max": 20}),
    ("cooldown_period", "7200", {"breaker.cooldown_ms": 2 * HOUR_MS}),
    ("max_wait_time", "0.5", {"orders.fill_check_ms": 500}),
    ("jitter", "false", {"orders.jitter": False}),
    ("max_retries", "0", {"retry.api_retries_max": 0, "retry.network_retries_max": 5}),
    ("initial_delay", "0.5", {"retry.api_base_ms": 500, "retry.network_base_ms": 2_000}),
    ("backoff_factor", "1.5", {"retry.factor": Decimal("1.5")}),
    ("AUDIT_LOG_DIR", "logs/audit", {"records.audit_dir": "logs/audit"}),
]


def test_every_alias_names_settings_that_exist() -> None:
    keys = {target.key for alias in ALIASES.values() for target in alias.targets}

    assert keys <= set(fields())
    assert not set(ALIASES) & set(fields())


def test_every_alias_is_in_the_table_of_its_documents() -> None:
    assert set(ALIASES) == {name.lower() for name, _, _ in DEFAULTS}


@pytest.mark.parametrize(("name", "text", "key"), DEFAULTS)
def test_the_documented_figure_of_a_name_is_the_default_of_its_setting(
    name: str, text: str, key: str
) -> None:
    """C-01, C-02, C-04, C-05, C-10, C-11, C-20, C-24, C-27, C-29, C-33: one figure, two names."""
    loaded = load(flags={name: text})

    assert fields()[key].default == value_of(loaded.settings, key)
    assert f"command line ({name})" == loaded.source_of(key)


@pytest.mark.parametrize(("name", "text", "expected"), OTHERS)
def test_another_figure_is_turned_into_the_setting_s_unit(
    name: str, text: str, expected: dict[str, Any]
) -> None:
    settings = load(flags={name: text}).settings

    assert expected == {key: value_of(settings, key) for key in expected}


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_variable_is_read_bare_and_shown_by_its_own_name(name: str) -> None:
    """S1-035, S1-040, S1-041, S4-039, S4-062, S4-063: the variables of the documents."""
    figures = {name: text for name, text, _ in DEFAULTS}

    loaded = load(environ={name: figures[name], "JITTER": "maybe", "MAX_DRAWDOWN": "x"})

    assert {name, DEFAULT} == {each.source for each in loaded.values}


def test_any_alias_stands_in_a_file_and_behind_our_prefix(tmp_path: Path) -> None:
    path = tmp_path / "callboard.toml"
    path.write_text("[callboard]\nmax_daily_loss = 4.5\nBINANCE_RATE_LIMIT_RPM = 900\n")

    loaded = load((path,), {"CALLBOARD__MAX_CONCURRENT_POSITIONS": "2"})

    assert Decimal("4.5") == loaded.settings.breaker.daily_halt_pct
    assert (900, 2) == (
        loaded.settings.limits.requests_1m_max,
        loaded.settings.risk.positions_max,
    )
    assert f"{path} (max_daily_loss)" == loaded.source_of("breaker.daily_halt_pct")
    named = "CALLBOARD__MAX_CONCURRENT_POSITIONS (max_concurrent_positions)"
    assert named == loaded.source_of("risk.positions_max")


def test_an_alias_has_the_rank_of_its_source(tmp_path: Path) -> None:
    """S1-034, S4-008: argument or flag over environment over file over default."""
    path = tmp_path / "callboard.toml"
    path.write_text("[callboard]\nrate_limit_max_per_minute = 700\nmax_queue_size = 9\n")
    environ = {"BINANCE_RATE_LIMIT_RPM": "800", "CALLBOARD__QUEUE__OPENING_MAX": "8"}

    of_file = load((path,)).settings
    of_environment = load((path,), environ).settings
    of_flag = load((path,), environ, {"limits.requests_1m_max": "900"}).settings

    assert (700, 9) == (of_file.limits.requests_1m_max, of_file.queue.opening_max)
    assert (800, 8) == (of_environment.limits.requests_1m_max, of_environment.queue.opening_max)
    assert 900 == of_flag.limits.requests_1m_max


def test_a_threshold_in_weight_is_a_share_of_the_weight_limit() -> None:
    flags = {"WARNING_THRESHOLD": "600", "HARD_LIMIT": "900", "WEIGHT_LIMIT": "1200"}

    limits = load(flags=flags).settings.limits

    assert (1_200, 50, 75) == (limits.weight_1m_max, limits.warn_percent, limits.reserve_percent)


def faults_of(text: str, folder: Path, **environ: str) -> list[str]:
    path = folder / "callboard.toml"
    path.write_text(f"[callboard]\n{text}")
    with pytest.raises(ConfigurationError) as raised:
        load((path,), environ)
    return [fault.replace(str(path), "file") for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "max_concurrent_positions = 4\n[callboard.risk]\npositions_max = 5",
            "file: positions_max = 5 contradicts max_concurrent_positions = 4",
        ),
        (
            "rate_limit_max_per_minute = 600\nBINANCE_RATE_LIMIT_RPM = 700",
            "file: BINANCE_RATE_LIMIT_RPM = 700 contradicts rate_limit_max_per_minute = 600",
        ),
        (
            "WARNING_THRESHOLD = 1920\nRATE_LIMIT_WARNING_THRESHOLD = 0.7",
            "file: RATE_LIMIT_WARNING_THRESHOLD = 0.7 contradicts WARNING_THRESHOLD = 1920",
        ),
    ],
)
def test_two_names_that_say_different_things_are_refused_by_name(
    tmp_path: Path, text: str, fault: str
) -> None:
    assert [fault] == [
        each.replace("risk.positions_max", "positions_max") for each in faults_of(text, tmp_path)
    ]


def test_two_names_that_agree_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "callboard.toml"
    path.write_text(
        "[callboard]\nmax_wait_time = 7\nRATE_LIMIT_HARD_THRESHOLD = 0.95\n"
        "[callboard.orders]\nfill_check_ms = 7000\n[callboard.limits]\nreserve_percent = 95\n"
    )

    settings = load((path,)).settings

    assert (7_000, 95) == (settings.orders.fill_check_ms, settings.limits.reserve_percent)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("max_drawdown = 'much'", "file: max_drawdown: must be a number, not 'much'"),
        ("max_drawdown = true", "file: max_drawdown: must be a number, not True"),
        ("max_drawdown = inf", "file: max_drawdown: must be a finite number, not Infinity"),
        ("max_drawdown = 101", "must be above 0, up to 100, not 101"),
        (
            "RATE_LIMIT_WARNING_THRESHOLD = 0.855",
            "file: RATE_LIMIT_WARNING_THRESHOLD: is 85.5 in warn_percent, which must be whole",
        ),
        ("RATE_LIMIT_WARNING_THRESHOLD = 80", "limits.warn_percent: must be 1 to 99, not 8000"),
        ("jitter = 'perhaps'", "file: jitter: must be true or false, not 'perhaps'"),
        ("KAFKA_HOST = 'localhost'", "file: KAFKA_HOST: unknown key"),
        ("max_drawdwn = 15", "file: max_drawdwn: unknown key; did you mean max_drawdown?"),
        ("max_stop_loss_pct = 1.5", "must be at most risk.stop_loss_pct_max (1.5)"),
        ("max_daily_loss = 2", "is 3.1, must be at most breaker.daily_halt_pct (2)"),
    ],
)
def test_a_fault_of_an_alias_says_its_name_and_what_is_allowed(
    tmp_path: Path, text: str, fault: str
) -> None:
    found = faults_of(text, tmp_path)

    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("mode", "flag", "is_refused"),
    [
        ("live", "true", True),
        ("shadow", "true", True),
        ("testnet", "false", True),
        ("demo", "false", True),
        ("live", "false", False),
        ("testnet", "true", False),
        ("paper", "true", False),
        ("paper", "false", False),
    ],
)
def test_the_switch_between_test_and_money_hosts_must_agree_with_the_mode(
    mode: str, flag: str, is_refused: bool
) -> None:
    """C-16, C-17, S1-035, S4-005: the testnet flag against the mode, both named."""
    settings = load(environ={"USE_BINANCE_TESTNET": flag}, flags={"mode": mode}).settings

    faults = list(mode_faults(settings))

    what = f"mode: is {mode}, but use_testnet (USE_BINANCE_TESTNET) is {flag}"
    assert is_refused == (what in faults)


def test_paper_is_the_default_and_the_test_hosts_are(tmp_path: Path) -> None:
    """C-16, C-17: nothing set reaches no money."""
    settings = load().settings

    assert ("paper", "true") == (settings.mode, shown(settings.use_testnet))
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("key", "text"), [("breaker.daily_halt_pct", "-5.0"), ("protection.stop_failed_pct", "-3.1")]
)
def test_a_loss_with_a_minus_is_the_same_loss(key: str, text: str) -> None:
    """C-10: signs are normalised to positive percentages."""
    assert Decimal(text[1:]) == value_of(load(flags={key: text}).settings, key)
