"""Incoming: an event of another program becomes a command of the engine, or is refused.

Owns the topics that come in and their other names. A wish is read as every edge reads it
(`signal_fields`), so the same words count and the same contradictions are refused. Without a
`signal_id` a wish is named by its event, so that a duplicate is carried out once. The word of an
emergency-stop source that cannot be read counts as the worst (C-09).
"""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ....messages.intake import (
    EmergencyStateChanged,
    HostCommand,
    ModelPromoted,
    PolicyChanged,
)
from ....messages.values import SignalSource
from ..json_text import Json, Number
from ..signal_fields import BadFields, read_text, refuse_unknown, shown, wish_of
from ..signal_words import BadField
from .envelope import Arrival, opened

DECISION, EXECUTE = "ai.decision.made", "signal.execute"
EMERGENCY, POLICY, MODEL = "ess.tripped", "policy.updated", "model.promoted"
WISHES = (DECISION, EXECUTE)
MALFORMED = "MALFORMED"
"""What an emergency-stop source is taken to have said when it cannot be read."""
SOURCE_MAX = 64


@frozen
class PolicyWanted:
    """A policy has changed and its value was not told: whoever can, asks for it."""

    key: str


Taken = HostCommand | PolicyWanted

NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{topic: topic for topic in (DECISION, EXECUTE, EMERGENCY, POLICY, MODEL)},
        "TradingSignalGenerated": DECISION,
        "SubmitSignal": EXECUTE,
        "EmergencyStateChanged": EMERGENCY,
        "PolicyChanged": POLICY,
        "ModelPromoted": MODEL,
    }
)
"""Topic, or name of a class that stands for it -> topic."""
TOPICS = tuple(dict.fromkeys(NAMES.values()))


def read(
    topic: str | type, payload: bytes | Mapping[str, Any], *, event_id: str, at_ms: int
) -> Taken:
    """Return what an event wants; `event_id` and `at_ms` are the transport's, if it says none.

    Raises:
        BadFields: It cannot be used; tells every reason.
    """
    try:
        return _read(topic_of(topic), payload, event_id, at_ms)
    except BadField as bad:
        raise BadFields(bad) from None


def _read(name: str, payload: bytes | Mapping[str, Any], event_id: str, at_ms: int) -> Taken:
    arrival = opened(payload, Arrival(name, event_id, at_ms, {}))
    if topic_of(arrival.topic) != name:
        raise BadField("topic", f"says {arrival.topic[:64]!r} and came as {name!r}")
    return _READERS[name](arrival)


def topic_of(topic: str | type) -> str:
    """Return a topic by its name, or by a class that stands for it or its name."""
    name = topic if isinstance(topic, str) else topic.__name__
    if name not in NAMES:
        raise BadField("topic", f"must be one of {', '.join(NAMES)}, not {name[:64]!r}")
    return NAMES[name]


def read_emergency(data: Json) -> str:
    """Return the word of an emergency-stop source; raises `BadField`."""
    return read_text(data, "state" if "state" in data else "status")


def policy_text(data: Json, name: str = "value") -> str:
    """Return a setting's value as the gate reads it; raises `BadField`."""
    value = data.get(name)
    if isinstance(value, list):
        return ",".join(_policy_word(each, name) for each in value)  # pyright: ignore[reportUnknownVariableType]
    return _policy_word(value, name)


def _policy_word(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return value
    raise BadField(name, f"must be text, a number, true, false or a list, not {shown(value)}")


def _decision(arrival: Arrival) -> HostCommand:
    """A program decided: judged by its scores, whatever the event calls itself."""
    said = arrival.data.get("source", SignalSource.AUTOMATED.value)
    if not isinstance(said, str) or said.lower() != SignalSource.AUTOMATED.value:
        raise BadField("source", f"{shown(said)} contradicts {DECISION}, which is automated")
    return _wish(arrival)


def _execution(arrival: Arrival) -> HostCommand:
    """A person's wish, unless it says otherwise."""
    return _wish(arrival, {"source": SignalSource.MANUAL.value})


def _wish(arrival: Arrival, defaults: Mapping[str, str] = MappingProxyType({})) -> HostCommand:
    named = {"signal_id": arrival.event_id, "at_ms": Number(str(arrival.at_ms))}
    return wish_of({**named, **defaults, **arrival.data})


def _emergency(arrival: Arrival) -> HostCommand:
    """Its other fields are for people; a word that cannot be read is the worst."""
    return EmergencyStateChanged(read_emergency(arrival.data), _source(arrival), arrival.at_ms)


def _policy(arrival: Arrival) -> Taken:
    refuse_unknown(arrival.data, ("key", "value", "source", "reason", "at_ms"))
    key = read_text(arrival.data, "key")
    if "value" not in arrival.data:
        return PolicyWanted(key)
    return PolicyChanged(key, policy_text(arrival.data), _source(arrival), arrival.at_ms)


def _model(arrival: Arrival) -> HostCommand:
    data = arrival.data
    refuse_unknown(data, ("model_version", "version", "model", "source", "reason", "at_ms"))
    if "model_version" in data and "version" in data:
        raise BadField("version", "stands for model_version, which is named already")
    version = read_text(data, "model_version" if "model_version" in data else "version")
    return ModelPromoted(version, _source(arrival), arrival.at_ms)


def _source(arrival: Arrival) -> str:
    """Return who says it; never the name of the source that is asked."""
    said = arrival.data.get("source", arrival.source)
    name = said if isinstance(said, str) and said.isprintable() else ""
    return f"{arrival.topic}/{name}"[:SOURCE_MAX] if name else arrival.topic


_READERS: Mapping[str, Callable[[Arrival], Taken]] = MappingProxyType(
    {
        DECISION: _decision,
        EXECUTE: _execution,
        EMERGENCY: _emergency,
        POLICY: _policy,
        MODEL: _model,
    }
)


def wall_ms() -> int:
    """Return the wall's time."""
    return time.time_ns() // 1_000_000


def worst(at_ms: int) -> EmergencyStateChanged:
    """Return what an emergency-stop event means that nobody can read."""
    return EmergencyStateChanged(MALFORMED, EMERGENCY, at_ms)


def event_reader(
    topic: str | type,
    *,
    tell: Callable[[HostCommand], object],
    refuse: Callable[[BadFields], object],
    now_ms: Callable[[], int] = wall_ms,
) -> Callable[[Mapping[str, Any] | bytes], None]:
    """Return what a host's own bus may call with every event of a topic.

    `tell` gets the command, `refuse` the faults of what could not be read. A wish names itself by
    `event_id` or `signal_id`; one that does neither is refused, since nobody knows its duplicate.
    """
    name = topic_of(topic)

    def take(payload: Mapping[str, Any] | bytes) -> None:
        try:
            command = read(name, payload, event_id="", at_ms=now_ms())
        except BadFields as bad:
            if name == EMERGENCY:
                tell(worst(now_ms()))
            refuse(bad)
            return
        if isinstance(command, PolicyWanted):
            refuse(BadFields(BadField("value", "is missing")))
        else:
            tell(command)

    return take
