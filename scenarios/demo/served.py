"""Served: the dashboard beside the demo's story, in a process of its own.

Owns the wait for it: the story begins when its address is known, or after `SERVED_SECONDS` without
one. Nothing is served where the settings want no service.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from rich.console import Console

from ...actors.adapters.config import load
from ...actors.adapters.service.addresses import read_addresses
from ..running.service_process import ServiceProcess
from .stage import Stage
from .visitors import Visitors

SERVED_SECONDS = 10.0
LOOK_SECONDS = 0.05


@contextmanager
def served(
    stage: Stage, console: Console, environ: Mapping[str, str], *, is_wanted: bool
) -> Generator[Callable[[], None]]:
    """Serve what looks at a stage; gives what answers its visitors, to be called now and then."""
    if not (is_wanted and load((), environ).settings.service.enabled):
        yield lambda: None
        return
    with Visitors(stage) as visitors, ServiceProcess(stage.data_dir, (), {}, environ, _unheard):
        until = time.monotonic() + SERVED_SECONDS
        while "api" not in (addresses := read_addresses(stage.data_dir)):
            if time.monotonic() > until:
                break
            visitors.attend()
            time.sleep(LOOK_SECONDS)
        for name, address in addresses.items():
            console.print(f"{name:9} [bold]{address}[/]")
        yield visitors.attend


def _unheard(_actor: str, _event: str, _fields: Mapping[str, object]) -> None:
    """Drop a line of the service's log: the screen is the story's."""
