"""Port strikes: every kind of fault befalls a venue, each aimed at what it can befall.

Owns the order of the striking. A kind of a request waits at the venue for one that it can befall,
several kinds at a time; one of the stream takes the next frame; an incident is struck when it can
have an effect. What ends the stream has time between, and what keeps all requests back comes one
after another, with trade between. A frame's kind is struck again until it has fired.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from attrs import define, field, frozen

from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.server.wire_faults import WireFault
from support.venue_ports import PortControl

Kind = Fault | WireFault
KINDS: tuple[Kind, ...] = (
    *(fault for fault in Fault if fault is not Fault.TRADED_BY_HAND),
    *WireFault,
)
"""What a person trades beside the engine is left to that person, so nothing could agree."""
PAUSING = (
    Fault.HTTP_418,
    Fault.HTTP_429,
    Fault.HTTP_429_BARE,
    Fault.HTTP_418_BARE,
    Fault.HTTP_403,
)
"""Nothing is asked for as long as they say, so no other kind of a request can fire meanwhile: the
last one, and one of the longest, comes when all others have fired, or at the very end."""
SELDOM = (Fault.AMEND_LOST, Fault.TICK_4014, Fault.PRICE_BAND_4016, Fault.WOULD_MATCH_5022)
"""What can befall few requests waits for one from the beginning."""
CUTTING = (
    Fault.STREAM_DISCONNECT,
    Fault.STREAM_GAP,
    Fault.LISTEN_KEY_EXPIRED,
    Fault.STREAM_STALL,
    Fault.STREAM_STORM,
)
"""They end the user stream's connection: one shortly after another is answered by a longer wait
for the next connection, up to half a minute, in which no entry is allowed."""
LOOK_SECONDS = 0.1
AGAIN_SECONDS = 15.0
CUT_EVERY = 0.1
"""The share of a run between two kinds that end the stream's connection."""
LAST_AT = 0.95
"""The share of a run after which the last one comes, whatever is owed."""
STRUCK_IN = 0.25
"""The share of a run in which each kind has its turn; those that pause all need the rest."""
TRADED_BETWEEN = 20
"""Requests between two pauses: so the engine is at work again when the next one comes."""
HELD = (Fault.DELEVERAGED, Fault.LIQUIDATED)


def is_incident(fault: Kind) -> bool:
    """Say whether a fault befalls the exchange itself, whoever asks."""
    return isinstance(fault, Fault) and fault.is_incident


def is_of_stream(fault: Kind) -> bool:
    """Say whether a fault befalls a frame of the user stream."""
    return isinstance(fault, Fault) and fault.is_stream


@frozen
class Look:
    """What the striker sees."""

    at: float
    """Monotonic seconds."""
    fired: Mapping[str, int]
    requests: int
    is_engaged: bool
    is_held: bool


@define(eq=False)
class Line:
    """Kinds that are struck one after another, each again until it has fired."""

    strike: Callable[[Kind], None]
    kinds: list[Kind]
    every: float
    """Seconds between two strikes."""
    at_a_time: int = 1
    requests_between: int = 0
    again_after: float = math.inf
    """Seconds until a strike that has not fired is made again; one that waits at the venue for its
    request must not be, or so many of a kind would meet one request after another."""
    _next_at: float = field(init=False, default=0.0)
    _next_requests: int = field(init=False, default=0)
    _under_way: dict[Kind, float] = field(init=False, factory=dict[Kind, float])

    def step(self, look: Look) -> None:
        """Go on as far as what was seen allows."""
        self._forget_fired(look)
        for kind, struck_at in self._under_way.items():
            if look.at - struck_at > self.again_after:
                self._strike(kind, look)
        is_due = look.at >= self._next_at and look.requests >= self._next_requests
        if is_due and len(self._under_way) < self.at_a_time:
            for kind in [each for each in self.kinds if has_effect(each, look)][:1]:
                self.kinds.remove(kind)
                self._next_at = look.at + self.every
                self._strike(kind, look)

    @property
    def is_over(self) -> bool:
        """True when all have fired."""
        return not (self.kinds or self._under_way)

    def _forget_fired(self, look: Look) -> None:
        for kind in tuple(self._under_way):
            if look.fired.get(kind.value):
                del self._under_way[kind]
                self._next_requests = look.requests + self.requests_between

    def _strike(self, kind: Kind, look: Look) -> None:
        self._under_way[kind] = look.at
        self.strike(kind)


