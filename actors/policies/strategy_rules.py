"""Strategy rules: the limits of one strategy beside those of the account.

Pure. A strategy without limits of its own has only the account's. Its limits can only be tighter,
since both are asked; what it holds and has done is counted for it alone.
"""

from ...messages.intake import SubmitSignal
from ..settings import RiskSettings, StrategyLimits
from .entry_shape import ShapedEntry
from .entry_view import PERCENT, EntryView, StrategyView
from .portfolio_rules import cooldown_fault, quota_fault
from .refusal import Refusal
from .rounding import plain


def limits_of_strategy(settings: RiskSettings, signal: SubmitSignal) -> StrategyLimits | None:
    """Return the limits of a signal's strategy, None where it has none of its own."""
    return next((each for each in settings.strategies if each.name == signal.strategy), None)


def strategy_open(view: EntryView) -> Refusal | None:
    """Return which limit of its own the strategy has reached before it is sized."""
    own, symbol = view.own, view.signal.symbol
    if own is None:
        return None
    limits = own.limits
    if limits.symbols is not None and symbol not in limits.symbols:
        return Refusal("strategy_whitelist", symbol, ",".join(limits.symbols))
    most = limits.positions_max
    if most is not None and not own.has_slot and own.slots_used >= most:
        return Refusal("strategy_positions_max", str(own.slots_used), str(most))
    return _of_time(view, own)


def strategy_size(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """Return which limit of its own an entry of this size breaks; percent of equity, inclusive."""
    own = view.own
    if own is None:
        return None
    assert view.account is not None
    caps = (
        (
            "strategy_position_percent_max",
            own.position_notional + shaped.notional,
            own.limits.position_size_pct_max,
        ),
        (
            "strategy_gross_percent_max",
            own.gross_notional + shaped.notional,
            own.limits.gross_exposure_pct_max,
        ),
    )
    for guard, notional, percent in caps:
        if percent is not None and notional > view.account.equity * percent / PERCENT:
            return Refusal(guard, plain(notional), plain(view.account.equity * percent / PERCENT))
    return None


def _of_time(view: EntryView, own: StrategyView) -> Refusal | None:
    limits = own.limits
    refusal = None
    if limits.cooldown_ms is not None:
        refusal = cooldown_fault(
            "strategy_cooldown", own.executed_at_ns, view.now_ns, limits.cooldown_ms
        )
    if refusal is None and limits.executions_per_day_max is not None:
        refusal = quota_fault(
            "strategy_daily_quota", own.executions_today, limits.executions_per_day_max
        )
    return refusal
