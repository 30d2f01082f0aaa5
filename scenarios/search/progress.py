"""Progress: how far a soak is, as a bar on a terminal and as a line now and then elsewhere.

Owns what is shown on the error output while seeds are run, and the wall's time of the soak.
"""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    track,
)

from ..running.standard_streams import error_output
from .hunt import Hunt
from .scoreboard import Scoreboard

Item = TypeVar("Item")

LINE_EVERY_S = 10.0


@contextmanager
def soak_progress(board: Scoreboard, seeds: int) -> Generator[Callable[[], None]]:
    """Show the board while it grows; what is yielded is called after each seed."""
    began = time.monotonic()
    console = Console(file=error_output(), highlight=False)

    def keep_time() -> None:
        board.wall_s = time.monotonic() - began

    if console.is_terminal:
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=seeds)

            def show() -> None:
                keep_time()
                bar.update(task, completed=board.seeds, description=_words(board))

            yield show
    else:
        shown = began

        def tell() -> None:
            nonlocal shown
            keep_time()
            if time.monotonic() - shown >= LINE_EVERY_S:
                shown = time.monotonic()
                console.print(f"{board.seeds:,} of {seeds:,} seeds, {_words(board)}")

        yield tell


@contextmanager
def hunt_progress() -> Generator[Callable[[Hunt], None]]:
    """Show how small a failing workload has become."""
    console = Console(file=error_output(), highlight=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda hunt: status.update(f"{hunt.choices} choices after {hunt.runs} runs")


def _words(board: Scoreboard) -> str:
    return f"{board.failing:,} failing, {board.seeds_per_minute:,.0f} a minute"


def sweep_progress(items: Iterable[Item], total: int) -> Iterable[Item]:
    """Return items, with a bar on a terminal; elsewhere nothing is shown."""
    return track(
        items,
        description="",
        total=total,
        console=Console(file=error_output(), highlight=False),
        transient=True,
        disable=not error_output().isatty(),
    )
