"""Wire: what passes between engine and venue, seen at the line.

Owns every request with its answer, in order, and the last word of the venue's headers. Bounded by
the length of the demo. It only looks on: hooks that were there before are called first.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from attrs import define, field, frozen

from ...actors.ports import VenueAnswer, VenueRequest
from ..simulated_engine import SimulatedEngine

MS_NS, SECOND_NS = 1_000_000, 1_000_000_000
MINUTE_NS, TEN_SECONDS_NS = 60 * SECOND_NS, 10 * SECOND_NS
WEIGHT, ORDERS = "X-MBX-USED-WEIGHT-1M", "X-MBX-ORDER-COUNT-10S"
_ID_PARAMS = ("newClientOrderId", "clientAlgoId", "origClientOrderId")


@define(eq=False)
class Sent:
    """One request; `answered_at_ns` is 0 while no answer came."""

    at_ns: int
    request: VenueRequest
    client_order_id: str
    status: int = 0
    answered_at_ns: int = 0
    retry_after_s: int = 0
    answer: VenueAnswer | None = None

    @property
    def paused_until_ns(self) -> int:
        """Until when its answer wants no more requests, 0 without such a wish; in whole ms."""
        if not self.retry_after_s:
            return 0
        return self.answered_at_ns // MS_NS * MS_NS + self.retry_after_s * SECOND_NS

    def is_of(self, method: str, path: str) -> bool:
        """Say whether it is a request of this kind."""
        return (self.request.method, self.request.path) == (method, path)


@frozen
class Usage:
    """What the venue says is used of a window."""

    used: int = 0
    at_ns: int = 0

    def at(self, now_ns: int, window_ns: int) -> int:
        """Return what is used of the window of a moment, 0 where that has turned meanwhile."""
        return self.used if now_ns // window_ns == self.at_ns // window_ns else 0


@define(eq=False)
class Wire:
    """Looks at an engine's line; `on_sent` and `on_answered` hear of each request."""

    engine: SimulatedEngine
    on_sent: Callable[[Sent], None]
    on_answered: Callable[[Sent], None]
    sent: list[Sent] = field(init=False, factory=list[Sent])
    weight: Usage = field(init=False, factory=Usage)
    orders: Usage = field(init=False, factory=Usage)
    targets: dict[str, Decimal] = field(init=False, factory=dict[str, Decimal])
    """Trigger price of the last take-profit order of each symbol."""
    _waiting: dict[str, Sent] = field(init=False, factory=dict[str, Sent])

    def __attrs_post_init__(self) -> None:
        driver = self.engine.driver
        sent_before, answered_before = driver.on_request, driver.on_answer

        def on_request(request: VenueRequest) -> None:
            if sent_before is not None:
                sent_before(request)
            self._note_request(request)

        def on_answer(answer: VenueAnswer) -> None:
            if answered_before is not None:
                answered_before(answer)
            self._note_answer(answer)

        driver.on_request, driver.on_answer = on_request, on_answer

    def since(self, at_ns: int, method: str, path: str) -> Iterator[Sent]:
        """Yield the requests of a kind from a moment on."""
        return (each for each in self.sent if each.at_ns >= at_ns and each.is_of(method, path))

    def about(self, client_order_id: str, method: str) -> list[Sent]:
        """Return the requests of a method about one order."""
        return [
            each
            for each in self.sent
            if each.client_order_id == client_order_id and each.request.method == method
        ]

    def _note_request(self, request: VenueRequest) -> None:
        now_ns = self.engine.simulation.now_ns
        named = (request.params[name] for name in _ID_PARAMS if name in request.params)
        sent = Sent(now_ns, request, next(named, ""))
        self.sent.append(sent)
        self._waiting[request.request_id] = sent
        if request.method == "POST" and request.params.get("type") == "TAKE_PROFIT_MARKET":
            self.targets[request.params["symbol"]] = Decimal(request.params["triggerPrice"])
        self.on_sent(sent)

    def _note_answer(self, answer: VenueAnswer) -> None:
        now_ns = self.engine.simulation.now_ns
        headers = answer.headers
        if WEIGHT in headers:
            self.weight = Usage(int(headers[WEIGHT]), now_ns)
        if ORDERS in headers:
            self.orders = Usage(int(headers[ORDERS]), now_ns)
        sent = self._waiting.pop(answer.request_id, None)
        if sent is not None:
            sent.status, sent.answered_at_ns, sent.answer = answer.status, now_ns, answer
            sent.retry_after_s = int(headers.get("Retry-After", "0"))
            self.on_answered(sent)
