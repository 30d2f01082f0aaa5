"""ThreadedExchange: the venue on one thread of this process, in real or N-times time.

Owns the thread and the venue's time, which it takes from the clock; nothing else may step the
venue meanwhile. It is the exchange port of one client, and `connect` gives that of others; a
client that is closed leaves its orders at the venue. Bound: the venue's own. On failure: a venue
that raises (a bad line of a strict tape) ends its streams and answers what comes NOT_CONNECTED,
with the reason. `close` ends the thread; it is a daemon, so that it never keeps a process alive.
"""

import threading
from collections.abc import Callable

from ...actors.ports import Clock, StreamListener, VenueAnswer, VenueRequest
from ...messages.values import Phase
from .callbacks import Callbacks
from .faults import Faults
from .hands import Act
from .ledger import VenueLedger
from .streams import Delivery
from .venue import Venue

CLIENT = "engine"
IDLE_SECONDS_MAX = 60.0
"""Longest sleep, in seconds of the wall, of a venue that has nothing to do."""


class ThreadedExchange:
    """A venue's thread, and the port of its first client."""

    def __init__(self, venue: Venue, clock: Clock, *, client: str = CLIENT) -> None:
        self._venue = venue
        self._clock = clock
        self._clients: dict[str, ThreadedClient] = {}
        self._is_closed = False
        self._failure = ""
        # Guards the venue and the clients; never held while a client is called.
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="callboard-venue", daemon=True)
        self._own = self.connect(client)
        self._thread.start()

    @property
    def failure(self) -> str:
        """Why the venue has failed; empty while it runs."""
        return self._failure

    def connect(self, client: str) -> "ThreadedClient":
        """Return the port of a client, replacing one of the same name."""
        with self._changed:
            previous = self._clients.get(client)
            if previous is not None:
                self._venue.close_client(client)
            connected = self._clients[client] = ThreadedClient(self, client)
        if previous is not None:
            callbacks = previous.callbacks
            callbacks.broke(callbacks.take_outstanding(), "replaced by a client of the same name")
        return connected

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request as the first client; returns at once."""
        self._own.request(request, answer)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect a stream of the first client; `ValueError` when the venue has no such one."""
        self._own.open_stream(stream, symbols, listener)

    def ledger(self) -> VenueLedger:
        """Return the venue's truth as it is now."""
        with self._changed:
            return self._venue.ledger()

    def set_faults(self, faults: Faults) -> None:
        """Replace the drawn faults from now on."""
        with self._changed:
            self._venue.set_faults(faults)

    def perform(self, act: Act) -> int:
        """Let a person or the venue act on the account; return 0, or the refusal's code."""
        with self._changed:
            code = self._venue.perform(act)
            self._changed.notify()
        return code

    def wake(self) -> None:
        """Look at once for what is due; for a market whose events no time tells of before."""
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        """End the thread and every client; no callback comes afterwards."""
        with self._changed:
            self._is_closed = True
            clients = list(self._clients.values())
            self._changed.notify()
        for client in clients:
            client.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def act(self, client: "ThreadedClient", action: Callable[[Venue, int], None]) -> str:
        """Let a client do something at the venue now; return why it cannot, else nothing."""
        with self._changed:
            if self._is_closed or self._clients.get(client.name) is not client:
                return "the client is closed"
            if self._failure:
                return self._failure
            action(self._venue, self._clock.now_ns())
            self._changed.notify()
        return ""

    def leave(self, client: "ThreadedClient") -> None:
        """Lose a client's connections; its orders stay."""
        with self._changed:
            if self._clients.get(client.name) is client:
                del self._clients[client.name]
                self._venue.close_client(client.name)

    def _run(self) -> None:
        while (due := self._next_due()) is not None:
            for client, delivery in due:
                client.deliver(delivery)

    def _next_due(self) -> list[tuple["ThreadedClient", Delivery]] | None:
        """Wait for what reaches somebody; None at the end."""
        with self._changed:
            while not self._is_closed:
                due = self._step()
                if due:
                    return due
                self._changed.wait(self._wait_seconds())
        return None

    def _step(self) -> list[tuple["ThreadedClient", Delivery]]:
        if self._failure:
            return []
        try:
            deliveries = self._venue.step(self._clock.now_ns())
        except Exception as error:  # noqa: BLE001 - whatever a market raises; it must be told
            return self._fail(f"the venue has failed: {type(error).__name__}: {error}")
        return [
            (self._clients[delivery.client], delivery)
            for delivery in deliveries
            if delivery.client in self._clients
        ]

    def _fail(self, reason: str) -> list[tuple["ThreadedClient", Delivery]]:
        self._failure = reason
        return [
            (client, Delivery(client.name, "close", stream, {}, 0))
            for client in self._clients.values()
            for stream in client.callbacks.wanted
        ]

    def _wait_seconds(self) -> float:
        due_ns = None if self._failure else self._venue.next_at_ns()
        if due_ns is None:
            return IDLE_SECONDS_MAX
        seconds = self._clock.wall_seconds(due_ns - self._clock.now_ns())
        return min(max(0.0, seconds), IDLE_SECONDS_MAX)


class ThreadedClient:
    """The exchange port of one client of a venue's thread."""

    def __init__(self, exchange: ThreadedExchange, name: str) -> None:
        self.name = name
        self.callbacks = Callbacks()
        self._exchange = exchange

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request; returns at once."""
        self.callbacks.expect(request.request_id, answer)
        reason = self._exchange.act(
            self, lambda venue, now_ns: venue.submit(request, now_ns=now_ns, client=self.name)
        )
        if reason:
            unsent = VenueAnswer(request.request_id, Phase.NOT_CONNECTED, text=reason)
            self.callbacks.answered(unsent)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect a stream; `ValueError` when the venue has no such one."""
        self.callbacks.listen(stream, symbols, listener)
        self._exchange.act(
            self,
            lambda venue, now_ns: venue.open_stream(
                stream, symbols, now_ns=now_ns, client=self.name
            ),
        )

    def close(self) -> None:
        """Close every connection of this client; no callback comes afterwards."""
        self._exchange.leave(self)
        self.callbacks.close()

    def deliver(self, delivery: Delivery) -> None:
        """Hand one delivery to whoever waits for it; the venue's thread."""
        payload = delivery.payload
        if isinstance(payload, VenueAnswer):
            self.callbacks.answered(payload)
        elif delivery.kind == "open":
            self.callbacks.opened(delivery.stream)
        elif delivery.kind == "close":
            reason = self._exchange.failure or "the venue closed the stream"
            self.callbacks.closed(delivery.stream, reason)
        else:
            self.callbacks.heard(delivery.stream, payload)
