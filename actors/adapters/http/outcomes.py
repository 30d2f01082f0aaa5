"""Outcomes: lets a request wait for what becomes of its signal or command.

Owns one queue of the hub and a thread that reads it. Each watcher names a subject, a signal's or a
command's id, and is given the events about it on the event loop; streams are told only that there
is something new. A watcher that missed events, since they came too fast, is told to look itself.
Bounds: `WATCHERS_MAX` watchers, `EVENTS_MAX` events each.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from itertools import chain
from threading import Thread
from typing import Any

from attrs import define, field

from ....messages.events import Event
from ..service.feed import FeedHub, Gap, Published
from .errors import ApiError, retry_after

WATCHERS_MAX = 1_024
EVENTS_MAX = 256
QUEUE_MAX = 8_192
WAIT_SECONDS = 0.5
JOIN_SECONDS = 2.0
BATCH_SECONDS = 0.01
"""News of a moment wake the streams once."""

IsOver = Callable[[Event], bool]


@define(eq=False)
class Watcher:
    """What was told about some subjects since they are watched."""

    subjects: tuple[str, ...]
    events: list[Event] = field(init=False, factory=list[Event])
    _changed: asyncio.Event = field(init=False, factory=asyncio.Event)
    _has_missed: bool = field(init=False, default=False)

    def hear(self, event: Event) -> None:
        """Take an event, on the loop."""
        if len(self.events) < EVENTS_MAX:
            self.events.append(event)
        self._changed.set()

    def miss(self) -> None:
        """Learn that events were dropped."""
        self._has_missed = True
        self._changed.set()

    async def until(self, is_over: IsOver, seconds: float) -> bool:
        """Wait until an event says that it is over; False if none did, or some were missed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not any(map(is_over, self.events)) and not self._has_missed:
                    self._changed.clear()
                    await self._changed.wait()
        return any(map(is_over, self.events))


@define(eq=False)
class Outcomes:
    """Between the hub's queue and the event loop; `close` ends its thread."""

    hub: FeedHub
    loop: asyncio.AbstractEventLoop
    _watchers: dict[str, list[Watcher]] = field(init=False, factory=dict[str, list[Watcher]])
    _count: int = field(init=False, default=0)
    _news: asyncio.Event = field(init=False, factory=asyncio.Event)
    _is_waking: bool = field(init=False, default=False)
    _queue: Any = field(init=False)
    _thread: Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queue = self.hub.subscribe(queue_max=QUEUE_MAX)
        self._thread = Thread(target=self._run, name="callboard-http-feed", daemon=True)
        self._thread.start()

    @contextmanager
    def watch(self, *subjects: str) -> Generator[Watcher]:
        """Watch some subjects; on the loop. Raises `ApiError` when too many are watched."""
        if self._count >= WATCHERS_MAX:
            message = "too many requests wait for their outcome"
            raise ApiError(503, "busy", message, headers=retry_after(1))
        watcher = Watcher(subjects)
        for subject in subjects:
            self._watchers.setdefault(subject, []).append(watcher)
        self._count += 1
        try:
            yield watcher
        finally:
            self._count -= 1
            for subject in subjects:
                self._forget(subject, watcher)

    async def news(self, seconds: float) -> None:
        """Wait until something was told to anybody, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def wake(self) -> None:
        """Let every stream look; on the loop."""
        self._is_waking = False
        news, self._news = self._news, asyncio.Event()
        news.set()

    def close(self) -> None:
        """End the thread; from any thread but its own."""
        self._queue.close()
        self._thread.join(JOIN_SECONDS)

    def _forget(self, subject: str, watcher: Watcher) -> None:
        left = [each for each in self._watchers[subject] if each is not watcher]
        if left:
            self._watchers[subject] = left
        else:
            del self._watchers[subject]

    def _run(self) -> None:
        while not self._queue.is_closed:
            told = self._queue.get(WAIT_SECONDS)
            if told is None:
                continue
            try:
                self.loop.call_soon_threadsafe(self._take, told)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

    def _take(self, told: Published | Gap) -> None:
        if isinstance(told, Gap):
            for watchers in self._watchers.values():
                for watcher in watchers:
                    watcher.miss()
        else:
            named = [self._watchers.get(subject, ()) for subject in _subjects(told)]
            for watcher in dict.fromkeys(chain.from_iterable(named)):
                watcher.hear(told.event)
        if not self._is_waking:
            self._is_waking = True
            self.loop.call_later(BATCH_SECONDS, self.wake)


def _subjects(told: Published) -> tuple[str, ...]:
    """Return whom an event is about."""
    event = told.event
    named = (getattr(event, "signal_id", ""), getattr(event, "command_id", ""))
    return tuple(dict.fromkeys(each for each in (*named, told.correlation) if each))
