"""Stopping: what two signals do to a running engine, and who hears of it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.spool import Order, new_order_id, send
from callboard.scenarios.venue.control import VenueControl
from support.faces import venue_process

WAIT_SECONDS = 300.0
PATIENT = (
    *("-s", "risk.send_within_ms=60000", "-s", "risk.mark_age_ms_max=600000"),
    *("-s", "orders.recv_window_ms=60000", "-s", "orders.request_timeout_ms=60000"),
    *("-s", "clock.error_ms_max=30000"),
)
ENTRY = {
    "signal_id": "in",
    "at_ms": 1,
    "signal": "LONG_ENTRY",
    "symbol": "ETHUSDT",
    "quantity": "0.05",
    "confidence": "0.9",
}


VenueProcess = subprocess.Popen[str]


class Manager:
    """A service manager's socket: it hears of the life of the process it has started."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(WAIT_SECONDS)
        self._socket.bind(str(path))

    def hear(self) -> str:
        """Wait for the first line of what is said next."""
        return self._socket.recv(4_096).decode().splitlines()[0]

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


@contextmanager
def engine(folder: Path, venue: Path, manager: Manager) -> Generator["subprocess.Popen[str]"]:
    """Run an engine at a venue process, ready for commands."""
    command = [
        *(sys.executable, "-m", "callboard", "run", "--data-dir", str(folder), "--signals", "-"),
        *("--no-service", "--venue-socket", str(venue), "--symbols", "ETHUSDT", "--json", "-v"),
        *("--log-format", "json", "--pid-file", str(folder.with_suffix(".pid")), *PATIENT),
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NOTIFY_SOCKET": str(manager.path)},
    ) as process:
        try:
            assert "READY=1" == manager.hear()
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def manager(tmp_path: Path) -> Generator[Manager]:
    """A service manager that listens until the end of the test."""
    listening = Manager(tmp_path / "notify.sock")
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Path, VenueProcess]]:
    """The path of a venue process that outlives its engines, and the process."""
    path = tmp_path_factory.mktemp("venue") / "venue.sock"
    with venue_process(path) as process:
        yield path, process


def say(process: "subprocess.Popen[str]", line: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(line) + "\n")
    process.stdin.flush()


def status(folder: Path) -> dict[str, Any]:
    """Ask the engine on a data directory how it is."""
    return dict(send(folder, Order(new_order_id(), "status"), timeout_seconds=WAIT_SECONDS))


def wait_for(process: "subprocess.Popen[str]", words: str) -> str:
    """Read the error output until a line with these words; its end fails."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"the output ended without {words!r}")


def test_the_first_signal_takes_no_more_finishes_and_leaves_the_stop_at_the_venue(
    tmp_path: Path, manager: Manager, venue: tuple[Path, VenueProcess]
) -> None:
    folder, pid_file = tmp_path / "D", tmp_path / "D.pid"

    with engine(folder, venue[0], manager) as process, VenueControl(venue[0]) as control:
        noted_pid = int(pid_file.read_text())
        say(process, ENTRY)
        wait_for(process, '"signal_ended"')
        process.send_signal(signal.SIGTERM)
        told = wait_for(process, "stopping in order")
        stopping = manager.hear()
        out, errors = process.communicate(timeout=WAIT_SECONDS)
        ledger = control.ledger()

    assert 0 == process.returncode
    assert process.pid == noted_pid
    assert not pid_file.exists()
    assert "no new signals" in told
    assert "STOPPING=1" == stopping
    assert "ETHUSDT 0.050 stays open: stop" in errors
    assert [True] == [each["protected"] for each in json.loads(out)["open_positions"]]
    assert ["ETHUSDT"] == [order.symbol for order in ledger.orders if order.is_open]


def test_the_second_signal_ends_at_once_with_the_code_of_the_signal(
    tmp_path: Path, manager: Manager, venue: tuple[Path, VenueProcess]
) -> None:
    folder, pid_file = tmp_path / "D", tmp_path / "D.pid"

    with engine(folder, venue[0], manager) as process:
        # A venue that stands still: what is on its way cannot come to its end.
        venue[1].send_signal(signal.SIGSTOP)
        say(process, ENTRY)
        while not status(folder)["orders"]["pending"]:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        wait_for(process, "stopping in order")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=WAIT_SECONDS)

    assert 128 + signal.SIGTERM == process.returncode
    assert "ended at once" in errors
    assert not pid_file.exists()
