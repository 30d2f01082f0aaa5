"""Lab: a simulated venue without delays, asked call by call through our own adapter.

Owns the time of the venue and the frames that it sent. An answer is there when `ask` returns.
"""

from collections.abc import Mapping
from typing import Any

from callboard.actors.adapters.binance_requests import build_request, stamp
from callboard.actors.ports import VenueAnswer
from callboard.messages.venue import Call
from callboard.scenarios.venue.seeded_market import SeededMarket
from callboard.scenarios.venue.settings import Delay, Latency, VenueSettings
from callboard.scenarios.venue.venue import Venue

MS = 1_000_000
START_NS = 1_800_000_000_000_000_000
NO_DELAY = Delay()


class Lab:
    """One venue, one client."""

    def __init__(self, *, trade_lite: bool = False) -> None:
        settings = VenueSettings(
            latency=Latency(NO_DELAY, NO_DELAY, NO_DELAY), trade_lite=trade_lite
        )
        market = SeededMarket(seed=1, start_ns=START_NS)
        self.now_ns = START_NS
        self.user_frames: list[Mapping[str, Any]] = []
        self.market_frames: list[Mapping[str, Any]] = []
        self._answers: list[VenueAnswer] = []
        self._asked = 0
        self._venue = Venue(settings, market, seed=1, start_ns=START_NS)
        self._venue.open_stream("user", (), now_ns=START_NS)
        self._venue.open_stream("market", ("BTCUSDT",), now_ns=START_NS)
        self.wait(2_000)

    def wait(self, duration_ms: int) -> None:
        """Let the venue's time pass."""
        until_ns = self.now_ns + duration_ms * MS
        while (due_ns := self._venue.next_at_ns()) is not None and due_ns <= until_ns:
            self._take(due_ns)
        self._take(until_ns)
        self.now_ns = until_ns

    def ask(self, call: Call) -> VenueAnswer:
        """Return the venue's answer to a call."""
        self._asked += 1
        request = build_request(call, f"{self._asked}.0")
        signed = stamp(request, at_ms=self.now_ns // MS, recv_window_ms=2_500)
        self._venue.submit(signed, now_ns=self.now_ns)
        self.wait(100)
        return next(each for each in self._answers if each.request_id == request.request_id)

    def _take(self, now_ns: int) -> None:
        for delivery in self._venue.step(now_ns):
            if isinstance(delivery.payload, VenueAnswer):
                self._answers.append(delivery.payload)
            elif delivery.kind == "frame":
                frames = self.user_frames if delivery.stream == "user" else self.market_frames
                frames.append(delivery.payload)
