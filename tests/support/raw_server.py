"""RawServer: a TCP server that says byte for byte what a test has written down.

Owns a listening socket on a free port and a thread a connection. The script has a row of acts for
each connection, in the order in which they come, one act for each request; a connection whose acts
are over is closed, and so is one that the script does not know. What came in is kept, request by
request.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self

from attrs import frozen

WAIT_SECONDS = 30.0
"""How long a test waits for an event that is sure to come."""
CHUNK = 1 << 16


@frozen
class Received:
    """One request as it came."""

    raw: bytes

    @property
    def line(self) -> str:
        """The request line."""
        return self.raw.partition(b"\r\n")[0].decode()

    @property
    def headers(self) -> dict[str, str]:
        """The headers, names in lower case."""
        head = self.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): text for name, _, text in (line.partition(": ") for line in head)}

    @property
    def body(self) -> str:
        """What follows the headers."""
        return self.raw.partition(b"\r\n\r\n")[2].decode()


Act = Callable[[socket.socket, Received], None]
"""What is done with a request that has come on a connection."""


def say(*pieces: bytes) -> Act:
    """Send pieces, one send each."""

    def act(connection: socket.socket, _: Received) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return act


def reply(body: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Act:
    """Send a whole answer."""
    return say(http(body.encode(), status=status, headers=headers))


def http(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of an answer; its length is told unless the headers tell how it ends."""
    told = {"Content-Type": "application/json", **(headers or {})}
    if not {"Content-Length", "Transfer-Encoding"} & told.keys() and told.get("Connection") != "":
        told["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {text}" for name, text in told.items())]
    return "\r\n".join((*lines, "", "")).encode() + body


def reset(connection: socket.socket, _: Received) -> None:
    """End the connection so that the peer is told of a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket, _: Received) -> None:
    """Say nothing until the peer has gone."""
    with contextlib.suppress(OSError):
        while connection.recv(CHUNK):
            continue


class RawServer:
    """Plays a script; a context that listens from entry to exit."""

    def __init__(
        self, script: Sequence[Iterable[Act]], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Received] = []
        self._script = list(script)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._ended = threading.Semaphore(0)
        self._acceptor = threading.Thread(target=self._accept, name="raw-server")

    @property
    def url(self) -> str:
        """Base of its URLs."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @property
    def accepted(self) -> int:
        """How many connections have come."""
        return len(self._connections)

    def await_end(self) -> None:
        """Wait until one more connection has ended on this side."""
        assert self._ended.acquire(timeout=WAIT_SECONDS)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            acts = self._script.pop(0) if self._script else ()
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, acts))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, acts: Iterable[Act]) -> None:
        with contextlib.suppress(OSError, EOFError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            for act in acts:
                request = Received(_request_of(connection))
                self.requests.append(request)
                act(connection, request)
        connection.close()
        self._ended.release()


def refused_port(stack: contextlib.ExitStack) -> int:
    """Return a port of this machine at which nobody listens while the stack is open."""
    held = stack.enter_context(socket.socket())
    held.bind(("127.0.0.1", 0))
    port: int = held.getsockname()[1]
    return port


def _request_of(connection: socket.socket) -> bytes:
    came = b""
    while b"\r\n\r\n" not in came:
        came += _more(connection)
    length = int(Received(came).headers.get("content-length", "0"))
    while len(came.partition(b"\r\n\r\n")[2]) < length:
        came += _more(connection)
    return came


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(CHUNK)
    if not data:
        raise EOFError
    return data
