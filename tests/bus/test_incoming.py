"""Test of incoming events: the words of people's signals, envelopes, and what is refused."""

import json
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard import (
    EmergencyStateChanged,
    ExecuteAlgorithm,
    ModelPromoted,
    PolicyChanged,
    SignalSource,
    SignalType,
    SubmitSignal,
)
from callboard.actors.adapters.bus.incoming import (
    NAMES,
    TOPICS,
    PolicyWanted,
    event_reader,
    read,
    topic_of,
)
from callboard.actors.adapters.signal_fields import BadFields

D = Decimal
AT_MS = 1_700_000_000_123
LONG = {"symbol": "BTCUSDT", "action": "LONG_ENTRY", "confidence": 0.82}
WISH = SubmitSignal(
    signal_id="e1",
    at_ms=AT_MS,
    signal=SignalType.LONG_ENTRY,
    symbol="BTCUSDT",
    confidence=D("0.82"),
)


def taken(topic: str | type, payload: Any, event_id: str = "e1") -> Any:
    return read(topic, payload, event_id=event_id, at_ms=AT_MS)


def refused(topic: str, payload: Any) -> str:
    with pytest.raises(BadFields) as raised:
        taken(topic, payload)
    return str(raised.value)


@pytest.mark.parametrize("topic", ["ai.decision.made", "TradingSignalGenerated"])
def test_a_decision_is_a_wish_that_is_named_by_its_event(topic: str) -> None:
    assert WISH == taken(topic, LONG)


def test_bytes_of_json_and_a_mapping_say_the_same_to_the_last_digit() -> None:
    payload = {**LONG, "price": 50000.10, "quantity": D("0.00100000000000000001")}
    text = json.dumps({**payload, "quantity": "0.00100000000000000001"}).encode()

    command = taken("ai.decision.made", payload)

    assert command == taken("ai.decision.made", text)
    assert (D("50000.1"), D("0.00100000000000000001")) == (command.price, command.quantity)


def test_a_signal_s_own_name_and_time_count_before_the_event_s() -> None:
    command = taken("ai.decision.made", {**LONG, "signal_id": "s9", "at_ms": AT_MS - 5})

    assert evolve(WISH, signal_id="s9", at_ms=AT_MS - 5) == command


def test_signal_execute_is_a_person_s_wish_unless_it_says_otherwise() -> None:
    own = taken("signal.execute", LONG)
    other = taken("signal.execute", {**LONG, "source": "automated"})

    assert (SignalSource.MANUAL, SignalSource.AUTOMATED) == (own.source, other.source)


def test_a_decision_cannot_pass_for_a_person_s_wish() -> None:
    """A person's wish is judged by no score."""
    text = "source: 'manual' contradicts ai.decision.made, which is automated"

    assert text == refused("ai.decision.made", {**LONG, "source": "manual"})


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        ({"side": "long"}, SignalType.LONG_ENTRY),
        ({"side": "buy", "amount": "0.5"}, SignalType.LONG_ENTRY),
        ({"action": "CLOSE", "direction": "SHORT"}, SignalType.CLOSE_SHORT),
        ({"agent_action": "REDUCE_50"}, SignalType.REDUCE_50),
        ({"side": "sell", "decision_confidence": "0.9"}, SignalType.SHORT_ENTRY),
    ],
)
def test_the_words_of_every_edge_are_read_here_too(
    payload: dict[str, Any], wish: SignalType
) -> None:
    assert wish is taken("ai.decision.made", {"symbol": "BTCUSDT", **payload}).signal


def test_an_algorithm_travels_with_its_signal() -> None:
    plan = {"plan": "twap", "duration_ms": 60_000, "slices": 3}
    payload = {**LONG, "quantity": "1", "algorithm": plan}

    assert isinstance(taken("ai.decision.made", payload), ExecuteAlgorithm)


def test_every_fault_of_a_wish_is_told_at_once() -> None:
    text = refused("ai.decision.made", {**LONG, "quantity": "NaN", "colour": "red"})

    assert "quantity: must be a number" in text
    assert "colour: unknown field" in text


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"{", "json: Expecting property name"),
        (b"\xff", "json: is not UTF-8 at byte 1"),
        (b"[1]", "json: is no object"),
        (b'{"symbol": "A", "symbol": "B"}', "symbol: stands there twice"),
        (b'{"a":' * 10_000, "json: is nested too deeply"),
        (b" " * 65_537, "json: is longer than 65536 bytes"),
        ({"symbol": object()}, "json: holds a object, which JSON has no word for"),
        ({**LONG, "side": "sell"}, "side: SELL contradicts LONG_ENTRY"),
        ({**LONG, "price": float("nan")}, "price: must be a number, not NaN"),
        ({**LONG, "at_ms": 1_700_000_000}, "at_ms: must be in milliseconds since 1970"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(payload: Any, text: str) -> None:
    assert text in refused("ai.decision.made", payload)


def test_our_own_envelope_is_opened() -> None:
    envelope = {
        "event_id": "17.0",
        "topic": "TradingSignalGenerated",
        "version": 1,
        "at_ms": AT_MS - 1,
        "data": LONG,
    }

    expected = evolve(WISH, signal_id="17.0", at_ms=AT_MS - 1)
    assert expected == taken("ai.decision.made", envelope)


def test_a_cloud_event_is_opened() -> None:
    document = {
        "specversion": "1.0",
        "id": "c-5",
        "type": "ai.decision.made",
        "source": "ai-engine",
        "time": "2023-11-14T22:13:20.123Z",
        "datacontenttype": "application/json",
        "data": LONG,
    }

    assert evolve(WISH, signal_id="c-5") == taken("ai.decision.made", document)


CLOUD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "type": "ess.tripped",
    "source": "ess",
    "data": {},
}


