"""Screens: where the demo is seen, a live picture or plain lines.

Owns the terminal while the demo runs. The live screen is the terminal's other one: at its end, by
whatever way, everything is as before. A sink that is gone ends the demo as a closed pipe does.
"""

from collections.abc import Generator
from contextlib import contextmanager

from attrs import define, field
from rich.console import Console
from rich.live import Live
from rich.text import Text

from .story import Trouble
from .tables import Frame
from .view import HEIGHT_MIN, STYLES, WIDTH_MIN, clock, picture
from .watch import Watch


@define(eq=False)
class LiveScreen:
    """Draws a picture over the last one."""

    live: Live
    seed: int

    def show(self, watch: Watch, overcome: tuple[Trouble, ...]) -> None:
        """Draw what is seen now."""
        size = self.live.console.size
        frame = Frame(watch, self.seed, overcome, size.width, size.height)
        self.live.update(picture(frame), refresh=True)


@define(eq=False)
class PlainScreen:
    """Prints each line of the story once."""

    console: Console
    _shown: int = field(init=False, default=0)

    def show(self, watch: Watch, overcome: tuple[Trouble, ...]) -> None:  # noqa: ARG002 - as live
        """Print what is new."""
        for line in watch.lines[self._shown :]:
            text = Text.assemble((f"{clock(line.at_ms)}  ", "dim"), (line.text, STYLES[line.tone]))
            self.console.print(text, soft_wrap=True)
        self._shown = len(watch.lines)


Screen = LiveScreen | PlainScreen


@contextmanager
def screen_of(console: Console, *, seed: int, is_live: bool) -> Generator[Screen]:
    """Give the screen that the terminal can carry, and put the terminal right again."""
    has_room = console.width >= WIDTH_MIN and console.height >= HEIGHT_MIN
    can_draw = console.is_terminal and not console.is_dumb_terminal and has_room
    if not (is_live and can_draw):
        yield PlainScreen(console)
        return
    with Live(console=console, screen=True, auto_refresh=False, transient=True) as live:
        yield LiveScreen(live, seed)
