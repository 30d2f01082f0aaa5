"""Catalogue: every figure there is, with its kind, unit, labels and meaning.

The one table that Prometheus, alerts, the API's JSON and `docs/metrics.md` are made from. A figure
that is not here cannot be set. A counter grows while the service lives and begins at the journal's
latest segment; what the engine counts itself begins with its start.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import frozen


class Kind(StrEnum):
    """What a figure is to whoever draws it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Worst(StrEnum):
    """What one number a figure with labels comes to."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


@frozen
class Metric:
    """One figure."""

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    worst: Worst = Worst.MAX
    bounds: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets, in its unit."""
    is_told: bool = False
    """True of a counter that the engine counts itself; it begins anew with each of its starts."""


LATENCY_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
SLIPPAGE_BOUNDS = (0, 1, 2, 5, 10, 20, 50, 100, 200)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, "", text, labels, Worst.SUM)


def _told(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, "", text, labels, Worst.SUM, is_told=True)


def _gauge(name: str, unit: str, text: str, *labels: str, worst: Worst = Worst.MAX) -> Metric:
    return Metric(name, Kind.GAUGE, unit, text, labels, worst)


def _histogram(
    name: str, unit: str, text: str, *labels: str, bounds: tuple[float, ...] = LATENCY_BOUNDS
) -> Metric:
    return Metric(name, Kind.HISTOGRAM, unit, text, labels, bounds=bounds)


_ORDERS = (
    _counter("signals_total", "Signals that the engine took.", "strategy"),
    _counter("order_events_total", "Events of orders by what became of them.", "event"),
    _counter("refusals_total", "Signals that a guard refused.", "guard"),
    _counter("order_failures_total", "Orders that failed, by the reason's first words.", "reason"),
    _counter("attempts_total", "Requests that place an order, as they were handed to a lane."),
    _counter("errors_total", "Failed requests for orders by the classifier's kind.", "kind"),
    _counter("retries_total", "Requests that were made again, by the kind of error.", "kind"),
    _counter("retries_succeeded_total", "Orders that were placed after at least one retry."),
    _counter("retries_failed_total", "Orders that ended unplaced after at least one retry."),
    _gauge(
        "retry_success_ratio",
        "ratio",
        "Retried orders that were placed, of all that ended.",
        worst=Worst.MIN,
    ),
    _gauge(
        "retry_budget_left",
        "requests",
        "What is left of the retries allowed in 30 s.",
        worst=Worst.MIN,
    ),
    _gauge("orders_unknown", "orders", "Orders whose outcome nobody knows yet."),
    _gauge("orders_unresolved", "orders", "Signals and orders reported as unresolved."),
    _gauge("orders_pending", "orders", "Entries and exits that have not ended."),
    _gauge("orders_executed", "orders", "Entries and exits that ended with a fill."),
    _gauge("orders_failed", "orders", "Entries and exits that ended without one."),
    _gauge("orders_cancelled", "orders", "Entries and exits that were cancelled unfilled."),
    _gauge("orders_made", "orders", "Entries and exits since the journal began."),
    _gauge(
        "order_success_ratio",
        "ratio",
        "Executed of executed and failed; absent before both.",
        worst=Worst.MIN,
    ),
    _gauge(
        "fill_ratio",
        "ratio",
        "Executed of all that ended, cancelled ones included.",
        worst=Worst.MIN,
    ),
    _histogram(
        "signal_to_sent_ms", "ms", "From a signal's intake to its first request; engine clock."
    ),
    _histogram(
        "sent_to_ack_ms", "ms", "From a placement's departure to the venue's answer; engine clock."
    ),
    _histogram(
        "fill_to_stop_ms", "ms", "From a position's first fill to its resting stop; engine clock."
    ),
    _histogram(
        "slippage_bps",
        "bps",
        "Fill price worse than the price at approval; a better one is 0.",
        "strategy",
        bounds=SLIPPAGE_BOUNDS,
    ),
)

_QUEUE = (
    _gauge(
        "queue_depth", "orders", "Orders that wait for their turn.", "priority", worst=Worst.SUM
    ),
    _gauge("queue_oldest_seconds", "seconds", "Age of the oldest waiting order.", "priority"),
    _gauge("queue_in_flight", "orders", "Entries that were released and are not settled."),
    _gauge("queue_holds", "symbols", "Symbols whose entries are held."),
)

_LIMITS = (
    _gauge("limit", "", "The venue's limit in its window.", "budget"),
    _gauge("limit_used", "", "Used of it by our own reckoning.", "budget"),
    _gauge("limit_reported", "", "Used of it as the venue last said.", "budget"),
    _gauge(
        "limit_tokens", "", "What may leave at once by our own bucket.", "budget", worst=Worst.MIN
    ),
    _gauge("weight_used_ratio", "ratio", "Part of the minute's request weight that is used."),
    _gauge("order_count_used_ratio", "ratio", "The fuller of the two order counts."),
    _gauge(
        "permits_waiting",
        "requests",
        "Requests that wait for a permit.",
        "priority",
        worst=Worst.SUM,
    ),
    _gauge("pause_seconds", "seconds", "How long requests are still paused; 0 for not.", "scope"),
    _counter("requests_total", "Answers of the venue and failures on the way to it.", "operation"),
    _counter("requests_failed_total", "Those without a good answer.", "operation"),
    _gauge(
        "request_error_ratio_5m",
        "ratio",
        "Failed of the requests of the last five minutes; absent below ten.",
    ),
)

