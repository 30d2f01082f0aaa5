"""Outgoing: one event of the engine as the fields of an entry of a stream.

Every entry names itself: `event_id` (its place in the journal, for ever the same), `journal` (which
journal that is), `sequence`, `topic`, `version` of the event's class, `at_ms`, `correlation`, and
`data`, the event whole as JSON, money as text. An event may come twice: whoever reads keeps the
`event_id`s of a journal. With CloudEvents the entry's one field `event` is a document (1.0,
structured mode) that says the same. Pure.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ....messages.codec import Codec, dumps
from ..service.feed import Published
from .envelope import CLOUD_EVENTS

Fields = Mapping[str, str | bytes]


def fields_of(published: Published, journal: str, codec: Codec) -> Fields:
    """Return an event as the fields of an entry."""
    return {
        "event_id": published.event_id,
        "journal": journal,
        "sequence": str(published.sequence),
        "topic": published.topic,
        "version": str(version_of(published, codec)),
        "at_ms": str(published.at_ms),
        "correlation": published.correlation,
        "data": dumps(codec.whole(published.event)),
    }


def cloud_event_of(published: Published, journal: str, codec: Codec) -> Fields:
    """Return an event as the one field that holds its CloudEvents document."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=published.at_ms)
    document = {
        "specversion": CLOUD_EVENTS,
        "id": published.event_id,
        "source": f"callboard/{journal}",
        "type": published.topic,
        "subject": published.correlation or None,
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"{published.topic}.v{version_of(published, codec)}",
        "sequence": str(published.sequence),
        "data": codec.whole(published.event),
    }
    return {"event": dumps({name: each for name, each in document.items() if each is not None})}


def version_of(published: Published, codec: Codec) -> int:
    """Return the version of an event's class."""
    return int(codec.label(published.event).rpartition(".v")[2])
