"""Test of the link: a face asks and commands an engine by its socket, and outlives it."""

import socket
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard import (
    AlertRaised,
    CommandRefused,
    EngineStatus,
    GetStatus,
    HaltTrading,
    Refused,
    Settings,
    TradingState,
)
from callboard.actors.adapters.engine_socket import CLIENTS_MAX, FILE, EngineSocket
from callboard.actors.adapters.service.link import EngineGone, EngineSlow, SocketLink
from callboard.actors.system import make_codec
from callboard.messages.codec import dumps
from callboard.messages.values import Severity
from callboard.scenarios import paper
from support.waiting import until

STATUS = EngineStatus(TradingState.ACTIVE, 3, "", (), venue_open=True)
SECONDS = 10.0


class Engine:
    """What stands behind a socket: answers as it is told to."""

    def __init__(self) -> None:
        self.answers: Any = STATUS
        self.is_silent = False
        self.entered: list[Any] = []

    def enter(self, message: Any, answer: Any) -> None:
        self.entered.append(message)
        if not self.is_silent:
            answer(self.answers)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def door(engine: Engine, tmp_path: Path) -> Generator[EngineSocket]:
    door = EngineSocket(tmp_path / FILE, engine.enter, make_codec())
    yield door
    door.close()


@pytest.fixture
def link(door: EngineSocket, tmp_path: Path) -> Generator[SocketLink]:
    assert door is not None
    link = SocketLink(tmp_path, make_codec())
    assert link.wait(SECONDS)
    yield link
    link.close()


def test_a_question_is_answered_and_a_command_taken(engine: Engine, link: SocketLink) -> None:
    assert link.ask(GetStatus(), SECONDS) == STATUS
    engine.answers = None
    link.tell(HaltTrading("halt-1", "a test"), SECONDS)

    assert engine.entered == [GetStatus(), HaltTrading("halt-1", "a test")]


def test_a_refusal_of_the_engine_is_one_here(engine: Engine, link: SocketLink) -> None:
    engine.answers = Refused("queue_full")

    with pytest.raises(Refused) as caught:
        link.tell(HaltTrading("halt-1", "a test"), SECONDS)

    assert caught.value.reason == "queue_full"


def test_an_engine_that_does_not_answer_is_slow_and_its_late_answer_harms_nobody(
    engine: Engine, link: SocketLink
) -> None:
    engine.is_silent = True
    with pytest.raises(EngineSlow):
        link.ask(GetStatus(), 0.01)

    engine.is_silent = False

    assert link.ask(GetStatus(), SECONDS) == STATUS


def test_a_fresh_answer_is_given_again_without_asking(engine: Engine, link: SocketLink) -> None:
    for _ in range(5):
        link.ask(GetStatus(), SECONDS, fresh_ms=60_000)

    assert engine.entered == [GetStatus()]


def test_after_a_command_nothing_from_before_it_is_given_again(
    engine: Engine, link: SocketLink
) -> None:
    link.ask(GetStatus(), SECONDS, fresh_ms=60_000)
    link.tell(HaltTrading("halt-1", "a test"), SECONDS)
    link.ask(GetStatus(), SECONDS, fresh_ms=60_000)

    assert engine.entered == [GetStatus(), HaltTrading("halt-1", "a test"), GetStatus()]


def test_who_waits_when_the_engine_goes_is_told_so(
    engine: Engine, door: EngineSocket, link: SocketLink
) -> None:
    engine.is_silent = True
    told: list[BaseException] = []

    def ask() -> None:
        try:
            link.ask(GetStatus(), SECONDS)
        except EngineGone as gone:
            told.append(gone)

    waiting = threading.Thread(target=ask)
    waiting.start()
    until(lambda: engine.entered)
    door.close()
    waiting.join(SECONDS)

    assert len(told) == 1
    until(lambda: not link.is_connected)
    with pytest.raises(EngineGone):
        link.ask(GetStatus())


def test_a_link_finds_the_engine_that_comes_again(
    engine: Engine, door: EngineSocket, link: SocketLink, tmp_path: Path
) -> None:
    door.close()
    until(lambda: not link.is_connected)
    again = EngineSocket(tmp_path / FILE, engine.enter, make_codec())
    try:
        assert link.wait(SECONDS)
        assert link.ask(GetStatus(), SECONDS) == STATUS
    finally:
        again.close()


def test_a_socket_takes_no_more_clients_than_it_serves(door: EngineSocket, tmp_path: Path) -> None:
    assert door is not None
    clients = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(CLIENTS_MAX + 1)]
    try:
        for client in clients:
            client.settimeout(SECONDS)
            client.connect(str(tmp_path / FILE))
        assert clients[-1].recv(1) == b""
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    "line", [b"no json\n", b"[]\n", b'{"message":{}}\n', b'{"id":1,' + b" " * 70_000 + b"}\n"]
)
def test_a_client_that_speaks_otherwise_is_hung_up_on(
    door: EngineSocket, tmp_path: Path, line: bytes
) -> None:
    assert door is not None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(SECONDS)
        client.connect(str(tmp_path / FILE))
        client.sendall(line)

        assert client.recv(1) == b""


def test_a_message_of_no_version_is_refused_by_its_name(door: EngineSocket, tmp_path: Path) -> None:
    assert door is not None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(SECONDS)
        client.connect(str(tmp_path / FILE))
        client.sendall(dumps({"id": 7, "message": {"t": "Nothing.v1"}}) + b"\n")

        answer = client.recv(4_096)

    assert answer.startswith(b'{"id":7,"refused":"malformed:')
    assert b"Nothing.v1" in answer


def test_a_running_engine_answers_and_its_rim_is_heard(tmp_path: Path) -> None:
    heard: list[Any] = []
    ref = paper.start(Settings(), data_dir=tmp_path)
    link = SocketLink(tmp_path, make_codec())
    try:
        assert link.wait(SECONDS)
        link.subscribe(heard.append)
        status = link.ask(GetStatus(), SECONDS)
        link.tell(HaltTrading("halt-1", "a test"), SECONDS)
        until(lambda: link.ask(GetStatus(), SECONDS).trading_state is TradingState.HALTED)
    finally:
        ref.stop()
    until(lambda: not link.is_connected)
    link.close()

    assert isinstance(status, EngineStatus)
    assert not (tmp_path / FILE).exists()
    assert all(isinstance(each, AlertRaised | CommandRefused) for each in heard)
    assert Severity.CRITICAL in {each.severity for each in heard if isinstance(each, AlertRaised)}
