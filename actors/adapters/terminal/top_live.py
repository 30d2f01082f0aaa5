"""Top live: the picture of `top` in a terminal, or one of it printed.

Owns the terminal while the picture lives: its other screen, and its keys one by one; at the end, by
whatever way, both are as before.
"""

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from .snapshot import Snapshot, Source
from .top_view import picture

WIDTH, HEIGHT = 80, 24
"""Of a picture where nobody knows the terminal's size."""
LEAVE, PAUSE = ("q", "Q", "\x03"), ("p", " ")


def print_picture(snapshot: Snapshot) -> None:
    """Print one picture to the standard output."""
    console = Console(file=sys.stdout, width=_size("COLUMNS", WIDTH), height=HEIGHT)
    console.print(picture(snapshot, console.width, _size("LINES", HEIGHT)))


def _size(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    return max(int(text), default) if text.isascii() and text.isdigit() else default


def show_live(source: Source, interval_seconds: float) -> None:
    """Draw what a source sees, again and again, until a key leaves."""
    console = Console()
    is_paused, snapshot = False, source.look()
    with _keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                snapshot = snapshot if is_paused else source.look()
                due = time.monotonic() + interval_seconds
            size = console.size
            live.update(
                picture(snapshot, size.width, size.height, is_paused=is_paused), refresh=True
            )
            key = _key(max(due - time.monotonic(), 0.0))
            if key in LEAVE:
                return
            is_paused = is_paused != (key in PAUSE)


@contextmanager
def _keys() -> Generator[None]:
    """Let keys come one by one; what the terminal was is set again."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    except KeyboardInterrupt:
        return
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _key(seconds: float) -> str:
    """Return a key, empty when none came in time; a terminal that is gone leaves."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if not ready:
        return ""
    return os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace") or LEAVE[0]
