"""Top verb: `top`, a live picture of an engine, and `dash`, the address of its dashboard.

Owns the options. Where no terminal is, one picture is printed.
"""

import json
import sys
from pathlib import Path

import click

from ..commands import AS_JSON, TIMEOUT
from ..exits import Exit, end, exits, say
from .place import PLACE, Place, Url

INTERVAL_SECONDS = 1.0


@click.command("top")
@PLACE
@click.option(
    "--interval",
    "interval_seconds",
    default=INTERVAL_SECONDS,
    show_default=True,
    type=click.FloatRange(0.2, 60),
    help="Seconds between two looks.",
)
@click.option("--once", is_flag=True, help="Print one picture and leave.")
@TIMEOUT
@AS_JSON
@exits
def top_command(
    place: Place, interval_seconds: float, timeout_seconds: float, *, once: bool, as_json: bool
) -> None:
    """Watch an engine: positions, orders, limits, queue, streams, actors, events.

    Keys: q leaves, p pauses.
    """
    from .snapshot import watched
    from .top_live import print_picture, show_live

    if isinstance(place, Path) and not place.is_dir():
        raise click.UsageError(f"{place} is no data directory")
    with watched(place, timeout_seconds) as source:
        if not (as_json or once) and sys.stdout.isatty() and sys.stdin.isatty():
            show_live(source, interval_seconds)
            return
        snapshot = source.look()
    if as_json:
        click.echo(json.dumps(snapshot.plain()))
    else:
        print_picture(snapshot)
    if snapshot.fault:
        say(snapshot.fault)
        end(Exit.UNREACHABLE)


@click.command("dash")
@PLACE
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser, too.")
@AS_JSON
@exits
def dash_command(place: Place, *, is_opened: bool, as_json: bool) -> None:
    """Say where the dashboard of an engine is."""
    address = _address(place)
    click.echo(json.dumps({"dashboard": address}) if as_json else address)
    if is_opened:
        click.launch(address)


def _address(place: Path | Url) -> str:
    """Return the dashboard's address; raises `NotRunning` where nobody serves one."""
    from ..service.addresses import read_addresses
    from ..spool import NotRunning

    if isinstance(place, Url):
        return f"{place}/"
    address = read_addresses(place).get("api")
    if address is None:
        why = "nobody serves a dashboard here; `callboard serve` does"
        raise NotRunning(place, why)
    return f"{address.rstrip('/')}/"
