"""Exchange: the simulated venue behind the exchange port, in virtual time.

One client of a venue that lives in the same simulation; the venue stays when a client is closed,
as a real one does. Answers and frames arrive as events of the simulation.
"""

from collections.abc import Callable

from ..actors.ports import StreamListener, VenueAnswer, VenueRequest
from .crash_points import Boundary
from .simulation import Simulation
from .venue.streams import Delivery
from .venue.venue import Venue


class VenueDriver:
    """Steps a venue whenever it has something to do, and hands out what reaches its clients."""

    def __init__(self, simulation: Simulation, venue: Venue) -> None:
        self.venue = venue
        self.simulation = simulation
        self.on_request: Callable[[VenueRequest], None] | None = None
        """Called right before a request leaves a client, for invariant checkers."""
        self.on_answer: Callable[[VenueAnswer], None] | None = None
        """Called right before an answer reaches a client that is still there."""
        self.on_stepped: Callable[[], None] | None = None
        """Called when the venue has done something, before anybody hears of it."""
        self._clients: dict[str, SimulatedExchange] = {}
        self._next_ns: int | None = None

    def connect(self, client: str) -> "SimulatedExchange":
        """Return a new client's side of the venue, replacing one of the same name."""
        exchange = SimulatedExchange(self, client)
        self._clients[client] = exchange
        self.wake()
        return exchange

    def disconnect(self, client: str) -> None:
        """Lose a client's connections; its orders stay."""
        self._clients.pop(client, None)
        self.venue.close_client(client)

    def wake(self) -> None:
        """See to it that the venue is stepped when it is due."""
        due = self.venue.next_at_ns()
        if due is None or (self._next_ns is not None and self._next_ns <= due):
            return
        self._next_ns = max(due, self.simulation.now_ns)
        at_ns = self._next_ns
        self.simulation.at(at_ns, lambda: self._step(at_ns))

    def _step(self, at_ns: int) -> None:
        if self._next_ns != at_ns:
            return
        self._next_ns = None
        deliveries = self.venue.step(self.simulation.now_ns)
        if self.on_stepped is not None:
            self.on_stepped()
        for delivery in deliveries:
            client = self._clients.get(delivery.client)
            if client is not None:
                client.deliver(delivery)
        self.wake()


class SimulatedExchange:
    """The exchange port of one client."""

    def __init__(self, driver: VenueDriver, client: str) -> None:
        self._driver = driver
        self._client = client
        self._answers: dict[str, Callable[[VenueAnswer], None]] = {}
        self._listeners: dict[str, StreamListener] = {}
        self._is_closed = False
        self.reach: Callable[[Boundary], bool] = _nothing_ends
        """Called at each boundary of a request and its answer; True when the client died there."""

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request; the answer, if any, comes in virtual time."""
        if self._is_closed or self.reach(Boundary.BEFORE_SEND):
            return
        if self._driver.on_request is not None:
            self._driver.on_request(request)
        self._answers[request.request_id] = answer
        now_ns = self._driver.simulation.now_ns
        self._driver.venue.submit(request, now_ns=now_ns, client=self._client)
        self._driver.wake()
        self.reach(Boundary.AFTER_SEND)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect a stream."""
        if self._is_closed:
            return
        self._listeners[stream] = listener
        now_ns = self._driver.simulation.now_ns
        self._driver.venue.open_stream(stream, symbols, now_ns=now_ns, client=self._client)
        self._driver.wake()

    def close(self) -> None:
        """Close every connection; what a dead process still asks for reaches nobody."""
        self._is_closed = True
        self._listeners.clear()
        self._answers.clear()
        self._driver.disconnect(self._client)

    def deliver(self, delivery: Delivery) -> None:
        """Hand one delivery to whoever waits for it."""
        if delivery.kind == "answer":
            assert isinstance(delivery.payload, VenueAnswer)
            if self.reach(Boundary.BEFORE_ANSWER):
                return
            if self._driver.on_answer is not None:
                self._driver.on_answer(delivery.payload)
            answer = self._answers.pop(delivery.payload.request_id, None)
            if answer is not None:
                answer(delivery.payload)
            self.reach(Boundary.AFTER_ANSWER)
            return
        listener = self._listeners.get(delivery.stream)
        if listener is None:
            return
        if delivery.kind == "open":
            listener.on_open(delivery.stream)
        elif delivery.kind == "close":
            listener.on_close(delivery.stream, "the venue closed the stream")
        else:
            assert not isinstance(delivery.payload, VenueAnswer)
            listener.on_frame(delivery.stream, delivery.payload)


def _nothing_ends(boundary: Boundary) -> bool:  # noqa: ARG001 - the form of `reach`
    return False
