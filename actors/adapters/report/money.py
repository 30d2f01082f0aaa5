"""Money: slippage, profit and costs of a run, and its orders, as JSON made of the store.

Sums are made in Decimals under the engine's context. Slippage is what an order's average price is
worse than the price it was reckoned with, in basis points of that; better is below zero.
"""

import decimal
import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from attrs import frozen

from ...policies.rounding import plain
from ...runtime.step import ENGINE_DECIMALS
from ..records.stamps import figure, stamp_of_ms
from ..records.store_report import report
from .distribution import even_bins
from .quality import Json, bins_json

ZERO = Decimal(0)
BPS = Decimal(10_000)
CENT = Decimal("0.01")
POINTS_MAX = 1_000
"""Points of the profit curve; of more trades only every so many-th is drawn, and the last."""


@frozen
class Slip:
    """The slippage of one order; `cost` in quote units."""

    strategy: str
    symbol: str
    bps: Decimal
    cost: Decimal
    notional: Decimal


def money_of(store: sqlite3.Connection) -> Json:
    """Return slippage, profit, commissions and funding."""
    with decimal.localcontext(ENGINE_DECIMALS):
        told, slips = report(store), list(_slips(store))
        results = told["by_strategy"].values()
        return {
            "statistics": told["statistics"],
            "outcomes": told["outcomes"],
            "slippage": {
                **_slipped(slips),
                "by_symbol": _grouped(slips, "symbol"),
                "by_strategy": _grouped(slips, "strategy"),
                "bins": bins_json(even_bins([each.bps for each in slips])),
            },
            "commissions": told["commissions"],
            **{
                name: plain(sum((Decimal(each[name]) for each in results), ZERO))
                for name in ("realised_pnl", "commission", "funding", "net_pnl")
            },
            "by_strategy": told["by_strategy"],
            "by_symbol": told["by_symbol"],
            "curve": _curve(store),
        }


def order_rows(store: sqlite3.Connection, rows_max: int) -> list[Json]:
    """Return the latest orders, newest first."""
    with decimal.localcontext(ENGINE_DECIMALS):
        return [
            _order(row)
            for row in store.execute(
                "SELECT * FROM orders ORDER BY created_at DESC, rowid DESC LIMIT ?", (rows_max,)
            )
        ]


def _order(row: sqlite3.Row) -> Json:
    names = ("client_order_id", "signal_id", "strategy", "symbol", "leg", "side", "order_type")
    bps = _bps(row)
    return {
        "created_at": row["created_at"],
        **{name: row[name] for name in names},
        "quantity": row["quantity"],
        "filled": row["filled"],
        "average_price": row["average_price"],
        "slippage_bps": figure(None if bps is None else bps.quantize(CENT)),
        "attempts": row["attempts"],
        "state": row["state"],
        "reason": row["reason"],
    }


def _slips(store: sqlite3.Connection) -> Iterable[Slip]:
    for row in store.execute("SELECT * FROM orders WHERE leg = 'entry' ORDER BY created_at"):
        bps = _bps(row)
        if bps is not None:
            notional = Decimal(row["reference_price"]) * Decimal(row["filled"])
            yield Slip(row["strategy"], row["symbol"], bps, notional * bps / BPS, notional)


def _bps(row: sqlite3.Row) -> Decimal | None:
    """Return an order's slippage, None where it was not reckoned with a price or not filled."""
    if row["reference_price"] is None or row["average_price"] is None or row["leg"] != "entry":
        return None
    reference, sign = Decimal(row["reference_price"]), 1 if row["side"] == "BUY" else -1
    return sign * (Decimal(row["average_price"]) - reference) / reference * BPS


def _grouped(slips: Iterable[Slip], name: str) -> dict[str, Json]:
    groups: dict[str, list[Slip]] = {}
    for each in slips:
        groups.setdefault(getattr(each, name), []).append(each)
    return {key: _slipped(groups[key]) for key in sorted(groups)}


def _slipped(slips: list[Slip]) -> Json:
    cost = sum((each.cost for each in slips), ZERO)
    notional = sum((each.notional for each in slips), ZERO)
    ordered = sorted(each.bps for each in slips)
    return {
        "orders": len(slips),
        "cost": plain(cost.quantize(Decimal("0.000001"))),
        "bps": plain((cost / notional * BPS).quantize(CENT)) if notional else None,
        "median_bps": plain(ordered[len(ordered) // 2].quantize(CENT)) if ordered else None,
        "worst_bps": plain(ordered[-1].quantize(CENT)) if ordered else None,
    }


def _curve(store: sqlite3.Connection) -> list[Json]:
    """Return the net profit of closed trades as it grew, in all and by strategy."""
    rows = store.execute(
        "SELECT t.closed_at AS at, coalesce(r.strategy, t.strategy) AS strategy,"
        " coalesce(r.net_pnl, t.net_pnl) AS net FROM trades t"
        " LEFT JOIN trade_results r ON r.trade_id = t.trade_id"
        " WHERE t.closed_at IS NOT NULL ORDER BY t.closed_at, t.number, strategy"
    ).fetchall()
    sums: dict[str, Decimal] = {}
    points: list[Json] = []
    for row in rows:
        sums[row["strategy"]] = sums.get(row["strategy"], ZERO) + Decimal(row["net"])
        points.append(
            {
                "at": row["at"],
                "strategy": row["strategy"],
                "net_pnl": plain(sum(sums.values(), ZERO)),
                "strategy_net_pnl": plain(sums[row["strategy"]]),
            }
        )
    step = -(-len(points) // POINTS_MAX) or 1
    kept = points[::step]
    return kept if not points or kept[-1] is points[-1] else [*kept, points[-1]]


def activity_of(store: sqlite3.Connection, stretches: int) -> list[Json]:
    """Return how signals ended in each of so many equal stretches of the run."""
    rows = store.execute("SELECT date, state FROM execution_history ORDER BY date").fetchall()
    if not rows:
        return []
    times = [datetime.fromisoformat(row["date"]) for row in rows]
    width = (times[-1] - times[0]) / stretches or timedelta(microseconds=1)
    counts = [Counter[str]() for _ in range(stretches)]
    for at, row in zip(times, rows, strict=True):
        counts[min((at - times[0]) // width, stretches - 1)][row["state"]] += 1
    return [
        {"at": stamp_of_ms(int((times[0] + width * index).timestamp() * 1_000)), "states": states}
        for index, states in enumerate(map(dict, counts))
    ]
