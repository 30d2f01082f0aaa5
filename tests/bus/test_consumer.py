"""Test of the consumer: what comes in is carried out once, or buried with its reason."""

import json
import time
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard import (
    EmergencyStateChanged,
    ModelPromoted,
    PolicyChanged,
    Refused,
    Settings,
    SignalType,
    SubmitSignal,
)
from callboard.actors.adapters.bus import consumer as module
from callboard.actors.adapters.bus.consumer import GROUP, Consumer
from callboard.actors.adapters.service.link import EngineGone
from callboard.actors.errors import ConfigurationError
from callboard.actors.service_settings import EmergencySettings
from support.buses import HandLink, bus_settings, surroundings
from support.redis_server import PROGRAM, Server, fake_server, real_server
from support.risk_services import risk_service
from support.waiting import until

D = Decimal
DECISIONS, EXECUTES = "callboard.ai.decision.made", "callboard.signal.execute"
EMERGENCIES, POLICIES = "callboard.ess.tripped", "callboard.policy.updated"
MODELS, DEAD = "callboard.model.promoted", "callboard.dead"
LONG = {"symbol": "BTCUSDT", "action": "LONG_ENTRY", "confidence": 0.9}


class Bus:
    """A server, and the consumer that reads it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.settings = bus_settings(server)
        self.folder = folder
        self.link = HandLink()
        self.client = server.client
        self.client.flushall()
        self.face = self.life()

    def life(self, **changes: Any) -> Consumer:
        """Return the consumer of a new life of the service."""
        settings: Settings = evolve(self.settings, **changes)
        self.face = Consumer(surroundings(self.folder, settings, link=self.link))
        self.face.open()
        return self.face

    def add(self, stream: str, payload: Any, **fields: str) -> str:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        entry_id: bytes = self.client.xadd(stream, {**fields, "data": data})
        return entry_id.decode()

    def run(self, turns: int = 12) -> list[Any]:
        """Look after the face until there is nothing left to do; return what was told."""
        for _ in range(turns):
            self.face.look()
        return self.link.told

    def dead(self) -> list[dict[str, str]]:
        found = self.client.xrange(DEAD)
        return [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in found]

    def pending(self, stream: str) -> int:
        return int(self.client.xpending(stream, GROUP)["pending"])

    def close(self) -> None:
        self.face.close()
        self.client.close()


@pytest.fixture(scope="module", params=["fake", "real"])
def each_server(request: pytest.FixtureRequest) -> Generator[Server]:
    with fake_server() if request.param == "fake" else real_server() as server:
        yield server


@pytest.fixture(scope="module")
def any_server() -> Generator[Server]:
    with real_server() if PROGRAM else fake_server() as server:
        yield server


@pytest.fixture(autouse=True)
def no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_MS", None)


@pytest.fixture
def each(each_server: Server, tmp_path: Path) -> Generator[Bus]:
    """Return a bus on a fake server, and on a real one."""
    bus = Bus(each_server, tmp_path)
    yield bus
    bus.close()


@pytest.fixture
def bus(any_server: Server, tmp_path: Path) -> Generator[Bus]:
    bus = Bus(any_server, tmp_path)
    yield bus
    bus.close()


def test_a_decision_is_told_and_then_acknowledged(each: Bus) -> None:
    entry_id = each.add(DECISIONS, LONG)

    (told,) = each.run()

    expected = SubmitSignal(
        signal_id=f"{DECISIONS}:{entry_id}",
        at_ms=int(entry_id.split("-")[0]),
        signal=SignalType.LONG_ENTRY,
        symbol="BTCUSDT",
        confidence=D("0.9"),
    )
    assert expected == told
    assert 0 == each.pending(DECISIONS)
    assert each.face.health().is_ok


def test_a_duplicate_is_told_once(bus: Bus) -> None:
    for _ in range(3):
        bus.add(DECISIONS, LONG, event_id="e1")

    assert ["e1"] == [each.signal_id for each in bus.run()]
    assert 0 == bus.pending(DECISIONS)
    assert "2 repeated" in bus.face.health().text


def test_a_duplicate_in_another_life_of_the_service_has_the_same_name(bus: Bus) -> None:
    """By which the engine knows it: only the first is carried out."""
    for _ in range(2):
        bus.add(DECISIONS, {**LONG, "signal_id": "s1"})
        bus.run()
        bus.face.close()
        bus.life()

    assert ["s1", "s1"] == [each.signal_id for each in bus.link.told]


def test_a_message_that_nobody_can_read_is_buried_with_its_reason_and_holds_up_nobody(
    each: Bus,
) -> None:
    each.add(DECISIONS, b"{", event_id="e1")
    each.add(DECISIONS, {**LONG, "quantity": "NaN", "colour": "red"})
    each.add(DECISIONS, LONG, event_id="e3")

    told = each.run()

    first, second = each.dead()
    assert ["e3"] == [command.signal_id for command in told]
    assert (DECISIONS, "e1", "{") == (first["stream"], first["event_id"], first["data"])
    assert first["reason"].startswith("json: Expecting property name")
    assert "quantity: must be a number" in second["reason"]
    assert 0 == each.pending(DECISIONS)


def test_an_entry_may_be_typed_by_hand(bus: Bus) -> None:
    bus.client.xadd(EMERGENCIES, {"state": "CRITICAL", "reason": "a drill"})
    bus.client.xadd(EXECUTES, {**LONG, "leverage": "5", "event_id": "x1", "source": "manual"})

    emergency, wish = bus.run()

    assert ("CRITICAL", "ess.tripped") == (emergency.state, emergency.source)
    assert ("x1", 5, D("0.9")) == (wish.signal_id, wish.leverage_max, wish.confidence)


def test_the_streams_are_read_in_the_order_in_which_their_entries_came(bus: Bus) -> None:
    now_ms = time.time_ns() // 1_000_000
    said = ((MODELS, {"version": "v2"}), (DECISIONS, LONG), (POLICIES, {"key": "k", "value": 5}))
    for number, (stream, payload) in enumerate(said):
        bus.client.xadd(stream, {"data": json.dumps(payload)}, id=f"{now_ms}-{number}")

    kinds: list[type] = [type(each) for each in bus.run()]

    assert [ModelPromoted, SubmitSignal, PolicyChanged] == kinds


def test_while_no_engine_answers_a_message_waits_and_those_behind_it_too(bus: Bus) -> None:
    bus.add(DECISIONS, LONG, event_id="e1")
    bus.add(DECISIONS, LONG, event_id="e2")
    bus.link.fault = EngineGone(bus.folder, "no engine answers")

    assert [] == bus.run()
    assert 2 == bus.pending(DECISIONS)
    assert "no engine answers" in bus.face.health().text
    bus.link.fault = None
    assert ["e1", "e2"] == [each.signal_id for each in bus.run()]
    assert bus.face.health().is_ok


@pytest.mark.parametrize(("reason", "buried"), [("queue_full", 0), ("malformed: no", 1)])
def test_what_the_engine_refuses_for_good_is_buried_and_what_it_has_no_room_for_waits(
    bus: Bus, reason: str, buried: int
) -> None:
    bus.add(DECISIONS, LONG, event_id="e1")
    bus.link.fault = Refused(reason)

    bus.run()

    assert [reason] * buried == [each["reason"] for each in bus.dead()]
    assert 1 - buried == bus.pending(DECISIONS)


def test_what_a_service_had_at_hand_when_it_died_is_carried_out_by_its_next_life(bus: Bus) -> None:
    bus.add(DECISIONS, LONG, event_id="e1")
    bus.link.fault = EngineGone(bus.folder, "gone")
    bus.run()
    bus.life()
    bus.link.fault = None

    assert ["e1"] == [each.signal_id for each in bus.run()]
    assert 0 == bus.pending(DECISIONS)


def test_what_a_dead_consumer_took_is_taken_over(each: Bus) -> None:
    each.run(1)
    each.add(DECISIONS, LONG, event_id="e1")
    each.client.xreadgroup(GROUP, "another", {DECISIONS: ">"})
    each.life(bus=evolve(each.settings.bus, claim_idle_ms=50))

    until(lambda: each.face.look() == 0.0 and each.link.told)

    assert ["e1"] == [command.signal_id for command in each.link.told]
    assert 0 == each.pending(DECISIONS)


def test_what_never_lets_its_consumer_live_is_buried(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DELIVERIES_MAX", 2)
    bus.run(1)
    bus.add(DECISIONS, LONG, event_id="e1")
    for start in (">", "0", "0"):
        bus.client.xreadgroup(GROUP, module.CONSUMER, {DECISIONS: start})

    bus.life()

    assert [] == bus.run()
    assert "never finished" in bus.dead()[0]["reason"]
    assert 0 == bus.pending(DECISIONS)


def test_more_than_one_read_at_hand_is_taken_up_before_anything_new(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TAKEN_MAX", 2)
    bus.run(1)
    names = [f"e{number}" for number in range(6)]
    for name in names:
        bus.add(DECISIONS, LONG, event_id=name)
    bus.client.xreadgroup(GROUP, module.CONSUMER, {DECISIONS: ">"}, count=5)

    bus.life()

    assert names == [each.signal_id for each in bus.run(20)]


def test_an_entry_that_waited_for_too_long_is_not_carried_out_and_an_exit_always_is(
    bus: Bus,
) -> None:
    old = f"{int(time.time() * 1000) - 61_000}-1"
    later = f"{int(time.time() * 1000) - 61_000}-2"
    bus.client.xadd(DECISIONS, {"data": json.dumps(LONG)}, id=old)
    bus.client.xadd(DECISIONS, {"data": json.dumps({**LONG, "action": "CLOSE_LONG"})}, id=later)

    assert [SignalType.CLOSE_LONG] == [each.signal for each in bus.run()]
    assert "must be at most 60000" in bus.dead()[0]["reason"]


def test_an_emergency_that_nobody_can_read_counts_as_the_worst(bus: Bus) -> None:
    entry_id = bus.add(EMERGENCIES, b"garbage")

    (word,) = bus.run()

    at_ms = int(entry_id.split("-")[0])
    assert EmergencyStateChanged("MALFORMED", "ess.tripped", at_ms) == word
    assert 1 == len(bus.dead())


def test_an_emergency_that_nobody_can_read_waits_for_an_engine_as_all_others_do(bus: Bus) -> None:
    bus.add(EMERGENCIES, b"garbage")
    bus.link.fault = EngineGone(bus.folder, "gone")

    bus.run()
    waiting = bus.pending(EMERGENCIES)
    bus.link.fault = None

    assert (1, "MALFORMED") == (waiting, bus.run()[0].state)


def test_a_reader_that_breaks_on_a_message_buries_it(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(module, "read", broken)
    bus.add(DECISIONS, LONG)

    assert [] == bus.run()
    assert "data: KeyError: 'unforeseen'" == bus.dead()[0]["reason"]


def test_a_policy_without_its_value_is_buried_where_nobody_can_be_asked(bus: Bus) -> None:
    bus.add(POLICIES, {"key": "leverage"})

    assert [] == bus.run()
    assert "value: is missing, and no risk service is there to ask" == bus.dead()[0]["reason"]


def test_a_policy_without_its_value_is_read_again_from_the_risk_service(
    bus: Bus,
) -> None:
    with risk_service() as service:
        service.policy("leverage", b'{"key": "leverage", "value": 4}')
        bus.life(emergency=EmergencySettings(url=service.url))
        bus.add(POLICIES, {"key": "leverage"})
        bus.add(POLICIES, {"key": "cooldown_ms"})

        (told,) = bus.run()

    assert ("leverage", "4", "policy.updated") == (told.key, told.value, told.source)
    assert f"{service.url}/api/policy/cooldown_ms: answered 404" == bus.dead()[0]["reason"]


def test_of_a_policy_that_the_risk_service_is_asked_for_the_service_has_the_word(bus: Bus) -> None:
    with risk_service() as service:
        service.policy("leverage", b'{"value": 4}')
        asked = EmergencySettings(url=service.url, policy_keys=("leverage",))
        bus.life(emergency=asked)
        bus.add(POLICIES, {"key": "leverage", "value": 9})
        bus.add(POLICIES, {"key": "cooldown_ms", "value": 1000})

        told = bus.run()

    assert [("leverage", "4"), ("cooldown_ms", "1000")] == [(e.key, e.value) for e in told]


def test_what_was_carried_out_does_not_fill_the_server_and_what_was_not_is_never_trimmed(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIM_SECONDS", 0.0)
    bus.life(bus=evolve(bus.settings.bus, stream_max=100, claim_idle_ms=50))
    for _ in range(400):
        bus.client.xadd(MODELS, {"version": "v2"})

    until(lambda: bus.face.look() == 0.0 and bus.client.xlen(MODELS) < 300)

    assert 400 == len(bus.link.told)


def test_a_key_that_is_no_stream_is_named(bus: Bus) -> None:
    bus.client.set(DEAD, "mine")

    with pytest.raises(ConfigurationError, match=r"callboard\.dead: holds a string"):
        bus.face.look()


def test_a_server_that_forgets_the_groups_is_read_on(bus: Bus) -> None:
    bus.run(2)
    bus.client.flushall()
    bus.add(DECISIONS, LONG, event_id="e1")

    lost = bus.face.look()
    health = bus.face.health()

    assert (0.5, False) == (lost, health.is_ok)
    assert "NOGROUP" in health.text
    assert ["e1"] == [each.signal_id for each in bus.run()]
