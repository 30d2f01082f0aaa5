"""Floor: the venues of a server in real time, on the thread of one asyncio loop.

Owns the venues' time, which it takes from the clock: everything due is done when somebody asks for
something, and else by one timer that waits for the next due event, so nothing is polled. A request
is answered through a future, a stream through whoever opened it. A lost answer leaves its future
open until the client goes. Nothing here may be called from another thread.
"""

import asyncio
from collections.abc import Callable
from itertools import count
from random import Random

from aiohttp import web

from ....actors.ports import VenueAnswer, VenueRequest
from ..scaled_clock import ScaledClock
from ..streams import Delivery
from ..venue import Venue
from .door import Door
from .trouble import Trouble
from .venues import Venues
from .wire_faults import WireFaults

IDLE_SECONDS_MAX = 60.0
"""Longest wait, in seconds of the wall, of venues that have nothing to do."""

FLOOR: web.AppKey["Floor"] = web.AppKey("floor")
Sink = Callable[[Delivery], None]


class Floor:
    """Who asks the venues, hears them and keeps their time."""

    def __init__(
        self,
        venues: Venues,
        clock: ScaledClock,
        door: Door,
        wire_faults: WireFaults,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.venues = venues
        self.door = door
        self.trouble = Trouble(wire_faults, Random(f"{venues.seed}:wire"))
        self._on_failure = on_failure
        self.clock = clock
        self._loop = asyncio.get_running_loop()
        self._numbers = count(1)
        self._answers: dict[str, asyncio.Future[VenueAnswer]] = {}
        self._sinks: dict[tuple[str, str], Sink] = {}
        """Who hears a stream, by account and client."""
        self.requests = 0
        """Requests that a venue was asked."""
        self._timer: asyncio.TimerHandle | None = None
        self._timed_ns: int | None = None
        """What the timer waits for."""
        self.run()

    @property
    def unanswered(self) -> int:
        """Requests whose clients still wait."""
        return len(self._answers)

    def next_id(self) -> str:
        """Return a name that no other request or stream client has."""
        return str(next(self._numbers))

    async def ask(self, venue: Venue, request: VenueRequest) -> VenueAnswer:
        """Submit a request, whose id must be of `next_id`, and wait for what the venue says."""
        self.requests += 1
        answer: asyncio.Future[VenueAnswer] = self._loop.create_future()
        self._answers[request.request_id] = answer
        try:
            venue.submit(request, now_ns=self.clock.now_ns(), client="rest")
            self.run()
            return await answer
        finally:
            del self._answers[request.request_id]

    def now(self) -> Venues:
        """Return the venues as of now."""
        self.run()
        return self.venues

    def open_stream(
        self, account: str, stream: str, symbols: tuple[str, ...], sink: Sink
    ) -> Callable[[], None]:
        """Let `sink` hear an account's "user" or "market" stream; return what closes it."""
        client = f"stream {self.next_id()}"
        self._sinks[account, client] = sink
        venue = self.venues.of(account)
        venue.open_stream(stream, symbols, now_ns=self.clock.now_ns(), client=client)
        self.run()

        def close() -> None:
            if self._sinks.pop((account, client), None) is not None:
                venue.close_client(client)

        return close

    def run(self) -> None:
        """Do what is due, hand it out and set the timer for what comes next."""
        try:
            deliveries = self.venues.step(self.clock.now_ns())
        except Exception as error:  # noqa: BLE001 - whatever a market raises; it must be told
            self._on_failure(error)
            return
        for account, delivery in deliveries:
            self._hand_out(account, delivery)
        due_ns = self.venues.next_at_ns()
        if self._timer is not None:
            if due_ns == self._timed_ns:
                return
            self._timer.cancel()
        self._timed_ns = due_ns
        self._timer = self._loop.call_later(self._wait_seconds(due_ns), self._on_time)

    def close(self) -> None:
        """End the time of the venues."""
        if self._timer is not None:
            self._timer.cancel()

    def _hand_out(self, account: str, delivery: Delivery) -> None:
        payload = delivery.payload
        if not isinstance(payload, VenueAnswer):
            sink = self._sinks.get((account, delivery.client))
            if sink is not None:
                sink(delivery)
            return
        answer = self._answers.get(payload.request_id)
        if answer is not None and not answer.done():
            answer.set_result(payload)

    def _on_time(self) -> None:
        self._timer = None
        self.run()

    def _wait_seconds(self, due_ns: int | None) -> float:
        if due_ns is None:
            return IDLE_SECONDS_MAX
        seconds = self.clock.wall_seconds(due_ns - self.clock.now_ns())
        return min(max(0.0, seconds), IDLE_SECONDS_MAX)
