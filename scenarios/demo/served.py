"""Served: the dashboard beside the demo's story, in a process of its own.

Owns the wait for it: the story begins when its address is known, or after `SERVED_SECONDS` without
one. A port that somebody has is left to them, and any free one is taken. Nothing is served where
the settings want no service.
"""

import socket
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
    settings = load((), environ).settings
    if not (is_wanted and settings.service.enabled):
        yield lambda: None
        return
    wanted = {"api": settings.api.port, "metrics": settings.metrics.port}
    flags = {f"{name}.port": "0" for name, port in wanted.items() if not _is_free(port)}
    service = ServiceProcess(stage.data_dir, (), flags, environ, _unlogged, is_heard=False)
    with Visitors(stage) as visitors, service:
        until = time.monotonic() + SERVED_SECONDS
        while len(addresses := read_addresses(stage.data_dir)) < len(wanted):
            if time.monotonic() > until:
                break
            visitors.attend()
            time.sleep(LOOK_SECONDS)
        for name, address in addresses.items():
            console.print(f"{name:9} [bold]{address}[/]")
        yield visitors.attend


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _unlogged(_actor: str, _event: str, _fields: Mapping[str, object]) -> None:
    """Drop a line of the service's log: the screen is the story's."""
