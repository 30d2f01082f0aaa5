"""Venue command: `callboard venue`, the simulated exchange as a process of its own.

Owns the process: its options, its signals (SIGTERM and SIGINT end it in order) and its state file,
which is replaced whole: once when the venue listens, with its clock, and once when it has ended,
with its ledger. One line on stdout says that it listens. A socket that another venue uses, or a
tape that goes bad, ends it with code 1 and the reason.
"""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

import click
from attrs import frozen

from ...actors.adapters.exits import Exit, end, exits, say
from ...messages.codec import Json, dumps
from ..fault_help import show_faults
from ..fault_options import faults_of
from ..venue.process import VenueServer
from ..venue.scaled_clock import ScaledClock
from ..venue.settings import PAPER_LEVERAGE, QueueModel, VenueSettings
from ..venue.talk import LedgerTaken, Welcome, talk_codec
from ..venue.tape import TapeError
from ..venue.venue import Venue
from . import market as paper_market
from .market import OpenedMarket

SPEED_MAX = 10_000.0
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@frozen
class VenueOptions:
    """What the command line says."""

    socket: Path
    seed: int = 0
    tape: Path | None = None
    symbols: tuple[str, ...] = paper_market.SEEDED_SYMBOLS
    speed: float = 1.0
    faults: str = ""
    fills: str = QueueModel.TOUCH.value
    state_file: Path | None = None


@click.command()
@click.option("--socket", type=click.Path(path_type=Path), required=True, help="Where to listen.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws market and faults.")
@click.option("--tape", type=click.Path(path_type=Path), help="A recorded market.")
@click.option(
    "--symbols",
    default=",".join(paper_market.SEEDED_SYMBOLS),
    show_default=True,
    help="Symbols of the seeded market.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, SPEED_MAX, min_open=True),
    default=1.0,
    show_default=True,
    help="Seconds of the venue in one second.",
)
@click.option(
    "--faults",
    default="",
    metavar="NAME=P,...",
    is_eager=True,
    callback=show_faults,
    help="Faults, by probability; `help` lists all.",
)
@click.option(
    "--fills",
    type=click.Choice([model.value for model in QueueModel]),
    default=QueueModel.TOUCH.value,
    show_default=True,
    help="A print fills resting orders at its price: all, by their turn, or none.",
)
@click.option(
    "--state-file", type=click.Path(path_type=Path), help="Clock and, at the end, ledger."
)
@exits
def venue(**options: Any) -> None:
    """Run the built-in exchange behind a Unix socket, until it is told to stop."""
    symbols = tuple(name.strip() for name in options.pop("symbols").split(",") if name.strip())
    chosen = VenueOptions(symbols=symbols, **options)
    try:
        run(chosen)
    except TapeError as error:
        say(f"error: {error}")
        end(Exit.FAILED)


def run(options: VenueOptions) -> None:
    """Run a venue until a signal or a client ends it; raises `ConfigurationError`, `OSError`."""
    faults = faults_of(options.faults)
    clock = ScaledClock.begin(speed=options.speed)
    market = _market(options, clock.origin_ns)
    model = QueueModel(options.fills)
    settings = VenueSettings(
        symbols=market.rules, leverage=PAPER_LEVERAGE, faults=faults, queue_model=model
    )
    exchange = Venue(settings, market.market, seed=options.seed, start_ns=clock.origin_ns)
    server = VenueServer(exchange, clock, options.socket)

    def end_in_order(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    before = [(each, signal.signal(each, end_in_order)) for each in END_SIGNALS]
    try:
        _keep(options, "listening", {"clock": talk_codec().encode(Welcome(clock))["clock"]})
        click.echo(f"venue: {market.name} at {options.socket}, {options.speed:g} times real time")
        server.serve()
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        ledger = talk_codec().encode(LedgerTaken(0, exchange.ledger()))["ledger"]
        _keep(options, "stopped", {"ledger": ledger})


def _market(options: VenueOptions, start_ns: int) -> OpenedMarket:
    if options.tape is not None:
        return paper_market.tape(options.tape, start_ns=start_ns)
    return paper_market.seeded(options.symbols, seed=options.seed, start_ns=start_ns)


def _keep(options: VenueOptions, status: str, more: Json) -> None:
    """Replace the state file, whole."""
    if options.state_file is None:
        return
    beside = options.state_file.with_name(options.state_file.name + ".new")
    facts = {"status": status, "pid": os.getpid(), "socket": str(options.socket), **more}
    beside.write_bytes(dumps(facts) + b"\n")
    beside.replace(options.state_file)
