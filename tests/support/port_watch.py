"""Port watch: for how long a position is without a stop, by looks at the venue itself.

Owns one look after another from the first account on until it is told to end. It believes nothing
that the engine says. The time counts while the venue would take a stop: not in a maintenance, a
ban or a halt, and not as long as an answer wanted all requests kept back. Whether the engine lives
is no excuse.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from attrs import define, field

from callboard.scenarios.venue.faults import Fault
from support.venue_ports import PortControl

LOOK_SECONDS = 0.1
GAP_MS_MAX = 5_000
"""Looks that are further apart prove nothing of the time between them."""
UNPROTECTED_MS_MAX = 10_000
MINUTE_MS = 60_000
BAN_MS = 2 * MINUTE_MS
PAUSES_MS: Mapping[Fault, int] = MappingProxyType(
    {
        Fault.HTTP_429_BARE: MINUTE_MS,
        Fault.HTTP_418_BARE: BAN_MS,
        Fault.HTTP_403: BAN_MS,
    }
)
"""How long answers that name no time keep requests back: until the window has turned, or the
shortest ban that is documented."""
Key = tuple[str, str, bool]
"""Symbol, position side and whether it is long."""


@define
class Bare:
    """One position without a stop."""

    counted_ms: int = 0
    """While the venue would have taken one."""
    lasted_ms: int = 0


@define(eq=False)
class Watch:
    """Looks at a venue until it is told to end."""

    control: PortControl
    looks: int = field(init=False, default=0)
    gap_ms_max: int = field(init=False, default=0)
    """The longest time between two looks."""
    counted_ms_max: int = field(init=False, default=0)
    """The longest time that counts."""
    lasted_ms_max: int = field(init=False, default=0)
    """The longest time of all, whoever was to blame."""
    worst: str = field(init=False, default="")
    """What was without a stop for the longest time that counts, and until when."""
    _bare: dict[Key, Bare] = field(init=False, factory=dict[Key, Bare])
    _last_at: float = field(init=False, default=0.0)
    _fired: Mapping[str, int] = field(init=False, factory=dict[str, int])
    _paused_until_ms: int = field(init=False, default=0)
    _ended: threading.Event = field(init=False, factory=threading.Event)

    def run(self) -> None:
        """Look again and again."""
        while not self._ended.wait(LOOK_SECONDS):
            counts = self.control.ask("GET", "/counts")
            if counts["requests"]:
                self.look(self.control.held(), counts["faults"], time.monotonic())

    def end(self) -> None:
        """Let the last look be the last."""
        self._ended.set()

    def wrong(self) -> Iterator[str]:
        """Yield what was seen of a position without a stop for too long, in sentences."""
        if self.counted_ms_max > UNPROTECTED_MS_MAX:
            yield f"by the venue {self.worst} had no stop for {self.counted_ms_max} ms"
        if self.gap_ms_max > GAP_MS_MAX:
            yield f"the venue was not looked at for {self.gap_ms_max} ms"

    def look(self, held: Mapping[str, Any], fired: Mapping[str, int], at: float) -> None:
        """Add the time since the last look to what is without a stop at both."""
        passed_ms = round(1_000 * (at - self._last_at)) if self.looks else 0
        self.looks, self._last_at = self.looks + 1, at
        self.gap_ms_max = max(self.gap_ms_max, passed_ms)
        self._note_pauses(held["at_ms"], fired)
        may_send = held["is_answering"] and held["at_ms"] >= self._paused_until_ms
        before, self._bare = self._bare, {}
        for each in held["positions"]:
            if not each["is_protected"]:
                key = (each["symbol"], each["position_side"], Decimal(each["amount"]) > 0)
                is_new = key not in before
                bare = self._bare[key] = before.get(key, Bare())
                lasted_ms = 0 if is_new else passed_ms
                counted_ms = lasted_ms if may_send and each["is_trading"] else 0
                self._count(key, bare, lasted_ms, counted_ms)

    def _count(self, key: Key, bare: Bare, lasted_ms: int, counted_ms: int) -> None:
        bare.lasted_ms += lasted_ms
        bare.counted_ms += counted_ms
        self.lasted_ms_max = max(self.lasted_ms_max, bare.lasted_ms)
        if bare.counted_ms > self.counted_ms_max:
            self.counted_ms_max = bare.counted_ms
            at = time.strftime("%H:%M:%S", time.gmtime())
            self.worst = f"{key[0]} until {at} UTC"

    def _note_pauses(self, at_ms: int, fired: Mapping[str, int]) -> None:
        for fault, pause_ms in PAUSES_MS.items():
            if fired.get(fault.value, 0) > self._fired.get(fault.value, 0):
                self._pause(at_ms + pause_ms)
        if fired.get(Fault.HTTP_429.value, 0) > self._fired.get(Fault.HTTP_429.value, 0):
            self._pause((at_ms // MINUTE_MS + 1) * MINUTE_MS)
        self._fired = fired

    def _pause(self, until_ms: int) -> None:
        self._paused_until_ms = max(self._paused_until_ms, until_ms)
