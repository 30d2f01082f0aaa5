"""Page tables: the report's figures in rows and columns.

Pure: JSON values in, markup out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from .charts import empty, share, took
from .svg import tag, words

Json = Mapping[str, Any]
SEVERITIES = {"CRITICAL": "bad", "WARNING": "odd", "INFO": ""}


def _plain(value: Any) -> str:
    return "-" if value is None or value == "" else str(value)


@frozen
class Column:
    """One column: its head, the key of its values, and how they are shown."""

    head: str
    key: str
    is_number: bool = False
    is_prose: bool = False
    """Whether its texts may break into lines."""
    show: Callable[[Any], str] = _plain
    draw: Callable[[Any], str] | None = None
    """Gives markup in place of a text."""
    sort: Callable[[Any], str] | None = None
    """What the script sorts by; the text itself without it."""

    def cell(self, row: Json) -> str:
        """Return the cell of a row."""
        value = row.get(self.key)
        shown = words(self.show(value)) if self.draw is None else self.draw(value)
        kind = "n" if self.is_number else "t" if self.is_prose else None
        order = None if self.sort is None else self.sort(value)
        return tag("td", shown, class_=kind, data_sort=order)


def table(rows: Sequence[Json], columns: Sequence[Column], nothing: str, name: str = "") -> str:
    """Return a table, or a word where it has no row."""
    if not rows:
        return empty(nothing)
    heads = "".join(
        tag("th", words(each.head), scope="col", class_="n" if each.is_number else None)
        for each in columns
    )
    body = "".join(tag("tr", *(each.cell(row) for each in columns)) for row in rows)
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", body), id=name or None)


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names with their figures, side by side."""
    told = (tag("div", tag("dt", words(name)), tag("dd", words(value))) for name, value in pairs)
    return tag("dl", *told, class_="facts")


def money_by(results: Json) -> str:
    """Return profit by strategy or symbol."""
    rows = [{"name": name, **each} for name, each in results.items()]
    columns = (
        Column("", "name"),
        Column("Trades", "trades", is_number=True),
        Column("Won", "won", is_number=True),
        Column("Realised", "realised_pnl", is_number=True, show=money),
        Column("Commission", "commission", is_number=True, show=money),
        Column("Funding", "funding", is_number=True, show=money),
        Column("Net", "net_pnl", is_number=True, show=money),
    )
    return table(rows, columns, "no trade")


def slippage_by(groups: Json) -> str:
    """Return slippage by symbol or strategy."""
    rows = [{"name": name, **each} for name, each in groups.items()]
    columns = (
        Column("", "name"),
        Column("Entries", "orders", is_number=True),
        Column("Mean bps", "bps", is_number=True),
        Column("Median", "median_bps", is_number=True),
        Column("Worst", "worst_bps", is_number=True),
        Column("Cost", "cost", is_number=True),
    )
    return table(rows, columns, "no entry was filled")


def errors(rows: Sequence[Json]) -> str:
    """Return failed requests by kind."""
    most = max((each["count"] for each in rows), default=1)
    shares = [{**each, "share": str(each["count"] / most)} for each in rows]
    columns = (
        Column("Failed", "operation", show=str.lower),
        Column("Kind", "kind"),
        Column("Outcome", "outcome"),
        Column("Code", "code", is_number=True, show=lambda value: str(value or "-")),
        Column("", "share", draw=lambda value: share(value, "failed")),
        Column("Count", "count", is_number=True),
    )
    return table(shares, columns, "no request for an order failed")


def gaps(rows: Sequence[Json]) -> str:
    """Return the longest times without a stop."""
    columns = (
        Column("Ended at", "ended_at", show=_time),
        Column("Symbol", "symbol"),
        Column("Side", "position_side"),
        Column("Without a stop", "after_ms", is_number=True, show=lambda ms: took(ms * 1_000)),
        Column("Ending", "ending"),
    )
    return table(rows, columns, "no position was open")


def alerts(rows: Sequence[Json]) -> str:
    """Return the alerts by name."""
    columns = (
        Column("Alert", "alert"),
        Column("Severity", "severity", draw=_severity),
        Column("Count", "count", is_number=True),
        Column("Latest", "text", is_prose=True),
    )
    return table(rows, columns, "none")


def pauses(told: Json) -> str:
    """Return the pauses in sum, and the latest."""
    if not told["count"]:
        return empty("none")
    columns = (
        Column("At", "at", show=_time),
        Column("Of", "scope"),
        Column("Length", "length_ms", is_number=True, show=lambda ms: took(ms * 1_000)),
    )
    text = f"{told['count']} in all, {took(told['total_ms'] * 1_000)} long together."
    return tag("p", words(text), class_="what") + table(told["latest"], columns, "none")


def orders(rows: Sequence[Json]) -> str:
    """Return the list of orders; the script sorts and filters it."""
    shown = [{**row, **row["times_us"]} for row in rows]
    columns = (
        Column("Created", "created_at", show=lambda value: _time(value)[5:]),
        Column("Client id", "client_order_id", draw=_code),
        Column("Strategy", "strategy"),
        Column("Symbol", "symbol"),
        Column("Leg", "leg"),
        Column("Side", "side", draw=_side),
        Column("Type", "order_type", show=lambda value: value.replace("_", " ").lower()),
        Column("Filled", "filled", is_number=True, sort=_plain),
        Column("at", "average_price", is_number=True, show=_short, sort=_plain),
        Column("bps", "slippage_bps", is_number=True, sort=_plain),
        Column("Tries", "attempts", is_number=True),
        Column("to sent", "signal_to_sent", is_number=True, show=took, sort=_plain),
        Column("to ack", "sent_to_ack", is_number=True, show=took, sort=_plain),
        Column("to fill", "ack_to_fill", is_number=True, show=took, sort=_plain),
        Column("State", "state", draw=_state),
        Column("Reason", "reason", is_prose=True),
    )
    return table(shown, columns, "no order was made", name="orders")


def _severity(value: str) -> str:
    return tag("span", words(value.lower()), class_=f"pill {SEVERITIES.get(value, '')}".strip())


def _state(value: str) -> str:
    return tag("span", words(value.lower().replace("_", " ")), class_=f"pill s-{value.lower()}")


def _side(value: str) -> str:
    return tag("span", words(value.lower()), class_=value.lower())


def _code(value: str) -> str:
    return tag("code", words(value))


def money(value: str) -> str:
    """Return an amount with two places."""
    return f"{Decimal(value):.2f}"


def _short(value: str | None) -> str:
    return "-" if value is None else f"{Decimal(value):.6g}"


def _time(value: str) -> str:
    return value[:19].replace("T", " ")
