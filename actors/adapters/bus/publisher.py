"""Publisher: every event of the engine goes into Redis Streams, in order, at least once.

A face. Owns a writing connection and a reader of the journal. Entries and the id of the last of
them are written in one transaction, so that after any break the server itself says where to go on;
while it is away nothing is lost, because the events wait in the journal. A stream keeps about
`stream_max` entries. Events that retention took from the journal meanwhile are counted and told.
"""

import time
from contextlib import suppress
from itertools import islice
from typing import Any

from ....messages.topics import TOPICS
from ..disk import Disk
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from ..service.feed import JOURNAL, EventFeed, Published
from .cursor import Cursor, position_in
from .outgoing import cloud_event_of, fields_of
from .redis_client import (
    RETRY_SECONDS,
    address_of,
    redis_faults,
    refuse_other_kinds,
    writer,
)

BATCH_MAX = 256
"""Entries of one transaction."""
KEEP_SECONDS = 1.0
"""Between two writes of the place to the data directory."""
EVENTS, PUBLISHED = "events", "published"
NOW = "now"


class Publisher:
    """Reads the journal and writes streams."""

    name = "redis_out"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._settings = context.settings.bus
        self._interval = context.settings.service.feed_interval_ms / 1_000
        self._cursor = Cursor.of(context.data_dir)
        self._redis: Any = None
        self._faults: tuple[type[Exception], ...] = ()
        self._feed: EventFeed | None = None
        self._batch: list[Published] = []
        self._kept_at = 0.0
        self._count = 0
        self._missing = 0
        self._fault = "not connected yet"

    def open(self) -> None:
        """Make a client; raises `ConfigurationError` without the extra."""
        self._redis = writer(address_of(self._settings, self._context.environ))
        self._faults = redis_faults()

    def look(self) -> float:
        """Publish what is new; a server that is away is tried again in a moment."""
        try:
            return self._publish()
        except self._faults as error:
            if not self._fault:
                fields = {"error": str(error), "last_id": str(self._cursor.last)}
                self._context.log(self.name, "redis_lost", fields)
            self._fault = str(error) or type(error).__name__
            # What became of the last write only the server knows: it is asked first.
            self._feed, self._batch = None, []
            return RETRY_SECONDS

    def close(self) -> None:
        """Keep the place and hang up."""
        if self._redis is not None:
            self._note_place()
            self._redis.close()
        self._redis, self._feed, self._batch = None, None, []

    def health(self) -> FaceHealth:
        """Say how far it is, or that events wait."""
        if self._fault:
            return FaceHealth(is_ok=False, text=f"events wait in the journal: {self._fault}")
        lost = f", {self._missing} records were gone from the journal" if self._missing else ""
        text = f"{self._count} events published, the last is {self._cursor.last}{lost}"
        return FaceHealth(is_ok=not self._missing, text=text)

    def _publish(self) -> float:
        feed = self._feed or self._begin()
        if not self._batch:
            events = feed.read()
            if events is None:
                self._keep()
                return self._interval
            self._batch = events
        self._write(list(islice(self._batch, BATCH_MAX)))
        del self._batch[:BATCH_MAX]
        return 0.0

    def _begin(self) -> EventFeed:
        """Ask the server where to go on, and read the journal from there."""
        refuse_other_kinds(self._redis, self._streams())
        said = position_in(self._redis.hget(self._key(PUBLISHED), self._cursor.journal))
        is_first = said is None and not self._cursor.path.exists()
        self._cursor.last = said or self._cursor.last
        feed = EventFeed(
            Disk(self._context.data_dir / JOURNAL), self._context.codec, self._cursor.last
        )
        if is_first and self._settings.publish_from == NOW:
            while (events := feed.read()) is not None:
                self._cursor.last = events[-1].position if events else self._cursor.last
        self._note_place()
        self._feed, self._fault = feed, ""
        fields = {"last_id": str(self._cursor.last), "journal": self._cursor.journal}
        self._context.log(self.name, "redis_found", fields)
        return feed

    def _write(self, events: list[Published]) -> None:
        if not events:
            return
        transaction = self._redis.pipeline(transaction=True)
        make = cloud_event_of if self._settings.cloud_events else fields_of
        for each in events:
            fields = make(each, self._cursor.journal, self._context.codec)
            transaction.xadd(
                self._stream(each), fields, maxlen=self._settings.stream_max, approximate=True
            )
        last = events[-1].position
        transaction.hset(self._key(PUBLISHED), self._cursor.journal, str(last))
        transaction.execute()
        self._cursor.last = last
        self._count += len(events)
        self._note_missing()
        self._keep()

    def _stream(self, event: Published) -> str:
        is_one = self._settings.layout == "one"
        return self._key(EVENTS if is_one else event.topic)

    def _streams(self) -> list[str]:
        topics = TOPICS.values() if self._settings.layout == "topic" else (EVENTS,)
        return [self._key(each) for each in topics]

    def _key(self, name: str) -> str:
        return f"{self._settings.prefix}.{name}"

    def _keep(self) -> None:
        """Keep the place now and then, and notice a server that went while there is no news."""
        if time.monotonic() - self._kept_at < KEEP_SECONDS:
            return
        self._kept_at = time.monotonic()
        self._note_place()
        self._redis.ping()

    def _note_place(self) -> None:
        # The server has it, too: a full disk holds up no event.
        with suppress(OSError):
            self._cursor.write()

    def _note_missing(self) -> None:
        if self._feed is not None and self._feed.missing > self._missing:
            self._missing = self._feed.missing
            fields = {"records": self._missing, "last_id": str(self._cursor.last)}
            self._context.log(self.name, "events_missing", fields)
