"""Consumer: events of other programs come in by Redis Streams, each carried out once.

A face. Owns a reading and a writing connection, one consumer group on the streams of the incoming
topics, and the entries at hand. An entry is acknowledged after the engine has taken its command;
while no engine answers it waits, and those behind it too. What nobody can read, or was left by a
consumer again and again, goes to `<prefix>.dead` with its reason. A duplicate is carried out once:
a wish is named by its event, and the latest event ids are remembered. Bound: `stream_max` dead
letters, `SEEN_MAX` ids, `TAKEN_MAX` entries at hand.
"""

import time
from collections import deque
from typing import Any

from ....messages.intake import ExecuteAlgorithm, HostCommand, PolicyChanged, SubmitSignal
from ...errors import Refused
from ...runtime.front import QUEUE_FULL
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from ..service.link import LinkFault
from ..signal_fields import BadFields
from ..signal_words import BadField
from .entries import StreamEntry, entries_in, entries_of
from .incoming import EMERGENCY, MODEL, POLICY, WISHES, PolicyWanted, Taken, read, worst
from .redis_client import (
    BLOCK_MS,
    RETRY_SECONDS,
    address_of,
    reader,
    redis_faults,
    refuse_other_kinds,
    writer,
)
from .risk_service import RiskService, ServiceSilent

GROUP = "callboard"
CONSUMER = "engine"
TAKEN_MAX = 64
SEEN_MAX = 10_000
DELIVERIES_MAX = 20
"""An entry that was delivered more often and never finished is a dead letter."""
TRIM_SECONDS = 60.0
DEAD = "dead"
DATA_MAX = 64 * 1024
MS = 1_000
ORDER = (EMERGENCY, POLICY, MODEL, *WISHES)
"""Of two entries of one millisecond the one that may stop the other goes first."""
GROUP_IS_THERE = "BUSYGROUP"


