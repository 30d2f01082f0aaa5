"""Alerts face: what is said is told once, and known after a restart."""

from collections.abc import Generator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.alerts.face import Alerts
from callboard.actors.adapters.alerts.memory import (
    ASIDE,
    FILE,
    SILENCED,
    Remembered,
    recall,
    remember,
    silence,
)
from callboard.actors.adapters.service.context import ServiceContext
from callboard.actors.adapters.service.face import FaceHealth
from callboard.actors.adapters.service.feed import START, FeedHub
from callboard.actors.adapters.service.keeper import Board
from callboard.actors.settings import Settings
from callboard.actors.system import make_codec
from callboard.messages.events import AlertRaised
from callboard.messages.intake import HaltTrading, ResumeTrading
from callboard.messages.values import Severity
from callboard.scenarios.demo.stage import Stage
from support.waiting import until

SECOND_MS, SEED = 1_000, 7


class Figures:
    """Figures set by hand."""

    def __init__(self) -> None:
        self.known: dict[str, Decimal] = {}

    def value(self, name: str) -> Decimal | None:
        return self.known.get(name)


class Metrics:
    """The face that keeps the figures, as the board has it."""

    name = "metrics"

    def __init__(self) -> None:
        self.figures = Figures()

    def open(self) -> None:
        """Begin nothing."""

    def look(self) -> float:
        return 1.0

    def close(self) -> None:
        """End nothing."""

    def health(self) -> FaceHealth:
        return FaceHealth(is_ok=True)


class Word:
    """The engine's own word, said by hand."""

    def __init__(self) -> None:
        self.hearers: list[Any] = []

    def subscribe(self, hearer: Any) -> None:
        self.hearers.append(hearer)

    def say(self, event: object) -> None:
        for hearer in self.hearers:
            hearer(event)


class World:
    """The surroundings of the face, and the time."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = 1_000_000
        self.word, self.metrics, self.log = Word(), Metrics(), list[tuple[str, str, str]]()
        self.hub = FeedHub(folder, make_codec(), interval_ms=10)
        board = Board()
        board.enter(self.metrics)
        self.context = ServiceContext(
            self.word,  # type: ignore[arg-type]  # it is only subscribed to
            self.hub,
            folder,
            Settings(),
            make_codec(),
            self._note,
            board,
        )

    def face(self) -> Alerts:
        return Alerts(self.context, lambda: self.now_ms)

    def after(self, seconds: int) -> None:
        self.now_ms += seconds * SECOND_MS

    def _note(self, _actor: str, event: str, fields: Mapping[str, object]) -> None:
        self.log.append((event, str(fields.get("rule", "")), str(fields.get("subject", ""))))


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of an engine that was halted and resumed."""
    folder = tmp_path_factory.mktemp("alerts")
    with Stage(SEED, folder) as stage:
        stage.start()
        stage.advance(10 * SECOND_MS)
        stage.engine.tell(HaltTrading("h", "a test"))
        stage.advance(SECOND_MS)
        stage.engine.tell(ResumeTrading("r", "the test is over"))
        stage.advance(SECOND_MS)
        stage.stop()
    return folder


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    world = World(tmp_path)
    yield world
    world.hub.close()


def names(world: World) -> list[tuple[str, str]]:
    return [(event, rule) for event, rule, _ in world.log if event.startswith("alert_")]


def test_a_figure_over_its_value_is_told_and_its_end_too(world: World) -> None:
    face = world.face()
    face.open()
    world.metrics.figures.known["weight_used_ratio"] = Decimal("0.85")

    face.look()
    fires = face.alerts()
    world.metrics.figures.known["weight_used_ratio"] = Decimal("0.2")
    world.after(1)
    face.look()
    face.close()

    assert [("weight_over_80_percent", "firing", "0.85")] == [
        (each["rule"], each["state"], each["value"]) for each in fires
    ]
    assert [
        ("alert_firing", "weight_over_80_percent"),
        ("alert_resolved", "weight_over_80_percent"),
    ] == names(world)


