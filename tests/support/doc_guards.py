"""DocGuards: what each guard refuses, in words, and the settings that give its limit."""

from collections.abc import Iterator, Mapping

_GIVEN = {
    "no_position": ("a close, or an exit, without a position to close", ""),
    "not_reducing": ("an exit that would open", ""),
    "symbol_whitelist": ("a symbol that is not listed", "risk.symbols"),
    "strategy_whitelist": ("a symbol that is not the strategy's", "risk.strategies"),
    "confidence": (
        "a `confidence` below its least, or an entry without any score",
        "risk.confidence_min",
    ),
    "confluence_score": ("a `confluence_score` below its least", "risk.confluence_score_min"),
    "signal_strength": ("a `signal_strength` below its least", "risk.signal_strength_min"),
    "action_whitelist": ("a signal of a kind that is not carried out", "risk.actions"),
    "cooldown": ("a symbol that was traded a moment ago", "risk.cooldown_ms"),
    "strategy_cooldown": ("the same by the strategy's own wait", "risk.strategies"),
    "daily_quota": ("one execution more than a day has", "risk.executions_per_day_max"),
    "strategy_daily_quota": ("the same of the strategy", "risk.strategies"),
    "no_reservation": ("another attempt of an entry whose place is gone", ""),
    "unresolved": ("an entry of a symbol with a signal that has no end", "signal_timeout_ms"),
    "queue_full": ("more than may wait", "inbox_max queue.opening_max"),
    "taken_back": ("an entry that a later exit, flatten or cancel takes back", ""),
    "message_lost": ("a signal whose message an actor failed on twice", ""),
    "algorithm_plan": ("a plan that cannot be carried out", ""),
    "algorithm_over": ("a slice of an algorithm that is over", ""),
    "algorithms_running": ("one algorithm more than may run", ""),
    "closing": ("an exit of a position that is being closed whole", ""),
    "too_small_to_halve": ("half of a position below two lots", ""),
    "too_small_to_close": ("a part below the smallest lot", ""),
    "policy": ("an entry while a value of the policy cannot be read", ""),
    "trading_state": ("entries while trading is reduced or halted", "breaker.daily_reduce_pct"),
    "not_ready": ("entries before the first comparison with the venue", ""),
    "venue_open": (
        "entries while the venue fails",
        "breaker.venue_failures_max breaker.venue_failed_pct_max",
    ),
    "clock": (
        "entries while the venue's time is not known well",
        "clock.error_ms_max clock.age_ms_max",
    ),
    "user_stream": (
        "entries while what the account's stream missed is not known",
        "stream.silence_ms_max",
    ),
    "symbol_hold": (
        "entries of a symbol with an unknown outcome or a lasting difference",
        "reconciler.passes_to_mismatch",
    ),
    "expired": ("a signal that comes after its end", ""),
    "filters_age": ("filters that are too old, or not read", "risk.filters_age_ms_max"),
    "contract_status": ("a contract that does not trade", ""),
    "margin_asset": ("a contract with another margin asset", "accounts.margin_asset"),
    "mark_age": ("a mark that is too old", "risk.mark_age_ms_max"),
    "account_age": ("balances that are too old", "risk.account_age_ms_max"),
    "account_may_trade": ("an account that may not trade", ""),
    "position_age": ("a listing of positions that is too old", "risk.position_age_ms_max"),
    "policy_age": ("a policy source that is silent", "risk.policy_age_ms_max"),
    "emergency_age": ("an emergency-stop source that is silent", "emergency.ttl_ms"),
    "opposite_position": ("an entry against an open position", ""),
    "scale_in": ("an entry that adds to an open position", "risk.scale_in"),
    "positions_max": ("one position more than there may be", "risk.positions_max"),
    "strategy_positions_max": ("the same of the strategy", "risk.strategies"),
    "leverage_max": ("leverage above that of the signal", ""),
    "leverage_policy": ("leverage above the policy's", "risk.leverage_max"),
    "margin_type": ("a symbol with another margin type", "risk.margin_type"),
    "conditional_orders": (
        "no room at the venue for stop and target",
        "risk.conditional_orders_max",
    ),
    "stop_side": ("a stop on the wrong side of the entry", ""),
    "target_side": ("a target on the wrong side of the entry", ""),
    "stop_adjusted": ("a stop that the grid would move to where more is lost", ""),
    "stop_distance": ("a stop that is too far", "risk.stop_loss_pct_max"),
    "stop_distance_min": (
        "a stop that is too near",
        "risk.protection_distance_pct_min risk.protection_distance_ticks_min",
    ),
    "risk_reward_ratio": ("too little to win for what may be lost", "risk.risk_reward_ratio_min"),
    "slippage_reference": (
        "a mark that has left the price of the signal",
        "risk.price_slippage_pct_max",
    ),
    "slippage_estimate": ("a book that is worse than that price", "risk.price_slippage_pct_max"),
    "mark_distance": ("a limit price far from the mark", "risk.mark_distance_pct_max"),
    "quantity_min": ("less than the venue's least quantity", ""),
    "equity": ("an account without equity", ""),
    "order_notional_max": ("an order that is too large", "risk.order_notional_max"),
    "leverage_bracket": ("a notional above what the leverage allows at the venue", ""),
    "correlated_percent_max": ("too much in what moves alike", "risk.correlated_exposure_pct_max"),
    "position_percent_max": ("too much in one position", "risk.position_size_pct_max"),
    "gross_percent_max": ("too much in all", "risk.gross_exposure_pct_max"),
    "available": ("more margin than is free", ""),
    "drawdown": ("what would end beyond the drawdown, were the stop hit", "risk.drawdown_pct_max"),
    "strategy_position_percent_max": (
        "too much in one position of the strategy",
        "risk.strategies",
    ),
    "strategy_gross_percent_max": ("too much in all of the strategy", "risk.strategies"),
    "host_rule": ("a rule of the host that failed; one that refuses does so in its own name", ""),
}
_FIELDS = "signal_"
_FILTERS = "filter_"


def words_of(guard: str) -> tuple[str, tuple[str, ...]]:
    """Return what a guard refuses and its settings; raises `KeyError` for one without words."""
    if guard not in _GIVEN and guard.startswith(_FILTERS):
        return f"what the symbol's filter `{guard.removeprefix(_FILTERS)}` does not allow", ()
    if guard not in _GIVEN and guard.startswith(_FIELDS):
        return f"a `{guard.removeprefix(_FIELDS)}` that cannot be, whatever the rules", ()
    says, keys = _GIVEN[guard]
    return says, tuple(keys.split())


def without_a_guard(guards: Mapping[str, object]) -> Iterator[str]:
    """Yield what has words here and is no guard any more."""
    yield from (guard for guard in _GIVEN if guard not in guards)
