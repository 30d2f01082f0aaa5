"""Serve command: `serve` of the command line, an engine's faces in a process of their own.

Attaches to the data directory of an engine that runs, whoever started it, and serves until Ctrl-C,
SIGTERM, or the end of the process that started it (`--with-parent`). It never starts or stops an
engine; while none runs its health says so, and it serves the next one that comes.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..commands import CONFIG, SET, config_files, read_pairs
from ..exits import Exit, end, exits, say
from .addresses import write_addresses
from .recorded_settings import settings_of_run

if TYPE_CHECKING:
    from .service import Service

LOOK_SECONDS = 0.1


@click.command("serve")
@click.argument("data_dir", metavar="D", type=click.Path(path_type=Path, file_okay=False))
@CONFIG
@SET
@click.option(
    "--with-parent",
    "parent",
    type=int,
    metavar="PID",
    help="End when this process, which started the command, has ended.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show more of the log.")
@click.option("--log-format", type=click.Choice(("console", "json")), default="console")
@exits
def serve(
    data_dir: Path,
    files: tuple[Path, ...],
    pairs: tuple[str, ...],
    log_format: str,
    parent: int | None,
    *,
    verbose: bool,
) -> None:
    """Serve HTTP, metrics, alerts and events for the engine on data directory D."""
    from ..config import load
    from ..logging import make_log
    from .service import Service

    if not data_dir.is_dir():
        say(f"{data_dir}: there is no such folder; an engine makes it when it starts")
        end(Exit.UNREACHABLE)
    recorded = settings_of_run(data_dir)
    loaded = load(config_files(files), os.environ, read_pairs(pairs), recorded=recorded)
    settings = loaded.settings
    level = logging.INFO if verbose else logging.WARNING
    log = make_log(sys.stderr, mode=settings.mode, level=level, as_json=log_format == "json")
    ending = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        ending.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    service = Service.start(data_dir, settings, log=log, environ=os.environ)
    try:
        _wait(ending, lambda: parent not in (None, os.getppid()), service)
    finally:
        service.stop()
        write_addresses(data_dir, {})


def _wait(ending: threading.Event, is_over: Callable[[], bool], service: "Service") -> None:
    """Wait for the end; whatever address a face takes meanwhile is told and written down."""
    told: Mapping[str, str] = {}
    while not ending.wait(LOOK_SECONDS) and not is_over():
        addresses = service.context.board.addresses()
        if addresses != told:
            write_addresses(service.context.data_dir, addresses)
            for name, address in addresses.items():
                if told.get(name) != address:
                    say(f"{name}  {address}")
            told = addresses
