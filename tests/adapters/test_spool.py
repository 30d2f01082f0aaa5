"""Spool and desk: people's commands reach an engine through files."""

import json
import os
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.operator_desk import FILE_ORDER, OperatorDesk, Replied
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
from callboard.actors.names import (
    CIRCUIT_BREAKER,
    EXECUTION_SYSTEM,
    ORDER_MANAGER,
    POSITION_MONITOR,
)
from callboard.messages.intake import FlattenPositions, HaltTrading, ResumeTrading
from callboard.messages.queries import (
    EngineStatus,
    GetPositions,
    GetStatistics,
    GetStatus,
    PositionsView,
    PositionView,
    StatisticsView,
)
from callboard.messages.values import PositionSide, TradingState

WAIT_SECONDS = 10.0


STATISTICS = StatisticsView(6, 2, 1, 2, 1, Decimal(2) / 3)


class Core:
    """Takes what a desk posts, and answers queries as the owners would."""

    def __init__(self, state: TradingState = TradingState.ACTIVE) -> None:
        self.state = state
        self.posted: list[tuple[str, object, bool]] = []

    def post(
        self,
        to: str,
        message: object,
        *,
        correlation: str = "",  # noqa: ARG002 - the kernel's form
        urgent: bool = False,
        reply: Replied | None = None,
    ) -> None:
        self.posted.append((to, message, urgent))
        if reply is not None:
            reply(self._answer(message))

    def _answer(self, message: object) -> object:
        match message:
            case GetStatus():
                return self._status()
            case GetStatistics():
                return STATISTICS
            case _:
                return self._positions()

    def _status(self) -> EngineStatus:
        return EngineStatus(self.state, 3, "as told", ("BTCUSDT",), venue_open=True)

    def _positions(self) -> PositionsView:
        position = PositionView(
            symbol="ETHUSDT",
            position_side=PositionSide.BOTH,
            quantity=Decimal("0.10"),
            entry_price=Decimal(2600),
            mark_price=Decimal(2601),
            realised_pnl=Decimal("1.5"),
            fees=Decimal("0.2"),
            stop_price=Decimal(2548),
            protected=True,
        )
        return PositionsView((position,), Decimal("1.5"), Decimal("0.2"), 40)


def put(folder: Path, order_id: str, **fields: Any) -> None:
    path = folder / "commands" / f"{order_id}.json"
    path.write_text(json.dumps(fields), encoding="utf-8")


def answer_of(folder: Path, order_id: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "answers" / f"{order_id}.json").read_bytes())
    return data


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


def test_a_status_shows_the_state_and_the_positions(tmp_path: Path) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="status")

    desk.look()
    desk.look()

    owners = [CIRCUIT_BREAKER, POSITION_MONITOR, ORDER_MANAGER]
    assert owners == [to for to, _, _ in core.posted]
    assert isinstance(core.posted[1][1], GetPositions)
    assert {
        "ok": True,
        "reason": "as told",
        "trading_state": "ACTIVE",
        "epoch": 3,
        "held_symbols": ["BTCUSDT"],
        "venue_open": True,
        "positions": [
            {
                "symbol": "ETHUSDT",
                "position_side": "BOTH",
                "quantity": "0.1",
                "entry_price": "2600",
                "mark_price": "2601",
                "stop_price": "2548",
                "protected": True,
            }
        ],
        "realised_pnl": "1.5",
        "fees": "0.2",
        "orders": {
            "total_orders": 6,
            "executed": 2,
            "failed": 1,
            "cancelled": 2,
            "pending": 1,
            "success_rate": "0.6667",
        },
    } == answer_of(tmp_path, "1")


def test_words_become_commands_of_the_core(tmp_path: Path) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="halt", reason="news", by="me")
    put(tmp_path, "2", command="resume", by="me", approvals=["you", "me"])
    put(tmp_path, "3", command="resume", by="me")
    put(tmp_path, "4", command="flatten", symbol="ETHUSDT")

    desk.look()

    assert [
        (EXECUTION_SYSTEM, HaltTrading("1", "news", "me"), True),
        (EXECUTION_SYSTEM, ResumeTrading("2", "resumed by an operator", ("you", "me")), True),
        (EXECUTION_SYSTEM, ResumeTrading("3", "resumed by an operator", ("me",)), True),
        (EXECUTION_SYSTEM, FlattenPositions("4", "ETHUSDT", ""), False),
    ] == core.posted


@pytest.mark.parametrize(
    ("command", "state", "ok"),
    [
        ("halt", TradingState.HALTED, True),
        ("halt", TradingState.ACTIVE, False),
        ("resume", TradingState.ACTIVE, True),
        ("resume", TradingState.REDUCING, False),
        ("flatten", TradingState.HALTED, True),
    ],
)
def test_an_answer_is_the_effect_and_not_the_wish(
    tmp_path: Path, command: str, state: TradingState, ok: bool
) -> None:
    desk = OperatorDesk(Spool(tmp_path), Core(state).post)
    put(tmp_path, "1", command=command)

    desk.look()
    desk.look()

    assert ok is answer_of(tmp_path, "1")["ok"]


def test_a_file_named_halt_halts_once_while_it_lies_there(tmp_path: Path) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post)
    (tmp_path / "HALT").write_text("fire")
    halt = (EXECUTION_SYSTEM, HaltTrading(FILE_ORDER, "fire", by="HALT"), True)

    desk.look()
    desk.look()
    once = list(core.posted)
    (tmp_path / "HALT").unlink()
    desk.look()
    (tmp_path / "HALT").write_text("fire")
    desk.look()

    assert [halt] == once
    assert [halt, halt] == core.posted


def test_nobody_resumes_against_a_file_named_halt(tmp_path: Path) -> None:
    core = Core(TradingState.HALTED)
    desk = OperatorDesk(Spool(tmp_path), core.post)
    (tmp_path / "HALT").write_text("fire")
    put(tmp_path, "1", command="resume")

    desk.look()

    assert 1 == len(core.posted)
    assert "a file named HALT lies in the data directory" in answer_of(tmp_path, "1")["reason"]
