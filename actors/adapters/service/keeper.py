"""Keeper: one face in a Pykka actor of its own, opened again whenever it breaks.

Owns the life of the face and its place on the board. A face that raises is closed and opened again,
after a second at first and twice as long each time, up to half a minute; one that then works for a
minute starts at a second again. Whatever it raises ends here: neither another face nor the engine
hears of it but by the board and the log.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Lock

import pykka
from attrs import frozen

from ...runtime.hosting import LogSink
from .face import Face, FaceHealth

FIRST_WAIT_SECONDS, WAIT_SECONDS_MAX = 1.0, 30.0
WELL_SECONDS = 60.0
"""So long a face has to work before its next fault counts as its first."""
CLOSED = "not running"


class Board:
    """How every face is, for whoever asks; any thread."""

    def __init__(self) -> None:
        self._faces: dict[str, Face] = {}
        self._faults: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._lock = Lock()

    def enter(self, face: Face) -> None:
        """Let a face stand on the board."""
        with self._lock:
            self._faces[face.name] = face
            self._faults[face.name] = "starting"

    def note(self, name: str, fault: str) -> None:
        """Write down why a face does not work, empty when it does."""
        with self._lock:
            self._faults[name] = fault

    def announce(self, name: str, address: str) -> None:
        """Write down where a face answers, empty when it does not."""
        with self._lock:
            self._addresses[name] = address

    def addresses(self) -> Mapping[str, str]:
        """Return where the faces answer, by their names."""
        with self._lock:
            return {name: address for name, address in self._addresses.items() if address}

    def face(self, name: str) -> Face | None:
        """Return a face by its name, None where there is none."""
        with self._lock:
            return self._faces.get(name)

    def faces(self) -> Mapping[str, FaceHealth]:
        """Return how every face is, by its name."""
        with self._lock:
            faces, faults = dict(self._faces), dict(self._faults)
        return {name: _health(face, faults[name]) for name, face in faces.items()}


@frozen
class Look:
    """Message of a keeper to itself: the face is due."""


class Keeper(pykka.ThreadingActor):
    """The actor that a face lives in: it opens the face, looks after it, and ends with it."""

    use_daemon_thread = True

    def __init__(self, face: Face, board: Board, log: LogSink, ending: Event) -> None:
        """Keep a face until `ending` is set, which also ends the wait between two looks."""
        super().__init__()
        self._face = face
        self._board = board
        self._log = log
        self._ending = ending
        self._backoff = FIRST_WAIT_SECONDS
        self._opened_at: float | None = None
        board.enter(face)

    def on_receive(self, message: Look) -> None:
        """Look after the face once, and wait until it is due again."""
        self._ending.wait(self._look())
        if not self._ending.is_set():
            self.actor_ref.tell(message)

    def on_stop(self) -> None:
        """End the face."""
        self._close()
        self._board.note(self._face.name, CLOSED)

    def _look(self) -> float:
        try:
            if self._opened_at is None:
                self._face.open()
                self._opened_at = time.monotonic()
                self._board.note(self._face.name, "")
            return self._face.look()
        except Exception as error:  # noqa: BLE001 - whatever a face raises is its own affair
            return self._fail(f"{type(error).__name__}: {error}")

    def _fail(self, fault: str) -> float:
        """Close a broken face; returns the seconds until it is opened again."""
        if self._opened_at is not None and time.monotonic() - self._opened_at >= WELL_SECONDS:
            self._backoff = FIRST_WAIT_SECONDS
        self._close()
        wait, self._backoff = self._backoff, min(self._backoff * 2, WAIT_SECONDS_MAX)
        self._board.note(self._face.name, fault)
        with suppress(Exception):
            fields = {"error": fault, "again_after_seconds": wait}
            self._log(self._face.name, "face_failed", fields)
        return wait

    def _close(self) -> None:
        self._opened_at = None
        with suppress(Exception):
            self._face.close()


def _health(face: Face, fault: str) -> FaceHealth:
    if fault:
        return FaceHealth(is_ok=False, text=fault)
    try:
        return face.health()
    except Exception as error:  # noqa: BLE001 - a face that cannot say how it is, is not well
        return FaceHealth(is_ok=False, text=f"{type(error).__name__}: {error}")
