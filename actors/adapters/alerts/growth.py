"""Growth: by how much a counter has grown within a while; for figures that only rise.

A counter that falls was begun anew, as an engine does at its start: it is counted from there.
Bound: `SAMPLES_MAX` samples, spread over the window.
"""

from collections import deque
from decimal import Decimal

from attrs import define, field, frozen

SAMPLES_MAX = 60
ZERO = Decimal(0)


@frozen
class _Sample:
    at_ms: int
    total: Decimal


@define(eq=False)
class Growth:
    """One counter over one window."""

    window_ms: int
    _samples: deque[_Sample] = field(init=False, factory=deque[_Sample])
    _last: Decimal | None = field(init=False, default=None)
    _total: Decimal = field(init=False, default=ZERO)
    """All growth since the first value."""

    def note(self, value: Decimal, now_ms: int) -> Decimal:
        """Take the counter's value, and return its growth within the window."""
        last = value if self._last is None else self._last
        self._total += value - last if value >= last else value
        self._last = value
        while len(self._samples) > 1 and self._samples[1].at_ms <= now_ms - self.window_ms:
            self._samples.popleft()
        spacing_ms = self.window_ms // SAMPLES_MAX
        if not self._samples or now_ms - self._samples[-1].at_ms >= max(spacing_ms, 1):
            self._samples.append(_Sample(now_ms, self._total))
        return self._total - self._samples[0].total