def test_a_restart_of_the_service_tells_nobody_twice(world: World) -> None:
    world.metrics.figures.known["weight_used_ratio"] = Decimal("0.85")
    first = world.face()
    first.open()
    first.look()
    first.close()

    second = world.face()
    second.open()
    world.after(60)
    second.look()
    told = [each["told"] for each in second.alerts()]
    second.close()

    assert [("alert_firing", "weight_over_80_percent")] == names(world)
    assert [True] == told


def test_a_silence_that_a_person_wrote_is_kept_and_one_that_is_broken_is_none(
    world: World, tmp_path: Path
) -> None:
    world.metrics.figures.known["weight_used_ratio"] = Decimal("0.85")
    silence(tmp_path, "weight_over_80_percent", world.now_ms + 1)
    face = world.face()
    face.open()

    face.look()
    silent = names(world)
    (tmp_path / SILENCED).write_text("[")
    face.look()
    face.close()

    assert [] == silent
    assert [("alert_firing", "weight_over_80_percent")] == names(world)


def test_what_the_rim_and_the_journal_both_say_is_told_once(world: World) -> None:
    face = world.face()
    face.open()

    world.word.say(AlertRaised(Severity.CRITICAL, "engine_failed", "engine", "broken"))
    face.look()
    world.word.say(AlertRaised(Severity.CRITICAL, "engine_failed", "engine", "broken"))
    face.look()
    face.close()

    assert [("alert_firing", "engine_fault")] == names(world)


def test_a_halt_in_the_journal_fires_and_the_resume_ends_it(journal: Path) -> None:
    world = World(journal)
    remember(journal, Remembered(str(START)))
    face = world.face()
    face.open()

    until(lambda: face.look() and len(names(world)) > 1)
    face.close()
    again = World(journal)
    second = again.face()
    second.open()
    second.look()
    second.close()
    world.hub.close()
    again.hub.close()

    assert [("alert_firing", "breaker_tripped"), ("alert_resolved", "breaker_tripped")] == names(
        world
    )
    assert [] == again.log


def test_a_memory_that_cannot_be_read_is_set_aside_and_told(world: World, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"version": 1, "after_id"')

    face = world.face()
    face.open()
    face.look()
    face.close()

    assert ["alerts_forgotten"] == [event for event, _, _ in world.log]
    assert (tmp_path / ASIDE).exists()


def test_a_rule_file_at_fault_keeps_the_face_from_opening_with_its_words(
    world: World, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "x"\nfigure = "weight_usd_ratio"\nop = ">"\nvalue = 1\n')
    alerts = evolve(Settings().alerts, rules=str(rules))
    world.context = evolve(world.context, settings=evolve(Settings(), alerts=alerts))

    face = world.face()

    with pytest.raises(Exception, match="did you mean weight_used_ratio"):
        face.open()


def test_what_a_channel_has_not_delivered_is_kept_for_the_next_life(
    world: World, tmp_path: Path
) -> None:
    environ = {
        "CALLBOARD_ALERT_WEBHOOK_URL": "http://127.0.0.1:1/x",
        "CALLBOARD_ALERT_WEBHOOK_SECRET": "s",
    }
    world.context = evolve(world.context, environ=environ)
    world.metrics.figures.known["weight_used_ratio"] = Decimal("0.85")

    first = world.face()
    first.open()
    first.look()
    until(lambda: not first.health().is_ok)
    told = first.health().text
    first.look()
    first.close()
    second = world.face()
    second.open()
    until(lambda: "1 wait" in second.health().text)
    second.close()

    assert "1 firing" in told
    assert "1 wait, no answer: Connection refused" in told
    assert ["weight_over_80_percent"] == [
        each["rule"] for each in recall(tmp_path)[0].unsent["webhook"]
    ]
