"""Answers: figures from what the engine's queries answer.

Each function writes one answer into a book. What is asked is `QUICK` at every poll and `SLOW` at
every fifth, since each question but the last of `QUICK` is a record of the journal.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from ....messages.queries import (
    EngineStatus,
    GetPositions,
    GetStatistics,
    GetStatus,
    PositionsView,
    Query,
    StatisticsView,
)
from ....messages.values import TradingState
from ....messages.vitals import (
    AccountView,
    GetAccount,
    GetLimits,
    GetQueue,
    GetStreams,
    GetUserStream,
    GetVitals,
    JournalView,
    LimitsView,
    QueueView,
    StreamsView,
    UserStreamView,
    VitalsView,
)
from .book import Book

QUICK: tuple[Query, ...] = (
    GetStatus(),
    GetLimits(),
    GetQueue(),
    GetStreams(),
    GetUserStream(),
    GetVitals(),
)
SLOW: tuple[Query, ...] = (GetAccount(), GetPositions(), GetStatistics())
SLOW_EVERY = 5

MS_PER_SECOND = 1_000
PERCENT = 100
STATES = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}
ORDER_BUDGETS = ("orders_10s", "orders_1m")
WEIGHT = "weight_1m"

FROM_ANSWERS = (
    "engine_ready",
    "venue_open",
    "user_stream_age_seconds",
    "user_stream_healthy",
    "market_stream_age_seconds",
    "mark_age_seconds",
    "weight_used_ratio",
    "order_count_used_ratio",
    "queue_oldest_seconds",
    "queue_depth",
    "journal_lag_seconds",
    "mailbox_depth",
    "pause_seconds",
)
"""What nobody knows while the engine does not answer; what is not here keeps its last value."""


def note(book: Book, answer: Any) -> None:
    """Write one answer down; an answer that says nothing in figures writes nothing."""
    kind = cast("type[object]", type(answer))
    writer = _WRITERS.get(kind)
    if writer is not None:
        writer(book, answer)


def _status(book: Book, view: EngineStatus) -> None:
    book.set("trading_state", STATES[view.trading_state])
    book.set("trading_epoch", view.epoch)
    book.set("venue_open", int(view.venue_open))


def _limits(book: Book, view: LimitsView) -> None:
    shares: dict[str, Decimal] = {}
    for budget in view.budgets:
        name = budget.budget
        book.set("limit", budget.limit, name)
        book.set("limit_used", budget.used, name)
        book.set("limit_reported", budget.reported, name)
        book.set("limit_tokens", budget.tokens, name)
        shares[name] = round(Decimal(budget.used) / budget.limit, 4)
    book.set("weight_used_ratio", shares.get(WEIGHT))
    counts = [shares[name] for name in ORDER_BUDGETS if name in shares]
    book.set("order_count_used_ratio", max(counts, default=None))
    book.set("permits_waiting", view.waiting_opening, "OPENING")
    book.set("permits_waiting", view.waiting_reducing, "REDUCING")
    pauses = (
        ("all", view.paused_until_ms),
        ("orders", view.orders_paused_until_ms),
        ("ban", view.banned_until_ms),
    )
    for scope, until_ms in pauses:
        book.set("pause_seconds", _seconds(max(0, until_ms - view.at_ms)), scope)


def _queue(book: Book, view: QueueView) -> None:
    for each in view.classes:
        book.set("queue_depth", each.waiting, each.priority.value)
        book.set("queue_oldest_seconds", _seconds(each.oldest_age_ms), each.priority.value)
    book.set("queue_in_flight", view.in_flight)
    book.set("queue_holds", len(view.holds))


def _streams(book: Book, view: StreamsView) -> None:
    ages = {each.symbol: _seconds(each.age_ms) for each in view.marks}
    book.set("user_stream_healthy", int(view.user_stream_healthy))
    book.replace("mark_age_seconds", ages)
    book.set("market_stream_age_seconds", max(ages.values(), default=None))
    book.set("clock_offset_ms", abs(view.clock_offset_ms))
    book.set("clock_error_ms", view.clock_error_ms)
    book.set("symbols_mismatched", len(view.mismatched))


def _user_stream(book: Book, view: UserStreamView) -> None:
    silent_ms = view.silent_ms
    book.set("user_stream_age_seconds", None if silent_ms is None else _seconds(silent_ms))


def _account(book: Book, view: AccountView) -> None:
    book.set("equity", view.equity)
    book.set("wallet", view.wallet)
    book.set("available", view.available)
    book.set("drawdown_pct", view.drawdown_pct)
    book.set("unrealised_pnl", view.unrealised_pnl)
    day = view.day_start_equity
    if view.equity is not None and day:
        book.set("day_change_pct", round((view.equity - day) / day * PERCENT, 4))


def _positions(book: Book, view: PositionsView) -> None:
    book.set("realised_pnl", view.realised_pnl)
    book.set("commission", view.fees)
    book.set("funding", view.funding)
    book.set("positions_open", len(view.positions))
    book.set("positions_unprotected", sum(1 for each in view.positions if not each.protected))
    book.set("unprotected_ms_max", view.longest_unprotected_ms)
    told = [each.liquidation_distance_pct for each in view.positions]
    near = [each for each in told if each is not None]
    book.set("liquidation_distance_pct", min(near, default=None))
    book.replace(
        "strategy_pnl",
        {each.strategy: each.realised_pnl - each.fees + each.funding for each in view.strategies},
    )
    book.replace("strategy_commission", {each.strategy: each.fees for each in view.strategies})


def _statistics(book: Book, view: StatisticsView) -> None:
    book.set("orders_made", view.total_orders)
    book.set("orders_executed", view.executed)
    book.set("orders_failed", view.failed)
    book.set("orders_cancelled", view.cancelled)
    book.set("orders_pending", view.pending)
    book.set("order_success_ratio", view.success_rate)
    ended = view.executed + view.failed + view.cancelled
    book.set("fill_ratio", round(Decimal(view.executed) / ended, 4) if ended else None)


def _vitals(book: Book, view: VitalsView) -> None:
    book.set("engine_ready", int(view.ready))
    book.set("uptime_seconds", _seconds(view.uptime_ms))
    book.set("dead_letters_total", view.dead_letters)
    book.set("core_steps_total", view.core_steps)
    actors = view.actors
    for name, values in (
        ("mailbox_depth", {each.name: each.mailbox for each in actors}),
        ("actor_steps_total", {each.name: each.steps for each in actors}),
        ("actor_failures_total", {each.name: each.failures for each in actors}),
        ("actor_restarts_total", {each.name: each.restarts for each in actors}),
        ("handler_mean_us", _known({each.name: each.handler_mean_us for each in actors})),
        ("handler_max_us", _known({each.name: each.handler_max_us for each in actors})),
    ):
        book.replace(name, values)
    if view.journal is not None:
        _journal(book, view.journal, view.at_ms)


def _journal(book: Book, view: JournalView, at_ms: int) -> None:
    book.set("journal_lag_seconds", _seconds(view.lag_ms))
    book.set("journal_queued", view.queued)
    book.set("journal_unsynced", view.unsynced)
    book.set("journal_failed", int(bool(view.failed)))
    book.set("journal_records_total", view.sequence)
    taken_ms = view.snapshot_at_ms
    book.set("snapshot_age_seconds", _seconds(at_ms - taken_ms) if taken_ms else None)


def _known(values: Mapping[str, int | None]) -> dict[str, int]:
    return {name: value for name, value in values.items() if value is not None}


def _seconds(duration_ms: int) -> Decimal:
    return Decimal(duration_ms) / MS_PER_SECOND


_WRITERS: Mapping[type, Any] = {
    EngineStatus: _status,
    LimitsView: _limits,
    QueueView: _queue,
    StreamsView: _streams,
    UserStreamView: _user_stream,
    AccountView: _account,
    PositionsView: _positions,
    StatisticsView: _statistics,
    VitalsView: _vitals,
}
