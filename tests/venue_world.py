"""VenueWorld: a simulated venue with a market that the test speaks for.

Owns virtual time and a client that waits for its answers. Without jitter: a request takes 5 ms, an
answer 5 ms, a frame 7 ms. Times in ms count from the start.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.scenarios.venue.market import Mark, MarketEvent, Quote, Trade
from callboard.scenarios.venue.settings import Delay, Latency, VenueSettings
from callboard.scenarios.venue.streams import Delivery
from callboard.scenarios.venue.venue import Venue

START_NS = 1_700_000_040_000_000_000
"""A full minute, so windows begin with the run."""
START_MS = START_NS // 1_000_000
PLAIN_LATENCY = Latency(request=Delay(5, 0), answer=Delay(5, 0), stream=Delay(7, 0))
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"


class SpokenMarket:
    """A market whose events the test adds, in time order."""

    def __init__(self) -> None:
        self._events: list[MarketEvent] = []

    def add(self, event: MarketEvent) -> None:
        """Let an event happen at its time."""
        self._events.append(event)

    def next_at_ns(self) -> int | None:
        """When the next event is due."""
        return self._events[0].at_ns if self._events else None

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield what is due."""
        while self._events and self._events[0].at_ns <= now_ns:
            yield self._events.pop(0)


class VenueWorld:
    """A venue, its market and one client, in virtual time."""

    def __init__(self, settings: VenueSettings | None = None, *, seed: int = 7) -> None:
        chosen = settings or VenueSettings()
        if chosen.latency == Latency():
            chosen = evolve(chosen, latency=PLAIN_LATENCY)
        self.market = SpokenMarket()
        self.now_ns = START_NS
        self.venue = Venue(chosen, self.market, seed=seed, start_ns=START_NS)
        self.frames: list[Mapping[str, Any]] = []
        self.deliveries: list[Delivery] = []
        self._answers: dict[str, VenueAnswer] = {}
        self._requests = 0

    @property
    def now_ms(self) -> int:
        """Virtual time in ms."""
        return self.now_ns // 1_000_000

    def listen(self, stream: str = "user", symbols: tuple[str, ...] = ()) -> None:
        """Open a stream and wait until it is open."""
        self.venue.open_stream(stream, symbols, now_ns=self.now_ns)
        self.wait(20)

    def wait(self, duration_ms: int) -> list[Delivery]:
        """Let time pass; return and remember what arrived."""
        end_ns = self.now_ns + duration_ms * 1_000_000
        arrived: list[Delivery] = []
        while (at_ns := self.venue.next_at_ns()) is not None and at_ns <= end_ns:
            arrived += self.venue.step(at_ns)
        arrived += self.venue.step(end_ns)
        self.now_ns = end_ns
        for delivery in arrived:
            if isinstance(delivery.payload, VenueAnswer):
                self._answers[delivery.payload.request_id] = delivery.payload
            elif delivery.kind == "frame":
                self.frames.append(delivery.payload)
        self.deliveries += arrived
        return arrived

    def quote(self, bid: str, ask: str, *, quantity: str = "100", symbol: str = "ETHUSDT") -> None:
        """Let the market quote now."""
        size = Decimal(quantity)
        self._say(Quote(symbol, self.now_ns, Decimal(bid), size, Decimal(ask), size))

    def mark(self, price: str, *, symbol: str = "ETHUSDT") -> None:
        """Let the mark price change now."""
        self._say(Mark(symbol, self.now_ns, Decimal(price)))

    def trade(
        self, price: str, quantity: str, *, is_buyer_maker: bool, symbol: str = "ETHUSDT"
    ) -> None:
        """Let others trade now."""
        self._say(Trade(symbol, self.now_ns, Decimal(price), Decimal(quantity), is_buyer_maker))

    def say(self, event: MarketEvent) -> None:
        """Let any market event happen, now or at its own time."""
        self._say(event)

    def _say(self, event: MarketEvent) -> None:
        self.market.add(event)
        self.wait(0)

    def send(self, method: str, path: str, **params: str) -> str:
        """Send a signed request without waiting; return its id."""
        self._requests += 1
        request_id = f"r{self._requests}"
        params.setdefault("timestamp", str(self.now_ms))
        request = VenueRequest(request_id, method, path, params)
        self.venue.submit(request, now_ns=self.now_ns)
        return request_id

    def answer_to(self, request_id: str) -> VenueAnswer | None:
        """Return the answer of a request, None while there is silence."""
        return self._answers.get(request_id)

    def ask(self, method: str, path: str, **params: str) -> VenueAnswer:
        """Send a request and wait for its answer."""
        request_id = self.send(method, path, **params)
        self.wait(10)
        answer = self._answers[request_id]
        assert answer.request_id == request_id
        return answer

    def done(self, method: str, path: str, **params: str) -> Any:
        """Send a request that must succeed; return its body."""
        answer = self.ask(method, path, **params)
        assert answer.status == 200, answer.body
        return answer.body

    def refused(self, method: str, path: str, **params: str) -> int:
        """Send a request that must be refused; return its code."""
        answer = self.ask(method, path, **params)
        assert answer.status != 200, answer.body
        code = answer.body["code"]
        assert isinstance(code, int)
        return code

    def frames_of(self, event_type: str) -> list[Mapping[str, Any]]:
        """Return the frames of one type, in the order of their arrival."""
        return [frame for frame in self.frames if frame["e"] == event_type]

    def position(self, symbol: str = "ETHUSDT", side: str = "BOTH") -> Decimal:
        """Return the signed amount in the venue's ledger."""
        for position in self.venue.ledger().positions:
            if (position.symbol, position.position_side) == (symbol, side):
                return position.amount
        return Decimal(0)


