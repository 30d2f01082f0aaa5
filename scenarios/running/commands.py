"""Scenario commands: `run` of the command line, on the built-in venue.

Owns the options of a run and what people see of it: notes, progress and a table on the error
output or the terminal, and with `--json` one JSON object, last on the standard output. Ctrl-C, or
SIGTERM, takes no more signals, lets what is on its way come to its end, seals the journal and
prints the summary; a second one ends at once, with 130 or 143.
"""

import gc
import json
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...actors.adapters.commands import CONFIG, SET, config_files, read_pairs
from ...actors.adapters.exits import Exit, end, exits, say
from ...actors.adapters.notify import Notify, pid_file
from ...actors.policies.mode_rules import MARKETS, MODES, SEEDED_MARKET
from .stopping import IN_ORDER, interrupts

if TYPE_CHECKING:
    from ...actors.runtime.hosting import LogSink
    from ..paper import PaperOptions, PaperResult
    from ..simulated_engine import SimulatedEngine
    from .live import Place
    from .options import Prepared, RunOptions
    from .starter import Starter

NOTES_MAX = 20
OLDEST_GENERATION = 2


def _duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int:
    from .options import read_duration_ns

    try:
        return read_duration_ns(value) if value else 0
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _speed(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    from .options import read_speed

    try:
        return None if value is None else read_speed(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _show_faults(ctx: click.Context, param: click.Parameter, value: str) -> str:
    from ..fault_help import show_faults

    return show_faults(ctx, param, value)


@click.command("run")
@click.option("--mode", type=click.Choice(tuple(MODES)), help="Overrides the settings' mode.")
@CONFIG
@SET
@click.option(
    "--data-dir",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the journal lies; one engine at a time.",
)
@click.option(
    "--tape",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A recorded market; without it, one drawn from the seed.",
)
@click.option(
    "--market",
    type=click.Choice(MARKETS),
    default=SEEDED_MARKET,
    show_default=True,
    help="Without a tape: drawn from the seed, or a venue's public prices as they come.",
)
@click.option("--signals", default="", metavar="F", help="JSON Lines; `-` for standard input.")
@click.option(
    "--speed",
    callback=_speed,
    help="max (virtual), 1, or N; without signals, tape and --for 1, else max.",
)
@click.option(
    "--venue-socket",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A venue process (`callboard venue`); its market, faults and pace count.",
)
@click.option(
    "--sockets",
    is_flag=True,
    help="Paper at a venue of its own on a port, by the client that the other modes have.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Overrides the settings' seed.")
@click.option("--for", "for_ns", callback=_duration, metavar="TIME", help="Stop after, as in 60s.")
@click.option("--symbols", default="", help="Symbols of the seeded market, comma between them.")
@click.option(
    "--faults",
    default="",
    is_eager=True,
    callback=_show_faults,
    help="Trouble at the venue, as in http_429=0.01,answer_late=0.1; `help` lists all.",
)
@click.option(
    "--fills",
    type=click.Choice(("touch", "queue", "beyond")),
    show_default="touch",
    help="A print fills resting orders at its price: all, by their turn, or none.",
)
@click.option(
    "--crash", "crashes", multiple=True, metavar="ACTOR@N", help="Crash at its N-th message."
)
@click.option(
    "--service/--no-service",
    "with_service",
    default=None,
    help="Serve HTTP, dashboard and metrics beside a run on the wall's time; as the settings say.",
)
@click.option("--strict", is_flag=True, help="Stop at the first bad line, exit 1.")
@click.option(
    "--pid-file",
    "pid_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where this process's number stands while it runs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option("-v", "--verbose", count=True, help="Show the engine's log; twice shows more.")
@click.option("--log-format", type=click.Choice(("console", "json")), default="console")
@exits
def run(
    mode: str | None,
    seed: int | None,
    files: tuple[Path, ...],
    pairs: tuple[str, ...],
    signals: str,
    symbols: str,
    verbose: int,
    log_format: str,
    *,
    pid_path: Path | None,
    as_json: bool,
    with_service: bool | None,
    **typed: Any,
) -> None:
    """Run the engine: on the built-in venue, or at the venue of its mode."""
    from .options import RunOptions
    from .starter import Starter

    flags = read_pairs(pairs)
    flags |= {} if with_service is None else {"service.enabled": str(with_service).lower()}
    flags |= {} if mode is None else {"mode": mode}
    flags |= {} if seed is None else {"seed": str(seed)}
    options = RunOptions(
        files=config_files(files),
        flags=flags,
        signals=signals,
        symbols=tuple(name for name in symbols.upper().replace(" ", "").split(",") if name),
        **typed,
    )
    log_of = partial(_log, verbose, as_json=log_format == "json")
    with pid_file(pid_path):
        result = _run(options, Starter(Notify.of(os.environ), pid_path), log_of)
    _print(result, as_json=as_json)
    end(exit_of(result))


def exit_of(result: "PaperResult") -> Exit:
    """Return how a run ends the command: the gravest reason decides."""
    from ...messages.values import TradingState

    if result.bad_line or result.fatal or result.summary["violations"]:
        return Exit.FAILED
    if result.venue_gone:
        return Exit.UNREACHABLE
    return Exit.HALTED if result.state is TradingState.HALTED else Exit.OK


def _run(
    options: "RunOptions", starter: "Starter", log_of: "Callable[[str], LogSink]"
) -> "PaperResult":
    from ..venue.tape import TapeError
    from .options import Where, prepare
    from .standard_streams import standard_input

    try:
        prepared = prepare(options, standard_input=standard_input(is_wanted=options.signals == "-"))
    except TapeError as error:
        say(f"{click.style('stopped:', fg='red', bold=True)} {error}")
        raise click.exceptions.Exit(Exit.FAILED) from None
    for note in prepared.notes:
        say(f"note: {note}")
    spare_the_collector()
    log = log_of(prepared.settings.mode)
    if prepared.where is Where.VIRTUAL:
        return _run_virtual(options, prepared, starter, log)
    return _run_live(options, prepared, starter, log)


def spare_the_collector() -> None:
    """Take what stands now, and whatever outlives a full collection, from the collector's sight.

    Its passes over everything that lives are the longest stalls of a run. What is taken is freed
    as ever when its last reference goes; only its cycles are not looked for any more. A setting of
    the whole process, so it is this command's alone: a host's collector is its own.
    """
    gc.collect()
    gc.freeze()
    if freeze_survivors not in gc.callbacks:
        gc.callbacks.append(freeze_survivors)


def freeze_survivors(phase: str, info: dict[str, int]) -> None:
    """Called by the collector at the beginning and the end of each of its passes."""
    if phase == "stop" and info["generation"] == OLDEST_GENERATION:
        gc.freeze()


def _run_virtual(
    options: "RunOptions", prepared: "Prepared", starter: "Starter", log: "LogSink"
) -> "PaperResult":
    from ..paper import run as run_paper
    from .progress import ProgressLine
    from .standard_streams import error_output

    with interrupts(starter.stop(IN_ORDER)) as is_interrupted:
        operator = _operator(options.data_dir, is_interrupted)
        show = starter.heard(ProgressLine(error_output()).show)
        paper = _paper(options, prepared)
        return run_paper(paper, log=log, on_progress=show, operator=operator)


def _run_live(
    options: "RunOptions", prepared: "Prepared", starter: "Starter", log: "LogSink"
) -> "PaperResult":
    from .live import run_live
    from .progress import ProgressLine
    from .standard_streams import error_output

    paper = _paper(options, prepared)
    place = _place(options, prepared, paper, log)
    show = starter.heard(ProgressLine(error_output()).show)
    with interrupts(starter.stop()) as is_stopped, _service(options, prepared, log):
        return run_live(paper, place, log=log, on_progress=show, is_stopped=is_stopped)


def _service(
    options: "RunOptions", prepared: "Prepared", log: "LogSink"
) -> AbstractContextManager[object]:
    """Return what serves people and programs beside the run, if anything does."""
    from .service_process import ServiceProcess

    if not prepared.settings.service.enabled:
        return nullcontext()
    return ServiceProcess(options.data_dir, options.files, options.flags, os.environ, log)


def _place(
    options: "RunOptions", prepared: "Prepared", paper: "PaperOptions", log: "LogSink"
) -> "Place":
    from .live import place_at_socket, place_in_process
    from .options import Where
    from .shadow import place_in_shadow
    from .socket_places import place_at_venue, place_on_server

    if prepared.credentials is not None:
        return place_in_shadow(prepared.credentials, paper, os.environ, log)
    if prepared.where is Where.ELSEWHERE:
        return place_at_venue(prepared.settings, os.environ)
    if prepared.where is Where.SERVER:
        return place_on_server(paper, os.environ)
    if options.venue_socket is not None and prepared.clock is not None:
        return place_at_socket(options.venue_socket, prepared.clock)
    return place_in_process(paper, options.speed or 1.0)


def _paper(options: "RunOptions", prepared: "Prepared") -> "PaperOptions":
    from ..paper import PaperOptions
    from ..venue.settings import QueueModel, VenueSettings

    model = QueueModel(options.fills or QueueModel.TOUCH)
    return PaperOptions(
        settings=prepared.settings,
        market=prepared.market,
        data_dir=options.data_dir,
        feeder=prepared.feeder,
        for_ns=options.for_ns,
        faults=prepared.faults,
        crashes=prepared.crashes,
        venue=VenueSettings(queue_model=model),
        strict=options.strict,
    )


def _operator(
    data_dir: Path, is_interrupted: Callable[[], bool]
) -> "Callable[[SimulatedEngine], str]":
    """Return who looks at the spool and at Ctrl-C while a run in virtual time is busy."""
    from ...actors.adapters.operator_desk import OperatorDesk
    from ...actors.adapters.spool import Spool

    desks: list[OperatorDesk] = []

    def look(engine: "SimulatedEngine") -> str:
        if not desks:
            desk = OperatorDesk(
                Spool(data_dir), engine.kernel.post, symbols=engine.settings.risk.symbols
            )
            desks.append(desk)
        desks[0].look()
        return "interrupted" if is_interrupted() else ""

    return look


def _log(verbose: int, mode: str, *, as_json: bool) -> "LogSink":
    from ...actors.adapters.logging import make_log
    from .progress import BesideProgress
    from .standard_streams import error_output

    level = logging.INFO if verbose else logging.WARNING
    return make_log(BesideProgress(error_output()), mode=mode, level=level, as_json=as_json)


def _print(result: "PaperResult", *, as_json: bool) -> None:
    from .summary_table import print_table

    for text in result.summary["lines"]["first_bad"][:NOTES_MAX]:
        say(f"{click.style('bad line', fg='yellow')}  {text}")
    for word, text in (("stopped", result.bad_line), ("gave up", result.fatal)):
        if text:
            say(f"{click.style(f'{word}:', fg='red', bold=True)} {text}")
    if result.venue_gone:
        say(f"{click.style('gone:', fg='red', bold=True)} the venue answers no more")
    for text in result.left:
        say(f"{click.style('left', fg='yellow')}  {text}")
    if as_json:
        click.echo(json.dumps(result.summary))
    else:
        print_table(result.summary)
