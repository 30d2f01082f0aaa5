"""Cursor: a place in a recorded run that moves both ways, over all records or some.

Forward it replays; back it returns what it has passed, and beyond that replays again from a
snapshot before. Keeps `kept` records, so that memory does not grow with the run. A move that finds
no record says so with None, and leaves the cursor where it was.
"""

from collections import deque
from collections.abc import Iterator

from attrs import define, field

from .time_travel import ReplayedRecord, Travel

KEPT = 500
BACK = (5_000, 50_000)
"""How many records before are looked through first; then all."""


@define(eq=False)
class Cursor:
    """Stands at one record; `last` is the journal's last sequence."""

    travel: Travel
    last: int
    actor: str = ""
    client_id: str = ""
    kept: int = KEPT
    _passed: deque[ReplayedRecord] = field(init=False, factory=deque[ReplayedRecord])
    _place: int = field(init=False, default=-1)
    _ahead: Iterator[ReplayedRecord] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ahead = self._records(1)

    @property
    def here(self) -> ReplayedRecord | None:
        """The record at hand, None before the first move."""
        return self._passed[self._place] if self._passed else None

    @property
    def kept_now(self) -> int:
        """How many records it holds."""
        return len(self._passed)

    def forward(self) -> ReplayedRecord | None:
        """Move to the next record."""
        if self._place + 1 < len(self._passed):
            self._place += 1
            return self.here
        record = next(self._ahead, None)
        if record is None:
            return None
        self._passed.append(record)
        if len(self._passed) > self.kept:
            self._passed.popleft()
        self._place = len(self._passed) - 1
        return record

    def back(self) -> ReplayedRecord | None:
        """Move to the record before."""
        if self._place <= 0 and self._passed:
            earlier = self._before(self._passed[0].sequence)
            self._passed.extendleft(reversed(earlier))
            self._place += len(earlier)
            self._forget_the_end()
        if self._place <= 0:
            return None
        self._place -= 1
        return self.here

    def jump(self, sequence: int) -> ReplayedRecord | None:
        """Move to a record, or to the first of the filter after it."""
        ahead = self._records(sequence)
        record = next(ahead, None)
        if record is None:
            return None
        self._passed, self._place, self._ahead = deque([record]), 0, ahead
        return record

    def filter(self, *, actor: str, client_id: str) -> ReplayedRecord | None:
        """See only an actor's records, or those that name an order, from here on."""
        before = self.actor, self.client_id
        self.actor, self.client_id = actor, client_id
        record = self.jump(1 if self.here is None else self.here.sequence)
        if record is None:
            self.actor, self.client_id = before
        return record

    def _forget_the_end(self) -> None:
        """Keep no more than the bound; what is forgotten is replayed again when it is near."""
        if len(self._passed) <= self.kept:
            return
        while len(self._passed) > self.kept:
            self._passed.pop()
        self._ahead = self._records(self._passed[-1].sequence + 1)

    def _before(self, sequence: int) -> list[ReplayedRecord]:
        for count in (*BACK, sequence) if sequence > 1 else ():
            since = max(sequence - count, 1)
            kept = deque(self._records(since, sequence - 1), maxlen=max(self.kept // 2, 1))
            if kept or since == 1:
                return list(kept)
        return []

    def _records(self, since: int, until: int = 0) -> Iterator[ReplayedRecord]:
        if since > self.last:
            return iter(())
        return self.travel.records(
            since=since, until=until, actor=self.actor, client_id=self.client_id
        )
