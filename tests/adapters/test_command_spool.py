"""CommandSpool: an edge that looks into a folder again and again, whatever becomes of it."""

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from callboard.actors.adapters.command_spool import LOOK_KEY, CommandSpool
from callboard.actors.adapters.spool import Spool
from callboard.actors.names import CIRCUIT_BREAKER, COMMAND_SPOOL, EXECUTION_SYSTEM
from callboard.messages.intake import HaltTrading
from callboard.messages.queries import EngineStatus, PositionsView, StatisticsView
from callboard.messages.values import TradingState
from callboard.scenarios.venue.scaled_clock import ScaledClock
from support.steps import StepRunner

MS_NS = 1_000_000
NO_POSITIONS = PositionsView((), Decimal(0), Decimal(0), 0)
NO_ORDERS = StatisticsView(0, 0, 0, 0, 0, None)


class Post:
    """Keeps what is posted, and the ways to reply."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.replies: list[Callable[[Any], None]] = []

    def __call__(
        self,
        to: str,
        message: object,
        *,
        correlation: str = "",  # noqa: ARG002 - the kernel's form
        urgent: bool = False,  # noqa: ARG002 - the kernel's form
        reply: Callable[[Any], None] | None = None,
    ) -> None:
        self.posted.append((to, message))
        if reply is not None:
            self.replies.append(reply)


def steps_on(folder: Path, post: Post, *, speed: float = 1.0) -> StepRunner:
    clock = ScaledClock.begin(speed=speed)
    actor = CommandSpool(Spool(folder), post, clock=clock, name=COMMAND_SPOOL)
    return StepRunner(actor, name=COMMAND_SPOOL)


def put(folder: Path, order_id: str, command: str) -> None:
    (folder / "commands" / f"{order_id}.json").write_text(json.dumps({"command": command}))


def test_it_looks_at_once_and_ten_times_a_second_of_the_wall(tmp_path: Path) -> None:
    (tmp_path / "HALT").write_text("fire")
    post = Post()

    slow = steps_on(tmp_path, post).start()
    fast = steps_on(tmp_path, Post(), speed=50).start()

    assert [(EXECUTION_SYSTEM, HaltTrading("halt-file", "fire", by="HALT"))] == post.posted
    assert [(LOOK_KEY, 100 * MS_NS)] == [(key, delay) for key, delay, _ in slow.timers]
    assert [5_000 * MS_NS] == [delay for _, delay, _ in fast.timers]


def test_replies_come_back_as_its_own_messages_and_become_the_answer(tmp_path: Path) -> None:
    post = Post()
    steps = steps_on(tmp_path, post)
    steps.start()
    put(tmp_path, "7", "status")

    steps.fire(LOOK_KEY)
    steps.fire(LOOK_KEY)
    asked = [to for to, _ in post.posted]
    post.replies[0](EngineStatus(TradingState.ACTIVE, 1, "", (), venue_open=True))
    post.replies[1](NO_POSITIONS)
    post.replies[2](NO_ORDERS)
    for to, message in post.posted[3:]:
        assert to == COMMAND_SPOOL
        steps.tell(message)

    answer = json.loads((tmp_path / "answers" / "7.json").read_bytes())
    assert CIRCUIT_BREAKER == asked[0]
    assert (True, "ACTIVE", []) == (answer["ok"], answer["trading_state"], answer["positions"])
    assert answer["orders"]["success_rate"] is None


def test_a_folder_that_is_gone_is_told_once_and_looked_at_again(tmp_path: Path) -> None:
    post = Post()
    steps = steps_on(tmp_path, post)
    steps.start()
    shutil.rmtree(tmp_path / "commands")

    first, second = steps.fire(LOOK_KEY), steps.fire(LOOK_KEY)
    (tmp_path / "commands").mkdir()
    third = steps.fire(LOOK_KEY)

    assert [["spool_unreadable"], [], []] == [
        [event for event, _ in step.logs] for step in (first, second, third)
    ]
    assert all(step.timers for step in (first, second, third))
