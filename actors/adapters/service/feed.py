"""Feed: every event that the engine told the world, in the order of its journal.

Owns how an event outside is numbered: the sequence of the record that tells it and its place there,
which name it for ever, so that whoever remembers the last one goes on behind it, once or twice but
never not at all. An event is here only after its record was written. `FeedHub` reads for many: one
thread, a bounded queue for each, the latest events in memory and older ones from the journal.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from ....messages.codec import Codec, CodecError
from ....messages.events import Event
from ....messages.topics import TOPICS
from ...errors import EngineError
from ...ports import FileSystem
from ...runtime.journal_reader import JournalDamaged
from ...runtime.segment_writer import sequence_of
from ..disk import Disk
from ..records.journal_tail import JournalTail
from ..records.recorded import RecordReader

NS_PER_MS = 1_000_000
QUEUE_MAX = 1_024
RETRY_SECONDS = 1.0
JOIN_SECONDS = 2.0
ABREAST_SECONDS = 5.0
"""Longest wait for a hub that has just begun."""
JOURNAL = "journal"
FAULTS = (OSError, EngineError, JournalDamaged, CodecError)


class BadEventId(EngineError):
    """A text is no event's id: `<sequence>.<index>`, both whole numbers."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text[:64]

    def __str__(self) -> str:
        return f"{self.text!r} is no event's id, as in 1042.0"


@frozen(order=True)
class Position:
    """Where an event stands: its record, and its place among those that the record tells."""

    sequence: int
    index: int

    def __str__(self) -> str:
        return f"{self.sequence}.{self.index}"


START = Position(0, 0)


def position_of(event_id: str) -> Position:
    """Return where the event of an id stands; raises `BadEventId`."""
    sequence, dot, index = event_id.partition(".")
    is_number = sequence.isascii() and sequence.isdigit() and index.isascii() and index.isdigit()
    if not (dot and is_number and len(event_id) <= 32):
        raise BadEventId(event_id)
    return Position(int(sequence), int(index))


@frozen
class Published:
    """One event, as everybody outside gets it."""

    position: Position
    at_ms: int
    """When the engine told it, by its own clock."""
    correlation: str
    """What it is about: the signal that it names, or the command that it follows from."""
    topic: str
    event: Event

    @property
    def event_id(self) -> str:
        """Return the name that it keeps for ever."""
        return str(self.position)

    @property
    def sequence(self) -> int:
        """Return the number of the record that tells it."""
        return self.position.sequence

    @property
    def index(self) -> int:
        """Return its place among the events of its record."""
        return self.position.index


@frozen
class Gap:
    """So many events were dropped here, the oldest first, for the reader was slow."""

    dropped: int


@define(eq=False)
class EventFeed:
    """Reads the events behind a place, chunk after chunk; for one thread."""

    journal: FileSystem
    codec: Codec
    after: Position | None = START
    """The last event that is known; None begins with the journal's latest segment."""
    missing: int = field(init=False, default=0)
    """Records that the journal does not hold any more, between the place and the first event."""
    _tail: JournalTail = field(init=False)
    _reader: RecordReader = field(init=False)
    _is_open: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._tail = JournalTail(self.journal)
        self._reader = RecordReader(self.codec, messages={}, told=TOPICS)

    def read(self) -> list[Published] | None:
        """Return the events of the next chunk of records; None when nothing new was written.

        Raises:
            JournalDamaged: A record does not follow the one before it.
            OSError: The disk's fault.
        """
        if not self._is_open:
            self._tail.begin(None if self.after is None else self.after.sequence)
            self.missing = self._tail.missing
            self._is_open = True
        lines = self._tail.read()
        if not lines:
            return None
        return list(self._events(lines))

    def _events(self, lines: Sequence[bytes]) -> Iterator[Published]:
        known = START if self.after is None else self.after
        for line in lines:
            recorded = self._reader.read(line) if sequence_of(line) >= known.sequence else None
            if recorded is None:
                continue
            for index, event in enumerate(recorded.told):
                position = Position(recorded.sequence, index)
                if position > known:
                    known = self.after = position
                    at_ms = recorded.now_ns // NS_PER_MS
                    # What the venue tells belongs to a signal, yet follows from no word of it.
                    about = getattr(event, "signal_id", "") or recorded.correlation
                    yield Published(position, at_ms, about, TOPICS[type(event)], event)