class Consumer:
    """Reads streams and tells the engine."""

    name = "redis_in"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._settings = context.settings.bus
        self._topics = {f"{self._settings.prefix}.{topic}": topic for topic in ORDER}
        self._risk = RiskService.of(context.settings.emergency)
        self._asked_keys = context.settings.emergency.policy_keys if self._risk else ()
        self._reader: Any = None
        self._writer: Any = None
        self._faults: tuple[type[Exception], ...] = ()
        self._waiting: deque[StreamEntry] = deque()
        self._seen: dict[tuple[str, str], None] = {}
        self._is_begun = False
        self._is_caught_up = False
        self._claimed_at = 0.0
        self._trimmed_at = 0.0
        self._counts = {"taken": 0, "dead": 0, "repeated": 0}
        self._fault = "not connected yet"
        self._engine = ""

    def open(self) -> None:
        """Make the clients; raises `ConfigurationError` without the extra."""
        address = address_of(self._settings, self._context.environ)
        self._reader, self._writer = reader(address), writer(address)
        self._faults = redis_faults()

    def look(self) -> float:
        """Carry out what waits, then read on; a server that is away is tried again in a moment."""
        try:
            return self._advance()
        except self._faults as error:
            if not self._fault:
                self._context.log(self.name, "redis_lost", {"error": str(error)})
            self._fault = str(error) or type(error).__name__
            # What was not acknowledged is delivered again.
            self._is_begun = False
            self._waiting.clear()
            return RETRY_SECONDS

    def close(self) -> None:
        """Hang up; what was not acknowledged is delivered again."""
        for client in (self._reader, self._writer):
            if client is not None:
                client.close()
        self._reader = self._writer = None
        self._is_begun = False
        self._waiting.clear()

    def health(self) -> FaceHealth:
        """Say what came in, and what hinders."""
        counts = ", ".join(f"{count} {what}" for what, count in self._counts.items())
        hindrance = self._fault or self._engine
        return FaceHealth(not hindrance, f"{hindrance}: {counts}" if hindrance else counts)

    def _advance(self) -> float:
        if not self._is_begun:
            self._begin()
        while self._waiting:
            if not self._settle(self._waiting[0]):
                return RETRY_SECONDS
            self._waiting.popleft()
        if not self._is_caught_up:
            self._take_up()
        elif not self._claim():
            self._waiting += self._read(">", BLOCK_MS)
            if not self._waiting:
                self._trim()
        return 0.0

    def _begin(self) -> None:
        """Make the groups that are not there."""
        refuse_other_kinds(self._writer, (*self._topics, f"{self._settings.prefix}.{DEAD}"))
        for stream in self._topics:
            self._make_group(stream)
        self._waiting.clear()
        self._claimed_at, self._is_caught_up = 0.0, False
        self._is_begun, self._fault = True, ""
        self._context.log(self.name, "redis_found", {"streams": list(self._topics)})

    def _make_group(self, stream: str) -> None:
        try:
            self._writer.xgroup_create(stream, GROUP, id="0", mkstream=True)
        except self._faults as error:
            if not str(error).startswith(GROUP_IS_THERE):
                raise

    def _take_up(self) -> None:
        """Go on with what this consumer had at hand when it was broken off."""
        found = self._read("0", None)
        self._is_caught_up = not found
        self._waiting += [entry for entry in found if not self._has_killed(entry)]

    def _read(self, after: str, block_ms: int | None) -> list[StreamEntry]:
        streams = dict.fromkeys(self._topics, after)
        answer = self._reader.xreadgroup(GROUP, CONSUMER, streams, count=TAKEN_MAX, block=block_ms)
        return sorted(entries_of(answer, self._topics), key=_age)

    def _claim(self) -> bool:
        """Take over what another consumer took and left; False where there was nothing."""
        idle_ms = self._settings.claim_idle_ms
        if time.monotonic() - self._claimed_at < idle_ms / MS:
            return False
        self._claimed_at = time.monotonic()
        for stream in self._topics:
            answer = self._writer.xautoclaim(stream, GROUP, CONSUMER, idle_ms, "0-0", TAKEN_MAX)
            found = entries_in(stream, answer[1], self._topics)
            self._waiting += [entry for entry in found if not self._has_killed(entry)]
        return bool(self._waiting)

    def _trim(self) -> None:
        """Leave about `stream_max` entries of each stream, now that all of them were read."""
        if time.monotonic() - self._trimmed_at < TRIM_SECONDS:
            return
        self._trimmed_at = time.monotonic()
        for stream in self._topics:
            self._writer.xtrim(stream, maxlen=self._settings.stream_max, approximate=True)

    def _has_killed(self, entry: StreamEntry) -> bool:
        """Bury an entry that whoever took it never lived to finish."""
        found = self._writer.xpending_range(
            entry.stream, GROUP, min=entry.entry_id, max=entry.entry_id, count=1
        )
        deliveries = int(found[0]["times_delivered"]) if found else 0
        if deliveries <= DELIVERIES_MAX:
            return False
        return self._bury(entry, f"was delivered {deliveries} times and never finished")

    def _settle(self, entry: StreamEntry) -> bool:
        """Carry out an entry or bury it; False where it has to wait for an engine."""
        name = (entry.topic, entry.event_id)
        if name in self._seen:
            self._counts["repeated"] += 1
            self._acknowledge(entry)
            return True
        try:
            self._context.link.tell(self._command(entry))
        except (BadFields, ServiceSilent) as bad:
            return self._bury(entry, str(bad))
        except (LinkFault, Refused) as fault:
            if isinstance(fault, Refused) and fault.reason != QUEUE_FULL:
                return self._bury(entry, fault.reason)
            self._engine = str(fault)
            return False
        self._counts["taken"] += 1
        self._remember(name)
        self._acknowledge(entry)
        self._engine = ""
        return True

    def _command(self, entry: StreamEntry) -> HostCommand:
        taken = _taken(entry)
        if isinstance(taken, PolicyChanged) and taken.key in self._asked_keys:
            # The service that is asked for it has the word; the event says that it has another.
            taken = PolicyWanted(taken.key)
        if isinstance(taken, PolicyWanted):
            return self._asked(taken, entry)
        self._check_age(taken, entry)
        return taken

    def _check_age(self, command: HostCommand, entry: StreamEntry) -> None:
        """Refuse an entry that waited for too long; what reduces is never too old."""
        wish = command.signal if isinstance(command, ExecuteAlgorithm) else command
        most = self._settings.signal_age_ms_max
        age_ms = time.time_ns() // 1_000_000 - entry.at_ms
        is_entry = isinstance(wish, SubmitSignal) and wish.signal.is_entry
        if is_entry and most and age_ms > most:
            raise BadFields(BadField("age_ms", f"is {age_ms}, must be at most {most}"))

    def _asked(self, wanted: PolicyWanted, entry: StreamEntry) -> PolicyChanged:
        if self._risk is None:
            raise BadFields(BadField("value", "is missing, and no risk service is there to ask"))
        value = self._risk.policy(wanted.key)
        return PolicyChanged(wanted.key, value, entry.topic, entry.at_ms)

    def _bury(self, entry: StreamEntry, reason: str) -> bool:
        """Move an entry to the dead letters; of an emergency source it is the worst word, too."""
        if entry.topic == EMERGENCY:
            try:
                self._context.link.tell(worst(entry.at_ms))
            except (LinkFault, Refused) as fault:
                self._engine = str(fault)
                return False
        transaction = self._writer.pipeline(transaction=True)
        letter = {
            "stream": entry.stream,
            "entry_id": entry.entry_id,
            "event_id": entry.event_id,
            "reason": reason[:DATA_MAX],
            "data": entry.payload[:DATA_MAX],
        }
        dead = f"{self._settings.prefix}.{DEAD}"
        transaction.xadd(dead, letter, maxlen=self._settings.stream_max, approximate=True)
        transaction.xack(entry.stream, GROUP, entry.entry_id)
        transaction.execute()
        self._counts["dead"] += 1
        fields = {"stream": entry.stream, "entry_id": entry.entry_id, "reason": reason[:256]}
        self._context.log(self.name, "event_buried", fields)
        return True

    def _acknowledge(self, entry: StreamEntry) -> None:
        self._writer.xack(entry.stream, GROUP, entry.entry_id)

    def _remember(self, name: tuple[str, str]) -> None:
        self._seen[name] = None
        while len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]


def _taken(entry: StreamEntry) -> Taken:
    """Return what an entry wants; one that nobody foresaw is one that nobody can read."""
    try:
        return read(entry.topic, entry.payload, event_id=entry.event_id, at_ms=entry.at_ms)
    except BadFields:
        raise
    except Exception as error:
        raise BadFields(BadField("data", f"{type(error).__name__}: {error}")) from error


def _age(entry: StreamEntry) -> tuple[int, int]:
    """Return what sorts the entries of several streams by when they came."""
    first, _, second = entry.entry_id.partition("-")
    return int(first), int(second or 0)
