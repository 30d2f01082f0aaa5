"""Store commands: `store rebuild|backup|report|trades|trade` of the command line.

Owns the options and the words that people read. All but `rebuild` only read, whether an engine runs
on the data directory or not; `rebuild` wants it stopped, since the engine writes the same file.
"""

import json
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from ...errors import ConfigurationError
from ..commands import AS_JSON, Decorated
from ..exits import exits, say
from ..journal_commands import EXISTING, held_journal
from .store_report import PAGE, PAGE_MAX, Wanted, one_trade, report, trades_page
from .store_schema import FILE, open_to_read

TRADE_LINE = (
    "{trade_id:>6}  {status:<6}  {opened_at:.19}  {symbol:<12}  {direction:<5}  {quantity:>12}"
    "  {entry_price:>12}  {exit:>12}  {net_pnl:>14}  {strategy}  {reason}"
)


WANTED = (
    click.option("--limit", default=PAGE, show_default=True, type=click.IntRange(1, PAGE_MAX)),
    click.option("--status", default="", type=click.Choice(("", "open", "closed"))),
    click.option("--symbol", default="", help="Only this symbol."),
    click.option("--strategy", default="", help="Only this strategy."),
    click.option("--since", default="", help="Opened since, as in 2026-02-20 or a whole UTC time."),
    click.option("--cursor", default=0, help="The next_cursor of the page before."),
)


def wanted_trades(body: Decorated) -> Decorated:
    """Give a command the options of `Wanted`."""
    for option in reversed(WANTED):
        body = option(body)
    return body


@click.group("store")
def store() -> None:
    """Make the trade store anew, copy it, or ask it."""


@store.command("rebuild")
@EXISTING
@click.option("--partial", is_flag=True, help="Also where the journal's beginning is gone.")
@AS_JSON
@exits
def rebuild_command(data_dir: Path, *, partial: bool, as_json: bool) -> None:
    """Make the store anew from the journal; the old file is kept beside it."""
    from ...system import make_codec
    from .trade_store import rebuild

    with held_journal(data_dir) as disk:
        made = rebuild(data_dir, disk, make_codec(), partial=partial)
    kept = None if made.kept is None else made.kept.name
    if as_json:
        click.echo(json.dumps({"records": made.records, "kept": kept, "missing": made.missing}))
        return
    click.echo(f"{FILE} made of {made.records} records" + (f", the old is {kept}" if kept else ""))
    if made.missing:
        say(f"note: the first {made.missing} records of the journal are gone")


@store.command("backup")
@EXISTING
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The copy; it must not be there.",
)
@AS_JSON
@exits
def backup_command(data_dir: Path, target: Path, *, as_json: bool) -> None:
    """Copy the store, also while the engine runs."""
    from .trade_store import backup

    with _reading(data_dir) as connection:
        backup(connection, target)
    with closing(open_to_read(target)) as copy:
        sequence = copy.execute("SELECT sequence FROM progress").fetchone()[0]
    done = {"to": str(target), "bytes": target.stat().st_size, "sequence": sequence}
    _print(done, as_json=as_json, show=lambda: click.echo(f"{target}: up to record {sequence}"))


@store.command("report")
@EXISTING
@AS_JSON
@exits
def report_command(data_dir: Path, *, as_json: bool) -> None:
    """Show success, profit by strategy and by symbol, commissions and slippage."""
    with _reading(data_dir) as connection:
        answer = report(connection)
    _print(answer, as_json=as_json, show=lambda: _show_report(answer))


@store.command("trades")
@EXISTING
@wanted_trades
@AS_JSON
@exits
def trades_command(data_dir: Path, *, as_json: bool, **wanted: Any) -> None:
    """List trades, newest first, a page at a time."""
    with _reading(data_dir) as connection:
        page = trades_page(connection, Wanted(**wanted))
    _print(page, as_json=as_json, show=lambda: _show_page(page))


@store.command("trade")
@EXISTING
@click.argument("trade_id", metavar="ID")
@AS_JSON
@exits
def trade_command(data_dir: Path, trade_id: str, *, as_json: bool) -> None:
    """Show one trade and its fills; exit 1 where there is none of this id."""
    with _reading(data_dir) as connection:
        trade = one_trade(connection, trade_id)
    _print(trade, as_json=as_json, show=lambda: _show_trade(trade))


@contextmanager
def _reading(data_dir: Path) -> Generator[sqlite3.Connection]:
    try:
        connection = open_to_read(data_dir / FILE)
    except FileNotFoundError as error:
        raise ConfigurationError(str(error)) from error
    with closing(connection):
        yield connection


def _print(answer: Mapping[str, Any], *, as_json: bool, show: Callable[[], None]) -> None:
    if as_json:
        click.echo(json.dumps(answer))
    else:
        show()


def _show_report(answer: Mapping[str, Any]) -> None:
    counted = answer["statistics"]
    rate = answer["success_rate_percent"]
    click.echo(
        f"success     {'-' if rate is None else rate} %  ({counted['executed']} executed,"
        f" {counted['failed']} failed, {counted['cancelled']} cancelled)"
    )
    click.echo(f"pending     {answer['pending']}")
    for title in ("outcomes", "errors", "commissions"):
        words = ", ".join(f"{name} {value}" for name, value in answer[title].items())
        click.echo(f"{title:<11} {words or 'none'}")
    slippage = answer["slippage"]
    click.echo(
        f"slippage    {slippage['cost']} over {slippage['orders']} entries, {slippage['bps']} bps"
    )
    for title in ("by_strategy", "by_symbol"):
        click.echo(f"\n{click.style(title.replace('_', ' '), bold=True)}")
        for name, result in answer[title].items():
            click.echo(
                f"  {name:<14} {result['trades']:>5} trades, {result['open']} open,"
                f" {result['won']} won, net {result['net_pnl']}"
                f"  ({result['realised_pnl']} realised, {result['commission']} commission,"
                f" {result['funding']} funding)"
            )


def _show_page(page: Mapping[str, Any]) -> None:
    for trade in page["trades"]:
        click.echo(_line(trade))
    if page["next_cursor"] is not None:
        say(f"more with --cursor {page['next_cursor']}")


def _show_trade(trade: Mapping[str, Any]) -> None:
    for name, value in trade.items():
        if not isinstance(value, list | Mapping):
            click.echo(f"{name:<14} {value}")
    for fill in trade["fills"]:
        click.echo(
            f"fill           {fill['at']} {fill['side']} {fill['quantity']} at {fill['price']},"
            f" {fill['commission']} {fill['commission_asset']},"
            f" order {fill['client_order_id'] or fill['venue_order_id']}"
        )


def _line(trade: Mapping[str, Any]) -> str:
    shown = {name: "" if value is None else value for name, value in trade.items()}
    return TRADE_LINE.format(**shown, exit=shown["exit_price"])
