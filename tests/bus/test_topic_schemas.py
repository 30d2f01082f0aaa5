"""Test of the topics' schemas: they say what is written, and what the reader reads."""

import json
from typing import Any

import msgspec
import pytest

from callboard.actors.adapters.bus.incoming import TOPICS, read
from callboard.actors.adapters.signal_fields import BadFields
from callboard.messages.codec import Codec, dumps
from callboard.messages.topics import EVENT_NAMES
from callboard.messages.topics import TOPICS as EVENTS
from support.samples import sample
from support.topic_schemas import topics_json

DOCUMENT: dict[str, Any] = json.loads(topics_json())
AT_MS = 1_700_000_000_000
SAMPLES: dict[str, dict[str, Any]] = {
    "ai.decision.made": {"symbol": "BTCUSDT", "side": "buy", "source": "automated"},
    "signal.execute": {"symbol": "BTCUSDT", "side": "buy"},
    "ess.tripped": {"state": "NORMAL"},
    "policy.updated": {"key": "leverage", "value": 5},
    "model.promoted": {"model_version": "v2"},
}


def fields_read(topic: str) -> set[str]:
    """Return the fields of a schema that the reader knows."""
    known: set[str] = set()
    for name in DOCUMENT["in"][topic]["schema"]["properties"]:
        try:
            read(topic, {**SAMPLES[topic], name: None}, event_id="e1", at_ms=AT_MS)
            known.add(name)
        except BadFields as bad:
            known |= {name} if "unknown field" not in str(bad) else set()
    return known


def test_every_topic_in_and_out_has_a_schema_a_version_and_its_names() -> None:
    assert set(TOPICS) == set(DOCUMENT["in"])
    assert set(EVENTS.values()) == set(DOCUMENT["out"])
    for topic, told in DOCUMENT["out"].items():
        assert 1 <= told["version"]
        assert {EVENT_NAMES[name] for name in told["names"]} == {EVENT_NAMES[topic]}
    assert ["TradingSignalGenerated"] == DOCUMENT["in"]["ai.decision.made"]["names"]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_field_of_an_incoming_schema_is_read(topic: str) -> None:
    assert set(DOCUMENT["in"][topic]["schema"]["properties"]) == fields_read(topic)


@pytest.mark.parametrize("topic", [each for each in TOPICS if each != "ess.tripped"])
def test_a_field_that_no_incoming_schema_has_is_refused(topic: str) -> None:
    with pytest.raises(BadFields, match="unknown field"):
        read(topic, {**SAMPLES[topic], "colour": "red"}, event_id="e1", at_ms=AT_MS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_what_goes_out_has_every_field_of_its_schema_and_is_of_its_types(event: type) -> None:
    told = sample(event)

    written = dumps(Codec().whole(told))

    schema = DOCUMENT["out"][EVENTS[event]]["schema"]
    assert set(schema["required"]) == set(json.loads(written))
    assert told == msgspec.json.decode(written, type=event)
