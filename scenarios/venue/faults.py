"""Faults: what may go wrong between a client and the venue, by name and off by default.

Owns the names, their probabilities, the scripted form ("the third POST /fapi/v1/order") and the
count of each that fired. Scripted faults go before drawn ones. Drawn faults come from a generator
of their own, so switching one on leaves delays and prices as they were. Overload (-1008) and the
order limit never hit what the venue exempts.
"""

from collections.abc import Mapping
from enum import StrEnum
from random import Random

from attrs import asdict, frozen

from ...actors.ports import VenueRequest


class Fault(StrEnum):
    """Names of faults; the value is the option's name."""

    REQUEST_LOST_BEFORE_EXECUTION = "request_lost_before_execution"
    REQUEST_LATE = "request_late"
    """The connection breaks, and the request arrives all the same, later."""
    ANSWER_LOST_AFTER_EXECUTION = "answer_lost_after_execution"
    ANSWER_LATE = "answer_late"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    HTTP_503_UNKNOWN = "http_503_unknown"
    HTTP_503_SERVICE_UNAVAILABLE = "http_503_service_unavailable"
    HTTP_503_INTERNAL = "http_503_internal"
    THROTTLED_1008 = "throttled_1008"
    HTTP_429 = "http_429"
    CLOCK_SKEW = "clock_skew"
    STREAM_GAP = "stream_gap"
    STREAM_DUPLICATE = "stream_duplicate"
    STREAM_REORDER = "stream_reorder"

    @property
    def is_stream(self) -> bool:
        """True for faults of a stream, drawn once per frame instead of once per request."""
        return self in (Fault.STREAM_GAP, Fault.STREAM_DUPLICATE, Fault.STREAM_REORDER)


@frozen
class Faults:
    """Probabilities from 0 to 1, one per fault name, and the sizes of those that have one."""

    request_lost_before_execution: float = 0.0
    request_late: float = 0.0
    answer_lost_after_execution: float = 0.0
    answer_late: float = 0.0
    connection_refused: float = 0.0
    connection_reset: float = 0.0
    http_503_unknown: float = 0.0
    http_503_service_unavailable: float = 0.0
    http_503_internal: float = 0.0
    throttled_1008: float = 0.0
    http_429: float = 0.0
    clock_skew: float = 0.0
    stream_gap: float = 0.0
    stream_duplicate: float = 0.0
    stream_reorder: float = 0.0
    request_late_ms: int = 1_500
    answer_late_ms: int = 8_000
    stream_gap_ms: int = 3_000
    stream_reorder_ms: int = 50
    clock_skew_ms: int = 2_000
    """How far the venue's clock jumps; the direction is drawn."""
    executed_share: float = 0.5
    """Among resets and unclear 503 answers, the share that was executed."""
    streams: tuple[str, ...] = ("user",)
    """Which streams the drawn stream faults hit."""


@frozen
class ScriptedFault:
    """One planned fault: the `nth` (from 1) request of a method and path.

    For a stream the method is "STREAM" and the path is the stream's name: the nth frame.
    `size_ms` replaces the fault's own size when it is not None.
    """

    method: str
    path: str
    nth: int
    fault: Fault
    executed: bool = True
    size_ms: int | None = None


@frozen
class FaultScript:
    """Planned faults, in any order."""

    planned: tuple[ScriptedFault, ...] = ()


@frozen
class FaultDraw:
    """A fault that fires now."""

    fault: Fault
    executed: bool
    size_ms: int


class FaultSource:
    """Decides, request by request and frame by frame, whether something goes wrong."""

    def __init__(self, faults: Faults, script: FaultScript, random: Random) -> None:
        self._random = random
        self._planned: dict[tuple[str, str], dict[int, ScriptedFault]] = {}
        self._seen: dict[tuple[str, str], int] = {}
        for planned in script.planned:
            self.plan(planned)
        self.counts: dict[Fault, int] = dict.fromkeys(Fault, 0)
        self.set(faults)

    def set(self, faults: Faults) -> None:
        """Replace the probabilities; the script stays."""
        self._faults = faults
        chances: Mapping[str, float] = asdict(faults)
        active = tuple((fault, chances[fault.value]) for fault in Fault if chances[fault.value] > 0)
        self._on_request = tuple(pair for pair in active if not pair[0].is_stream)
        self._on_frame = tuple(pair for pair in active if pair[0].is_stream)

    def plan(self, planned: ScriptedFault) -> None:
        """Plan one more fault; its `nth` is counted from now."""
        key = (planned.method, planned.path)
        nth = self._seen.get(key, 0) + planned.nth
        self._planned.setdefault(key, {})[nth] = planned

    def draw_for_request(self, request: VenueRequest) -> FaultDraw | None:
        """Return the fault of this request, if any, and count it."""
        planned = self._next_planned(request.method, request.path) if self._planned else None
        if planned is not None:
            return self._fire(planned.fault, planned.executed, planned.size_ms)
        for fault, chance in self._on_request:
            if self._random.random() < chance and not _is_exempt(fault, request):
                executed = self._random.random() < self._faults.executed_share
                return self._fire(fault, executed, None)
        return None

    def draw_for_frame(self, stream: str) -> FaultDraw | None:
        """Return the fault of this frame, if any, and count it."""
        planned = self._next_planned("STREAM", stream) if self._planned else None
        if planned is not None:
            return self._fire(planned.fault, planned.executed, planned.size_ms)
        if stream not in self._faults.streams:
            return None
        for fault, chance in self._on_frame:
            if self._random.random() < chance:
                return self._fire(fault, True, None)
        return None

    def _next_planned(self, method: str, path: str) -> ScriptedFault | None:
        planned = self._planned.get((method, path))
        if planned is None:
            return None
        count = self._seen.get((method, path), 0) + 1
        self._seen[(method, path)] = count
        return planned.get(count)

    def _fire(self, fault: Fault, executed: bool, size_ms: int | None) -> FaultDraw:
        self.counts[fault] += 1
        return FaultDraw(fault, executed, self._size_ms(fault) if size_ms is None else size_ms)

    def _size_ms(self, fault: Fault) -> int:
        faults = self._faults
        match fault:
            case Fault.REQUEST_LATE:
                return faults.request_late_ms
            case Fault.ANSWER_LATE:
                return faults.answer_late_ms
            case Fault.STREAM_GAP:
                return faults.stream_gap_ms
            case Fault.STREAM_REORDER:
                return faults.stream_reorder_ms
            case Fault.CLOCK_SKEW:
                return (
                    faults.clock_skew_ms if self._random.random() < 0.5 else -faults.clock_skew_ms
                )
            case _:
                return 0


_THROTTLED = (("POST", "/fapi/v1/order"), ("PUT", "/fapi/v1/order"), ("POST", "/fapi/v1/algoOrder"))


def _is_exempt(fault: Fault, request: VenueRequest) -> bool:
    if fault is not Fault.THROTTLED_1008:
        return False
    # Reduce-only, close-position and cancel requests never get -1008 (general info, 2026-10-03).
    reduces = "true" in (
        request.params.get("reduceOnly", "").lower(),
        request.params.get("closePosition", "").lower(),
    )
    return reduces or (request.method, request.path) not in _THROTTLED
