"""Telling: what a search says at its end, as lines for people."""

from collections.abc import Iterable
from pathlib import Path

from .scoreboard import SECOND_NS, Scoreboard
from .sources import command_line, seed_words
from .trial import Trial

FAILURES_SHOWN = 10


def told(trial: Trial, script: Iterable[str], command: str) -> str:
    """Return the verdict on one run, how it came to it, and the command that runs it again."""
    sums = f"{trial.steps:,} steps, {trial.virtual_ns / SECOND_NS:,.0f} s of virtual time"
    lines = [f"clean: {sums}"]
    if not trial.is_clean:
        lines = [f"violated: {trial.violation_count} times in {sums}"]
        lines += [f"  {text}" for text in trial.violations]
        came = [f"  {line}" for line in script]
        lines += ["how it came to the first:", *came] if came else []
    return "\n".join([*lines, f"again: {command}"])


def summed_up(board: Scoreboard, change: Path | None) -> str:
    """Return the sums of a soak, its first failing seeds and their commands."""
    sums = f"{board.seeds:,} seeds, {board.virtual_h:,.1f} virtual hours, {board.steps:,} steps"
    lines = [
        f"{sums}, {board.seeds_per_minute:,.0f} seeds a minute",
        f"violations: {board.violations:,} in {board.failing:,} seeds",
    ]
    for trial in board.failures[:FAILURES_SHOWN]:
        words = seed_words(trial.seed, board.mix)
        lines += [f"  seed {trial.seed}: {trial.violations[0]}"]
        lines += [f"    {command_line('run', words, change)}"]
    if board.missing:
        lines += [f"never reached: {', '.join(board.missing)}"]
    return "\n".join(lines)
