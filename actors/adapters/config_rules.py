"""Config rules: which figures may stand in the settings, and which pairs must agree.

Owns the table of ranges and of allowed words. Every number and text of `Settings` has its line
here; a test keeps the two equal. Ranges are wide: they refuse what cannot work or was typed in
another unit, not what is unwise. Pure; faults are returned, all of them, never raised.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ...messages.values import SignalType
from ..order_attempts import PREVENTIONS
from ..policies.mode_rules import MODES
from ..policies.rate_budgets import LimiterSettings, new_limiter
from ..policies.sizing import SizeBasis, Sizing
from ..policies.wish_rules import MARGIN_TYPES
from ..settings import HOUR_MS, MINUTE_MS, SECOND_MS
from .config_ranges import Between, OneOf, Rule, Spelled, Tables, above, between, url
from .config_service_rules import SERVICE_RULES

DAY_MS = 24 * HOUR_MS
COUNT_MAX = 1_000_000
BYTES_KIB, BYTES_GIB = 1 << 10, 1 << 30
EXCHANGES = ("binance",)
"""Those that this version has an adapter for."""
ORDER_ENTRIES = ("rest", "ws")


_PERCENT = above(0, 100)
_SYMBOL = Spelled(r"[A-Z0-9_]{3,30}", "upper-case letters and digits, as in ETHUSDT")
# The id also holds generation, intent and leg, in 36 characters at most (architecture, ids).
_PREFIX = Spelled(r"[A-Za-z0-9_-]{1,8}", "1 to 8 letters, digits, hyphens or underscores")
_ASSET = Spelled(r"[A-Z0-9]{2,10}", "2 to 10 upper-case letters and digits")
_FEE_ASSET = Spelled(r"([A-Z0-9]{2,10})?", "empty, or 2 to 10 upper-case letters and digits")
_SWITCH = OneOf(("on", "off"))
# Money that a position may move exceeds the equity by the leverage at most (125 at this venue).
_LEVERAGED_PERCENT = above(0, 12_500)

# It goes into file names and log lines as it is.
_NAME = Spelled(r"[A-Za-z0-9_.-]{0,40}", "up to 40 letters, digits, dots, hyphens or underscores")


_RETRY_WAIT = between(10, 10 * MINUTE_MS)
_RETRIES = between(0, 100)
_CORRELATION = Spelled(
    r"[A-Z0-9_]{3,30}/[A-Z0-9_]{3,30}=(-?0(\.[0-9]{1,6})?|-?1(\.0{1,6})?)",
    "two symbols and -1 to 1, as in BTCUSDT/ETHUSDT=0.8",
)
_STRATEGIES = Tables(
    {
        "name": Spelled(r".{1,256}", "1 to 256 characters"),
        "symbols": _SYMBOL,
        "positions_max": between(0, 1_000),
        "position_size_pct_max": _LEVERAGED_PERCENT,
        "gross_exposure_pct_max": _LEVERAGED_PERCENT,
        "executions_per_day_max": between(0, 10 * COUNT_MAX),
        "cooldown_ms": between(0, DAY_MS),
    }
)
EXITS = tuple(signal.value for signal in SignalType if not signal.is_entry)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "mode": OneOf(tuple(MODES)),
        "live_confirm": _NAME,
        "seed": between(0, 2**63 - 1),
        "placement": OneOf(("shared", "pinned")),
        "signal_timeout_ms": between(SECOND_MS, 7 * DAY_MS),
        "signals_kept": between(100, 10 * COUNT_MAX),
        "inbox_max": between(10, COUNT_MAX),
        "high_water": between(0, 10 * COUNT_MAX),
        "permits_waiting_max": between(1, COUNT_MAX),
        "risk.symbols": _SYMBOL,
        "risk.actions": OneOf(tuple(signal.value for signal in SignalType)),
        "risk.confidence_min": between(0, 1),
        "risk.confluence_score_min": between(0, 100),
        "risk.signal_strength_min": between(0, 100),
        "risk.cooldown_ms": between(0, DAY_MS),
        "risk.cooldown_exempt": OneOf(EXITS),
        "risk.executions_per_day_max": between(0, 10 * COUNT_MAX),
        "risk.position_size_pct_default": _LEVERAGED_PERCENT,
        "risk.position_size_pct_max": _LEVERAGED_PERCENT,
        "risk.gross_exposure_pct_max": _LEVERAGED_PERCENT,
        "risk.size_basis": OneOf(tuple(SizeBasis)),
        "risk.sizing": OneOf(tuple(Sizing)),
        "risk.risk_per_entry_pct": _PERCENT,
        "risk.correlations": _CORRELATION,
        "risk.correlated_exposure_pct_max": _LEVERAGED_PERCENT,
        "risk.conditional_orders_max": between(1, 1_000),
        "risk.policy_age_ms_max": between(0, DAY_MS),
        "risk.position_age_ms_max": between(SECOND_MS, HOUR_MS),
        "risk.order_notional_max": above(0, 10**12),
        "risk.strategies": _STRATEGIES,
        "risk.positions_max": between(1, 1_000),
        "risk.stop_loss_pct_default": above(0, 50),
        "risk.stop_loss_pct_max": above(0, 50),
        "risk.risk_reward_ratio_min": between(0, 100),
        "risk.protection_distance_pct_min": between(0, 50),
        "risk.protection_distance_ticks_min": between(0, 10_000),
        "risk.drawdown_pct_max": _PERCENT,
        "risk.price_slippage_pct_max": _PERCENT,
        "risk.mark_distance_pct_max": _PERCENT,
        "risk.send_within_ms": between(100, MINUTE_MS),
        "risk.order_deadline_ms": between(SECOND_MS, 7 * DAY_MS),
        "risk.mark_age_ms_max": between(100, 10 * MINUTE_MS),
        "risk.account_age_ms_max": between(SECOND_MS, HOUR_MS),
        "risk.filters_age_ms_max": between(MINUTE_MS, 7 * DAY_MS),
        "risk.leverage": between(1, 125),
        "risk.margin_type": OneOf(MARGIN_TYPES),
        "risk.leverage_max": between(1, 125),
        "limits.weight_1m_max": between(1, COUNT_MAX),
        "limits.orders_10s_max": between(1, COUNT_MAX),
        "limits.orders_1m_max": between(1, COUNT_MAX),
        "limits.requests_1m_max": between(1, COUNT_MAX),
        "limits.rate_limit_share": above(0, 1),
        "limits.burst_share": above(0, "0.99"),
        "limits.permit_ttl_ms": between(1, MINUTE_MS),
        "limits.request_timeout_ms": between(0, MINUTE_MS),
        "limits.warn_percent": between(1, 99),
        "limits.reserve_percent": between(1, 99),
        "limits.window_margin_ms": between(0, MINUTE_MS),
        "limits.projection_floor_percent": between(1, 99),
        "limits.slow_down_percent": between(1, 99),
        "limits.pace_percent_min": between(1, 99),
        "limits.recovery_percent_1m": between(1, 100),
        "queue.opening_max": between(1, 100_000),
        "queue.reducing_expected": between(1, 100_000),
        "orders.id_prefix": _PREFIX,
        # The venue takes up to a minute, but as long a late request may still be executed (C-06).
        "orders.recv_window_ms": between(100, MINUTE_MS),
        "orders.request_timeout_ms": between(100, MINUTE_MS),
        "orders.batch_max": between(1, 5),
        "orders.unknown_margin_ms": between(0, 10 * MINUTE_MS),
        "orders.query_first_ms": between(10, MINUTE_MS),
        "orders.query_cap_ms": between(10, 10 * MINUTE_MS),
        "orders.history_max": between(10, COUNT_MAX),
        "orders.times_max": between(2, 10_000),
        "orders.errors_max": between(1, 10_000),
        # After three days the venue may have forgotten an order, and absence proves nothing.
        "orders.intent_age_ms_max": between(MINUTE_MS, 3 * DAY_MS),
        "orders.deadline_ms_default": between(SECOND_MS, 7 * DAY_MS),
        "orders.fill_check_ms": between(100, 10 * MINUTE_MS),
        "orders.fill_poll_ms": between(50, MINUTE_MS),
        "orders.retries_in_30s_max": between(1, 10_000),
        "orders.self_trade_prevention": OneOf(tuple(PREVENTIONS)),
        "retry.api_base_ms": _RETRY_WAIT,
        "retry.api_cap_ms": _RETRY_WAIT,
        "retry.api_retries_max": _RETRIES,
        "retry.network_base_ms": _RETRY_WAIT,
        "retry.network_cap_ms": _RETRY_WAIT,
        "retry.network_retries_max": _RETRIES,
        "retry.timeout_base_ms": _RETRY_WAIT,
        "retry.timeout_cap_ms": _RETRY_WAIT,
        "retry.timeout_retries_max": _RETRIES,
        # The venue counts by the minute: a repetition within seconds makes a ban of a pause.
        "retry.rate_limit_base_ms": between(10 * SECOND_MS, HOUR_MS),
        "retry.rate_limit_cap_ms": between(10 * SECOND_MS, HOUR_MS),
        "retry.rate_limit_retries_max": _RETRIES,
        "retry.unknown_base_ms": _RETRY_WAIT,
        "retry.unknown_cap_ms": _RETRY_WAIT,
        "retry.unknown_retries_max": _RETRIES,
        "retry.factor": between(1, 10),
        "retry.jitter_pct": between(0, 100),
        "retry.pace_window_ms": between(SECOND_MS, HOUR_MS),
        "retry.pace_failures": between(1, 250),
        "retry.pace_doublings_max": between(0, 10),
        # Ten seconds are the promise; a setting may only shorten it.
        "protection.unprotected_ms_max": between(100, 10 * SECOND_MS),
        "protection.exit_retry_base_ms": between(10, MINUTE_MS),
        "protection.exit_retry_cap_ms": between(10, 10 * MINUTE_MS),
        "protection.stop_failed_pct": _PERCENT,
        "protection.stop_loss_pct_max": _PERCENT,
        "protection.liquidation_alert_pct": Between(Decimal(0), Decimal(100)),
        "protection.adopt_foreign": OneOf(("reported", "protected")),
        "market.interval_ms": between(10, MINUTE_MS),
        "market.move_bps": between(0, 10_000),
        "clock.interval_ms": between(SECOND_MS, 10 * MINUTE_MS),
        "clock.error_ms_max": between(1, MINUTE_MS),
        "clock.age_ms_max": between(SECOND_MS, HOUR_MS),
        "clock.window": between(1, 1_000),
        "clock.material_ms": between(0, SECOND_MS),
        "exchange.name": OneOf(EXCHANGES),
        "exchange.account": _NAME,
        "exchange.rest_url": url("http"),
        "exchange.streams_url": url("ws"),
        "exchange.order_entry_url": url("ws"),
        "exchange.order_entry": OneOf(ORDER_ENTRIES),
        "exchange.market_url": url("http"),
        "accounts.interval_ms": between(SECOND_MS, HOUR_MS),
        "accounts.leverage_interval_ms": between(MINUTE_MS, DAY_MS),
        "accounts.margin_asset": _ASSET,
        "accounts.fee_asset": _FEE_ASSET,
        "accounts.countdown_ms": Between(Decimal(5 * SECOND_MS), Decimal(DAY_MS), or_zero=True),
        "instruments.refresh_ms": between(MINUTE_MS, 7 * DAY_MS),
        "instruments.retry_ms": between(100, 10 * MINUTE_MS),
        "stream.dedupe_window": between(16, COUNT_MAX),
        "stream.silence_ms_max": between(SECOND_MS, HOUR_MS),
        "stream.on_disconnect": OneOf(("keep", "cancel")),
        "stream.disconnect_ms": between(0, HOUR_MS),
        "reconciler.interval_ms": between(100, 10 * MINUTE_MS),
        "reconciler.passes_to_mismatch": between(1, 10),
        "reconciler.adopt_after_ms": between(100, 10 * MINUTE_MS),
        "breaker.daily_reduce_pct": _PERCENT,
        "breaker.daily_halt_pct": _PERCENT,
        "breaker.drawdown_halt_pct": _PERCENT,
        "breaker.cooldown_ms": between(0, 7 * DAY_MS),
        "breaker.hook_ms_max": between(0, 10 * SECOND_MS),
        "breaker.flat_check_ms": between(10, MINUTE_MS),
        "breaker.flat_ms_max": between(SECOND_MS, HOUR_MS),
        "breaker.venue_failures_max": between(1, 500),
        "breaker.venue_failed_pct_max": _PERCENT,
        "breaker.venue_requests_min": between(1, 500),
        "breaker.venue_window_ms": between(SECOND_MS, MINUTE_MS),
        "breaker.venue_open_ms": between(100, HOUR_MS),
        "journal.durability": OneOf(("intent", "group", "off")),
        "journal.segment_bytes_max": between(64 * BYTES_KIB, 16 * BYTES_GIB),
        "journal.snapshot_every": between(0, 10 * COUNT_MAX),
        "journal.group_sync_ms": between(1, SECOND_MS),
        "journal.exit_wait_ms": between(1, SECOND_MS),
        "journal.keep_segments": between(0, 100_000),
        "records.store": _SWITCH,
        "records.audit": _SWITCH,
        "records.audit_dir": Spelled(r"[^\0\r\n]*", "a folder, or empty"),
        "records.locale": OneOf(("en", "pt")),
        "records.interval_ms": between(10, MINUTE_MS),
        **SERVICE_RULES,
    }
)
"""Key -> what may stand there; for a list, what each of its members may be."""


PAIRS: tuple[tuple[str, str, str], ...] = (
    ("risk.position_size_pct_default", "at most", "risk.position_size_pct_max"),
    ("risk.position_size_pct_max", "at most", "risk.gross_exposure_pct_max"),
    ("risk.stop_loss_pct_default", "at most", "risk.stop_loss_pct_max"),
    ("risk.stop_loss_pct_max", "at most", "protection.stop_loss_pct_max"),
    ("protection.stop_loss_pct_max", "below", "protection.stop_failed_pct"),
    ("risk.protection_distance_pct_min", "at most", "risk.stop_loss_pct_default"),
    ("risk.leverage", "at most", "risk.leverage_max"),
    ("risk.drawdown_pct_max", "at most", "breaker.drawdown_halt_pct"),
    ("limits.warn_percent", "at most", "limits.reserve_percent"),
    ("orders.query_first_ms", "at most", "orders.query_cap_ms"),
    ("protection.exit_retry_base_ms", "at most", "protection.exit_retry_cap_ms"),
    ("retry.api_base_ms", "at most", "retry.api_cap_ms"),
    ("retry.network_base_ms", "at most", "retry.network_cap_ms"),
    ("retry.timeout_base_ms", "at most", "retry.timeout_cap_ms"),
    ("retry.rate_limit_base_ms", "at most", "retry.rate_limit_cap_ms"),
    ("retry.unknown_base_ms", "at most", "retry.unknown_cap_ms"),
    ("clock.error_ms_max", "below", "orders.recv_window_ms"),
    ("clock.interval_ms", "below", "clock.age_ms_max"),
    ("accounts.interval_ms", "below", "risk.account_age_ms_max"),
    ("reconciler.interval_ms", "below", "risk.position_age_ms_max"),
    ("market.interval_ms", "below", "risk.mark_age_ms_max"),
    ("instruments.refresh_ms", "below", "risk.filters_age_ms_max"),
    ("instruments.retry_ms", "at most", "instruments.refresh_ms"),
    ("risk.send_within_ms", "at most", "risk.order_deadline_ms"),
    ("orders.fill_check_ms", "below", "orders.deadline_ms_default"),
    ("breaker.daily_halt_pct", "at most", "breaker.drawdown_halt_pct"),
    ("emergency.poll_ms", "below", "emergency.ttl_ms"),
    ("breaker.daily_reduce_pct", "at most", "breaker.daily_halt_pct"),
)
"""(key, how it must stand to the other, the other key)."""


STRATEGY_FIGURES = (
    "positions_max",
    "position_size_pct_max",
    "gross_exposure_pct_max",
    "executions_per_day_max",
    "cooldown_ms",
)
LEAST = ("cooldown_ms",)
"""Where more is tighter."""


def pair_faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (key, other key, what is wrong) for every pair that does not agree."""
    for key, how, other in PAIRS:
        left, right = values[key], values[other]
        if not (left <= right if how == "at most" else left < right):
            yield key, other, f"is {left}, must be {how} {other} ({right})"
    yield from _strategy_faults(values)


def _strategy_faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield where a strategy would have more than its account, or two have one name."""
    key, named = "risk.strategies", dict[str, bool]()
    for limits in values[key]:
        if limits.name in named:
            yield key, key, f"names {limits.name} twice"
        named[limits.name] = True
        for name in STRATEGY_FIGURES:
            own, account = getattr(limits, name), values[f"risk.{name}"]
            is_more = own is not None and (own < account if name in LEAST else own > account)
            if is_more:
                how = "at least" if name in LEAST else "at most"
                what = f"{limits.name}: {name} is {own}, must be {how} risk.{name} ({account})"
                yield key, f"risk.{name}", what
        listed = values["risk.symbols"]
        for symbol in limits.symbols or ():
            if listed and symbol not in listed:
                yield key, "risk.symbols", f"{limits.name}: {symbol} is not in risk.symbols"


def limiter_fault(settings: LimiterSettings) -> str:
    """Return why no limiter can be made of these figures, empty if one can."""
    try:
        new_limiter(settings, 0)
    except ValueError as error:
        return str(error)
    return ""
