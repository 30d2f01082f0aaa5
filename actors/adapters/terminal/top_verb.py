"""Top verb: `top`, a live picture of an engine, and `dash`, the address of its dashboard.

Owns the terminal while the picture lives: its other screen, and its keys one by one; at the end, by
whatever way, both are as before. Where no terminal is, one picture is printed.
"""

import json
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from ..commands import AS_JSON, TIMEOUT
from ..exits import Exit, end, exits
from .folder import Folder
from .place import PLACE, Place, Url
from .snapshot import Snapshot, Source, source_of
from .top_view import picture

INTERVAL_SECONDS = 1.0
WIDTH, HEIGHT = 80, 24
"""Of a picture where nobody knows the terminal's size."""
LEAVE, PAUSE = ("q", "Q", "\x03", "\x1b"), ("p", " ")


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
    with _watched(place, timeout_seconds) as source:
        if as_json or once or not (sys.stdout.isatty() and sys.stdin.isatty()):
            _print(source.look(), as_json=as_json)
            return
        _live(source, interval_seconds)


@contextmanager
def _watched(place: Place, timeout_seconds: float) -> Generator[Source]:
    if isinstance(place, Url):
        yield source_of(place, None, timeout_seconds)
        return
    if not place.is_dir():
        raise click.UsageError(f"{place} is no data directory")
    with Folder.opened(place, timeout_seconds) as folder:
        yield source_of(place, folder, timeout_seconds)


def _print(snapshot: Snapshot, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(snapshot.plain()))
    else:
        console = Console(file=sys.stdout, width=_size("COLUMNS", WIDTH), height=HEIGHT)
        console.print(picture(snapshot, console.width, _size("LINES", HEIGHT)))
    if snapshot.fault:
        click.echo(snapshot.fault, err=True)
        end(Exit.UNREACHABLE)


def _size(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    return max(int(text), default) if text.isascii() and text.isdigit() else default


def _live(source: Source, interval_seconds: float) -> None:
    console = Console()
    is_paused, snapshot = False, source.look()
    with _keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                snapshot = snapshot if is_paused else source.look()
                due = time.monotonic() + interval_seconds
            size = console.size
            live.update(
                picture(snapshot, size.width, size.height, is_paused=is_paused), refresh=True
            )
            key = _key(max(due - time.monotonic(), 0.0))
            if key in LEAVE:
                return
            is_paused = is_paused != (key in PAUSE)


@contextmanager
def _keys() -> Generator[None]:
    """Let keys come one by one; what the terminal was is set again."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    except KeyboardInterrupt:
        return
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _key(seconds: float) -> str:
    """Return a key, empty when none came in time; a terminal that is gone leaves."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if not ready:
        return ""
    return os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace") or LEAVE[0]


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
