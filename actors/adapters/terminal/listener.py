"""Listener: waits for the next event of a journal, for one command at a time."""

import time
from collections import deque

from attrs import define, field

from ..service.feed import EventFeed, Published

LOOK_SECONDS = 0.02


@define(eq=False)
class Listener:
    """Reads a feed as it grows; not for several threads at once."""

    feed: EventFeed
    _read: deque[Published] = field(init=False, factory=deque[Published])

    def get(self, seconds: float) -> Published | None:
        """Return the next event, None when none came in time; raises as the feed does."""
        until = time.monotonic() + seconds
        while not self._read:
            events = self.feed.read()
            self._read.extend(events or ())
            if events is None:
                left = until - time.monotonic()
                if left <= 0:
                    return None
                time.sleep(min(LOOK_SECONDS, left))
        return self._read.popleft()
