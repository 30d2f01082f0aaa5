"""Store report: the questions that people ask of the trade store, and their answers.

Sums are made here, in Decimals, and never in SQLite, whose numbers are binary floats. Answers are
plain JSON values with money as text. Reads one connection and changes nothing.
"""

import decimal
import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import define, frozen

from ...errors import EngineError
from ...runtime.step import ENGINE_DECIMALS
from .stamps import figure

Json = dict[str, Any]

ZERO = Decimal(0)
BPS = Decimal(10_000)
PAGE = 50
PAGE_MAX = 1_000


class NoSuchTradeError(EngineError):
    """The store has no trade of this id."""

    def __init__(self, trade_id: str) -> None:
        super().__init__(trade_id)
        self.trade_id = trade_id

    def __str__(self) -> str:
        return f"the store has no trade {self.trade_id}"


@frozen
class Wanted:
    """Which trades a page shows; empty is any, `cursor` is the last number of the page before."""

    limit: int = PAGE
    status: str = ""
    symbol: str = ""
    strategy: str = ""
    since: str = ""
    """Opened at or after this time, RFC 3339 or a beginning of it."""
    cursor: int = 0


def report(connection: sqlite3.Connection) -> Json:
    """Return how trading went: success, profit by strategy and by symbol, costs, slippage."""
    counted = statistics(connection)
    with decimal.localcontext(ENGINE_DECIMALS):
        trades = connection.execute("SELECT * FROM trades ORDER BY number").fetchall()
        return {
            "sequence": connection.execute("SELECT sequence FROM progress").fetchone()[0],
            "statistics": counted,
            "success_rate_percent": _percent(counted["success_rate"]),
            "pending": counted["pending"],
            "outcomes": _counts(connection, "SELECT state, count(*) FROM execution_history"),
            "errors": _counts(connection, "SELECT type, count(*) FROM errors"),
            "by_strategy": _results(_parts(connection, trades), "strategy"),
            "by_symbol": _results(trades, "symbol"),
            "commissions": _commissions(connection),
            "slippage": _slippage(connection),
        }


def statistics(connection: sqlite3.Connection) -> Json:
    """Return total_orders, executed, failed, cancelled, pending and success_rate, from 0 to 1.

    Counts entries and exits; the rate is executed / (executed + failed), None where both are none.
    """
    return dict(connection.execute("SELECT * FROM statistics").fetchone())


def trades_page(connection: sqlite3.Connection, wanted: Wanted) -> Json:
    """Return a page of trades, newest first, and the cursor of the next one, None at the end."""
    limit = min(max(wanted.limit, 1), PAGE_MAX)
    rows = connection.execute(
        "SELECT * FROM trades WHERE (? = '' OR status = ?) AND (? = '' OR symbol = ?)"
        " AND (? = '' OR strategy = ?) AND opened_at >= ? AND (? = 0 OR number < ?)"
        " ORDER BY number DESC LIMIT ?",
        (
            *(wanted.status, wanted.status),
            *(wanted.symbol, wanted.symbol),
            *(wanted.strategy, wanted.strategy),
            wanted.since,
            *(wanted.cursor, wanted.cursor),
            limit + 1,
        ),
    ).fetchall()
    page = [dict(row) for row in rows[:limit]]
    return {
        "trades": page,
        "next_cursor": page[-1]["number"] if len(rows) > limit else None,
    }


def one_trade(connection: sqlite3.Connection, trade_id: str) -> Json:
    """Return a trade with its fills and commissions; raises `NoSuchTradeError`."""
    row = connection.execute("SELECT * FROM trades WHERE trade_id = ?", (trade_id,)).fetchone()
    if row is None:
        raise NoSuchTradeError(trade_id)
    fills = connection.execute(
        "SELECT * FROM fills WHERE trade_id = ? ORDER BY fill_id", (trade_id,)
    )
    paid = connection.execute(
        "SELECT asset, amount FROM trade_commissions WHERE trade_id = ?", (trade_id,)
    )
    parts = connection.execute("SELECT * FROM trade_results WHERE trade_id = ?", (trade_id,))
    return {
        **dict(row),
        "other_commissions": dict(tuple(each) for each in paid),
        "strategies": [dict(each) for each in parts],
        "fills": [dict(each) for each in fills],
    }


