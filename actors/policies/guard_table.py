"""Guard table: every reason of a refusal, and which of the seven guards it stands for.

The seven guards are those that operators know by number (C-49): reduce only, symbol list,
confidence, action list, cooldown, daily limit, and whether a retry is admissible. Everything else
is Callboard's own. A guard that is not in the table is that of a rule that the host gave.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class SafetyGuard(StrEnum):
    """The seven, and whoever else refused."""

    REDUCE_ONLY = "reduce_only"
    SYMBOL_WHITELIST = "symbol_whitelist"
    CONFIDENCE = "confidence"
    ACTION_WHITELIST = "action_whitelist"
    COOLDOWN = "cooldown"
    DAILY_LIMIT = "daily_limit"
    RETRY = "retry"
    CALLBOARD = "callboard"
    HOST = "host"


_THE_SEVEN: Mapping[str, SafetyGuard] = {
    "no_position": SafetyGuard.REDUCE_ONLY,
    "not_reducing": SafetyGuard.REDUCE_ONLY,
    "symbol_whitelist": SafetyGuard.SYMBOL_WHITELIST,
    "confidence": SafetyGuard.CONFIDENCE,
    "confluence_score": SafetyGuard.CONFIDENCE,
    "signal_strength": SafetyGuard.CONFIDENCE,
    "action_whitelist": SafetyGuard.ACTION_WHITELIST,
    "cooldown": SafetyGuard.COOLDOWN,
    "daily_quota": SafetyGuard.DAILY_LIMIT,
    "strategy_whitelist": SafetyGuard.SYMBOL_WHITELIST,
    "strategy_cooldown": SafetyGuard.COOLDOWN,
    "strategy_daily_quota": SafetyGuard.DAILY_LIMIT,
    "no_reservation": SafetyGuard.RETRY,
}
_INTAKE = (
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
    "unresolved",
    "queue_full",
    "taken_back",
    "message_lost",
    "algorithm_plan",
    "algorithm_over",
    "algorithms_running",
)
_CLOSES = ("closing", "too_small_to_halve", "too_small_to_close")
_WORLD = (
    "policy",
    "trading_state",
    "not_ready",
    "venue_open",
    "clock",
    "user_stream",
    "symbol_hold",
    "expired",
    "filters_age",
    "contract_status",
    "margin_asset",
    "mark_age",
    "account_age",
    "account_may_trade",
    "position_age",
    "policy_age",
    "emergency_age",
)
_PORTFOLIO = (
    "opposite_position",
    "scale_in",
    "positions_max",
    "strategy_positions_max",
    "leverage_max",
    "leverage_policy",
    "margin_type",
    "conditional_orders",
)
_PRICES = (
    "stop_side",
    "target_side",
    "stop_adjusted",
    "stop_distance",
    "stop_distance_min",
    "risk_reward_ratio",
    "slippage_reference",
    "slippage_estimate",
    "mark_distance",
)
_SIZE = (
    "quantity_min",
    "equity",
    "order_notional_max",
    "leverage_bracket",
    "correlated_percent_max",
    "position_percent_max",
    "gross_percent_max",
    "available",
    "drawdown",
    "strategy_position_percent_max",
    "strategy_gross_percent_max",
)
_FILTERS = tuple(
    f"filter_{name}"
    for name in (
        "price_min",
        "price_max",
        "quantity_min",
        "quantity_max",
        "market_quantity_min",
        "market_quantity_max",
        "notional_min",
        "multiplier_up",
        "multiplier_down",
        "orders_max",
    )
)
_OURS = (*_INTAKE, *_CLOSES, *_WORLD, *_PORTFOLIO, *_PRICES, *_SIZE, *_FILTERS)

GUARDS: Mapping[str, SafetyGuard] = MappingProxyType(
    {
        **_THE_SEVEN,
        **dict.fromkeys(_OURS, SafetyGuard.CALLBOARD),
        "host_rule": SafetyGuard.HOST,
    }
)
"""Guard -> which of the seven it is, or Callboard's own."""


def safety_guard(guard: str) -> SafetyGuard:
    """Return which of the seven a guard is; one that nobody here knows is the host's."""
    return GUARDS.get(guard, SafetyGuard.HOST)
