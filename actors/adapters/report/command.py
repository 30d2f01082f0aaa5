"""Report command: `report` of the command line, how well a run's orders were executed.

Owns the options. Reads a data directory and changes nothing in it, whether an engine runs there
or not. The page is written whole, by rename; a file that is there is replaced.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..commands import AS_JSON
from ..exits import exits, say
from ..journal_commands import EXISTING

ORDERS_SHOWN = 500
ORDERS_MAX = 100_000


@click.command("report")
@EXISTING
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="F",
    help="Write one page with charts and tables, which opens without a network.",
)
@click.option(
    "--orders",
    "orders_max",
    default=ORDERS_SHOWN,
    show_default=True,
    type=click.IntRange(0, ORDERS_MAX),
    help="How many of the latest orders are listed; figures are always of all.",
)
@AS_JSON
@exits
def report_command(data_dir: Path, html: Path | None, orders_max: int, *, as_json: bool) -> None:
    """Say how well the orders of a run were executed.

    Latency, slippage, refusals, retries, profit and costs, and times without a stop.
    """
    from .answer import report_of
    from .page import page

    report = report_of(data_dir, orders_max)
    if html is not None:
        beside = html.with_name(f"{html.name}.part")
        beside.write_text(page(report), encoding="utf-8")
        beside.replace(html)
        say(f"wrote {html}, {html.stat().st_size // 1024} KiB")
    if as_json:
        click.echo(json.dumps(report))
    elif html is None:
        _show(report)


def _show(report: Mapping[str, Any]) -> None:
    from .charts import took
    from .tiles import tiles_of

    for tile in tiles_of(report):
        click.echo(f"{tile.name:<16} {tile.figure:<14} {tile.more}")
    click.echo("")
    for stage, each in report["latency"].items():
        figures = (f"{name} {took(each[f'{name}_us']):<8}" for name in ("p50", "p90", "p99", "max"))
        click.echo(f"{stage:<16} {each['count']:<14} {' '.join(figures)}".rstrip())
