"""Snapshot: what `top` shows of an engine at a moment, by its folder or by its address.

Owns the questions of one look and the latest events. A part that is not told is left out of the
picture; an engine that does not answer is told with the last that was known of it.
"""

import threading
from collections import deque
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from attrs import define, field, frozen

from ....messages.queries import GetOrders, GetPositions, GetStatistics, GetStatus, Query
from ....messages.vitals import (
    GetAccount,
    GetLimits,
    GetQueue,
    GetStreams,
    GetUserStream,
    GetVitals,
)
from ...errors import EngineError, Refused
from ..order_lines import order_json
from .client import Client
from .event_tail import events_of
from .folder import Folder
from .listener import Listener
from .place import Url
from .remote import API

EVENTS_KEPT = 200
RECORDS_BEFORE = 2_000
"""Records whose events are shown at the beginning."""
RECONNECT_SECONDS = 2.0

Json = dict[str, Any]

QUESTIONS: dict[str, Query] = {
    "positions": GetPositions(),
    "limits": GetLimits(),
    "queue": GetQueue(),
    "actors": GetVitals(),
}
"""Part of a snapshot -> its question; by the API each has a path of that name."""
OF_STATUS: dict[str, Query] = {
    "account": GetAccount(),
    "streams": GetStreams(),
    "user_stream": GetUserStream(),
    "statistics": GetStatistics(),
}
"""What stands within the status."""


@frozen
class Snapshot:
    """One look; a part that was not told is None."""

    place: str
    status: Json | None = None
    parts: Json = field(factory=dict[str, Any])
    orders: tuple[Json, ...] = ()
    events: tuple[Json, ...] = ()
    """The latest, oldest first: `at_ms`, `topic`, `data`."""
    fault: str = ""
    """Why the engine was not asked; empty when it was."""

    def plain(self) -> Json:
        """Return it as JSON values."""
        return {
            "place": self.place,
            "status": self.status,
            **{name: self.parts.get(name) for name in QUESTIONS},
            "orders": list(self.orders),
            "events": list(self.events),
            "fault": self.fault,
        }


class Source(Protocol):
    """Gives snapshots."""

    def look(self) -> Snapshot:
        """Ask the engine once; never raises for one that does not answer."""
        ...


@define(eq=False)
class FolderSource:
    """An engine by its data directory."""

    folder: Folder
    _listener: Listener = field(init=False)
    _events: deque[Json] = field(init=False, factory=lambda: deque[Json](maxlen=EVENTS_KEPT))
    _last: Snapshot = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._last = Snapshot(str(self.folder.data_dir))
        self._listener = self.folder.listening(RECORDS_BEFORE)

    def look(self) -> Snapshot:
        """Ask over the socket, and read what the journal tells."""
        with suppress(EngineError, OSError):
            self._hear()
        try:
            self._last = self._asked()
        except EngineError as error:
            self.folder.close()
            fault = str(error)
            return Snapshot(
                self._last.place,
                self._last.status,
                self._last.parts,
                self._last.orders,
                tuple(self._events),
                fault,
            )
        return self._last

    def _asked(self) -> Snapshot:
        codec, ask = self.folder.codec, self.folder.ask
        status = codec.whole(ask(GetStatus()))
        parts = {name: self._part(query) for name, query in QUESTIONS.items()}
        vitals: Json = parts["actors"] or {}
        names = ("mode", "version", "generation", "ready", "uptime_ms", "at_ms")
        status |= {name: vitals.get(name) for name in names}
        status |= {name: self._part(query) for name, query in OF_STATUS.items()}
        orders = tuple(order_json(each) for each in ask(GetOrders()).orders)
        return Snapshot(self._last.place, status, parts, orders, tuple(self._events))

    def _part(self, query: Query) -> Json | None:
        """Return one part, None where its owner does not tell."""
        try:
            answer: Json = self.folder.codec.whole(self.folder.ask(query))
        except Refused:
            return None
        return answer

    def _hear(self) -> None:
        while (told := self._listener.get(0)) is not None:
            data = self.folder.codec.whole(told.event)
            self._events.append({"at_ms": told.at_ms, "topic": told.topic, "data": data})


@define(eq=False)
class RemoteSource:
    """An engine by the address of its API; a thread hears its events."""

    client: Client
    _events: deque[Json] = field(init=False, factory=lambda: deque[Json](maxlen=EVENTS_KEPT))
    _last: Snapshot = field(init=False)
    _is_over: threading.Event = field(init=False, factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._last = Snapshot(str(self.client.url))
        self._thread = threading.Thread(target=self._hear, name="callboard-top", daemon=True)
        self._thread.start()

    def look(self) -> Snapshot:
        """Ask over HTTP."""
        get = self.client.get
        try:
            status = get(f"{API}/status")
            parts = {name: get(f"{API}/{name}") for name in QUESTIONS}
            orders = tuple(get(f"{API}/orders")["orders"])
        except EngineError as error:
            last = self._last
            return Snapshot(
                last.place, last.status, last.parts, last.orders, tuple(self._events), str(error)
            )
        self._last = Snapshot(self._last.place, status, parts, orders, tuple(self._events))
        return self._last

    def close(self) -> None:
        """Hear nothing more."""
        self._is_over.set()
        while self._thread.is_alive():
            # Again: the thread may have connected just now.
            self.client.hang_up()
            self._thread.join(RECONNECT_SECONDS)

    def _hear(self) -> None:
        """Hear events until the end; what was missed is missed."""
        after_id = ""
        while not self._is_over.is_set():
            with suppress(EngineError):
                for told in events_of(self.client, after_id):
                    after_id = told.event_id or after_id
                    self._events.append(dict(told.data))
            self._is_over.wait(RECONNECT_SECONDS)


@contextmanager
def watched(place: Path | Url, timeout_seconds: float) -> Generator[Source]:
    """Give what looks at a place."""
    if isinstance(place, Url):
        with closing(RemoteSource(Client.of(place, timeout_seconds))) as source:
            yield source
        return
    with Folder.opened(place, timeout_seconds) as folder:
        yield FolderSource(folder)
