"""Config aliases: other names under which settings are known, with their units.

Owns the table. An alias stands at the top of `[callboard]`, on the command line, or in the
environment behind our prefix; those that are known as variables are also read bare, in capitals.
It has the rank of the source where it stands and is turned into the setting's own unit. A general
name stands for the settings whose figure it gives: kinds of errors with figures of their own keep
them (C-04). Only what the engine has is named: any other name stays unknown. Pure.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ..settings import HOUR_MS, SECOND_MS
from .config_fields import Field

SHARE_TO_PERCENT = Decimal(100)
REFRESH_MS_PER_HOUR = HOUR_MS * 23 // 24
"""Filters are read anew ahead of their end: after 23 of 24 hours by default (C-20)."""


@frozen
class Target:
    """A setting that an alias stands for: its value is the alias's times `factor`."""

    key: str
    factor: Decimal = Decimal(1)
    per: str = ""
    """The setting that the alias is counted in, which makes it percent of that; or empty."""


@frozen
class Alias:
    """One other name."""

    name: str
    targets: tuple[Target, ...]
    is_variable: bool = False
    """Read from the environment without our prefix, too."""


def _alias(name: str, *keys: str, factor: Decimal | int = 1) -> Alias:
    return Alias(name, tuple(Target(key, Decimal(factor)) for key in keys))


def _variable(name: str, *keys: str, factor: Decimal | int = 1) -> Alias:
    targets = tuple(Target(key, Decimal(factor)) for key in keys)
    return Alias(name, targets, is_variable=True)


_FILTERS = (
    Target("risk.filters_age_ms_max", Decimal(HOUR_MS)),
    Target("instruments.refresh_ms", Decimal(REFRESH_MS_PER_HOUR)),
)
_WEIGHT = "limits.weight_1m_max"
_BASES = ("retry.api_base_ms", "retry.timeout_base_ms", "protection.exit_retry_base_ms")

_ALL = (
    _variable("USE_BINANCE_TESTNET", "use_testnet"),
    _variable("LIVE_TRADING_CONFIRM", "live_confirm"),
    _variable("POSITION_MONITOR_INTERVAL_SEC", "reconciler.interval_ms", factor=SECOND_MS),
    _variable("BINANCE_RATE_LIMIT_RPM", "limits.requests_1m_max"),
    _variable("RATE_LIMIT_WARNING_THRESHOLD", "limits.warn_percent", factor=SHARE_TO_PERCENT),
    _variable("RATE_LIMIT_HARD_THRESHOLD", "limits.reserve_percent", factor=SHARE_TO_PERCENT),
    Alias("EXCHANGE_INFO_CACHE_HOURS", _FILTERS, is_variable=True),
    _alias("WEIGHT_LIMIT", _WEIGHT),
    Alias("WARNING_THRESHOLD", (Target("limits.warn_percent", SHARE_TO_PERCENT, _WEIGHT),)),
    Alias("HARD_LIMIT", (Target("limits.reserve_percent", SHARE_TO_PERCENT, _WEIGHT),)),
    _alias("rate_limit_max_per_minute", "limits.requests_1m_max"),
    _alias("max_queue_size", "queue.opening_max"),
    _alias("max_drawdown", "breaker.drawdown_halt_pct", "risk.drawdown_pct_max"),
    _alias("max_daily_loss", "breaker.daily_halt_pct"),
    _alias("max_position_size", "risk.gross_exposure_pct_max"),
    _alias("cooldown_period", "breaker.cooldown_ms", factor=SECOND_MS),
    _alias("min_signal_strength", "risk.signal_strength_min"),
    _alias("min_confluence_score", "risk.confluence_score_min"),
    _alias("max_concurrent_positions", "risk.positions_max"),
    _alias("min_risk_reward_ratio", "risk.risk_reward_ratio_min"),
    _alias("default_position_size_pct", "risk.position_size_pct_default"),
    _alias("max_position_size_pct", "risk.position_size_pct_max"),
    _alias("max_stop_loss_pct", "risk.stop_loss_pct_max"),
    _alias("max_price_slippage_pct", "risk.price_slippage_pct_max"),
    _alias("max_wait_time", "orders.fill_check_ms", factor=SECOND_MS),
    _alias("jitter", "orders.jitter"),
    _alias(
        "max_retries",
        "retry.api_retries_max",
        "retry.timeout_retries_max",
        "retry.rate_limit_retries_max",
    ),
    _alias("base_delay", *_BASES, factor=SECOND_MS),
    _alias("initial_delay", *_BASES, factor=SECOND_MS),
    _alias("backoff_factor", "retry.factor"),
    _alias("max_delay", "protection.exit_retry_cap_ms", factor=SECOND_MS),
    _variable("AUDIT_LOG_DIR", "records.audit_dir"),
    _variable("RISK_SAFETY_SERVICE_URL", "emergency.url"),
    _variable("ESS_FAIL_MODE", "emergency.fail_mode"),
    _variable("REDIS_HOST", "bus.redis_host"),
    _variable("REDIS_PORT", "bus.redis_port"),
    _variable("REDIS_URL", "bus.redis_url"),
)
ALIASES: Mapping[str, Alias] = MappingProxyType({alias.name.lower(): alias for alias in _ALL})
"""Name in small letters -> alias."""
VARIABLES: Mapping[str, Alias] = MappingProxyType(
    {alias.name: alias for alias in _ALL if alias.is_variable}
)
"""Bare variable of the environment -> alias."""


def converted(target: Target, field: Field, raw: Any, value_of: Callable[[str], Any]) -> Any:
    """Return what an alias's value is in the unit of its setting, still to be read and judged.

    Raises:
        ValueError: It is no number, or no whole one where the setting needs that.
    """
    if field.kind is str:
        return raw
    if field.kind is bool:
        return raw.lower() if isinstance(raw, str) else raw
    number = _number(raw) * target.factor
    if target.per:
        number /= Decimal(value_of(target.per))
    if field.kind is not int:
        return number
    if number != number.to_integral_value():
        raise ValueError(f"is {number.normalize():f} in {field.name}, which must be whole")
    return int(number)


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        raise ValueError(f"must be a number, not {raw!r}")  # noqa: TRY004 - one kind of error
    try:
        number = Decimal(raw)
    except InvalidOperation:
        raise ValueError(f"must be a number, not {raw!r}") from None
    if not number.is_finite():
        raise ValueError(f"must be a finite number, not {raw}")
    return number
