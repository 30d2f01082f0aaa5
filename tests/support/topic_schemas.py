"""TopicSchemas: docs/topics.json and docs/topics.md, made of events and commands.

Out: the class itself, as the codec writes it whole. In: the class of the command that a topic
becomes, with what its reader adds from outside, and the other names that it reads.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from attrs import field, frozen

from callboard.actors.adapters.bus.envelope import VERSION
from callboard.actors.adapters.bus.incoming import (
    DECISION,
    EMERGENCY,
    EXECUTE,
    MODEL,
    NAMES,
    POLICY,
    TOPICS,
)
from callboard.actors.adapters.signal_fields import ALGORITHM
from callboard.actors.adapters.signal_words import DIRECTIONS, SIDES
from callboard.actors.adapters.signal_words import NAMES as SIGNAL_NAMES
from callboard.messages import topics
from callboard.messages.codec import Codec
from callboard.messages.intake import (
    EmergencyStateChanged,
    ModelPromoted,
    PolicyChanged,
    SubmitSignal,
)
from support.doc_sources import claim, code, field_docs, in_one_line, table

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
DRAFT = "https://json-schema.org/draft/2020-12/schema"


@frozen
class Incoming:
    """How the payload of a topic differs from the command that it becomes."""

    command: type
    what: str
    required: tuple[str, ...]
    aliases: Mapping[str, str] = field(factory=dict[str, str])
    """Other name of a field -> the field."""
    others: Mapping[str, Schema] = field(factory=dict[str, Schema])
    """Fields that the command has not, or that are more than the command's."""
    is_open: bool = False
    """Whether fields that nobody knows are left alone."""


_AT = {
    "at_ms": {
        "type": "integer",
        "description": "Milliseconds since 1970; absent, when the event was sent.",
    }
}
_WISH = {
    "signal_id": {
        **TEXT,
        "description": "Makes a repetition harmless; absent, the event's own id.",
    },
    **_AT,
    "source": {
        "$ref": "#/$defs/SignalSource",
        "description": "Who wishes: a program, which is judged by its scores, or a person.",
    },
    "side": {"enum": [*SIDES], "description": "Side of the order; names an entry by itself."},
    "direction": {"enum": [*DIRECTIONS], "description": "Of the position that is meant."},
    ALGORITHM: {"type": "object", "description": "The plan by which it is carried out."},
    "event_id": {**TEXT, "description": "Names the wish where there is no signal_id."},
}
_WORD = {**_AT, "source": {**TEXT, "description": "Who says it."}}
_VALUE = {
    "value": {
        "type": ["string", "number", "boolean", "array"],
        "items": {"type": ["string", "number", "boolean"]},
        "description": "As in the settings; a list of words, or as text with commas.",
    }
}
_REASON = {**_WORD, "reason": {**TEXT, "description": "For people."}}
INCOMING: Mapping[str, Incoming] = {
    DECISION: Incoming(
        SubmitSignal,
        "A program has decided; judged by its scores, and never a person's wish.",
        ("symbol",),
        SIGNAL_NAMES,
        _WISH,
    ),
    EXECUTE: Incoming(
        SubmitSignal,
        "A person's wish, unless `source` says otherwise; judged by everything but scores.",
        ("symbol",),
        SIGNAL_NAMES,
        _WISH,
    ),
    EMERGENCY: Incoming(
        EmergencyStateChanged,
        "The state of an emergency stop; a word that is not known to be calm halts entries, and "
        "so does an event that nobody can read.",
        ("state",),
        {"status": "state"},
        _REASON,
        is_open=True,
    ),
    POLICY: Incoming(
        PolicyChanged,
        "A setting of the risk gate has changed, for new orders; without its `value` the risk "
        "service is asked for it.",
        ("key",),
        others={**_REASON, **_VALUE},
    ),
    MODEL: Incoming(
        ModelPromoted,
        "Another model decides; automated signals that name none are marked with it.",
        ("model_version",),
        {"version": "model_version"},
        {**_REASON, "model": {**TEXT, "description": "Its name, for people."}},
    ),
}


def topics_json() -> str:
    """Return the schemas of all topics, in and out, as one document."""
    codec = Codec()
    events = [*topics.TOPICS]
    commands = dict.fromkeys(each.command for each in INCOMING.values())
    _, parts = msgspec.json.schema_components([*events, *commands], ref_template="#/$defs/{name}")
    defs = {name: _described(part) for name, part in sorted(parts.items())}
    by_command = {each: defs.pop(each.__name__) for each in commands}
    document = {
        "$schema": DRAFT,
        "in": {topic: _incoming(topic, by_command[INCOMING[topic].command]) for topic in TOPICS},
        "out": {
            topics.TOPICS[event]: {
                "version": _version(codec, event),
                "names": _names(event),
                "schema": _whole(defs.pop(event.__name__), event),
            }
            for event in events
        },
        "$defs": defs,
    }
    return json.dumps(document, indent=2) + "\n"


