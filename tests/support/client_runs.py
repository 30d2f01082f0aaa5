"""Client runs: programs of other people's Binance clients against a venue's server.

A program runs in a process of its own, with an interpreter that has its client: this one, or that
of an environment named in `CALLBOARD_CLIENT_ENVS` (folders, separated by colons). Where none has
it, the test is skipped with that reason. A program gets the server's two addresses and says what it
was told in one JSON object on its last line.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callboard.scenarios.venue.server.door import ClosedDoor, Pass
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.signatures import SharedSecret
from support.venue_servers import served

ENVIRONMENTS = "CALLBOARD_CLIENT_ENVS"
PROGRAMS = Path(__file__).parents[1] / "clients" / "programs"
TIMEOUT_SECONDS = 120


def venue_of(key: str) -> VenueServer:
    """Return a server that knows one key, verifies what it signs, and tells all that Binance do."""
    door = ClosedDoor([Pass("main", key, SharedSecret(b"secret"))])
    return served(door=door, trade_lite=True)


def run_client(package: str, program: str, server: VenueServer) -> dict[str, Any]:
    """Run a program with the client of a package; return what it says."""
    command = [_python_with(package), str(PROGRAMS / program), server.rest_url, server.ws_url]
    ended = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        env=_environment(),
    )
    assert 0 == ended.returncode, ended.stderr[-4000:]
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


def _python_with(package: str) -> str:
    if importlib.util.find_spec(package) is not None:
        return sys.executable
    for python in _pythons():
        # Its folder, not an import: a heavy client takes a second to load.
        found = python.parents[1].glob(f"lib/python*/site-packages/{package}")
        if any(found):
            return str(python)
    pytest.skip(f"no environment has {package}; name one in {ENVIRONMENTS}")


def _pythons() -> Iterator[Path]:
    for folder in os.environ.get(ENVIRONMENTS, "").split(os.pathsep):
        python = Path(folder) / "bin" / "python"
        if folder and python.exists():
            yield python


def _environment() -> dict[str, str]:
    """Return this environment without what would lead another interpreter here, or out."""
    hidden = ("PYTHONPATH", "PYTHONWARNINGS", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if name.upper() not in hidden}
