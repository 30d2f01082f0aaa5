"""WireFaults: what may go wrong on the wire itself, beside what goes wrong at the venue.

Owns the names, their probabilities and sizes, all off by default, and one line on each for people.
They strike the connection of one request, whatever the venue makes of it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import field, frozen


class WireFault(StrEnum):
    """Names of faults; the value is the option's name."""

    ACCEPT_THEN_CLOSE = "accept_then_close"
    RESET_BEFORE_EXECUTION = "reset_before_execution"
    RESET_AFTER_EXECUTION = "reset_after_execution"
    ANSWER_SLOW = "answer_slow"
    ANSWER_HALF = "answer_half"
    PAGE_502 = "page_502"
    TIMEOUT_1007 = "timeout_1007"


WORDS: Mapping[WireFault, str] = MappingProxyType(
    {
        WireFault.ACCEPT_THEN_CLOSE: "a new connection is closed before anything is read",
        WireFault.RESET_BEFORE_EXECUTION: "reset after the request was read, not executed",
        WireFault.RESET_AFTER_EXECUTION: "reset after the request was executed",
        WireFault.ANSWER_SLOW: "the answer comes after answer_slow_ms of the wall",
        WireFault.ANSWER_HALF: "half of the answer's body, then the end of the connection",
        WireFault.PAGE_502: "a gateway's HTML page with 502, executed or not",
        WireFault.TIMEOUT_1007: "408 with -1007, the exchange's own timeout, executed or not",
    }
)
SLOW_NAME = "answer_slow_ms"
SLOW_MS = 2_000


@frozen
class WireFaults:
    """Probabilities from 0 to 1 by name; a request is struck by the first that its draw meets."""

    chances: Mapping[WireFault, float] = field(factory=dict[WireFault, float])
    answer_slow_ms: int = SLOW_MS
    executed_share: float = 0.5
    """Among answers that leave it open, 502 and -1007, the share that was executed."""