def market_order(
    side: str, quantity: str, client_order_id: str = "", **more: str
) -> dict[str, str]:
    """Return the parameters of a MARKET order in ETHUSDT."""
    params = {"symbol": "ETHUSDT", "side": side, "type": "MARKET", "quantity": quantity}
    return _with_id(params, "newClientOrderId", client_order_id) | more


def limit_order(
    side: str, quantity: str, price: str, client_order_id: str = "", **more: str
) -> dict[str, str]:
    """Return the parameters of a LIMIT GTC order in ETHUSDT."""
    params = {"symbol": "ETHUSDT", "side": side, "type": "LIMIT", "quantity": quantity}
    params |= {"price": price, "timeInForce": "GTC"}
    return _with_id(params, "newClientOrderId", client_order_id) | more


def stop_order(
    side: str, trigger_price: str, client_algo_id: str = "", **more: str
) -> dict[str, str]:
    """Return the parameters of a STOP_MARKET in ETHUSDT on the mark price."""
    params = {"algoType": "CONDITIONAL", "symbol": "ETHUSDT", "side": side, "type": "STOP_MARKET"}
    params |= {"triggerPrice": trigger_price, "workingType": "MARK_PRICE"}
    return _with_id(params, "clientAlgoId", client_algo_id) | more


def _with_id(params: dict[str, str], name: str, client_id: str) -> dict[str, str]:
    return params | {name: client_id} if client_id else params


def long_world(settings: VenueSettings | None = None) -> VenueWorld:
    """Return a venue where the client is long 1 ETH at 2600.10, with mark 2600."""
    world = quoted_world(settings)
    world.done("POST", ORDER, **market_order("BUY", "1", "entry"))
    world.wait(10)
    world.frames.clear()
    return world


def quoted_world(settings: VenueSettings | None = None, *, ask: str = "2600.10") -> VenueWorld:
    """Return a venue that quotes ETHUSDT at 2600.00 and marks it there, and a listening client."""
    world = VenueWorld(settings)
    world.quote("2600.00", ask)
    world.mark("2600.00")
    world.listen()
    return world


def even_world(settings: VenueSettings | None = None) -> VenueWorld:
    """Return a venue without a spread, at 2600.00."""
    return quoted_world(settings, ask="2600.00")
