"""Entries: one entry of an incoming stream, as it is before anybody has read it.

Its payload is the JSON of its field `data` (or `event`), or the fields themselves, as somebody
types them by hand. Pure.
"""

from collections.abc import Mapping
from typing import Any, cast

from attrs import frozen

from ....messages.codec import dumps

PAYLOADS = (b"data", b"event")
WHOLE = (b"at_ms", b"expires_at_ms", b"leverage", b"leverage_max")
"""Fields whose text is written out as a number where an entry has no JSON."""
ENVELOPE = (b"event_id", b"topic", b"sequence", b"correlation", b"journal")
"""Fields that stand beside the payload."""
EVENT_ID = b"event_id"


@frozen
class StreamEntry:
    """An entry that was delivered, and how often."""

    stream: str
    topic: str
    entry_id: str
    fields: Mapping[bytes, bytes]

    @property
    def event_id(self) -> str:
        """Return its sender's name for it; else its place, which no other entry has."""
        said = self.fields.get(EVENT_ID, b"").decode("utf-8", "replace")
        return said or f"{self.stream}:{self.entry_id}"

    @property
    def at_ms(self) -> int:
        """Return when it came into the stream, by the server's clock."""
        head = self.entry_id.partition("-")[0]
        return int(head) if head.isdigit() else 0

    @property
    def payload(self) -> bytes:
        """Return its payload, JSON or whatever stands there."""
        found = next((self.fields[name] for name in PAYLOADS if name in self.fields), None)
        return _written_out(self.fields) if found is None else found


def entries_of(answer: Any, topics: Mapping[str, str]) -> list[StreamEntry]:
    """Return the entries of a read, in the order of its streams."""
    return [
        entry
        for stream, found in cast("list[tuple[bytes, Any]]", answer or [])
        for entry in entries_in(stream.decode(), found, topics)
    ]


def entries_in(stream: str, found: Any, topics: Mapping[str, str]) -> list[StreamEntry]:
    """Return the entries of one stream; one that was deleted meanwhile has no fields."""
    pairs = cast("list[tuple[bytes, Mapping[bytes, bytes] | None]]", found)
    return [
        StreamEntry(stream, topics[stream], entry_id.decode(), fields or {})
        for entry_id, fields in pairs
    ]


def _written_out(fields: Mapping[bytes, bytes]) -> bytes:
    parts = [
        dumps(name.decode("utf-8", "replace")) + b":" + _value(name, value)
        for name, value in fields.items()
        if name not in ENVELOPE
    ]
    return b"{" + b",".join(parts) + b"}"


def _value(name: bytes, value: bytes) -> bytes:
    is_number = name in WHOLE and value.isdigit() and (value == b"0" or not value.startswith(b"0"))
    return value if is_number else dumps(value.decode("utf-8", "replace"))