def topics_page() -> str:
    """Return docs/topics.md."""
    codec = Codec()
    outgoing = [
        (code(topic), code(event.__name__), f"v{_version(codec, event)}", claim(event))
        for event, topic in topics.TOPICS.items()
    ]
    incoming = [
        (code(topic), ", ".join(map(code, _others(topic))), f"v{VERSION}", INCOMING[topic].what)
        for topic in TOPICS
    ]
    parts = [
        "# Topics\n",
        "Every event that goes out or comes in; how they travel stands in [events.md](events.md).",
        "[topics.json](topics.json) holds the JSON schema of each, with its version.",
        "A version changes when a field changes its meaning; fields are only added.\n",
        "## Out\n",
        "Subscribe by class, by class name or by topic.",
        "The fields are in [messages.md](messages.md#events).\n",
        table(("topic", "class", "version", "when"), outgoing),
        "## In\n",
        "A topic and the names that stand for it are read alike.\n",
        table(("topic", "other names", "version", "what it says"), incoming),
        *(_payload(topic) for topic in TOPICS),
    ]
    return "\n".join(parts)


def _payload(topic: str) -> str:
    rows = [
        (code(name), "yes" if name in INCOMING[topic].required else "", text)
        for name, text in _fields(topic)
    ]
    return f"### {topic}\n\n{table(('field', 'needed', 'what it is'), rows)}"


def _fields(topic: str) -> Iterator[tuple[str, str]]:
    told, docs = INCOMING[topic], field_docs(INCOMING[topic].command)
    for name in told.command.__annotations__:
        if name in told.others:
            continue
        others = [code(other) for other, meant in told.aliases.items() if meant == name]
        words = [docs.get(name, ""), f"Also {', '.join(others)}." if others else ""]
        yield name, " ".join(each for each in words if each)
    for name, schema in told.others.items():
        yield name, in_one_line(schema["description"])


def _incoming(topic: str, command: Schema) -> Schema:
    told = INCOMING[topic]
    fields = {name: _read(schema) for name, schema in command["properties"].items()}
    for other, meant in told.aliases.items():
        fields[other] = {**fields[meant], "description": f"Stands for {meant}."}
    required = [name for name in told.required if name not in told.aliases.values()]
    either = [
        {"anyOf": [{"required": [name]}, *({"required": [each]} for each in others)]}
        for name in told.required
        if (others := [other for other, meant in told.aliases.items() if meant == name])
    ]
    schema: Schema = {
        "title": topic,
        "description": told.what,
        "type": "object",
        "properties": {**fields, **told.others},
        "required": required,
        "additionalProperties": told.is_open,
    }
    if either:
        schema["allOf"] = either
    return {"version": VERSION, "names": _others(topic), "schema": schema}


def _read(schema: Schema) -> Schema:
    """Return what a reader takes for a field: a number also bare, a word in any case."""
    found = {name: value for name, value in schema.items() if name != "default"}
    options = [each for each in found.get("anyOf", [found]) if each.get("type") != "null"]
    if options[0].get("format") == "decimal":
        return {"type": ["string", "number"], "format": "decimal"}
    return options[0] if len(options) == 1 else {"anyOf": options}


def _whole(schema: Schema, event: type) -> Schema:
    """Return the schema of an event that is written with all its fields."""
    docs = field_docs(event)
    for name, field_schema in schema["properties"].items():
        if name in docs:
            field_schema["description"] = docs[name]
    return {**schema, "required": [*schema["properties"]], "additionalProperties": False}


def _described(schema: Schema) -> Schema:
    if "description" in schema:
        schema["description"] = in_one_line(schema["description"])
    return schema


def _version(codec: Codec, event: type) -> int:
    (label,) = [each for each in codec.fingerprints() if each.startswith(f"{event.__name__}.v")]
    return int(label.rpartition(".v")[2])


def _names(event: type) -> list[str]:
    topic = topics.TOPICS[event]
    return [name for name, each in topics.EVENT_NAMES.items() if each is event and name != topic]


def _others(topic: str) -> list[str]:
    return [name for name, each in NAMES.items() if each == topic and name != topic]
