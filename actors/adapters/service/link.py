"""Link: how a face asks and commands the engine that runs on a data directory.

Owns one connection to its socket, and a thread that reads it and connects again when it breaks.
Any thread may ask; each waits for its own answer and no longer than it says. An answer may be
shared: one that is younger than `fresh_ms` is given again without asking, so that a thousand
readers cost the engine what one does.
"""

import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Overdue
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen

from ....messages.codec import Codec, CodecError, dumps, loads
from ....messages.intake import HostCommand
from ....messages.queries import Query
from ...errors import EngineError, Refused
from ..engine_socket import FILE, short_path

ASK_SECONDS = 2.0
RETRY_SECONDS = 0.2
JOIN_SECONDS = 1.0
SEND_SECONDS = 2
MS_PER_SECOND = 1_000

Hearer = Callable[[Any], None]
"""Takes an event of the rim, on the link's thread; must not wait."""


class LinkFault(EngineError):
    """The engine could not be asked; says where it was looked for."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(folder, why)
        self.folder = folder
        self.why = why

    def __str__(self) -> str:
        return f"{self.folder}: {self.why}"


class EngineGone(LinkFault):
    """No engine answers there; a command may have reached it before it went."""


class EngineSlow(LinkFault):
    """The engine did not answer in time; a command may still be carried out."""


class EngineLink(Protocol):
    """How a face reaches an engine; from any thread."""

    def ask(self, query: Query, seconds: float = ASK_SECONDS, *, fresh_ms: int = 0) -> Any:
        """Return the answer; raises `Refused`, `EngineGone` and `EngineSlow`."""
        ...

    def tell(self, command: HostCommand, seconds: float = ASK_SECONDS) -> None:
        """Return when the engine has taken a command; raises as `ask`."""
        ...

    def subscribe(self, hearer: Hearer) -> None:
        """Hand over what the engine's rim tells from now on: alerts, failures, refusals."""
        ...


@frozen
class _Kept:
    """An answer and when it came, by the wall's monotonic clock."""

    answer: Any
    at: float


class SocketLink:
    """A link over the engine's socket; `close` ends its thread."""

    def __init__(self, data_dir: Path, codec: Codec) -> None:
        self._folder = data_dir
        self._path = data_dir / FILE
        self._codec = codec
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._waiting: dict[int, Future[Any]] = {}
        self._hearers: list[Hearer] = []
        self._kept: dict[Query, _Kept] = {}
        self._is_closed = threading.Event()
        self._is_connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="callboard-link", daemon=True)
        self._thread.start()

    @property
    def is_connected(self) -> bool:
        """Whether an engine is at the other end."""
        return self._is_connected.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for an engine; False if none came."""
        return self._is_connected.wait(seconds)

    def ask(self, query: Query, seconds: float = ASK_SECONDS, *, fresh_ms: int = 0) -> Any:
        """Return the answer of an engine, or one that is younger than `fresh_ms`."""
        kept = self._kept.get(query) if fresh_ms else None
        if kept is not None and (time.monotonic() - kept.at) * MS_PER_SECOND < fresh_ms:
            return kept.answer
        answer = self._request(query, seconds)
        self._keep(query, answer)
        return answer

    def tell(self, command: HostCommand, seconds: float = ASK_SECONDS) -> None:
        """Return when the engine has taken a command; no answer from before it is given again."""
        self._request(command, seconds)
        self._kept.clear()

    def subscribe(self, hearer: Hearer) -> None:
        """Hand over what the rim tells, over every connection there will be."""
        with self._lock:
            self._hearers.append(hearer)
            connection = self._connection if len(self._hearers) == 1 else None
            if connection is not None:
                self._subscribe(connection)

    def close(self) -> None:
        """Hang up; harmless twice."""
        self._is_closed.set()
        with self._lock:
            connection = self._connection
        if connection is not None:
            _hang_up(connection)
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    def _keep(self, query: Query, answer: Any) -> None:
        if len(self._kept) > MS_PER_SECOND:
            self._kept.clear()
        self._kept[query] = _Kept(answer, time.monotonic())

    def _request(self, message: object, seconds: float) -> Any:
        line = self._codec.encode(message)
        number, future = next(self._numbers), Future[Any]()
        with self._lock:
            connection = self._connection
            if connection is None:
                raise EngineGone(self._folder, "no engine answers on this data directory")
            self._waiting[number] = future
            try:
                connection.sendall(dumps({"id": number, "message": line}) + b"\n")
            except OSError as error:
                del self._waiting[number]
                _hang_up(connection)
                raise EngineGone(self._folder, f"the engine hung up: {error.strerror}") from error
        try:
            return future.result(seconds)
        except Overdue:
            raise EngineSlow(self._folder, f"no answer within {seconds:g} s") from None
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def _run(self) -> None:
        while not self._is_closed.is_set():
            connection = self._connect()
            if connection is not None:
                self._read(connection)
                self._lose(connection)
            self._is_closed.wait(RETRY_SECONDS)

    def _connect(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # An engine that takes no bytes is no engine; reading waits for as long as it takes.
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0)
        )
        try:
            with short_path(self._path) as name:
                connection.connect(name)
        except OSError:
            connection.close()
            return None
        with self._lock:
            self._connection = connection
            if self._hearers:
                self._subscribe(connection)
        self._is_connected.set()
        if self._is_closed.is_set():
            _hang_up(connection)
        return connection

    def _subscribe(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the reader notices, and the next connection asks again
            connection.sendall(dumps({"id": 0, "subscribe": True}) + b"\n")

    def _read(self, connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("rb") as lines:
            for line in lines:
                self._take(loads(line))

    def _take(self, said: dict[str, Any]) -> None:
        if "event" in said:
            self._hear(said["event"])
            return
        with self._lock:
            future = self._waiting.pop(said["id"], None)
        if future is None:
            return
        if "refused" in said:
            future.set_exception(Refused(said["refused"]))
        elif "gone" in said:
            future.set_exception(EngineGone(self._folder, said["gone"]))
        else:
            self._settle(future, said["answer"])

    def _settle(self, future: Future[Any], answer: Any) -> None:
        try:
            future.set_result(None if answer is None else self._codec.decode(answer))
        except CodecError as error:
            future.set_exception(EngineGone(self._folder, f"speaks another version: {error}"))

    def _hear(self, data: Any) -> None:
        with suppress(CodecError):  # a newer engine's event, which this version does not know
            event = self._codec.decode(data)
            for hearer in tuple(self._hearers):
                with suppress(Exception):
                    hearer(event)

    def _lose(self, connection: socket.socket) -> None:
        self._is_connected.clear()
        with self._lock:
            self._connection = None
            waiting, self._waiting = self._waiting, {}
            self._kept.clear()
        connection.close()
        for future in waiting.values():
            future.set_exception(EngineGone(self._folder, "the engine hung up"))


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
