"""Demo command: `demo` of the command line.

Owns its options and its end: 0 when every trouble happened and was overcome, 1 when one was not,
or the journal does not hold. Ctrl-C stops the engine in order and sums up what was seen.
"""

import os
import tempfile
from pathlib import Path

import click

from ...actors.adapters.exits import Exit, end, exits
from ..running.stopping import interrupts


@click.command("demo")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(min=0))
@click.option("--fast", is_flag=True, help="Do not wait for the eye.")
@click.option("--live/--no-live", default=True, help="A picture, or plain lines.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the journal is left; a new folder for temporary files by default.",
)
@exits
def demo(seed: int, data_dir: Path | None, *, fast: bool, live: bool) -> None:
    """Watch the paper engine trade, get into trouble and overcome it."""
    from rich.console import Console

    from .ending import end_of
    from .player import Pacer, play
    from .screens import screen_of
    from .served import served
    from .stage import Stage
    from .summary import print_verdict

    console = Console(highlight=False)
    folder = data_dir or Path(tempfile.mkdtemp(prefix="callboard-demo-"))
    console.print("[bold]callboard demo[/]: paper trading on a simulated exchange, no network")
    with interrupts() as is_stopped, Stage(seed, folder) as stage:
        stage.start()
        with (
            served(stage, console, os.environ, is_wanted=not fast) as attend,
            screen_of(console, seed=seed, is_live=live) as screen,
        ):
            play(stage, screen, Pacer(is_paced=not fast), is_stopped, attend)
        console.print("the engine stops; its journal is verified and run again", style="dim")
        verdict = end_of(stage)
    print_verdict(console, verdict)
    end(Exit.FAILED if verdict.problems else Exit.OK)
