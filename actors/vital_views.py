"""Vital views: limits, queue, streams and account as their queries answer them.

Pure: each function reads the state of the actor that owns the answer, at one engine time.
"""

from ..messages.market import ClockChanged, MarkChanged
from ..messages.values import Priority
from ..messages.vitals import (
    AccountView,
    BudgetView,
    HoldView,
    LimitsView,
    MarkView,
    QueueClassView,
    QueueView,
    StreamsView,
)
from .account_facts import AccountState
from .limiter_facts import RateLimiterState
from .policies.rate_budgets import BudgetState
from .policies.rate_limit import BudgetUsage, usage
from .policies.rate_pace import pace_percent
from .policies.size_rules import fall_percent
from .policies.token_bucket import level_at
from .queue_facts import QueueState
from .risk_facts import GateState

MS = 1_000_000


def limits_view(state: RateLimiterState, now_ms: int) -> LimitsView:
    """Return what is used of every limit, and until when requests are paused."""
    limiter = state.budgets
    pairs = zip(limiter.budgets, usage(limiter, now_ms), strict=True)
    reducing = sum(1 for each in state.waiting.values() if each.is_reducing)
    return LimitsView(
        at_ms=now_ms,
        budgets=tuple(_budget_view(state, budget, used, now_ms) for budget, used in pairs),
        permits=state.grants,
        waiting_opening=len(state.waiting) - reducing,
        waiting_reducing=reducing,
        paused_until_ms=limiter.paused_until_ms,
        orders_paused_until_ms=limiter.orders_paused_until_ms,
        banned_until_ms=limiter.banned_until_ms,
        pause_reason=state.pause_reason,
    )


def queue_view(state: QueueState, now_ms: int) -> QueueView:
    """Return who waits by priority, for how long, and which symbols are held."""
    return QueueView(
        at_ms=now_ms,
        classes=tuple(
            _class_view(state, each, now_ms) for each in (Priority.REDUCING, Priority.OPENING)
        ),
        in_flight=len(state.in_flight),
        holds=tuple(HoldView(symbol, holders) for symbol, holders in state.holds.items()),
        entries_off=state.entries_off,
    )


def streams_view(state: GateState, now_ms: int) -> StreamsView:
    """Return by what entries are judged; what the gate was never told stands as what refuses."""
    clock = state.clock or ClockChanged(offset_ns=0, error_ns=0, trusted=False)
    read_at_ns = state.filters_read_at_ns
    return StreamsView(
        at_ms=now_ms,
        ready=state.ready,
        user_stream_healthy=state.stream_healthy,
        venue_open=state.trading is not None and state.trading.venue_open,
        clock_trusted=clock.trusted,
        clock_offset_ms=clock.offset_ns // MS,
        clock_error_ms=clock.error_ns // MS,
        marks=tuple(_mark_view(state.marks[symbol], now_ms) for symbol in sorted(state.marks)),
        filters_age_ms=now_ms - read_at_ns // MS if read_at_ns else None,
        mismatched=state.mismatched,
        unprotected=state.unprotected,
    )


def account_view(state: AccountState, now_ms: int) -> AccountView:
    """Return what the account is worth, and what is wrong with it."""
    marks, mode, is_known = state.marks, state.mode, state.marks is not None
    equity = state.wallet + state.unrealised_pnl
    return AccountView(
        at_ms=now_ms,
        known_at_ms=state.known_at_ns // MS,
        wallet=state.wallet if is_known else None,
        available=state.available if is_known else None,
        unrealised_pnl=state.unrealised_pnl if is_known else None,
        equity=equity if is_known else None,
        day_start_equity=None if marks is None else marks.day_start,
        peak_equity=None if marks is None else marks.peak,
        drawdown_pct=None if marks is None else round(fall_percent(marks.peak, equity), 4),
        hedge_mode=None if mode is None else mode.hedge_mode,
        can_trade=None if mode is None else mode.can_trade,
        mode_fault=state.fault,
        key_fault=state.key_fault,
    )


def _budget_view(
    state: RateLimiterState, budget: BudgetState, used: BudgetUsage, now_ms: int
) -> BudgetView:
    settings = state.settings
    assert settings is not None, "budgets are made of the settings"
    return BudgetView(
        budget=budget.budget.value,
        window_ms=budget.budget.window_ms,
        limit=budget.limit,
        limit_of_ours=settings.limit_of_ours(budget.budget),
        used=used.used,
        reported=budget.reported,
        reported_at_ms=budget.reported_at_ms,
        tokens=level_at(budget.bucket, now_ms),
        tokens_max=budget.bucket.design.capacity,
        pressure=used.pressure.value,
        pace_percent=pace_percent(budget, state.budgets.pacing, now_ms),
    )


def _class_view(state: QueueState, priority: Priority, now_ms: int) -> QueueClassView:
    waiting = [cid for cid, order in state.waiting.items() if order.priority is priority]
    since_ms = [state.since_ns.get(cid, 0) // MS or now_ms for cid in waiting]
    oldest_ms = min(since_ms, default=now_ms)
    return QueueClassView(priority, len(waiting), now_ms - oldest_ms)


def _mark_view(mark: MarkChanged, now_ms: int) -> MarkView:
    return MarkView(mark.symbol, mark.mark, mark.bid, mark.ask, now_ms - mark.at_ns // MS)
