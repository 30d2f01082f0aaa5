"""Redis servers: a real one on a Unix socket, a fake one on a port; stopped by handle."""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import fakeredis
import pytest
from attrs import define, field
from redis import Redis
from redis.exceptions import RedisError

from support.waiting import until

PROGRAM = shutil.which("redis-server")
STOP_SECONDS = 10.0
ABSENT = "needs a redis-server on PATH (Debian: apt-get install redis-server)"


def client_of(url: str) -> Any:
    """Return a client of a test's own; its library says little of its types."""
    kind: Any = Redis
    return kind.from_url(url)


class Server(Protocol):
    """A server that tests talk to."""

    url: str

    @property
    def client(self) -> Any:
        """Return a client of its own for the test."""
        ...


@define(eq=False)
class RealServer:
    """A redis-server in a folder of its own; `is_durable` survives a stop with all it holds."""

    folder: Path
    is_durable: bool = False
    url: str = field(init=False)
    _process: "subprocess.Popen[bytes] | None" = None

    def __attrs_post_init__(self) -> None:
        self.url = f"unix://{self.folder / 'redis.sock'}"

    @property
    def client(self) -> Any:
        return client_of(self.url)

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert PROGRAM is not None
        options = {
            "port": "0",
            "unixsocket": str(self.folder / "redis.sock"),
            "save": "",
            "appendonly": "yes" if self.is_durable else "no",
            "appendfsync": "always",
            "dir": str(self.folder),
            "daemonize": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        client = self.client
        until(lambda: _answers(client))
        client.close()

    def process(self) -> int:
        """Return the process that runs."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Stop it; harmless twice."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(STOP_SECONDS)


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@contextmanager
def real_server(*, is_durable: bool = False) -> Generator[RealServer]:
    """Run a real server; skips the test where there is none."""
    if PROGRAM is None:
        pytest.skip(ABSENT)
    # Below /tmp itself: the address of a Unix socket is short.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RealServer(Path(folder), is_durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@define(eq=False)
class FakeServer:
    """fakeredis behind a real socket."""

    url: str

    @property
    def client(self) -> Any:
        return client_of(self.url)


@contextmanager
def fake_server() -> Generator[FakeServer]:
    """Run fakeredis on a free port."""
    server = fakeredis.TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield FakeServer(f"redis://127.0.0.1:{server.server_address[1]}/0")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(STOP_SECONDS)