def _percent(rate: float | None) -> str | None:
    return None if rate is None else f"{100 * rate:.1f}"


def _counts(connection: sqlite3.Connection, select: str) -> dict[str, int]:
    counted: list[tuple[str, int]] = [
        (row[0], row[1]) for row in connection.execute(f"{select} GROUP BY 1 ORDER BY 1")
    ]
    return dict(counted)


@define
class _Result:
    trades: int = 0
    open: int = 0
    won: int = 0
    realised_pnl: Decimal = ZERO
    funding: Decimal = ZERO
    commission: Decimal = ZERO
    net_pnl: Decimal = ZERO

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one trade."""
        self.trades += 1
        self.open += row["status"] == "open"
        self.won += row["status"] == "closed" and Decimal(row["net_pnl"]) > ZERO
        self.realised_pnl += Decimal(row["realised_pnl"])
        self.funding += Decimal(row["funding"])
        self.commission += Decimal(row["commission"])
        self.net_pnl += Decimal(row["net_pnl"])

    def plain(self) -> Json:
        """Return it as JSON values."""
        return {
            "trades": self.trades,
            "open": self.open,
            "won": self.won,
            "realised_pnl": figure(self.realised_pnl),
            "funding": figure(self.funding),
            "commission": figure(self.commission),
            "net_pnl": figure(self.net_pnl),
        }


def _parts(connection: sqlite3.Connection, trades: Iterable[sqlite3.Row]) -> list[Json]:
    """Return the trades by their strategies: of an open one the whole is its first strategy's."""
    parts: dict[str, list[Json]] = {}
    for row in connection.execute("SELECT * FROM trade_results ORDER BY trade_id, strategy"):
        parts.setdefault(row["trade_id"], []).append(dict(row))
    found: list[Json] = []
    for trade in map(dict, trades):
        found += [trade | part for part in parts.get(trade["trade_id"], [{}])]
    return found


def _results(trades: Iterable[Mapping[str, Any] | sqlite3.Row], column: str) -> dict[str, Json]:
    results: dict[str, _Result] = {}
    for row in trades:
        results.setdefault(row[column], _Result()).add(dict(row))
    return {name: results[name].plain() for name in sorted(results)}


def _commissions(connection: sqlite3.Connection) -> dict[str, str | None]:
    """Return what the fills cost, by asset."""
    sums: dict[str, Decimal] = {}
    for asset, amount in connection.execute(
        "SELECT commission_asset, commission FROM fills ORDER BY fill_id"
    ):
        sums[asset] = sums.get(asset, ZERO) + Decimal(amount)
    return {asset: figure(amount) for asset, amount in sums.items()}


def _slippage(connection: sqlite3.Connection) -> Json:
    """Compare the entries' average prices with those that the gate reckoned with; worse is above 0.

    `cost` is in quote units, `bps` is of what the reference prices would have cost.
    """
    cost = notional = ZERO
    orders = 0
    for side, filled, average, reference in connection.execute(
        "SELECT side, filled, average_price, reference_price FROM orders"
        " WHERE leg = 'entry' AND reference_price IS NOT NULL AND average_price IS NOT NULL"
    ):
        sign = 1 if side == "BUY" else -1
        cost += sign * (Decimal(average) - Decimal(reference)) * Decimal(filled)
        notional += Decimal(reference) * Decimal(filled)
        orders += 1
    bps = (cost / notional * BPS).quantize(Decimal("0.01")) if notional else ZERO
    return {"orders": orders, "cost": figure(cost), "bps": figure(bps)}
