"""Show verbs: `orders`, `positions` and `trades` of an engine, as tables or as JSON.

Owns the columns. The JSON of an engine by its folder and by its address is the same.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import click

from ...policies.rounding import plain as money
from ..commands import AS_JSON, TIMEOUT
from ..exits import exits, say
from ..records.store_commands import wanted_trades
from ..records.store_report import Wanted
from .place import PLACE, Place, Url
from .tables import Column, plain, print_table

MS = 1_000
STATE_STYLES = {"UNKNOWN": "bold yellow", "PARKED": "yellow", "REJECTED": "red", "FAILED": "red"}

Json = dict[str, Any]


class Reach(Protocol):
    """An engine, however it is reached."""

    def orders(self, symbol: str, *, is_open_only: bool) -> Json:
        """Return orders, by default the open ones."""
        ...

    def positions(self) -> Json:
        """Return the open positions."""
        ...

    def trades(self, wanted: Wanted) -> Json:
        """Return a page of trades."""
        ...


@contextmanager
def reached(place: Place, timeout_seconds: float) -> Generator[Reach]:
    """Reach an engine for one command."""
    if isinstance(place, Url):
        from .client import Client
        from .remote import Remote

        yield Remote(Client.of(place, timeout_seconds))
        return
    from .folder import Folder

    with Folder.opened(place, timeout_seconds) as folder:
        yield folder


@click.command("orders")
@PLACE
@click.option("--symbol", default="", help="Only this symbol.")
@click.option("--all", "is_all", is_flag=True, help="Also those that have ended.")
@TIMEOUT
@AS_JSON
@exits
def orders_command(
    place: Place, symbol: str, timeout_seconds: float, *, is_all: bool, as_json: bool
) -> None:
    """List the orders of an engine."""
    with reached(place, timeout_seconds) as engine:
        view = engine.orders(symbol.upper(), is_open_only=not is_all)
    if as_json:
        click.echo(json.dumps(view))
        return
    print_table(view["orders"], ORDERS, "no order" if is_all else "no open order")
    strangers = view.get("strangers", [])
    if strangers:
        say(f"not of this engine: {', '.join(each['client_order_id'] for each in strangers)}")


@click.command("positions")
@PLACE
@TIMEOUT
@AS_JSON
@exits
def positions_command(place: Place, timeout_seconds: float, *, as_json: bool) -> None:
    """List the open positions of an engine, with their stops and what they are worth."""
    with reached(place, timeout_seconds) as engine:
        view = engine.positions()
    if as_json:
        click.echo(json.dumps(view))
    else:
        rows = [{**each, "unrealised_pnl": worth_of(each)} for each in view["positions"]]
        print_table(rows, POSITIONS, "no open position")


@click.command("trades")
@PLACE
@wanted_trades
@TIMEOUT
@AS_JSON
@exits
def trades_command(place: Place, timeout_seconds: float, *, as_json: bool, **wanted: Any) -> None:
    """List the trades of an engine, newest first; by a folder no engine needs to run."""
    with reached(place, timeout_seconds) as engine:
        page = engine.trades(Wanted(**wanted))
    if as_json:
        click.echo(json.dumps(page))
        return
    print_table(page["trades"], TRADES, "no trade")
    if page.get("next_cursor") is not None:
        say(f"more with --cursor {page['next_cursor']}")


def worth_of(position: Mapping[str, Any]) -> str | None:
    """Return what a position would make at its mark, None where none is known."""
    mark = Decimal(position["mark_price"])
    made = (mark - Decimal(position["entry_price"])) * Decimal(position["quantity"])
    return money(made) if mark else None


def clock(at_ms: Any) -> str:
    """Return a time in milliseconds as a UTC clock shows it."""
    if not at_ms:
        return "-"
    at = datetime.fromtimestamp(int(at_ms) // MS, UTC)
    return f"{at:%m-%d %H:%M:%S}.{int(at_ms) % MS:03d}"


def state_style(state: str) -> str:
    """Return the style of an order's state."""
    return STATE_STYLES.get(state, "green" if state == "FILLED" else "")


def side_style(side: str) -> str:
    """Return the style of a side or a direction."""
    return {"BUY": "green", "LONG": "green", "SELL": "red", "SHORT": "red"}.get(side, "")


def _stop_style(stop: str) -> str:
    return "bold red" if stop == "-" else ""


def _signed(value: str) -> str:
    return "red" if value.startswith("-") else "green"


def _short_time(value: Any) -> str:
    return plain(value)[:19].replace("T", " ")


ORDERS = (
    Column("created", "created_at_ms", show=clock),
    Column("order", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side", style=side_style),
    Column("type", "order_type"),
    Column("quantity", "quantity", is_number=True),
    Column("price", "price", is_number=True),
    Column("trigger", "trigger_price", is_number=True),
    Column("filled", "filled", is_number=True),
    Column("average", "average_price", is_number=True),
    Column("state", "state", style=state_style),
    Column("strategy", "strategy"),
    Column("reason", "reason"),
)
POSITIONS = (
    Column("symbol", "symbol"),
    Column("side", "position_side"),
    Column("quantity", "quantity", is_number=True),
    Column("entry", "entry_price", is_number=True),
    Column("mark", "mark_price", is_number=True),
    Column("stop", "stop_price", is_number=True, style=_stop_style),
    Column("unrealised", "unrealised_pnl", is_number=True, style=_signed),
    Column("realised", "realised_pnl", is_number=True, style=_signed),
    Column("fees", "fees", is_number=True),
    Column("funding", "funding", is_number=True),
    Column("strategy", "strategy"),
)
TRADES = (
    Column("trade", "trade_id"),
    Column("status", "status"),
    Column("opened", "opened_at", show=_short_time),
    Column("closed", "closed_at", show=_short_time),
    Column("symbol", "symbol"),
    Column("side", "direction", style=side_style),
    Column("quantity", "quantity", is_number=True),
    Column("entry", "entry_price", is_number=True),
    Column("exit", "exit_price", is_number=True),
    Column("net", "net_pnl", is_number=True, style=_signed),
    Column("commission", "commission", is_number=True),
    Column("funding", "funding", is_number=True),
    Column("strategy", "strategy"),
    Column("reason", "reason"),
)
