"""Test of the keeper: a face that breaks is opened again, and harms nobody else."""

from collections.abc import Mapping
from threading import Event

import pytest

from callboard.actors.adapters.service import keeper as keeping
from callboard.actors.adapters.service.face import FaceHealth
from callboard.actors.adapters.service.keeper import Board, Keeper, Look
from support.waiting import until


class Fragile:
    """A face that breaks as often as it is told to."""

    def __init__(self, *, opens_badly: int = 0, looks_badly: int = 0) -> None:
        self.opens_badly, self.looks_badly = opens_badly, looks_badly
        self.opened = self.closed = 0

    @property
    def name(self) -> str:
        return "fragile"

    def open(self) -> None:
        self.opened += 1
        if self.opened <= self.opens_badly:
            raise OSError("the port is taken")

    def look(self) -> float:
        if self.opened <= self.looks_badly:
            raise RuntimeError("broken")
        return 0.01

    def close(self) -> None:
        self.closed += 1

    def health(self) -> FaceHealth:
        return FaceHealth(is_ok=True, text="serving")


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST_WAIT_SECONDS", 0.001)


def kept(face: Fragile) -> tuple[Board, list[str]]:
    """Keep a face until it serves, end it, and return its board and what was logged."""
    board, ending, log = Board(), Event(), list[str]()

    def note(actor: str, event: str, fields: Mapping[str, object]) -> None:
        log.append(f"{actor} {event}: {fields['error']}")

    ref = Keeper.start(face, board, note, ending)
    ref.tell(Look())
    until(lambda: board.faces()["fragile"] == FaceHealth(is_ok=True, text="serving"))
    ending.set()
    ref.stop()
    return board, log


def test_a_face_is_opened_looked_after_and_closed_once() -> None:
    face = Fragile()
    board, log = kept(face)

    assert (1, 1) == (face.opened, face.closed)
    assert [] == log
    assert board.faces() == {"fragile": FaceHealth(is_ok=False, text="not running")}


@pytest.mark.parametrize(
    ("face", "fault"),
    [
        (Fragile(opens_badly=3), "OSError: the port is taken"),
        (Fragile(looks_badly=3), "RuntimeError: broken"),
    ],
)
def test_a_face_that_breaks_is_closed_and_opened_until_it_serves(face: Fragile, fault: str) -> None:
    _, log = kept(face)

    assert 4 == face.opened == face.closed
    assert [f"fragile face_failed: {fault}"] * 3 == log


def test_a_face_that_cannot_say_how_it_is_is_not_well() -> None:
    class Mute(Fragile):
        def health(self) -> FaceHealth:
            raise ValueError("no words")

    board = Board()
    board.enter(Mute())
    board.note("fragile", "")

    assert board.faces() == {"fragile": FaceHealth(is_ok=False, text="ValueError: no words")}