@pytest.mark.parametrize(
    ("topic", "payload", "text"),
    [
        ("ai.decision.made", {"version": 2, "data": LONG}, "version: must be 1, not 2"),
        ("ai.decision.made", {"topic": "ess.tripped", "data": LONG}, "came as 'ai.decision.made'"),
        ("ai.decision.made", {"topic": "x.y", "data": LONG}, "topic: must be one of"),
        ("ai.decision.made", {"sent": 1, "data": LONG}, "sent: is no field of an envelope"),
        ("ai.decision.made", CLOUD, "came as 'ai.decision.made'"),
        ("ess.tripped", {**CLOUD, "specversion": "0.3"}, "specversion: must be '1.0'"),
        ("ess.tripped", {**CLOUD, "data": "x"}, "data: must be an object"),
        ("ess.tripped", {**CLOUD, "time": "noon"}, "time: must be a time as in RFC 3339"),
        ("ess.tripped", {**CLOUD, "time": "2023-11-14T22:13:20"}, "time: must say its offset"),
        ("ess.tripped", {**CLOUD, "id": 7}, "id: must be text, not 7"),
        ("ess.tripped", {"state": 3}, "state: must be text, not 3"),
        ("ess.tripped", {}, "status: must be text, not nothing"),
        ("policy.updated", {"value": 1}, "key: must be text"),
        ("policy.updated", {"key": "leverage", "value": {}}, "value: must be text, a number"),
        ("policy.updated", {"key": "leverage", "values": 3}, "values: unknown field"),
        ("model.promoted", {"version": "v2", "model_version": "v2"}, "version: stands for"),
        ("model.promoted", {"model": "alpha"}, "version: must be text"),
    ],
)
def test_an_event_that_is_not_what_it_says_is_refused(topic: str, payload: Any, text: str) -> None:
    assert text in refused(topic, payload)


@pytest.mark.parametrize(
    ("payload", "source"),
    [
        ({"state": "CRITICAL"}, "ess.tripped"),
        ({"status": "CRITICAL", "source": "risk_service"}, "ess.tripped/risk_service"),
        ({"state": "CRITICAL", "reason": "flash crash", "previous": "OK"}, "ess.tripped"),
        ({**CLOUD, "data": {"state": "CRITICAL"}}, "ess.tripped/ess"),
        ({"state": "CRITICAL", "source": "x" * 200}, "ess.tripped/" + "x" * 52),
    ],
)
def test_a_pushed_emergency_never_passes_for_the_source_that_is_asked(
    payload: dict[str, Any], source: str
) -> None:
    """Else the calm word of one would lift what the other said: the most restrictive wins."""
    assert EmergencyStateChanged("CRITICAL", source, AT_MS) == taken("ess.tripped", payload)


@pytest.mark.parametrize(
    ("value", "text"),
    [("4.0", "4.0"), (4.10, "4.1"), (True, "true"), (["CLOSE_LONG", "REDUCE_50"], None)],
)
def test_a_policy_s_value_is_read_by_its_text(value: Any, text: str | None) -> None:
    command = taken("policy.updated", {"key": "k", "value": value, "reason": "why"})

    expected = text or "CLOSE_LONG,REDUCE_50"
    assert PolicyChanged("k", expected, "policy.updated", AT_MS) == command


def test_a_policy_without_its_value_is_asked_for() -> None:
    assert PolicyWanted("leverage") == taken("policy.updated", {"key": "leverage"})


@pytest.mark.parametrize("name", ["version", "model_version"])
def test_a_promoted_model_is_known_by_its_version(name: str) -> None:
    command = taken("model.promoted", {"model": "alpha", name: "v3", "source": "ai"})

    assert ModelPromoted("v3", "model.promoted/ai", AT_MS) == command


def test_a_topic_is_known_by_class_by_class_name_and_by_itself() -> None:
    for name, topic in NAMES.items():
        assert topic == topic_of(name)
    assert "ess.tripped" == topic_of(EmergencyStateChanged)
    assert 5 == len(TOPICS)
    with pytest.raises(BadFields, match=r"topic: must be one of ai\.decision\.made"):
        taken("order.placed", {})


def test_a_host_s_own_bus_may_call_the_reader_with_every_event_of_a_topic() -> None:
    told: list[Any] = []
    bad: list[str] = []

    def take(topic: str, payload: Any) -> None:
        reads = event_reader(
            topic, tell=told.append, refuse=lambda fault: bad.append(str(fault)), now_ms=lambda: 9
        )
        reads(payload)

    take("TradingSignalGenerated", {**LONG, "event_id": "e7", "at_ms": AT_MS})
    take("ai.decision.made", LONG)
    take("policy.updated", {"key": "leverage"})
    take("ess.tripped", b"garbage")

    worst = EmergencyStateChanged("MALFORMED", "ess.tripped", 9)
    assert [evolve(WISH, signal_id="e7"), worst] == told
    assert 3 == len(bad)
    assert "signal_id: must be text" in bad[0]
    assert "value: is missing" == bad[1]
