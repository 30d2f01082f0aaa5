"""Search, interrupted: Ctrl-C ends workers and command, and what was found is told."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callboard.actors.adapters.exits import Exit

WAIT_S = 300.0
CHANGE = '''
"""Short and wrong: a run takes a second of virtual time, and its requests are violations."""

import os
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from callboard.scenarios.checks.limits import LimitsHold
from callboard.scenarios.search import trial
from callboard.scenarios.workload import Workload

told = []


def wrong(check, request):
    check.ground.report("S5", f"{request.path} is one too many")
    if not told:
        told.append(os.getpid())
        with (Path(__file__).parent / "at_work").open("w") as at_work:
            at_work.write(f"{told[0]}\\n")


def change():
    stack = ExitStack()
    short = lambda seed, odds: Workload(seed, duration_ms=1_000)
    stack.enter_context(patch.object(trial, "drawn", short))
    stack.enter_context(patch.object(LimitsHold, "on_request", wrong))
    return stack
'''


@contextmanager
def soaking(folder: Path, jobs: int) -> Generator["subprocess.Popen[str]"]:
    """Begin a soak without end, in a group of processes of its own."""
    change = folder / "change.py"
    change.write_text(CHANGE)
    words = ("scenario", "soak", "--seeds", "1000000", "--jobs", str(jobs), "--change", str(change))
    with subprocess.Popen(
        [sys.executable, "-m", "callboard", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def at_work(pipe: Path, jobs: int) -> list[int]:
    """Wait until so many processes have a run at hand; return their ids."""
    said = b""
    reader = os.open(pipe, os.O_RDWR)
    try:
        while said.count(b"\n") < jobs and select.select([reader], [], [], WAIT_S)[0]:
            said += os.read(reader, 1_024)
    finally:
        os.close(reader)
    return [int(line) for line in said.splitlines()]


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_a_soak_with_its_workers_and_tells_what_was_found(
    tmp_path: Path, jobs: int
) -> None:
    os.mkfifo(tmp_path / "at_work")
    with soaking(tmp_path, jobs) as process:
        pids = at_work(tmp_path / "at_work", jobs)

        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=WAIT_S)

    found = re.search(r"violations: [\d,]+ in ([\d,]+) seeds", out)
    assert (Exit.INTERRUPTED, jobs) == (process.returncode, len(set(pids)))
    assert found is not None
    assert found[1] != "0"
    assert "S5: " in out
    assert "stopping in order" in err
    assert "Traceback" not in err
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
