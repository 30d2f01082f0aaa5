"""Top view: one picture of an engine, made to fit a terminal from 80 by 24 on.

Pure: a snapshot in, what rich draws out. What is wrong has a colour and a word of its own.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..record_lines import span
from .show_verbs import side_style, state_style, worth_of
from .snapshot import Snapshot
from .tables import number, plain

Json = Mapping[str, Any]

HEAD_ROWS = 4
FRAME = 2
HEADING = 1
POSITION_ROWS = 3
ACTORS_WIDTH = 38
WIDTH_OF_TYPES = 100
"""From here on there is room for more columns."""
BAR = 6
MS_NS = 1_000_000
STATES = {"ACTIVE": "bold black on green", "REDUCING": "bold black on yellow"}
MODES = {"paper": "bold white on blue", "live": "bold white on red"}
BUDGETS = {
    "weight_1m": "weight",
    "orders_10s": "orders/10s",
    "orders_1m": "1m",
    "requests_1m": "req",
}
PRESSURES = {"warn": "yellow", "reserve": "red"}
NOISY = ("order.queued", "order.sent", "position.updated")
"""Events that say little; they give way where there is no room."""


def picture(snapshot: Snapshot, width: int, height: int, *, is_paused: bool = False) -> Layout:
    """Return the whole picture."""
    rest = height - HEAD_ROWS
    positions = FRAME + HEADING + POSITION_ROWS
    middle = max((rest - positions) // 2, FRAME + HEADING + 2)
    events = rest - positions - middle
    layout = Layout()
    layout.split_column(
        Layout(_head(snapshot, is_paused=is_paused), size=HEAD_ROWS),
        Layout(_positions(snapshot, POSITION_ROWS), size=positions),
        Layout(name="middle", size=middle),
        Layout(_events(snapshot, events - FRAME), size=events),
    )
    rows = middle - FRAME - HEADING
    layout["middle"].split_row(
        Layout(_orders(snapshot, rows, is_wide=width >= WIDTH_OF_TYPES)),
        Layout(_actors(snapshot, rows), size=ACTORS_WIDTH),
    )
    return layout


def _head(snapshot: Snapshot, *, is_paused: bool) -> RenderableType:
    status: Json = snapshot.status or {}
    lines = (
        _limits(snapshot.parts.get("limits")),
        _flow(snapshot, status),
        _money(snapshot.parts.get("positions"), status),
    )
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(_title(snapshot, status, is_paused=is_paused), *lines)


def _title(snapshot: Snapshot, status: Json, *, is_paused: bool) -> RenderableType:
    mode, state = plain(status.get("mode")), plain(status.get("trading_state"))
    left = Text.assemble(
        (f" {mode.upper()} ", MODES.get(mode, "bold black on yellow")),
        " ",
        (f" {state} ", STATES.get(state, "bold white on red")),
        f"  {status.get('reason') or ''}",
    )
    if status and not status.get("ready", True):
        left.append("  not ready", "yellow")
    if status and not status.get("venue_open", True):
        left.append("  VENUE BREAKER OPEN", "bold red")
    if snapshot.fault:
        left = Text.assemble((" NO ANSWER ", "bold white on red"), f" {snapshot.fault}")
    up = span((status.get("uptime_ms") or 0) * MS_NS)
    right = Text(f"{'PAUSED  ' if is_paused else ''}up {up}  q leaves ", "dim")
    return _spread(left, right)


def _limits(limits: Json | None) -> Text:
    if limits is None:
        return Text("limits are not told", "dim")
    line = Text()
    for budget in limits["budgets"]:
        limit, used, reported = budget["limit_of_ours"], budget["used"], budget["reported"]
        style = PRESSURES.get(budget["pressure"], "green")
        line.append(f"{BUDGETS.get(budget['budget'], budget['budget'])} ", "dim")
        if budget["budget"] == "weight_1m":
            filled = min(BAR * used // max(limit, 1), BAR)
            line.append("█" * filled, style).append("░" * (BAR - filled) + " ", "dim")
        told = "" if reported is None else f" ({reported})"
        line.append(f"{used}/{limit}", style).append(f"{told}  ", "dim")
    for name, word in (
        ("banned_until_ms", "BANNED"),
        ("paused_until_ms", "PAUSED"),
        ("orders_paused_until_ms", "ORDERS PAUSED"),
    ):
        left_ms = limits[name] - limits["at_ms"]
        if left_ms > 0:
            line.append(f"{word} {span(left_ms * MS_NS)} ", "bold white on red")
            break
    return line


def _flow(snapshot: Snapshot, status: Json) -> Text:
    line = Text()
    queue = snapshot.parts.get("queue")
    if queue is not None:
        waiting = sum(each["waiting"] for each in queue["classes"])
        oldest = max((each["oldest_age_ms"] for each in queue["classes"]), default=0)
        line.append("queue ", "dim").append(f"{waiting}", "yellow" if waiting else "")
        line.append(f" oldest {span(oldest * MS_NS)}" if waiting else "")
        line.append(f" in flight {queue['in_flight']}  ")
    streams, user = status.get("streams"), status.get("user_stream")
    if user is not None:
        word, style = ("ok", "green") if user["healthy"] else ("DOWN", "bold red")
        line.append("stream ", "dim").append(word, style)
        silent = user["silent_ms"]
        line.append("  " if silent is None else f" {span(silent * MS_NS)}  ")
    if streams is not None:
        oldest = max((each["age_ms"] for each in streams["marks"]), default=None)
        age = "none" if oldest is None else span(oldest * MS_NS)
        line.append("marks ", "dim").append(f"{age}  ")
        clock = f"{streams['clock_offset_ms']:+d}±{streams['clock_error_ms']} ms  "
        style = "" if streams["clock_trusted"] else "bold red"
        line.append("clock ", "dim").append(clock, style)
    vitals: Json = snapshot.parts.get("actors") or {}
    journal: Json | None = vitals.get("journal")
    if journal is not None:
        failed = journal["failed"]
        text = f"CANNOT WRITE: {failed}" if failed else span(journal["lag_ms"] * MS_NS)
        line.append("journal ", "dim").append(text, "bold red" if failed else "")
    return line


def _money(positions: Json | None, status: Json) -> Text:
    line = Text()
    account = status.get("account")
    if account is not None:
        line.append("equity ", "dim").append(f"{_short(account['equity'])}  ")
        line.append("drawdown ", "dim").append(f"{_short(account['drawdown_pct'])} %  ")
    if positions is not None:
        for name in ("realised_pnl", "fees", "funding"):
            line.append(f"{name.removesuffix('_pnl')} ", "dim")
            line.append(f"{_short(positions[name])}  ", _sign(positions[name], name))
    counted = status.get("statistics")
    if counted is not None:
        words = ", ".join(f"{counted[name]} {name}" for name in ("executed", "failed", "pending"))
        line.append("orders ", "dim").append(words)
    return line


def _positions(snapshot: Snapshot, rows: int) -> Panel:
    view: Json = snapshot.parts.get("positions") or {"positions": []}
    held: list[Json] = view["positions"]
    table = _table(("symbol", "side"), ("quantity", "entry", "mark", "stop", "away", "unrealised"))
    for each in held[:rows]:
        is_long = Decimal(each["quantity"]) > 0
        worth = worth_of(each)
        table.add_row(
            Text(each["symbol"], "bold"),
            Text("long" if is_long else "short", side_style("LONG" if is_long else "SHORT")),
            number(each["quantity"]).lstrip("-"),
            number(each["entry_price"]),
            number(each["mark_price"]),
            number(each["stop_price"]) if each["protected"] else Text("NO STOP", "bold red"),
            _away(each),
            Text(_short(worth), _sign(worth, "")),
        )
    more = f", {len(held) - rows} not shown" if len(held) > rows else ""
    return _panel(table if held else Text("flat", "dim"), f"POSITIONS  {len(held)}{more}")


def _away(position: Json) -> str:
    """Return how far the stop is from the mark, percent of it."""
    mark, stop = Decimal(position["mark_price"]), position["stop_price"]
    if not mark or stop is None:
        return "-"
    return f"{abs(Decimal(stop) - mark) / mark * 100:.2f} %"


def _orders(snapshot: Snapshot, rows: int, *, is_wide: bool) -> Panel:
    more = ("filled", "price") if is_wide else ()
    table = _table(("order", "symbol", "side", "type"), more, ("state",))
    # What is unclear stays in sight; of the rest, the newest.
    newest = sorted(snapshot.orders, key=lambda each: -each["created_at_ms"])
    newest.sort(key=lambda each: each["state"] != "UNKNOWN")
    for each in newest[:rows]:
        filled = (number(each["filled"]), number(each["price"] or each["trigger_price"]))
        kind = str(each["order_type"]).replace("_MARKET", "").replace("TAKE_PROFIT", "TARGET")
        table.add_row(
            each["client_order_id"],
            each["symbol"],
            Text(each["side"].lower(), side_style(each["side"])),
            kind.lower(),
            *(filled if is_wide else ()),
            Text(each["state"].lower(), state_style(each["state"])),
        )
    is_any = bool(snapshot.orders)
    return _panel(table if is_any else Text("none", "dim"), f"OPEN ORDERS  {len(newest)}")


def _actors(snapshot: Snapshot, rows: int) -> Panel:
    vitals: Json = snapshot.parts.get("actors") or {"actors": []}
    table = _table(("actor",), ("box", "crash", "mean"))
    # Who has trouble, or much to do, comes first.
    busiest = sorted(
        vitals["actors"], key=lambda each: (-each["restarts"], -each["mailbox"], -each["steps"])
    )
    for each in busiest[:rows]:
        is_odd = each["restarts"] or each["status"] not in ("running", "starting")
        table.add_row(
            Text(each["name"], "bold yellow" if is_odd else ""),
            str(each["mailbox"]),
            Text(str(each["restarts"]), "bold yellow" if each["restarts"] else "dim"),
            _took(each["handler_mean_us"]),
        )
    dead = vitals.get("dead_letters", 0)
    title = f"ACTORS  {len(busiest)}" + (f", {dead} dead letters" if dead else "")
    return _panel(table, title)


def _events(snapshot: Snapshot, rows: int) -> Panel:
    shown = [each for each in snapshot.events if each.get("topic") not in NOISY]
    lines = [_event(each) for each in reversed(shown[-rows:] if rows > 0 else [])]
    return _panel(Group(*lines) if lines else Text("none yet", "dim"), "EVENTS")


def _event(told: Json) -> Text:
    topic = str(told.get("topic", ""))
    data: Json = told.get("data") or {}
    seconds = int(told.get("at_ms") or 0) // 1_000 % 86_400
    at = f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    names = ("client_order_id", "symbol", "state", "quantity", "average_price", "guard", "alert")
    words = [str(data[name]) for name in names if data.get(name)]
    words += [str(data[name]) for name in ("reason", "text") if data.get(name)]
    is_bad = topic in ("order.refused", "order.failed", "order.unknown", "alert.raised")
    style = "yellow" if is_bad else "green" if topic == "order.filled" else ""
    line = Text.assemble((f"{at} ", "dim"), (f"{topic:<23}", style), " ".join(words))
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _table(names: Iterable[str], numbers: Iterable[str] = (), more: Iterable[str] = ()) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for name in more:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    return table


def _panel(body: RenderableType, title: str) -> Panel:
    return Panel(body, title=f"[bold]{title}[/]", title_align="left", border_style="dim")


def _spread(left: Text, right: Text) -> Table:
    table = Table.grid(expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, right)
    return table


def _took(us: int | None) -> str:
    return "-" if us is None else f"{us} µs" if us < 1_000 else f"{us / 1_000:.0f} ms"


def _short(value: Any) -> str:
    return "-" if value is None else f"{Decimal(value):.2f}"


def _sign(value: Any, name: str) -> str:
    if value is None or name == "fees" or not Decimal(value):
        return ""
    return "green" if Decimal(value) > 0 else "red"
