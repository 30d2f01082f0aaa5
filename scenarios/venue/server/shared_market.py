"""SharedMarket: one market that every venue of a server sees whole, in the same order.

Owns what each onlooker has not taken yet: an event leaves the source once and waits for every
onlooker by its own queue. Venues that are stepped to the same time keep the queues empty; their
bound is what becomes due between two steps. Whoever listens is told an event as it leaves the
source, before any venue has seen it.
"""

from collections import deque
from collections.abc import Callable, Iterator

from ..market import Market, MarketEvent


class SharedMarket:
    """The source of several venues."""

    def __init__(self, source: Market) -> None:
        self._source = source
        self._onlookers: list[Onlooker] = []
        self._listeners: list[Callable[[MarketEvent], None]] = []

    def onlooker(self) -> "Onlooker":
        """Return a market of its own for one venue; it sees what happens from now on."""
        onlooker = Onlooker(self)
        self._onlookers.append(onlooker)
        return onlooker

    def hear(self, listener: Callable[[MarketEvent], None]) -> None:
        """Tell `listener` each event from now on."""
        self._listeners.append(listener)

    def next_at_ns(self) -> int | None:
        """When the source has its next event, None for never."""
        return self._source.next_at_ns()

    def draw(self, now_ns: int) -> bool:
        """Hand what is due to every onlooker; return whether there was anything."""
        has_drawn = False
        for event in self._source.advance(now_ns):
            has_drawn = True
            for listener in self._listeners:
                listener(event)
            for onlooker in self._onlookers:
                onlooker.waiting.append(event)
        return has_drawn


class Onlooker:
    """The shared market as one venue sees it."""

    def __init__(self, shared: SharedMarket) -> None:
        self.waiting: deque[MarketEvent] = deque()
        self._shared = shared

    def next_at_ns(self) -> int | None:
        """When the next event is due; None when the source is exhausted."""
        return self.waiting[0].at_ns if self.waiting else self._shared.next_at_ns()

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield every event due at or before `now_ns`; stopping early loses none."""
        waiting = self.waiting
        while waiting or self._shared.draw(now_ns):
            if waiting[0].at_ns > now_ns:
                return
            yield waiting.popleft()