_STATE = (
    _gauge("engine_up", "bool", "Whether the engine answers.", worst=Worst.MIN),
    _gauge(
        "engine_ready", "bool", "Whether entries were possible once in this start.", worst=Worst.MIN
    ),
    _gauge("trading_state", "", "0 ACTIVE, 1 REDUCING, 2 HALTED."),
    _gauge("trading_epoch", "", "Grows with every change of the trading state."),
    _gauge("venue_open", "bool", "0 while the venue breaker is open.", worst=Worst.MIN),
    _gauge(
        "user_stream_healthy", "bool", "Whether fills are heard of as they happen.", worst=Worst.MIN
    ),
    _gauge("user_stream_age_seconds", "seconds", "Since the account's stream said anything."),
    _gauge("market_stream_age_seconds", "seconds", "Age of the oldest mark."),
    _gauge("mark_age_seconds", "seconds", "Age of a symbol's mark.", "symbol"),
    _gauge("clock_offset_ms", "ms", "How far the venue's clock is from ours, either way."),
    _gauge("clock_error_ms", "ms", "How wrong that may be."),
    _gauge("symbols_mismatched", "symbols", "Symbols of which our view is not the venue's."),
    _counter("alerts_raised_total", "Alerts that the engine raised.", "alert"),
)

_MONEY = (
    _gauge("equity", "quote", "Wallet and unrealised profit.", worst=Worst.MIN),
    _gauge("wallet", "quote", "Wallet balance.", worst=Worst.MIN),
    _gauge("available", "quote", "What entries may still use.", worst=Worst.MIN),
    _gauge("drawdown_pct", "percent", "Equity below its peak."),
    _gauge(
        "day_change_pct", "percent", "Equity against the start of the UTC day.", worst=Worst.MIN
    ),
    _gauge("unrealised_pnl", "quote", "Unrealised profit of the account.", worst=Worst.MIN),
    _gauge("realised_pnl", "quote", "Realised profit, before fees and funding.", worst=Worst.MIN),
    _gauge("commission", "quote", "Fees that were paid in the margin asset."),
    _gauge("funding", "quote", "Funding; above 0 is received.", worst=Worst.MIN),
    _gauge(
        "strategy_pnl",
        "quote",
        "Realised profit by strategy, fees and funding in it.",
        "strategy",
        worst=Worst.MIN,
    ),
    _gauge("strategy_commission", "quote", "Fees by strategy.", "strategy"),
    _gauge("positions_open", "positions", "Open positions."),
    _gauge("positions_unprotected", "positions", "Open positions without a resting stop."),
    _gauge("unprotected_ms_max", "ms", "Longest time without a stop since the journal began."),
    _gauge(
        "liquidation_distance_pct",
        "percent",
        "Least distance of a mark from its liquidation price; absent where nobody tells.",
        worst=Worst.MIN,
    ),
    _counter("trades_total", "Positions that were closed.", "strategy", "outcome"),
    _counter("trades_notional_total", "Their entry notional, quote units.", "strategy", "outcome"),
)

_MACHINE = (
    _told("dead_letters_total", "Messages that nobody handled, in this start."),
    _told("core_steps_total", "Steps of the core in this start."),
    _gauge("mailbox_depth", "messages", "Messages that wait for an actor.", "actor"),
    _gauge("handler_mean_us", "us", "Mean time of an actor's sampled messages.", "actor"),
    _gauge("handler_max_us", "us", "Longest time of an actor's sampled messages.", "actor"),
    _told("actor_steps_total", "Messages that an actor handled.", "actor"),
    _told("actor_failures_total", "Messages on which an actor failed.", "actor"),
    _told("actor_restarts_total", "How often an actor was rebuilt.", "actor"),
    _gauge("journal_lag_seconds", "seconds", "Age of the oldest record not safe on the disk."),
    _gauge("journal_queued", "records", "Records that wait to be written."),
    _gauge("journal_unsynced", "records", "Records written and not yet durable."),
    _gauge("journal_failed", "bool", "1 while the journal cannot write."),
    _told("journal_records_total", "Sequence of the journal's last record."),
    _gauge("snapshot_age_seconds", "seconds", "Since the last snapshot; absent before one."),
    _gauge("uptime_seconds", "seconds", "Since the engine's start, by the wall.", worst=Worst.MIN),
)

_HOST = (
    _gauge("process_cpu_pct", "percent", "CPU of a process, of one processor.", "process"),
    _gauge("process_memory_bytes", "bytes", "Resident memory of a process.", "process"),
    _gauge("process_threads", "threads", "Threads of a process.", "process"),
    _gauge("process_open_files", "files", "Open file descriptors of a process.", "process"),
    _gauge("host_cpu_pct", "percent", "CPU of the machine, of all processors."),
    _gauge("host_memory_used_pct", "percent", "Memory of the machine in use."),
    _gauge("host_load_1m", "", "Processes that want a processor, mean of a minute."),
    _gauge("disk_free_bytes", "bytes", "Free on the disk of the data directory.", worst=Worst.MIN),
    _gauge("disk_used_pct", "percent", "Used of that disk."),
    _gauge("network_sent_bytes", "bytes", "Sent by the machine since it started."),
    _gauge("network_received_bytes", "bytes", "Received by the machine since it started."),
)

_OWN = (
    _counter("records_missed_total", "Records that left the journal before they were read."),
    _counter("labels_folded_total", "Values counted under `other`, for want of room."),
    _counter("polls_failed_total", "Questions that the engine did not answer."),
)

GROUPS: Mapping[str, tuple[Metric, ...]] = MappingProxyType(
    {
        "Orders": _ORDERS,
        "Queue": _QUEUE,
        "Limits": _LIMITS,
        "State": _STATE,
        "Money": _MONEY,
        "Machine": _MACHINE,
        "Host": _HOST,
        "These figures": _OWN,
    }
)
CATALOGUE: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for metrics in GROUPS.values() for metric in metrics}
)


def figure_names() -> frozenset[str]:
    """Return the names that a rule may watch."""
    return frozenset(CATALOGUE)
