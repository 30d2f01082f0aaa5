"""Serving: the service of a benchmark's engine, in a process of its own, and who loads it.

Owns `callboard serve` on the engine's data directory, on free ports and with its limits of requests
raised by settings; a Redis server for the bus, where one is installed; and the process of the
clients.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from callboard.actors.adapters.service.addresses import read_addresses
from stage import BenchmarkFailed

HERE = Path(__file__).parent
WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.02
PLENTY = "1000000"
SETTINGS = {
    "api.port": "0",
    "metrics.port": "0",
    "api.requests_per_second": "10000",
    "api.client_requests_per_second": "10000",
}


@contextmanager
def serving(folder: Path) -> Generator[dict[str, str]]:
    """Serve the engine on a folder; gives the addresses of its faces, by name."""
    with _redis() as bus:
        command = [sys.executable, "-m", "callboard", "serve", str(folder)]
        for key, value in (SETTINGS | bus).items():
            command += ["--set", f"{key}={value}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
            try:
                yield dict(_addresses(folder, service))
            finally:
                service.terminate()
                service.wait(WAIT_SECONDS)


@contextmanager
def _redis() -> Generator[dict[str, str]]:
    """Run a Redis server and give the settings that name it; none where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield {}
        return
    with TemporaryDirectory(prefix="redis-") as folder:
        path = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                yield {"bus.redis_url": f"unix://{path}"}
            finally:
                server.terminate()
                server.wait(WAIT_SECONDS)


@contextmanager
def loaded(kind: str, addresses: dict[str, str]) -> Generator[None]:
    """Let clients of a kind (`dashboards` or `streams`) load the faces."""
    command = [sys.executable, str(HERE / "service_load.py"), kind]
    command += [addresses["api"], addresses["metrics"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as clients:
        assert clients.stdin is not None
        assert clients.stdout is not None
        if clients.stdout.readline() != b"ready\n":
            raise BenchmarkFailed(f"the clients of {kind} did not come")
        try:
            yield
        finally:
            clients.stdin.close()
            done = clients.stdout.read()
            if clients.wait(WAIT_SECONDS) or not int(done or 0):
                raise BenchmarkFailed(f"the clients of {kind} got nothing")


def _addresses(folder: Path, service: "subprocess.Popen[bytes]") -> dict[str, str]:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until and service.poll() is None:
        found = read_addresses(folder)
        if {"api", "metrics"} <= set(found):
            return dict(found)
        time.sleep(LOOK_SECONDS)
    raise BenchmarkFailed(f"the service of {folder} did not begin, process {os.getpid()}")
