"""SocketExchange: the exchange port over the socket of a venue process, with exact phases.

Owns one connection, and one thread that reads it, calls back, and connects again when it breaks.
No connection: NOT_CONNECTED. A send that fails before its first byte: NOT_SENT. A connection that
breaks afterwards: MAYBE_SENT, for every request that is out. Streams are closed then, and open
again with the next connection. Bounds: one frame of `REQUEST_BYTES_MAX`; a venue that takes no
bytes for `SEND_SECONDS_MAX` counts as broken. `close` ends the thread; it is a daemon.
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ...actors.ports import StreamListener, VenueAnswer, VenueRequest
from ...messages.codec import CodecError
from ...messages.values import Phase
from .callbacks import Callbacks
from .framing import REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Framer, FramingError, pack
from .talk import FromClient, Hello, OpenStream, Rejected, StreamNews, Welcome, talk_codec

CLIENT = "engine"
CHUNK_BYTES = 1 << 16
SEND_SECONDS_MAX = 5.0
RETRY_SECONDS = 0.05
"""Between two attempts to connect; the socket is of this machine, so that nobody is flooded."""


class SocketExchange:
    """A client of a venue process; every method may be called from any thread."""

    def __init__(
        self, path: Path, *, client: str = CLIENT, send_seconds_max: float = SEND_SECONDS_MAX
    ) -> None:
        self._path = path
        self._client = client
        self._send_seconds_max = send_seconds_max
        self._codec = talk_codec()
        self._callbacks = Callbacks()
        self._socket: socket.socket | None = None
        self._farewell = ""
        """Why the venue ended the connection, in its own words."""
        self._is_closed = threading.Event()
        # One writer at a time, and nobody takes the connection away in between. Reentrant, since
        # a callback on the writer's thread may send the next request.
        self._sending = threading.RLock()
        self._connected = threading.Condition(self._sending)
        self._thread = threading.Thread(target=self._run, name="callboard-socket", daemon=True)
        self._thread.start()

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request; returns once it is handed to the system, or answered."""
        with self._sending:
            self._callbacks.expect(request.request_id, answer)
            failure = self._try_request(request)
            # Taken before the reader can answer it, less exactly, with the rest that is out.
            waiting = None if failure is None else self._callbacks.take(request.request_id)
        if failure is not None:
            self._callbacks.give(waiting, failure)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect a stream, now or as soon as there is a connection."""
        self._callbacks.listen(stream, symbols, listener)
        with self._sending:
            if self._socket is not None:
                self._say(self._socket, OpenStream(stream, symbols))

    def close(self) -> None:
        """Close the connection; no callback comes afterwards."""
        self._is_closed.set()
        self._callbacks.close()
        with self._sending:
            self._hang_up()
            self._connected.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _try_request(self, request: VenueRequest) -> VenueAnswer | None:
        """Send a request; return the answer to be given when that fails."""
        request_id = request.request_id
        try:
            frame = pack(self._codec.encode(request), REQUEST_BYTES_MAX)
        except FramingError as error:
            return VenueAnswer(request_id, Phase.NOT_SENT, text=str(error))
        connection = self._socket or self._connect()
        if connection is None:
            text = f"no venue answers at {self._path}"
            return VenueAnswer(request_id, Phase.NOT_CONNECTED, text=text)
        sent, reason = self._write(connection, frame)
        if not reason:
            return None
        self._hang_up()
        phase = Phase.MAYBE_SENT if sent else Phase.NOT_SENT
        return VenueAnswer(request_id, phase, text=reason)

    def _connect(self) -> socket.socket | None:
        """Connect, say hello and ask for the streams; the writer's turn is held."""
        if self._is_closed.is_set():
            return None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            return None
        self._socket = connection
        self._farewell = ""
        self._say(connection, Hello(self._client))
        for stream, symbols in self._callbacks.wanted.items():
            self._say(connection, OpenStream(stream, symbols))
        self._connected.notify_all()
        return self._socket

    def _say(self, connection: socket.socket, message: FromClient) -> None:
        """Send a message that nobody waits for; when that fails the reader notices."""
        _, reason = self._write(connection, pack(self._codec.encode(message), REQUEST_BYTES_MAX))
        if reason:
            self._hang_up()

    def _write(self, connection: socket.socket, frame: bytes) -> tuple[int, str]:
        """Return how many bytes the system took, and why not all of them."""
        until = time.monotonic() + self._send_seconds_max
        sent = 0
        while sent < len(frame):
            left = until - time.monotonic()
            try:
                if left <= 0 or not select.select((), (connection,), (), left)[1]:
                    return sent, "the venue takes no bytes"
                sent += connection.send(frame[sent:], socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except (OSError, ValueError) as error:  # ValueError: it was closed meanwhile
                return sent, f"{type(error).__name__}: {error}"
        return sent, ""

    def _hang_up(self) -> None:
        """Break the connection; the reader wakes up, and gives it up."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while (connection := self._await_connection()) is not None:
            reason = self._read(connection)
            with self._sending:
                # Whoever was writing has ended, so that no request is half on its way, and who
                # connects from now on is not answered for this connection.
                self._socket = None
                connection.close()
                outstanding = self._callbacks.take_outstanding()
                reason = self._farewell or reason
            self._callbacks.broke(outstanding, reason)

    def _await_connection(self) -> socket.socket | None:
        """Wait for a connection, trying to make one; None at the end."""
        with self._connected:
            while not self._is_closed.is_set():
                connection = self._socket or self._connect()
                if connection is not None:
                    return connection
                self._connected.wait(RETRY_SECONDS)
        return None

    def _read(self, connection: socket.socket) -> str:
        """Read until the connection breaks; return why."""
        framer = Framer(REPLY_BYTES_MAX)
        while True:
            try:
                data = connection.recv(CHUNK_BYTES)
                for frame in framer.feed(data):
                    self._hear(self._codec.decode(frame))
            except (OSError, FramingError, CodecError) as error:
                return f"{type(error).__name__}: {error}"
            if not data:
                return "the venue closed the connection"

    def _hear(self, message: object) -> None:
        match message:
            case VenueAnswer():
                self._callbacks.answered(message)
            case StreamNews(kind="open"):
                self._callbacks.opened(message.stream)
            case StreamNews(kind="close"):
                self._callbacks.closed(message.stream, "the venue closed the stream")
            case StreamNews():
                self._callbacks.heard(message.stream, message.frame)
            case Rejected():
                self._farewell = message.reason
            case Welcome():
                return
            case _:
                raise FramingError(f"no venue says {type(message).__name__}")
