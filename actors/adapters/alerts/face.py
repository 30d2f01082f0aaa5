"""Face: the alerts of a service: it hears the engine, judges the figures and tells people.

Owns the alert book and its memory. What the core says comes by the feed, from where an earlier life
of the service left off; what the engine's rim says comes by the link. A channel that is slow or
fails is its outbox's affair, and the health's. Bound: `HEARD_MAX` words of the rim between two
looks, `EVENTS_A_LOOK` events of the feed.
"""

import time
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from ....messages.events import AlertRaised, Event, SystemFailed
from ..metrics.catalogue import figure_names
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from ..service.feed import BadEventId, FeedQueue, Gap
from .alert_book import AlertBook
from .channels import LogLine, open_channels
from .memory import Remembered, recall, remember, set_aside, silences_of
from .notices import Notice, notice_of
from .occurrences import occurrence_of
from .once import Once
from .outbox import Outbox
from .rule_file import load_rules

METRICS = "metrics"
"""The face that keeps the figures."""
QUEUE_MAX = 10_000
EVENTS_A_LOOK = 10_000
HEARD_MAX = 1_000
SAVED_EVERY_MS = 10_000
MS_PER_SECOND = 1_000
BY_BOTH = (AlertRaised, SystemFailed)
"""What the core says in the journal and the bus says, too."""


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Alerts:
    """The face."""

    name = "alerts"

    def __init__(self, context: ServiceContext, now_ms: Callable[[], int] = _wall_ms) -> None:
        self._context = context
        self._settings = context.settings.alerts
        self._now_ms = now_ms
        self._heard: deque[Event] = deque(maxlen=HEARD_MAX)
        self._once = Once()
        self._log = LogLine(context.log)
        self._book: AlertBook | None = None
        self._events: FeedQueue | None = None
        self._after_id: str | None = None
        self._outboxes: tuple[Outbox, ...] = ()
        self._faults: tuple[str, ...] = ()
        self._listed: list[dict[str, Any]] = []
        self._saved = Remembered()
        self._dropped = 0
        context.link.subscribe(self._hear)

    def open(self) -> None:
        """Read the rules, recall what is known, and begin to listen; raises on a bad rule."""
        settings, data_dir = self._settings, self._context.data_dir
        path = Path(settings.rules) if settings.rules else None
        rules = load_rules(path, figure_names())
        book = AlertBook(
            rules,
            settings.cool_down_ms,
            settings.repeat_ms,
            self._context.settings.mode,
            str(data_dir),
        )
        known = self._recall(book)
        self._open_channels(known)
        self._after_id = known.after_id
        self._events = self._subscribe()
        self._book = book

    def look(self) -> float:
        """Take what was said, judge the figures, tell people and remember it."""
        assert self._book is not None, "a face is opened before it is looked after"
        now_ms = self._now_ms()
        self._book.silences = silences_of(self._context.data_dir)
        for notice in (*self._said(now_ms), *self._book.look(self._figure, now_ms)):
            self._tell(notice)
        self._listed = self._book.listed()
        self._remember(now_ms)
        return self._settings.interval_ms / MS_PER_SECOND

    def close(self) -> None:
        """End the channels; what they have not delivered is remembered."""
        outboxes, self._outboxes = self._outboxes, ()
        if self._events is not None:
            self._events.close()
            self._events = None
        for outbox in outboxes:
            outbox.close()

    def health(self) -> FaceHealth:
        """Say how many alerts fire, and how the channels are."""
        channels = [outbox.health() for outbox in self._outboxes]
        firing = sum(each["state"] == "firing" for each in self._listed)
        words = [f"{firing} firing", *(each.text for each in channels), *self._faults]
        words += [f"{self._dropped} events missed"] if self._dropped else []
        is_ok = not self._faults and all(each.is_ok for each in channels)
        return FaceHealth(is_ok=is_ok, text="; ".join(words))

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts for people, those that fire first; any thread."""
        return self._listed

    def _hear(self, event: Any) -> None:
        if isinstance(event, BY_BOTH):
            self._heard.append(event)

    def _said(self, now_ms: int) -> list[Notice]:
        """Return what must be told of what the engine said since the last look."""
        assert self._book is not None
        notices: list[Notice] = []
        while self._heard:
            event = self._heard.popleft()
            if self._once.is_new(event, now_ms, is_told=True):
                notices += self._book.hear(occurrence_of(event), self._figure, now_ms)
        for event in self._read():
            is_twice = isinstance(event, BY_BOTH)
            if not is_twice or self._once.is_new(event, now_ms, is_told=False):
                notices += self._book.hear(occurrence_of(event), self._figure, now_ms)
        return notices

    def _read(self) -> list[Event]:
        events: list[Event] = []
        assert self._events is not None
        while len(events) < EVENTS_A_LOOK and (found := self._events.get(0.0)) is not None:
            if isinstance(found, Gap):
                self._dropped += found.dropped
            else:
                self._after_id = found.event_id
                events.append(found.event)
        return events

    def _figure(self, name: str) -> Decimal | None:
        figures: Any = getattr(self._context.board.face(METRICS), "figures", None)
        found: Decimal | None = None if figures is None else figures.value(name)
        return found

    def _tell(self, notice: Notice) -> None:
        self._log.deliver(notice)
        for outbox in self._outboxes:
            outbox.put((notice,))

    def _subscribe(self) -> FeedQueue:
        try:
            return self._context.hub.subscribe(self._after_id, QUEUE_MAX)
        except BadEventId:
            return self._context.hub.subscribe(None, QUEUE_MAX)

    def _open_channels(self, known: Remembered) -> None:
        settings = self._settings
        opened = open_channels(self._context.environ, timeout_ms=settings.webhook_timeout_ms)
        self._faults = opened.faults
        self._outboxes = tuple(
            Outbox(
                each,
                queue_max=settings.queue_max,
                within_ms=settings.deliver_within_ms,
                now_ms=self._now_ms,
            )
            for each in opened.channels
        )
        for outbox in self._outboxes:
            outbox.put(notice_of(each) for each in known.unsent.get(outbox.channel.name, []))

    def _recall(self, book: AlertBook) -> Remembered:
        """Give the book what is remembered; what nobody can read is set aside, and told."""
        known, fault = recall(self._context.data_dir)
        try:
            book.restore(known.alerts)
        except (KeyError, TypeError, ValueError) as error:
            book.alerts.clear()
            known, fault = Remembered(), f"{type(error).__name__}: {error}"
        if fault:
            self._context.log("alerts", "alerts_forgotten", {"text": fault})
            set_aside(self._context.data_dir)
        return known

    def _remember(self, now_ms: int) -> None:
        """Write what must outlive this process, when it changed or was not written for a while."""
        assert self._book is not None
        unsent = {
            outbox.channel.name: [each.as_json() for each in outbox.waiting()]
            for outbox in self._outboxes
        }
        known = Remembered(self._after_id, now_ms, self._book.kept(), self._listed, unsent)
        saved = self._saved
        is_other = (known.alerts, known.unsent) != (saved.alerts, saved.unsent)
        is_behind = known.after_id != saved.after_id and now_ms - saved.at_ms >= SAVED_EVERY_MS
        if is_other or is_behind:
            remember(self._context.data_dir, known)
            self._saved = known
