"""Once: an alert that comes both by the journal and by the engine's own word counts once.

The journal tells all that the core says; the word tells at once, and also what the rim says, which
no journal holds. What came by one way is expected by the other for `WAIT_MS`, then forgotten: it
was the rim's. Bound: `KEPT_MAX` that are expected. Pure.
"""

from collections import deque

from attrs import define, field, frozen

from ....messages.events import Event

WAIT_MS = 60_000
KEPT_MAX = 1_000


@frozen
class _Expected:
    event: Event
    is_told: bool
    """Whether it came by the engine's word."""
    at_ms: int


@define(eq=False)
class Once:
    """What came by one way and not yet by the other."""

    _expected: deque[_Expected] = field(
        init=False, factory=lambda: deque[_Expected](maxlen=KEPT_MAX)
    )

    def is_new(self, event: Event, now_ms: int, *, is_told: bool) -> bool:
        """Return whether this is the first of the two; `is_told` by the engine's word."""
        while self._expected and now_ms - self._expected[0].at_ms > WAIT_MS:
            self._expected.popleft()
        for each in self._expected:
            if each.is_told is not is_told and each.event == event:
                self._expected.remove(each)
                return False
        self._expected.append(_Expected(event, is_told, now_ms))
        return True
