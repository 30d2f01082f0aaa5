"""Scenario commands: `scenario list|run|soak|shrink|export|crashes` of the command line.

Owns their options and what people see: progress on the error output, the verdict and the command
that runs it again on the standard output. Exit 0 clean, 1 violated, 2 bad input, 130 when Ctrl-C
ended a search of many runs.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from ...actors.adapters.exits import Exit, end, exits
from ...actors.errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")

SEEDS_USUAL = 200
RUNS_USUAL = 600
SECONDS_USUAL = 180
FILE = click.Path(path_type=Path, dir_okay=False)


def bad_input(body: Callable[P, R]) -> Callable[P, R]:
    """Let what the user gave and cannot be used end as click's own usage errors do."""

    @wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except ConfigurationError as error:
            raise click.UsageError(str(error)) from error

    return exits(run)


def _end(*, is_failed: bool, is_interrupted: bool) -> None:
    """End a search by what it found; one that was interrupted says so, whatever it found."""
    found = Exit.FAILED if is_failed else Exit.OK
    end(Exit.INTERRUPTED if is_interrupted else found)


def _mix(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    from ..drawn import MIXES

    if value not in MIXES:
        raise click.BadParameter(f"{value!r} is none of {', '.join(MIXES)}")
    return value


MIX = click.option(
    "--mix", default="standard", show_default=True, callback=_mix, help="What seeds draw from."
)
CHANGE = click.option(
    "--change", type=FILE, metavar="FILE.py", help="Its `change()` stays open meanwhile."
)
SEED = click.option("--seed", type=click.IntRange(min=0), help="A seed of the mix.")
NAME = click.argument("name", required=False, metavar="[STORY|FILE]")
OUT = click.option("--out", type=FILE, metavar="F.toml", help="Where the scenario is written.")


@click.group("scenario")
def scenario() -> None:
    """Run the whole engine in virtual time, with trouble, and judge every step."""


@scenario.command("list")
def list_() -> None:
    """List stories, faults, invariants, and the branches that are counted."""
    from .listing import listed

    click.echo(listed())


@scenario.command("run")
@NAME
@SEED
@MIX
@CHANGE
@bad_input
def run(name: str | None, seed: int | None, mix: str, change: Path | None) -> None:
    """Run a story, a scenario file or a seed; say what was violated, and how it came to it."""
    from .changes import change_of
    from .script import Script
    from .sources import source_of
    from .telling import told
    from .trial import story_trial

    source, script = source_of(name, seed, mix), Script()
    with change_of(change)():
        trial = story_trial(source.story, is_thorough=source.is_thorough, prepare=script.watch)
    click.echo(told(trial, script.lines, source.command("run", change)))
    end(Exit.OK if trial.is_clean else Exit.FAILED)


@scenario.command("soak")
@click.option("--seeds", default=SEEDS_USUAL, show_default=True, type=click.IntRange(min=1))
@click.option("--first-seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1, max=256))
@click.option("--until-found", is_flag=True, help="End at the first seed that fails.")
@click.option("--json", "as_json", is_flag=True, help="Print the scoreboard as JSON.")
@click.option("--scoreboard", type=FILE, metavar="F.md", help="Write it there; F.json beside it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each failing seed there as a scenario file.",
)
@click.option(
    "--planted", type=FILE, metavar="F.json", help="Searches for planted defects, to show."
)
@MIX
@CHANGE
@bad_input
def soak(
    seeds: int,
    first_seed: int,
    jobs: int,
    scoreboard: Path | None,
    out: Path | None,
    planted: Path | None,
    mix: str,
    change: Path | None,
    *,
    until_found: bool,
    as_json: bool,
) -> None:
    """Run many seeds, and add up what happened."""
    from ..running.stopping import interrupts
    from .progress import soak_progress
    from .saving import planted_results, save_board, save_failures
    from .scoreboard import Scoreboard
    from .soak import Task
    from .soak import soak as run_soak
    from .telling import summed_up

    task = Task(mix, None if change is None else change.absolute())
    task.check()
    board = Scoreboard(mix, str(change or ""), jobs, first_seed, planted_results(planted))
    with interrupts() as is_interrupted, soak_progress(board, seeds) as show:

        def is_stopped() -> bool:
            return is_interrupted() or (until_found and bool(board.failing))

        for trial in run_soak(task, range(first_seed, first_seed + seeds), jobs, is_stopped):
            board.add(trial)
            show()
    save_board(board, scoreboard)
    save_failures(board, out)
    click.echo(board.as_json() if as_json else summed_up(board, change))
    _end(is_failed=bool(board.failing), is_interrupted=is_interrupted())


@scenario.command("crashes")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1, max=256))
@click.option("--every", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--at", metavar="KIND:NTH", help="This crash point alone, as a sweep names it.")
@MIX
@CHANGE
@bad_input
def crashes(
    seed: int, jobs: int, every: int, at: str | None, mix: str, change: Path | None
) -> None:
    """Run one seed again for every boundary of its effects, and kill the engine there.

    Its workload is otherwise what `run` gives it. `--every 10` takes one boundary in ten.
    """
    from ..drawn import MIXES, drawn
    from ..running.stopping import interrupts
    from .changes import change_of
    from .crash_sweep import crash_points_of, every_crash_point, named_point
    from .progress import sweep_progress
    from .sources import command_line, seed_words

    workload = drawn(seed, MIXES[mix])
    done = failing = 0
    path = None if change is None else change.absolute()
    with change_of(path)(), interrupts() as is_stopped:
        points = crash_points_of(workload)[::every] if at is None else (named_point(at),)
        swept = every_crash_point(workload, points, jobs=jobs, change=path, is_stopped=is_stopped)
        for point, trial in sweep_progress(swept, len(points)):
            done += 1
            if not trial.is_clean:
                failing += 1
                place = f"{point.kind}:{point.nth}"
                click.echo(f"{place}: {trial.violations[0]}")
                words = (*seed_words(seed, mix), "--at", place)
                click.echo(f"  {command_line('crashes', words, change)}")
    click.echo(f"{done:,} of {len(points):,} crash points of seed {seed}: {failing:,} violated")
    _end(is_failed=bool(failing), is_interrupted=is_stopped())


@scenario.command("shrink")
@NAME
@SEED
@click.option("--runs", default=RUNS_USUAL, show_default=True, type=click.IntRange(min=1))
@click.option("--seconds", default=SECONDS_USUAL, show_default=True, type=click.IntRange(min=1))
@OUT
@MIX
@CHANGE
@bad_input
def shrink(
    name: str | None,
    seed: int | None,
    runs: int,
    seconds: int,
    out: Path | None,
    mix: str,
    change: Path | None,
) -> None:
    """Make a failing seed or scenario small, within a budget of runs and seconds."""
    from .changes import change_of
    from .hunt import Hunt, NothingFound
    from .progress import hunt_progress
    from .saving import save_scenario
    from .sources import command_line, source_of
    from .telling import told

    source = source_of(name, seed, mix)
    with change_of(change)(), hunt_progress() as show:
        hunt = Hunt(source.workload, runs, seconds, on_run=show)
        try:
            smallest = hunt.smallest()
        except NothingFound:
            raise ConfigurationError("nothing to shrink: the scenario is clean") from None
    path = out or Path(f"scenario-{smallest.seed}.toml")
    save_scenario(path, smallest, hunt.trial)
    click.echo(f"{hunt.choices} choices are left after {hunt.runs} runs, in {path}")
    click.echo(told(hunt.trial, (), command_line("run", (str(path),), change)))


@scenario.command("export")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="A seed of the mix.")
@OUT
@MIX
@bad_input
def export(seed: int, out: Path | None, mix: str) -> None:
    """Write what a seed draws as a scenario file, for people to read and change."""
    from ..files.scenario_file import write_scenario
    from .sources import source_of

    text = write_scenario(source_of(None, seed, mix).workload, note=f"Seed {seed} of {mix}.")
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
