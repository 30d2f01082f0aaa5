"""Envelope: what stands around a payload that another program sent.

Three forms are read: the payload alone, our own envelope (`event_id`, `topic`, `version`, `at_ms`,
`data`), and a CloudEvents 1.0 document in structured mode (cloudevents.io, 2022-02). What the
envelope says of name, topic and time counts before what the transport says. Pure.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from attrs import evolve, frozen

from ..json_text import Json, json_object
from ..signal_fields import read_text, read_time_ms, read_whole
from ..signal_words import BadField

BYTES_MAX = 64 * 1024
VERSION = 1
"""Version of the topics that come in."""
MS_PER_SECOND = 1_000
CLOUD_EVENTS = "1.0"


@frozen
class Arrival:
    """A payload, and what is known of it from outside."""

    topic: str
    """As its sender calls it; a name of `incoming.NAMES`."""
    event_id: str
    """The sender's name of the event, or the transport's of its place; never empty."""
    at_ms: int
    """When it was sent, by the sender's or the transport's clock."""
    data: Json
    source: str = ""


def opened(payload: bytes | Mapping[str, Any], arrival: Arrival) -> Arrival:
    """Return a payload taken out of its envelope; `arrival` says what the transport knows.

    Raises:
        BadField: It is no JSON object, or its envelope is none that is known here.
    """
    found = _opened(json_object(_text_of(payload)), arrival)
    if "at_ms" not in found.data:
        return found
    return evolve(found, at_ms=read_time_ms(found.data, "at_ms"))


def _opened(data: Json, arrival: Arrival) -> Arrival:
    if "specversion" in data:
        return _of_cloud_event(data, arrival)
    if isinstance(data.get("data"), dict):
        return _of_envelope(data, arrival)
    event_id = read_text(data, "event_id") if "event_id" in data else arrival.event_id
    bare = {name: value for name, value in data.items() if name != "event_id"}
    return evolve(arrival, data=bare, event_id=event_id)


def _text_of(payload: bytes | Mapping[str, Any]) -> bytes:
    """Return the JSON text; a mapping is written out, so that a float counts as it is shown."""
    try:
        text = payload if isinstance(payload, bytes) else json.dumps(payload, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadField("json", str(error)) from None
    data = text if isinstance(text, bytes) else text.encode()
    if len(data) > BYTES_MAX:
        raise BadField("json", f"is longer than {BYTES_MAX} bytes")
    return data


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"holds a {type(value).__name__}, which JSON has no word for")


def _of_envelope(data: Json, arrival: Arrival) -> Arrival:
    known = ("event_id", "sequence", "topic", "version", "at_ms", "correlation", "source", "data")
    for name in data:
        if name not in known:
            raise BadField(name[:64], f"is no field of an envelope: {', '.join(known)}")
    version = read_whole(data, "version") if "version" in data else VERSION
    if version != VERSION:
        raise BadField("version", f"must be {VERSION}, not {version}")
    return evolve(
        arrival,
        topic=_topic(data, "topic", arrival.topic),
        event_id=read_text(data, "event_id") if "event_id" in data else arrival.event_id,
        at_ms=read_time_ms(data, "at_ms") if "at_ms" in data else arrival.at_ms,
        source=read_text(data, "source") if "source" in data else arrival.source,
        data=cast("Json", data["data"]),
    )


def _of_cloud_event(data: Json, arrival: Arrival) -> Arrival:
    if data["specversion"] != CLOUD_EVENTS:
        raise BadField("specversion", f"must be {CLOUD_EVENTS!r}, not {data['specversion']!r}")
    inner: Any = data.get("data")
    if not isinstance(inner, dict):
        raise BadField("data", "must be an object")
    return Arrival(
        topic=_topic(data, "type", arrival.topic),
        event_id=read_text(data, "id"),
        at_ms=_instant_ms(data) if "time" in data else arrival.at_ms,
        data=cast("Json", inner),
        source=read_text(data, "source"),
    )


def _topic(data: Json, name: str, default: str) -> str:
    return read_text(data, name) if name in data else default


def _instant_ms(data: Json) -> int:
    text = read_text(data, "time")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadField("time", f"must be a time as in RFC 3339, not {text[:40]!r}") from None
    if instant.tzinfo is None:
        raise BadField("time", "must say its offset from UTC, as Z does")
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return round(since.total_seconds() * MS_PER_SECOND)
