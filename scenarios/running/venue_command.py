"""Venue command: `callboard venue`, the simulated exchange as a process of its own.

Owns the process: its options, its signals (SIGTERM and SIGINT end it in order) and its state file,
which is replaced whole: once when the venue listens, and once when it has ended, with its ledger.
It listens on a Unix socket, or on a port (`venue_http.py`), and says so in one line on stdout. A
socket that another venue uses, or a tape that goes bad, ends it with code 1 and the reason.
"""

import os
import signal
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import click
from attrs import evolve, frozen

from ...actors.adapters.exits import Exit, end, exits, say
from ...messages.codec import Json, dumps
from ..fault_help import show_faults
from ..fault_options import faults_of
from ..venue.faults import Faults
from ..venue.process import SocketVenue
from ..venue.scaled_clock import ScaledClock
from ..venue.server.fault_text import read_faults
from ..venue.server.serving import VenueServer
from ..venue.settings import AT_ONCE, PAPER_LEVERAGE, QueueModel, RateLimits, VenueSettings
from ..venue.talk import LedgerTaken, Welcome, talk_codec
from ..venue.tape import TapeError
from ..venue.venue import Venue
from . import market as paper_market
from . import venue_http
from .market import OpenedMarket

SPEED_MAX = 10_000.0
LIMITS_MAX = 1_000_000
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@frozen
class VenueOptions:
    """What the command line says."""

    socket: Path | None = None
    port: int | None = None
    control_port: int | None = None
    accounts: Path | None = None
    seed: int = 0
    tape: Path | None = None
    symbols: tuple[str, ...] = paper_market.SEEDED_SYMBOLS
    speed: float = 1.0
    faults: str = ""
    fills: str = QueueModel.TOUCH.value
    limits: int = 1
    state_file: Path | None = None


@click.command()
@click.option("--socket", type=click.Path(path_type=Path), help="A Unix socket, for engines.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="A port of 127.0.0.1 for HTTP and websockets, for any Binance client; 0 takes a free one.",
)
@click.option(
    "--control-port",
    type=click.IntRange(0, 65_535),
    help="A port for faults, counts, ledger and clock of a running server; 0 takes a free one.",
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path),
    help="API keys and what they open (TOML or JSON); without it, any key opens an account.",
)
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
    help="Faults, by probability, or with --port a TOML file of them; `help` lists all.",
)
@click.option(
    "--fills",
    type=click.Choice([model.value for model in QueueModel]),
    default=QueueModel.TOUCH.value,
    show_default=True,
    help="A print fills resting orders at its price: all, by their turn, or none.",
)
@click.option(
    "--limits",
    type=click.IntRange(1, LIMITS_MAX),
    default=1,
    show_default=True,
    help="How many times Binance's request weight and order counts are granted.",
)
@click.option(
    "--state-file", type=click.Path(path_type=Path), help="Clock and, at the end, ledger."
)
@exits
def venue(**options: Any) -> None:
    """Run the built-in exchange on a port or a Unix socket, until it is told to stop."""
    symbols = tuple(name.strip() for name in options.pop("symbols").split(",") if name.strip())
    chosen = VenueOptions(symbols=symbols, **options)
    if (chosen.socket is None) == (chosen.port is None):
        raise click.UsageError("say where to listen: --port or --socket, one of them")
    if chosen.port is None and (chosen.accounts, chosen.control_port) != (None, None):
        raise click.UsageError("--accounts and --control-port go with --port")
    try:
        run(chosen)
    except TapeError as error:
        say(f"error: {error}")
        end(Exit.FAILED)


def run(options: VenueOptions) -> None:
    """Run a venue until a signal or a client ends it; raises `ConfigurationError`, `OSError`."""
    if options.socket is None:
        _run_on_port(options)
    else:
        _run_on_socket(options, options.socket)


def _run_on_port(options: VenueOptions) -> None:
    faults, door = read_faults(options.faults), venue_http.door_of(options.accounts)
    clock = ScaledClock.begin(speed=options.speed)
    market = _market(options, clock.origin_ns)
    settings = evolve(
        _settings(options, market, faults.venue),
        latency=AT_ONCE,
        trade_lite=True,
        checks_time=options.speed == 1.0,
    )
    server = VenueServer(
        settings,
        market.market,
        clock,
        seed=options.seed,
        port=options.port or 0,
        control_port=options.control_port,
        door=door,
        wire_faults=faults.wire,
    )
    venue_http.serve(server, market.name, partial(_keep, options))


def _run_on_socket(options: VenueOptions, path: Path) -> None:
    faults = faults_of(options.faults)
    clock = ScaledClock.begin(speed=options.speed)
    market = _market(options, clock.origin_ns)
    settings = _settings(options, market, faults)
    exchange = Venue(settings, market.market, seed=options.seed, start_ns=clock.origin_ns)
    server = SocketVenue(exchange, clock, path)

    def end_in_order(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    before = [(each, signal.signal(each, end_in_order)) for each in END_SIGNALS]
    try:
        _keep(
            options,
            "listening",
            {"socket": str(path), "clock": talk_codec().encode(Welcome(clock))["clock"]},
        )
        click.echo(f"venue: {market.name} at {path}, {options.speed:g} times real time")
        server.serve()
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        ledger = talk_codec().encode(LedgerTaken(0, exchange.ledger()))["ledger"]
        _keep(options, "stopped", {"socket": str(path), "ledger": ledger})


def _settings(options: VenueOptions, market: OpenedMarket, faults: Faults) -> VenueSettings:
    return VenueSettings(
        symbols=market.rules,
        leverage=PAPER_LEVERAGE,
        faults=faults,
        queue_model=QueueModel(options.fills),
        rate_limits=RateLimits().times(options.limits),
    )


def _market(options: VenueOptions, start_ns: int) -> OpenedMarket:
    if options.tape is not None:
        return paper_market.tape(options.tape, start_ns=start_ns)
    return paper_market.seeded(options.symbols, seed=options.seed, start_ns=start_ns)


def _keep(options: VenueOptions, status: str, more: Json) -> None:
    """Replace the state file, whole."""
    if options.state_file is None:
        return
    beside = options.state_file.with_name(options.state_file.name + ".new")
    facts = {"status": status, "pid": os.getpid(), **more}
    beside.write_bytes(dumps(facts) + b"\n")
    beside.replace(options.state_file)
