"""Test of the demo's visitors: they see the engine of the story, and change nothing of it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from callboard import (
    EngineStatus,
    GetCancellation,
    GetFlattening,
    GetOrder,
    GetStatus,
    HaltTrading,
    Refused,
    TradingState,
)
from callboard.actors.adapters.service.link import SocketLink
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.system import ROUTES, make_codec
from callboard.messages.vitals import GetVitals, VitalsView
from callboard.scenarios.demo.stage import Stage
from callboard.scenarios.demo.visitors import Visitors
from support.waiting import SECONDS, until


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[type, Any]:
    """Return what a visitor was told who asked everything, and how the journal is."""
    folder = tmp_path_factory.mktemp("demo")
    answers = dict[type, Any]()
    with Stage(7, folder) as stage:
        stage.start()
        stage.advance(5_000)
        with Visitors(stage) as visitors:
            visitor = threading.Thread(target=_visit, args=(folder, answers))
            visitor.start()

            def is_gone() -> bool:
                visitors.attend()
                return not visitor.is_alive()

            until(is_gone)
        stage.stop()
        answers[Stage] = verify(stage.disk)
        answers[Path] = folder
    return answers


def _visit(folder: Path, answers: dict[type, Any]) -> None:
    link = SocketLink(folder, make_codec())
    assert link.wait(SECONDS)
    for kind in ROUTES:
        if kind not in (GetOrder, GetCancellation, GetFlattening):  # those that name something
            answers[kind] = link.ask(kind(), SECONDS)
    try:
        link.tell(HaltTrading("halt", "a visitor's wish"), SECONDS)
    except Refused as refused:
        answers[HaltTrading] = refused.reason
    answers[EngineStatus] = link.ask(GetStatus(), SECONDS)
    link.close()


def test_every_question_is_answered_at_the_storys_time(answers: dict[type, Any]) -> None:
    vitals = answers[GetVitals]

    assert len(answers) > len(ROUTES) // 2
    assert isinstance(vitals, VitalsView)
    assert vitals.mode == "paper"
    assert vitals.uptime_ms == 5_000
    assert "order_manager" in {each.name for each in vitals.actors}


def test_a_command_is_refused_and_nothing_is_halted(answers: dict[type, Any]) -> None:
    assert answers[HaltTrading] == "the demo tells its own story; `callboard run` takes commands"
    assert answers[EngineStatus].trading_state is TradingState.ACTIVE


def test_the_views_follow_and_the_journal_holds(answers: dict[type, Any]) -> None:
    assert answers[Stage].ok
    assert (answers[Path] / "store.sqlite").exists()
    assert list((answers[Path] / "audit").iterdir())
