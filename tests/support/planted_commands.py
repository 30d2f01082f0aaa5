"""Planted commands: the command that shows a planted defect, run as people run it.

Each is a process of its own, so that nothing but the command line and the files it names is at
work; it has to end with 1 and to name the invariant by which the defect is found.
"""

import shlex
import subprocess
import sys

from callboard.actors.adapters.exits import Exit
from callboard.scenarios.search.sources import command_line
from support.planted import FOLDER, Planted

ROOT = FOLDER.parents[1]
PATIENCE_S = 600.0


def command_of(planted: Planted) -> str:
    """Return the command that shows a defect, as it is printed; it is meant for the root folder."""
    scenario = str(planted.scenario.relative_to(ROOT))
    return command_line("run", (scenario,), planted.file.relative_to(ROOT))


def reproduced(planted: Planted) -> str:
    """Run the command of a defect in a fresh process; return what is wrong, empty if nothing is."""
    words = shlex.split(command_of(planted))[1:]
    done = subprocess.run(
        [sys.executable, "-m", "callboard", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return fault_of(planted, done.returncode, done.stdout, done.stderr)


def fault_of(planted: Planted, code: int, said: str, errors: str = "") -> str:
    """Return why an end of the command does not show the defect, empty when it does."""
    if code != Exit.FAILED:
        last = (errors or said).strip().rpartition("\n")[2]
        return f"exit {code} instead of {Exit.FAILED:d}: {last}"
    told = [line.strip() for line in said.splitlines()]
    if not any(line.startswith(f"{planted.found_by}:") for line in told):
        return f"{planted.found_by} is not told"
    return ""
