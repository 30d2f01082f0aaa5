"""Test of the risk poller: what a risk service answers is told, and its silence is not."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard import EmergencyStateChanged, PolicyChanged, Refused, Settings
from callboard.actors.adapters.bus.risk_poller import RiskPoller
from callboard.actors.adapters.bus.risk_service import RiskService, ServiceSilent
from callboard.actors.adapters.http.health import silences
from callboard.actors.adapters.service.link import EngineGone
from callboard.actors.errors import ConfigurationError
from callboard.actors.service_settings import EmergencySettings
from support.buses import HandLink, Logged, surroundings
from support.risk_services import STATUS_PATH, RiskStage, risk_service


@pytest.fixture
def service() -> Generator[RiskStage]:
    with risk_service() as stage:
        yield stage


class Poll:
    """A poller, and what it told."""

    def __init__(self, stage: RiskStage, folder: Path, **changes: Any) -> None:
        self.link = HandLink()
        self.log: Logged = []
        settings = Settings(emergency=EmergencySettings(url=stage.url, **changes))
        self.context = surroundings(folder, settings, link=self.link, log=self.log)
        self.face = RiskPoller(self.context)
        self.face.open()

    def words(self) -> list[str]:
        """Look once; return what was told about the emergency stop since the beginning."""
        self.face.look()
        told = [each for each in self.link.told if isinstance(each, EmergencyStateChanged)]
        assert {"risk_service"} >= {each.source for each in told}
        return [each.state for each in told]

    def policies(self) -> list[tuple[str, str]]:
        self.face.look()
        told = [each for each in self.link.told if isinstance(each, PolicyChanged)]
        return [(each.key, each.value) for each in told]


def test_every_answer_is_told_since_it_is_a_sign_of_life(
    service: RiskStage, tmp_path: Path
) -> None:
    poll = Poll(service, tmp_path)

    poll.words()
    service.bodies[STATUS_PATH] = b'{"status": "CRITICAL", "reason": "flash crash"}'

    assert ["NORMAL", "CRITICAL"] == poll.words()
    assert "the emergency stop is CRITICAL, 0 policies" == poll.face.health().text
    assert 0 < poll.face.look() <= 5.0


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"state": 7}', b"\xff", b" " * 70_000])
def test_an_answer_that_says_nothing_readable_is_the_worst_word(
    service: RiskStage, tmp_path: Path, body: bytes
) -> None:
    service.bodies[STATUS_PATH] = body

    assert ["MALFORMED"] == Poll(service, tmp_path).words()


@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_what_is_no_answer_is_told_to_nobody(
    service: RiskStage, tmp_path: Path, status: int
) -> None:
    """The gate counts the age of the last word, and refuses entries by it."""
    service.status = status
    poll = Poll(service, tmp_path)

    assert [] == poll.words()
    assert f"{service.url}{STATUS_PATH}: answered {status}" == poll.face.health().text
    assert not poll.face.health().is_ok


def test_a_service_that_is_away_or_stuck_is_asked_again_and_held_by_nobody(
    service: RiskStage, tmp_path: Path
) -> None:
    poll = Poll(service, tmp_path, timeout_ms=50)
    service.is_stuck.set()
    stuck = poll.words()
    health = poll.face.health()
    service.is_stuck.clear()
    poll.face.look()

    assert [] == stuck
    assert "timed out" in health.text
    assert ["NORMAL", "NORMAL"] == poll.words()
    assert ["risk_service_silent"] == [event for _, event, _ in poll.log]
    away = RiskPoller(
        surroundings(tmp_path, Settings(emergency=EmergencySettings(url="http://127.0.0.1:1")))
    )
    away.look()
    assert "refused" in away.health().text


def test_a_policy_is_told_when_it_changes_and_one_at_every_turn(
    service: RiskStage, tmp_path: Path
) -> None:
    service.policy("leverage", b'{"key": "leverage", "value": 5}')
    service.policy("actions", b'{"value": ["CLOSE_LONG", "CLOSE_SHORT"]}')
    poll = Poll(service, tmp_path, policy_keys=("leverage", "actions"))
    poll.policies()
    service.policy("actions", b'{"value": "CLOSE_LONG"}')

    told = poll.policies()

    life = ("leverage", "5")
    closes = ("actions", "CLOSE_LONG,CLOSE_SHORT")
    assert [life, closes, life, ("actions", "CLOSE_LONG"), life] == told


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"key": "positions_max", "value": 4}'])
def test_one_policy_that_nobody_tells_makes_the_others_no_sign_of_life(
    service: RiskStage, tmp_path: Path, body: bytes
) -> None:
    service.policy("leverage", b'{"value": 5}')
    service.policy("cooldown_ms", body)
    poll = Poll(service, tmp_path, policy_keys=("leverage", "cooldown_ms"))

    poll.policies()

    assert [("leverage", "5")] == poll.policies()
    assert f"{service.url}: does not tell cooldown_ms" == poll.face.health().text


@pytest.mark.parametrize("fault", [EngineGone(Path(), "no engine answers"), Refused("queue_full")])
def test_an_engine_that_takes_nothing_is_told_at_the_next_turn(
    service: RiskStage, tmp_path: Path, fault: BaseException
) -> None:
    poll = Poll(service, tmp_path)
    poll.link.fault = fault
    poll.face.look()
    health = poll.face.health()
    poll.link.fault = None

    assert not health.is_ok
    assert ["NORMAL"] == poll.words()
    assert poll.face.health().is_ok


def test_a_base_path_and_a_strange_key_make_one_address(service: RiskStage) -> None:
    asked = RiskService.of(EmergencySettings(url=f"{service.url}/risk/"))

    assert asked is not None
    with pytest.raises(ServiceSilent, match="answered 404"):
        asked.policy("../ess?x")
    assert ["/risk/api/policy/..%2Fess%3Fx"] == service.asked


def test_without_an_address_there_is_nobody_to_ask(tmp_path: Path) -> None:
    assert RiskService.of(EmergencySettings()) is None
    face = RiskPoller(surroundings(tmp_path, Settings()))

    face.close()
    with pytest.raises(ConfigurationError, match=r"emergency\.url: is empty"):
        face.look()


@pytest.mark.parametrize(("fail_mode", "count"), [("closed", 1), ("open", 0)])
def test_while_the_service_is_silent_no_entry_is_promised(
    service: RiskStage, tmp_path: Path, fail_mode: str, count: int
) -> None:
    poll = Poll(service, tmp_path, fail_mode=fail_mode)
    board = poll.context.board
    board.enter(poll.face)
    board.note(poll.face.name, "")
    poll.face.look()
    before = list(silences(poll.context))
    service.status = 503
    poll.face.look()

    assert [] == before
    assert [
        f"the risk service is silent: {service.url}{STATUS_PATH}: answered 503"
    ] * count == list(silences(poll.context))
