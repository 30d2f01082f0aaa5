"""StreamServer: a websocket server whose connections a test holds in its hand.

Every wait ends with a named signal, or fails after `WAIT_SECONDS`.
"""

import json
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from callboard.actors.adapters.binance.environment import VenueAddress, loopback

WAIT_SECONDS = 60.0
SECOND_NS = 1_000_000_000


class HandClock:
    """A clock that is set by hand, and on which no wait takes longer than a moment."""

    def __init__(self, at_ns: int = 1_800_000_000 * SECOND_NS) -> None:
        self._at_ns = at_ns

    def now_ns(self) -> int:
        return self._at_ns

    def wall_seconds(self, duration_ns: int) -> float:
        return min(duration_ns / SECOND_NS, 0.005)

    def advance(self, seconds: float) -> None:
        self._at_ns += int(seconds * SECOND_NS)


def pass_until(clock: HandClock, is_reached: Callable[[], bool], step_seconds: float = 0.5) -> None:
    """Let the clock go on in steps until it is so."""
    pause = threading.Event()
    until = time.monotonic() + WAIT_SECONDS
    while not is_reached():
        assert time.monotonic() < until, "it is not so"
        pause.wait(0.01)
        clock.advance(step_seconds)


class Line:
    """One connection of a client, as the server holds it."""

    def __init__(self, path: str, connection: ServerConnection) -> None:
        self.path = path
        self.ended = threading.Event()
        self._connection = connection

    def say(self, *frames: Mapping[str, Any]) -> None:
        for frame in frames:
            self.say_raw(json.dumps(frame))

    def say_raw(self, text: str | bytes) -> None:
        self._connection.send(text)

    def say_half(self) -> None:
        """Begin a frame that never ends; what the server says later is taken for the rest of it."""
        head = struct.pack("!BBQ", 0x81, 127, 1 << 20)
        self._connection.socket.sendall(head + b'{"e":')

    def hang_up(self, code: int = 1000, reason: str = "") -> None:
        self._connection.close(code, reason)

    def wait_ended(self) -> None:
        assert self.ended.wait(WAIT_SECONDS), f"{self.path} is still open"


class StreamServer:
    """Listens on a free port; a context."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tried: list[str] = []
        """Paths of every handshake, refused ones included."""
        self.status = HTTPStatus.SWITCHING_PROTOCOLS
        """What a handshake is answered with."""
        self._changed = threading.Condition()
        self._server = serve(
            self._hold, "127.0.0.1", 0, process_request=self._judge, ping_interval=None
        )
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def address(self) -> VenueAddress:
        return loopback(self._server.socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for line in self.lines:
            line.hang_up()
        self.close()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._thread.join()

    def line(self, number: int = 0) -> Line:
        """Wait for the connection of this number, counted from 0."""
        self.wait(lambda: len(self.lines) > number)
        return self.lines[number]

    def wait_tried(self, times: int) -> None:
        self.wait(lambda: len(self.tried) >= times)

    def wait(self, is_reached: Callable[[], bool]) -> None:
        """Wait until what has connected, or tried to, makes it so."""
        with self._changed:
            assert self._changed.wait_for(is_reached, WAIT_SECONDS), self.tried

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        with self._changed:
            self.tried.append(request.path)
            self._changed.notify_all()
        if self.status is HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        return connection.respond(self.status, "<html>not now</html>")

    def _hold(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        line = Line(connection.request.path, connection)
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()
        with suppress(ConnectionClosed):
            for _ in connection:
                continue
        line.ended.set()
