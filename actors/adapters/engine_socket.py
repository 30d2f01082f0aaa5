"""EngineSocket: lets other processes of this user ask and command a running engine.

Owns the Unix-domain socket `engine.sock` of a data directory (mode 0600) and the threads of its
connections; one JSON object a line, messages by the codec. A line in: `{"id", "message"}` with a
command or a query, or `{"id", "subscribe": true}`; a line out: `{"id", "answer"}`, `{"id",
"refused"}`, or `{"event"}` for subscribers of what the rim tells: alerts, failures, refused
commands. What is asked goes through the engine's front, like a host's own. Bounds: `CLIENTS_MAX`
connections, lines of `LINE_BYTES_MAX`, `ANSWERS_MAX` answers that a client does not fetch: beyond
them the connection is closed, so that no client ever holds the engine.
"""

import contextlib
import os
import queue
import socket
import struct
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pykka

from ...messages.codec import Codec, CodecError, dumps, loads
from ...messages.events import AlertRaised, CommandRefused, SystemFailed
from ..errors import Refused
from ..runtime.front import Request, Subscribe, SubscriberGoneError, Unsubscribe

FILE = "engine.sock"
CLIENTS_MAX = 16
LINE_BYTES_MAX = 64 * 1024
ANSWERS_MAX = 10_000
SEND_SECONDS_MAX = 5
JOIN_SECONDS = 1.0
TOLD = (AlertRaised, CommandRefused, SystemFailed)
"""What subscribers are told: the rim's own words, which no journal holds."""

Enter = Callable[[Any, Callable[[Any], None]], None]
"""Takes a command, a query or a subscription, and who takes the answer; never raises or waits."""


@contextmanager
def short_path(path: Path) -> Generator[str]:
    """Give a socket's path in the few characters that a system takes, while it is used."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise FileNotFoundError(f"{path.parent}: {error.strerror}") from error
    try:
        reach = Path(f"/proc/self/fd/{folder}")
        yield str(reach / path.name if reach.exists() else path)
    finally:
        os.close(folder)


def entrance(front: pykka.ActorRef[Any]) -> Enter:
    """Return what hands messages to an engine's front; one that has stopped answers so."""

    def enter(message: Any, answer: Callable[[Any], None]) -> None:
        try:
            front.tell(Request(message, answer))
        except pykka.ActorDeadError as error:
            answer(error)

    return enter


class EngineSocket:
    """The engine's end, from its start to `close`."""

    def __init__(self, path: Path, enter: Enter, codec: Codec) -> None:
        """Listen from now on; raises `OSError` where no socket can be had.

        A file that an engine left there is replaced: whoever holds the journal owns the name.
        """
        self._path = path
        self._enter = enter
        self._codec = codec
        self._clients: dict[int, _Client] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            with short_path(path) as name:
                self._listener.bind(name)
            path.chmod(0o600)
            self._listener.listen(CLIENTS_MAX)
        except OSError:
            self._listener.close()
            raise
        self._thread = threading.Thread(target=self._accept, name="callboard-door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up and remove the socket's file; harmless twice."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            clients = list(self._clients.values())
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in clients:
            client.hang_up()
        for client in clients:
            client.join(JOIN_SECONDS)
        self._thread.join(JOIN_SECONDS)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            client = _Client(connection, self._enter, self._codec, self._forget)
            with self._lock:
                is_welcome = not self._is_closed and len(self._clients) < CLIENTS_MAX
                if is_welcome:
                    self._clients[id(client)] = client
                    client.start()
            if not is_welcome:
                connection.close()

    def _forget(self, client: "_Client") -> None:
        with self._lock:
            self._clients.pop(id(client), None)


class _Client:
    """One connection: a thread that reads it, one that writes it."""

    def __init__(
        self,
        connection: socket.socket,
        enter: Enter,
        codec: Codec,
        forget: Callable[["_Client"], None],
    ) -> None:
        # A client that takes no bytes is hung up on; one may be silent for as long as it likes.
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS_MAX, 0)
        )
        self._connection = connection
        self._enter = enter
        self._codec = codec
        self._forget = forget
        self._answers: queue.Queue[Mapping[str, Any] | None] = queue.Queue(ANSWERS_MAX)
        self._is_gone = False
        self._is_subscribed = False
        self._reader = threading.Thread(target=self._read, name="callboard-door-in", daemon=True)
        self._writer = threading.Thread(target=self._write, name="callboard-door-out", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._reader.start()
        self._writer.start()

    def hang_up(self) -> None:
        """Close the connection; its threads end."""
        self._is_gone = True
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        with suppress(queue.Full):
            self._answers.put_nowait(None)

    def join(self, seconds: float) -> None:
        """Wait for the threads."""
        for thread in (self._reader, self._writer):
            if thread is not threading.current_thread():
                thread.join(seconds)

    def hear(self, event: object) -> None:
        """Take an event of the engine's bus."""
        if self._is_gone:
            raise SubscriberGoneError("engine socket")
        self._say({"event": event})

    def _read(self) -> None:
        try:
            with self._connection.makefile("rb") as lines:
                while line := lines.readline(LINE_BYTES_MAX + 1):
                    if len(line) > LINE_BYTES_MAX or not self._take(line):
                        return
        except OSError:
            return
        finally:
            self.hang_up()
            if self._is_subscribed:
                self._enter(Unsubscribe(self.hear), _nobody)
            self._forget(self)

    def _take(self, line: bytes) -> bool:
        """Hand one line on; False for one that no client of ours would say."""
        try:
            said: Any = loads(line)
            number = said["id"]
        except (ValueError, TypeError, KeyError):
            return False
        if said.get("subscribe") is True:
            self._is_subscribed = True
            message: Any = Subscribe(self.hear, TOLD)
        else:
            try:
                message = self._codec.decode(said["message"])
            except (CodecError, KeyError, TypeError, AttributeError) as error:
                self._say({"id": number, "refused": f"malformed: {error}"})
                return True
        self._enter(message, lambda answer: self._say({"id": number, "answer": answer}))
        return True

    def _say(self, words: Mapping[str, Any]) -> None:
        """Queue a line; any thread, the core's too, so that it is encoded by the writer alone."""
        try:
            self._answers.put_nowait(words)
        except queue.Full:
            self.hang_up()

    def _write(self) -> None:
        with contextlib.closing(self._connection):
            while (words := self._answers.get()) is not None and not self._is_gone:
                try:
                    self._connection.sendall(dumps(self._plain(words)) + b"\n")
                except OSError:
                    break
            self.hang_up()

    def _plain(self, words: Mapping[str, Any]) -> Mapping[str, Any]:
        if "event" in words:
            return {"event": self._codec.encode(words["event"])}
        answer = words.get("answer")
        if answer is None:
            return words
        if isinstance(answer, Refused):
            return {"id": words["id"], "refused": answer.reason}
        if isinstance(answer, BaseException):
            return {"id": words["id"], "gone": str(answer) or type(answer).__name__}
        return {"id": words["id"], "answer": self._codec.encode(answer)}


def _nobody(_answer: Any) -> None:
    """Drop an answer."""