def has_effect(kind: Kind, look: Look) -> bool:
    """Say whether an incident would change anything now."""
    if kind in HELD:
        return look.is_held
    return kind is not Fault.MODE_CHANGED or not look.is_engaged


@define(eq=False)
class Striker:
    """Lets every kind fire, beside the background, and heals the venue at the end."""

    control: PortControl
    kinds: Iterable[Kind]
    seed: int
    seconds: float
    at_a_time: int
    faults: Mapping[str, float]
    """Drawn ones that go on all the time, and the sizes of all."""
    fired: Mapping[str, int] = field(init=False, factory=dict[str, int])

    def run(self) -> None:
        """Strike from the first order on."""
        pause, end = threading.Event(), time.monotonic() + self.seconds
        while time.monotonic() < end and not self._is_trading():
            pause.wait(LOOK_SECONDS)
        self.control.lead(self.faults)
        usual, pausing, last = self._lines(end - time.monotonic())
        while (now := time.monotonic()) < end:
            look, left = self._look(now), (end - now) / self.seconds
            for line in usual:
                line.step(look)
            is_through = all(line.is_over for line in usual)
            if is_through or left < 1 - STRUCK_IN:
                pausing.step(look)
            if (is_through and pausing.is_over) or left < 1 - LAST_AT:
                last.step(look)
            pause.wait(LOOK_SECONDS)
        self.control.ask("DELETE", "/faults")

    def _lines(self, seconds: float) -> tuple[tuple[Line, ...], Line, Line]:
        kinds = list(self.kinds)
        Random(f"strike/{self.seed}").shuffle(kinds)
        kinds.sort(key=lambda kind: kind not in SELDOM)
        usual: list[Kind] = [kind for kind in kinds if kind not in (*PAUSING, *CUTTING)]
        incidents: list[Kind] = [kind for kind in usual if is_incident(kind)]
        frames: list[Kind] = [kind for kind in usual if is_of_stream(kind)]
        requests: list[Kind] = [kind for kind in usual if kind not in (*incidents, *frames)]

        def every(those: Sequence[Kind]) -> float:
            return seconds * STRUCK_IN / (len(those) + 1)

        cutting: list[Kind] = [kind for kind in CUTTING if kind in kinds]
        pausing: list[Kind] = [kind for kind in PAUSING if kind in kinds]
        together = (
            Line(self._aim, requests, every(requests), self.at_a_time),
            Line(self._spoil, frames, every(frames), again_after=AGAIN_SECONDS),
            Line(self._befall, incidents, every(incidents)),
            Line(self._spoil, cutting, seconds * CUT_EVERY, again_after=AGAIN_SECONDS),
        )
        one_by_one = Line(self._aim, pausing[:-1], 0.0, requests_between=TRADED_BETWEEN)
        return together, one_by_one, Line(self._aim, pausing[-1:], 0.0)

    def _look(self, now: float) -> Look:
        counts, held = self.control.ask("GET", "/counts"), self.control.held()
        self.fired = counts["faults"]
        return Look(
            now, self.fired, counts["requests"], held["is_engaged"], bool(held["positions"])
        )

    def _is_trading(self) -> bool:
        ledgers = self.control.ask("GET", "/ledger")
        return any(ledger["orders"] for ledger in ledgers.values())

    def _aim(self, kind: Kind) -> None:
        """Let the next request that a kind can befall suffer it."""
        self._once(fault=kind.value)

    def _spoil(self, kind: Kind) -> None:
        self._once(fault=kind.value, method="STREAM", path="user")

    def _befall(self, kind: Kind) -> None:
        size_ms = self.faults.get(f"{kind.value}_ms")
        assert isinstance(kind, Fault), "the wire has no incidents"
        self.control.strike(kind, None if size_ms is None else int(size_ms))

    def _once(self, **values: Any) -> None:
        self.control.ask("POST", "/faults/once", values)
