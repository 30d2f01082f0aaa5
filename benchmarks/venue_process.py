"""VenueProcess: `callboard venue` on a free port, and the programs that trade there.

Owns the processes: the venue's has Binance's limits ten thousand times, ends by SIGTERM, and is
the same for every side of a run; each program prints JSON on its last line, or it has failed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stage import BenchmarkFailed

ENVIRONMENTS = "CALLBOARD_CLIENT_ENVS"
"""Folders of environments that have a peer, separated by colons."""
LIMITS = "10000"
TIMEOUT_SECONDS = 300
HERE = Path(__file__).parent


@contextmanager
def venue() -> Generator[str]:
    """Run a venue for as long as the context lasts; yield its URL."""
    command = [sys.executable, "-m", "callboard", "venue", "--port", "0", "--limits", LIMITS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            if "http://" not in said:
                raise BenchmarkFailed(f"the venue does not listen: {said.strip()}")
            yield said[said.index("http://") :].split()[0].rstrip(",")
        finally:
            process.terminate()


def say(program: str, *arguments: str, python: str = sys.executable) -> Any:
    """Run a program of this folder and return what it says; raises `BenchmarkFailed`."""
    run = subprocess.run(
        [python, str(HERE / program), *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        raise BenchmarkFailed(f"{program} failed: {run.stderr.strip()[-500:]}")
    return json.loads(run.stdout.strip().splitlines()[-1])


def python_with(package: str) -> str | None:
    """Return an interpreter that has a package, None where there is none."""
    if find_spec(package) is not None:
        return sys.executable
    folders = os.environ.get(ENVIRONMENTS, "").split(os.pathsep)
    for folder in [Path(name) for name in folders if name]:
        if any(folder.glob(f"lib/python*/site-packages/{package}")):
            return str(folder / "bin" / "python")
    return None
