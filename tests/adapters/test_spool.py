"""Spool: people's commands reach an engine through files."""

import os
import threading
import time
from pathlib import Path

import pytest

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.operator_desk import OperatorDesk
from callboard.actors.adapters.spool import (
    AGE_MS_MAX,
    TAKEN_MAX,
    NotRunning,
    Order,
    Spool,
    is_running,
    new_order_id,
    send,
)
from support.spools import Core, answer_of, put

WAIT_SECONDS = 60.0


def test_commands_are_taken_oldest_first_and_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    put(tmp_path, "2", command="status")
    put(tmp_path, "1", command="flatten", symbol="ETHUSDT", reason="over", by="me")

    first, again = spool.take(), spool.take()

    assert (
        Order("1", "flatten", "over", "me", "ETHUSDT"),
        Order("2", "status"),
    ) == first
    assert () == again


def test_one_look_takes_a_bounded_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(TAKEN_MAX + 1):
        put(tmp_path, f"{number:04}", command="status")

    assert [TAKEN_MAX, 1] == [len(spool.take()), len(spool.take())]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"command":"explode"}',
        '{"command":5}',
        '{"command":"halt","reason":5}',
        '{"command":"halt","approvals":[5]}',
        '{"command":"halt","approvals":5}',
        "[" * 10_000,
        '{"command":"halt","reason":"' + "x" * 1_000 + '"}',
    ],
)
def test_a_malformed_command_is_refused_and_removed(tmp_path: Path, text: str) -> None:
    spool = Spool(tmp_path)
    (tmp_path / "commands" / "1.json").write_text(text)

    assert () == spool.take()

    answer = answer_of(tmp_path, "1")
    assert answer["ok"] is False
    assert answer["reason"].startswith("the command ")
    assert 1 == spool.refused
    assert [] == list((tmp_path / "commands").iterdir())


def test_an_old_command_is_refused_but_an_old_halt_still_halts(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    old_ms = time.time_ns() // 1_000_000 - AGE_MS_MAX - 1_000
    put(tmp_path, "1", command="resume", at_ms=old_ms)
    put(tmp_path, "2", command="halt", at_ms=old_ms)

    assert ["2"] == [order.order_id for order in spool.take()]
    assert "the command is too old" == answer_of(tmp_path, "1")["reason"]


def test_answers_that_nobody_fetched_are_removed_at_the_next_start(tmp_path: Path) -> None:
    Spool(tmp_path).answer("old", {"ok": True})
    Spool(tmp_path).answer("new", {"ok": True})
    os.utime(tmp_path / "answers" / "old.json", (1, 1))

    Spool(tmp_path)

    assert ["new.json"] == [path.name for path in (tmp_path / "answers").iterdir()]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"power \n is out", "power is out"), (b"", "a file named HALT"), (b"\xff", "\ufffd")],
)
def test_a_file_named_halt_gives_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    spool = Spool(tmp_path)
    assert spool.halt_reason() is None

    (tmp_path / "HALT").write_bytes(content)

    assert reason == spool.halt_reason()


def test_a_folder_named_halt_halts_as_well(tmp_path: Path) -> None:
    (tmp_path / "HALT").mkdir()

    assert "a file named HALT" == Spool(tmp_path).halt_reason()


def test_nobody_runs_where_nobody_holds_the_lock(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    disk = Disk(tmp_path / "journal")
    assert not is_running(tmp_path)

    disk.lock()
    while_held = is_running(tmp_path)
    disk.close()

    assert while_held
    assert not is_running(tmp_path)


def test_a_command_to_nobody_is_not_left_behind(tmp_path: Path) -> None:
    Spool(tmp_path)

    with pytest.raises(NotRunning, match="no engine runs on this data directory"):
        send(tmp_path, Order("1", "status"), timeout_seconds=1)

    assert [] == list((tmp_path / "commands").iterdir())


def test_a_command_without_an_answer_is_withdrawn(tmp_path: Path) -> None:
    Spool(tmp_path)
    disk = Disk(tmp_path / "journal")
    disk.lock()

    with pytest.raises(NotRunning, match=r"no answer within 0\.1 s"):
        send(tmp_path, Order("1", "status"), timeout_seconds=0.1)

    assert [] == list((tmp_path / "commands").iterdir())
    disk.close()


def test_a_command_comes_back_with_the_answer(tmp_path: Path) -> None:
    desk = OperatorDesk(Spool(tmp_path), Core().post)
    disk = Disk(tmp_path / "journal")
    disk.lock()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.01):
            desk.look()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        answer = send(tmp_path, Order(new_order_id(), "status"), timeout_seconds=WAIT_SECONDS)
    finally:
        is_over.set()
        thread.join()
        disk.close()

    assert answer["ok"]
    assert [] == list((tmp_path / "answers").iterdir())
