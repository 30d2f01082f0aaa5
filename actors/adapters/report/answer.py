"""Answer: the whole report of a run as one JSON object; docs/report.md names its keys.

Figures are of all the run; only the list of orders is bounded, and says so.
"""

from importlib import metadata
from pathlib import Path

from ..records.stamps import stamp
from .money import activity_of, money_of, order_rows
from .quality import (
    Json,
    conditions_of,
    doubts_of,
    errors_of,
    latency_of,
    protection_of,
    ratio,
    refusals_of,
    retries_of,
    times_of,
)
from .reading import Run, reading

FORMAT = 1
ACTIVITY_BUCKETS = 48
SECOND_NS = 1_000_000_000


def report_of(data_dir: Path, orders_max: int) -> Json:
    """Return the report of a run; raises as `reading`."""
    with reading(data_dir) as run:
        money = money_of(run.store)
        return {
            "format": FORMAT,
            "run": _run(run),
            "statistics": _statistics(money.pop("statistics")),
            "outcomes": money.pop("outcomes"),
            "activity": activity_of(run.store, ACTIVITY_BUCKETS),
            "latency": latency_of(run.fold),
            "slippage": money.pop("slippage"),
            "refusals": refusals_of(run.fold),
            "errors": errors_of(run.fold),
            "retries": retries_of(run.fold),
            "unknown": doubts_of(run.fold),
            "protection": protection_of(run.fold),
            "profit": money,
            "conditions": conditions_of(run.fold),
            "orders": _orders(run, orders_max),
        }


def _statistics(counted: Json) -> Json:
    executed, failed = counted["executed"], counted["failed"]
    return {**counted, "success_rate": ratio(executed, executed + failed)}


def _run(run: Run) -> Json:
    fold = run.fold
    return {
        "data_dir": str(run.data_dir),
        "mode": run.settings.get("mode", ""),
        "version": metadata.version("callboard"),
        "from": stamp(fold.first_ns),
        "to": stamp(fold.last_ns),
        "seconds": (fold.last_ns - fold.first_ns) // SECOND_NS,
        "records": run.place.sequence,
        "head": run.place.head,
        "missing": run.missing,
        "starts": [
            {"at": stamp(at_ns), "generation": generation} for at_ns, generation in fold.starts
        ],
    }


def _orders(run: Run, orders_max: int) -> Json:
    rows = order_rows(run.store, orders_max)
    for row in rows:
        order = run.fold.orders.get(row["client_order_id"])
        row["times_us"] = {} if order is None else times_of(order)
    return {"total": len(run.fold.orders), "shown": len(rows), "rows": rows}
