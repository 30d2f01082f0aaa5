"""Test of the service's process: it serves beside a run, comes again, and never stops it."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from callboard import GetStatus, TradingState
from callboard.actors.adapters.engine_socket import FILE
from callboard.actors.adapters.service.link import SocketLink
from callboard.actors.system import make_codec
from support.processes import children_of, parent_of
from support.waiting import until

SECONDS = 30.0
QUIET = {
    "CALLBOARD__SERVICE__ENABLED": "true",
    "CALLBOARD__API__PORT": "0",
    "CALLBOARD__METRICS__PORT": "0",
}


@contextmanager
def running(folder: Path) -> Generator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "callboard", "run", "--data-dir", str(folder)]
    with subprocess.Popen(
        command, env=os.environ | QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        try:
            until((folder / FILE).exists, SECONDS)
            yield run
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(SECONDS)


def served_by(run: "subprocess.Popen[bytes]") -> int:
    """Return the process that serves beside a run, 0 for none."""
    return next(children_of(run.pid), 0)


def test_a_service_that_is_killed_comes_again_and_the_engine_never_notices(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        until(lambda: served_by(run), SECONDS)
        first = served_by(run)
        os.kill(first, signal.SIGKILL)
        until(lambda: served_by(run) not in (0, first), SECONDS)
        second = served_by(run)
        link = SocketLink(tmp_path, make_codec())
        assert link.wait(SECONDS)
        status = link.ask(GetStatus(), SECONDS)
        link.close()

    assert status.trading_state is TradingState.ACTIVE
    assert run.returncode == 0
    assert parent_of(second) == 0


def test_a_service_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        until(lambda: served_by(run), SECONDS)
        service = served_by(run)
        run.kill()
        run.wait(SECONDS)

        until(lambda: parent_of(service) == 0, SECONDS)