class FeedQueue:
    """The events of one reader; `get` waits, nothing else does."""

    def __init__(self, hub: "FeedHub", queue_max: int, topics: frozenset[str]) -> None:
        self._hub = hub
        self._queue_max = queue_max
        self._topics = topics
        self._events: deque[Published] = deque()
        self._dropped = 0
        self._changed = threading.Condition()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing comes any more."""
        return self._is_closed

    def push(self, event: Published) -> None:
        """Queue an event, dropping the oldest of too many; never waits."""
        if self._topics and event.topic not in self._topics:
            return
        with self._changed:
            self._events.append(event)
            if len(self._events) > self._queue_max:
                self._events.popleft()
                self._dropped += 1
            self._changed.notify()

    def get(self, timeout: float) -> Published | Gap | None:
        """Return the next event, or the gap before it; None when none came in time."""
        with self._changed:
            if not self._events and not self._is_closed:
                self._changed.wait(timeout)
            if self._dropped:
                gap, self._dropped = Gap(self._dropped), 0
                return gap
            return self._events.popleft() if self._events else None

    def close(self) -> None:
        """Take no more events; harmless twice."""
        self._hub.forget(self)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class FeedHub:
    """Reads the journal once for everybody; `close` ends its thread."""

    def __init__(
        self, data_dir: Path, codec: Codec, *, interval_ms: int = 50, kept_max: int = 10_000
    ) -> None:
        self._journal = Disk(data_dir / JOURNAL)
        self._codec = codec
        self._interval_seconds = interval_ms / 1_000
        self._kept: deque[Published] = deque(maxlen=kept_max)
        self._queues: list[FeedQueue] = []
        self._abreast = threading.Event()
        """Set once what was told before is read: from then on, what comes is told now."""
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self.fault = ""
        """Why the journal cannot be read, empty while it can."""
        self._thread = threading.Thread(target=self._run, name="callboard-feed", daemon=True)
        self._thread.start()

    @property
    def last_id(self) -> str:
        """Return the id of the latest event, empty before the first."""
        with self._lock:
            return self._kept[-1].event_id if self._kept else ""

    def latest(self, count: int) -> tuple[Published, ...]:
        """Return the latest events that are in memory, oldest first."""
        with self._lock:
            return tuple(self._kept)[-count:] if count > 0 else ()

    def subscribe(
        self,
        after_id: str | None = None,
        queue_max: int = QUEUE_MAX,
        topics: Sequence[str] = (),
    ) -> FeedQueue:
        """Return a queue of the events behind `after_id`, without one of those from now on.

        What is no longer in memory is read from the journal first, on the caller's thread; of very
        many only the latest fit, and a `Gap` comes before them. `topics` names the wanted ones. A
        hub that has just begun lets wait until it has read what was told before.

        Raises:
            BadEventId: `after_id` is no event's id.
        """
        if after_id is None:
            self._abreast.wait(ABREAST_SECONDS)
        mine = FeedQueue(self, queue_max, frozenset(topics))
        after = None if after_id is None else position_of(after_id)
        if after is not None and not self._holds(after):
            self._read_past(mine, after)
            return mine
        with self._lock:
            if after is not None:
                _push_behind(mine, self._kept, after)
            self._queues.append(mine)
        return mine

    def forget(self, queue: FeedQueue) -> None:
        """Hand a queue nothing more."""
        with self._lock:
            self._queues = [each for each in self._queues if each is not queue]

    def close(self) -> None:
        """End the thread and every queue."""
        self._is_closed.set()
        self._thread.join(JOIN_SECONDS)
        for queue in tuple(self._queues):
            queue.close()

    def _holds(self, after: Position) -> bool:
        with self._lock:
            return bool(self._kept) and self._kept[0].position <= after

    def _read_past(self, mine: FeedQueue, after: Position) -> None:
        """Give a queue what the journal holds behind a place, then what comes."""
        reached = after
        with suppress(*FAULTS):
            feed = EventFeed(self._journal, self._codec, after)
            while (events := feed.read()) is not None and not self._is_closed.is_set():
                for event in events:
                    mine.push(event)
                    reached = event.position
        with self._lock:
            _push_behind(mine, self._kept, reached)
            self._queues.append(mine)

    def _run(self) -> None:
        feed = EventFeed(self._journal, self._codec, None)
        while not self._is_closed.is_set():
            try:
                wait = 0.0 if self._advance(feed) else self._interval_seconds
                self.fault = ""
            except FAULTS as error:
                # A journal that is not there yet, or moved away: look again, from its beginning.
                self._abreast.set()
                self.fault, wait = str(error) or type(error).__name__, RETRY_SECONDS
                feed = EventFeed(self._journal, self._codec, self._reached())
            if wait:
                self._is_closed.wait(wait)

    def _reached(self) -> Position | None:
        with self._lock:
            return self._kept[-1].position if self._kept else None

    def _advance(self, feed: EventFeed) -> bool:
        events = feed.read()
        with self._lock:
            if events is None:
                self._abreast.set()
                return False
            for event in events:
                self._kept.append(event)
                for queue in self._queues:
                    queue.push(event)
        return True


def _push_behind(queue: FeedQueue, events: Any, after: Position) -> None:
    for event in events:
        if event.position > after:
            queue.push(event)
