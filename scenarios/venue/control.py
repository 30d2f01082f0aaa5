"""VenueControl: a test's hand on a venue process: its ledger, its faults, its end.

Owns one connection of its own, so that it works while no engine runs. Every call blocks until the
venue has answered, at most `timeout_seconds`; a venue that does not is a `VenueGoneError`.
"""

import socket
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Self, TypeVar

from ...messages.codec import Json
from .faults import Faults
from .framing import REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Framer, pack
from .hands import Act
from .ledger import VenueLedger
from .scaled_clock import ScaledClock
from .talk import (
    Activity,
    ActivityReached,
    AwaitActivity,
    Done,
    FromClient,
    Hello,
    LedgerTaken,
    Perform,
    Performed,
    Question,
    Rejected,
    Reply,
    SetFaults,
    StopVenue,
    TakeLedger,
    Welcome,
    talk_codec,
)

CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = 10.0
NOTHING = Activity()

Message = TypeVar("Message")
Numbered = TypeVar("Numbered", bound=Reply)


class VenueGoneError(ConnectionError):
    """No venue answers here, or it ended the connection; says why."""


class VenueControl:
    """A connection to a venue process that asks and waits."""

    def __init__(self, path: Path, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._codec = talk_codec()
        self._numbers = count(1)
        self._timeout_seconds = timeout_seconds
        self._frames = Framer(REPLY_BYTES_MAX)
        self._waiting: Iterator[Json] = iter(())
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise VenueGoneError(f"no venue answers at {path}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ledger(self) -> VenueLedger:
        """Return the venue's truth as it is now."""
        return self._ask(TakeLedger(next(self._numbers)), LedgerTaken).ledger

    def set_faults(self, faults: Faults) -> None:
        """Replace the drawn faults from now on."""
        self._ask(SetFaults(next(self._numbers), faults), Done)

    def perform(self, act: Act) -> int:
        """Let a person or the venue act on the account; return 0, or the refusal's code."""
        return self._ask(Perform(next(self._numbers), act), Performed).code

    def activity(self) -> Activity:
        """Return how much has happened so far."""
        return self.await_activity(NOTHING)

    def await_activity(self, least: Activity, *, timeout_seconds: float = 0.0) -> Activity:
        """Wait until every count is at least so high, and return the counts."""
        question = AwaitActivity(next(self._numbers), least)
        return self._ask(question, ActivityReached, timeout_seconds).activity

    def stop(self) -> None:
        """End the venue process."""
        self._ask(StopVenue(next(self._numbers)), Done)

    def close(self) -> None:
        """Close this connection; the venue goes on."""
        self._socket.close()

    def greet(self, client: str) -> ScaledClock:
        """Say hello as a client and return the venue's clock."""
        self._send(Hello(client))
        return self._receive(Welcome, self._timeout_seconds).clock

    def _ask(
        self, question: Question, reply: type[Numbered], timeout_seconds: float = 0.0
    ) -> Numbered:
        self._send(question)
        answer = self._receive(reply, timeout_seconds or self._timeout_seconds)
        if answer.number != question.number:
            raise VenueGoneError(f"an answer to question {answer.number} came late")
        return answer

    def _send(self, message: FromClient) -> None:
        self._socket.settimeout(self._timeout_seconds)
        try:
            self._socket.sendall(pack(self._codec.encode(message), REQUEST_BYTES_MAX))
        except OSError as error:
            raise VenueGoneError(f"cannot speak to the venue: {error}") from error

    def _receive(self, kind: type[Message], timeout_seconds: float) -> Message:
        message = self._codec.decode(self._next_frame(time.monotonic() + timeout_seconds))
        if isinstance(message, Rejected):
            raise VenueGoneError(message.reason)
        if not isinstance(message, kind):
            raise VenueGoneError(f"{type(message).__name__} instead of {kind.__name__}")
        return message

    def _next_frame(self, until: float) -> Json:
        while (frame := next(self._waiting, None)) is None:
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            try:
                data = self._socket.recv(CHUNK_BYTES)
            except OSError as error:
                raise VenueGoneError(f"the venue does not answer: {error}") from error
            if not data:
                raise VenueGoneError("the venue closed the connection")
            self._waiting = self._frames.feed(data)
        return frame


def clock_of(path: Path) -> ScaledClock:
    """Return the clock of the venue at a path, for an engine that shares its pace."""
    with VenueControl(path) as control:
        return control.greet("clock")
