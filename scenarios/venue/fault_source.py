"""FaultSource: decides, request by request and frame by frame, what goes wrong.

Owns the script, the draws and the count of each fault that fired. Scripted faults go before drawn
ones and ask nobody whether they fit. Drawn faults come from a generator of their own, so switching
one on leaves delays and prices as they were; each hits only requests that it can befall.
"""

from collections.abc import Callable
from random import Random

from attrs import frozen

from ...actors.ports import VenueRequest
from .fault_targets import befalls
from .faults import Fault, Faults, FaultScript, ScriptedFault


@frozen
class FaultDraw:
    """A fault that fires now."""

    fault: Fault
    executed: bool
    size_ms: int
    luck: float = 0.0
    """From 0 to 1, for an incident that could hit one thing or another."""


class FaultSource:
    """Draws and counts."""

    def __init__(self, faults: Faults, script: FaultScript, random: Random) -> None:
        self._random = random
        self._planned: dict[tuple[str, str], dict[int, ScriptedFault]] = {}
        self._seen: dict[tuple[str, str], int] = {}
        for planned in script.planned:
            self.plan(planned)
        self.counts: dict[Fault, int] = dict.fromkeys(Fault, 0)
        self.on_fire: Callable[[Fault], None] | None = None
        """Told each fault as it fires."""
        self.set(faults)

    def set(self, faults: Faults) -> None:
        """Replace the probabilities; the script stays."""
        self._faults = faults
        active = [(fault, chance) for fault in Fault if (chance := faults.chance(fault)) > 0]
        self._on_request = tuple(pair for pair in active if not pair[0].is_stream)
        self._on_frame = tuple(pair for pair in active if pair[0].is_stream)

    def plan(self, planned: ScriptedFault) -> None:
        """Plan one more fault; its `nth` is counted from now."""
        key = (planned.method, planned.path)
        nth = self._seen.get(key, 0) + planned.nth
        self._planned.setdefault(key, {})[nth] = planned

    def forget_planned(self) -> None:
        """Let nothing planned happen any more."""
        self._planned.clear()

    def draw_for_request(self, request: VenueRequest) -> FaultDraw | None:
        """Return the fault of this request, if any, and count it."""
        planned = self._next_planned(request.method, request.path) if self._planned else None
        if planned is not None:
            return self.fire(planned.fault, planned.executed, planned.size_ms)
        for fault, chance in self._on_request:
            if self._random.random() < chance and befalls(fault, request):
                executed = self._random.random() < self._faults.executed_share
                luck = self._random.random() if fault.is_incident else 0.0
                return self.fire(fault, executed, None, luck)
        return None

    def draw_for_frame(self, stream: str) -> FaultDraw | None:
        """Return the fault of this frame, if any, and count it."""
        planned = self._next_planned("STREAM", stream) if self._planned else None
        if planned is not None:
            return self.fire(planned.fault, planned.executed, planned.size_ms)
        if stream not in self._faults.streams:
            return None
        for fault, chance in self._on_frame:
            if self._random.random() < chance:
                return self.fire(fault, True, None)
        return None

    def fire(
        self, fault: Fault, executed: bool, size_ms: int | None, luck: float = 0.0
    ) -> FaultDraw:
        """Return a fault that fires now, and count it; `size_ms` None for its own size."""
        self.counts[fault] += 1
        if self.on_fire is not None:
            self.on_fire(fault)
        size = self._size_ms(fault) if size_ms is None else size_ms
        return FaultDraw(fault, executed, size, luck)

    @property
    def faults(self) -> Faults:
        """The probabilities and sizes in force."""
        return self._faults

    def _next_planned(self, method: str, path: str) -> ScriptedFault | None:
        planned = self._planned.get((method, path))
        if planned is None:
            return None
        count = self._seen.get((method, path), 0) + 1
        self._seen[(method, path)] = count
        return planned.get(count)

    def _size_ms(self, fault: Fault) -> int:
        size_ms = self._faults.size_ms(fault)
        if fault is Fault.CLOCK_SKEW and self._random.random() >= 0.5:
            return -size_ms
        return size_ms
