"""Scenario commands: `scenario run|soak` of the command line.

Owns their options and what people see: progress on the error output, the verdict and the command
that runs it again on the standard output. Exit 0 clean, 1 violated, 2 bad input.
"""

import shlex
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from ...actors.adapters.exits import Exit, end, exits
from ...actors.errors import ConfigurationError

if TYPE_CHECKING:
    from .scoreboard import Scoreboard
    from .trial import Trial

P = ParamSpec("P")
R = TypeVar("R")

FAILURES_SHOWN = 10
SEEDS_USUAL = 200
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


@click.group("scenario")
def scenario() -> None:
    """Run the whole engine in virtual time, with trouble, and judge every step."""


@scenario.command("run")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="A seed of the mix.")
@MIX
@CHANGE
@bad_input
def run(seed: int, mix: str, change: Path | None) -> None:
    """Run one seed; say what was violated, and how it came to it."""
    from ..drawn import MIXES, drawn
    from .changes import change_of
    from .script import Script
    from .trial import is_thorough, trial_of

    script = Script()
    with change_of(change)():
        workload = drawn(seed, MIXES[mix])
        trial = trial_of(workload, is_thorough=is_thorough(seed), prepare=script.watch)
    _tell(trial, script.lines, seed_command("run", seed, mix, change))
    end(Exit.OK if trial.is_clean else Exit.FAILED)


@scenario.command("soak")
@click.option("--seeds", default=SEEDS_USUAL, show_default=True, type=click.IntRange(min=1))
@click.option("--first-seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1, max=256))
@click.option("--until-found", is_flag=True, help="End at the first seed that fails.")
@click.option("--json", "as_json", is_flag=True, help="Print the scoreboard as JSON.")
@click.option("--scoreboard", type=FILE, metavar="F.md", help="Write it there; F.json beside it.")
@MIX
@CHANGE
@bad_input
def soak(
    seeds: int,
    first_seed: int,
    jobs: int,
    scoreboard: Path | None,
    mix: str,
    change: Path | None,
    *,
    until_found: bool,
    as_json: bool,
) -> None:
    """Run many seeds, and add up what happened."""
    from ..commands import interrupts
    from .changes import change_of
    from .progress import soak_progress
    from .scoreboard import Scoreboard
    from .soak import Task
    from .soak import soak as run_soak

    change_of(change)
    task = Task(mix, None if change is None else change.absolute())
    board = Scoreboard(mix, str(change or ""), jobs, first_seed)
    with interrupts() as is_interrupted, soak_progress(board, seeds) as show:

        def is_stopped() -> bool:
            return is_interrupted() or (until_found and bool(board.failing))

        for trial in run_soak(task, range(first_seed, first_seed + seeds), jobs, is_stopped):
            board.add(trial)
            show()
    if scoreboard is not None:
        scoreboard.write_text(board.as_markdown(), encoding="utf-8")
        scoreboard.with_suffix(".json").write_text(board.as_json() + "\n", encoding="utf-8")
    click.echo(board.as_json() if as_json else _verdict(board, task.mix, change))
    end(Exit.FAILED if board.failing else Exit.OK)


@scenario.command("crashes")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1, max=256))
@click.option("--every", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--at", metavar="KIND:NTH", help="This crash point alone, as a sweep names it.")
@MIX
@bad_input
def crashes(seed: int, jobs: int, every: int, at: str | None, mix: str) -> None:
    """Run one seed again for every boundary of its effects, and kill the engine there.

    Its workload is otherwise what `run` gives it. `--every 10` takes one boundary in ten.
    """
    from ..commands import interrupts
    from ..drawn import MIXES, drawn
    from .crash_sweep import crash_points_of, every_crash_point, named_point
    from .progress import sweep_progress

    workload = drawn(seed, MIXES[mix])
    done = failing = 0
    with interrupts() as is_stopped:
        points = crash_points_of(workload)[::every] if at is None else (named_point(at),)
        swept = every_crash_point(workload, points, jobs=jobs, is_stopped=is_stopped)
        for point, trial in sweep_progress(swept, len(points)):
            done += 1
            if not trial.is_clean:
                failing += 1
                place = f"{point.kind}:{point.nth}"
                click.echo(f"{place}: {trial.violations[0]}")
                click.echo(f"  {seed_command('crashes', seed, mix, None)} --at {place}")
    click.echo(f"{done:,} of {len(points):,} crash points of seed {seed}: {failing:,} violated")
    end(Exit.FAILED if failing else Exit.OK)


def seed_command(word: str, seed: int, mix: str, change: Path | None) -> str:
    """Return the command line that does something with a seed again."""
    words = ["callboard", "scenario", word, "--seed", str(seed)]
    words += [] if mix == "standard" else ["--mix", mix]
    words += [] if change is None else ["--change", str(change)]
    return shlex.join(words)


def _tell(trial: "Trial", lines: Iterable[str], command: str) -> None:
    told = f"{trial.steps:,} steps, {trial.virtual_ns / 1e9:,.0f} s of virtual time"
    if trial.is_clean:
        click.echo(f"clean: {told}")
    else:
        click.echo(f"violated: {trial.violation_count} times in {told}")
        for text in trial.violations:
            click.echo(f"  {text}")
        click.echo("how it came to the first:")
        for line in lines:
            click.echo(f"  {line}")
    click.echo(f"again: {command}")


def _verdict(board: "Scoreboard", mix: str, change: Path | None) -> str:
    sums = f"{board.seeds:,} seeds, {board.virtual_h:,.1f} virtual hours, {board.steps:,} steps"
    lines = [
        f"{sums}, {board.seeds_per_minute:,.0f} seeds a minute",
        f"violations: {board.violations:,} in {board.failing:,} seeds",
    ]
    for trial in board.failures[:FAILURES_SHOWN]:
        lines += [f"  seed {trial.seed}: {trial.violations[0]}"]
        lines += [f"    {seed_command('run', trial.seed, mix, change)}"]
    if board.missing:
        lines += [f"never reached: {', '.join(board.missing)}"]
    return "\n".join(lines)
