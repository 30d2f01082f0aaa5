"""Venue servers: the venue's HTTP face on a free port, and a client of plain HTTP."""

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urlencode

from attrs import evolve, frozen

from callboard.scenarios.running import market
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.seeded_market import SeededMarket, SeededMarketSettings, Walk
from callboard.scenarios.venue.server.door import Door
from callboard.scenarios.venue.server.listening import HOST
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.wire_faults import WireFaults
from callboard.scenarios.venue.settings import AT_ONCE, ETHUSDT, SymbolRules, VenueSettings

SYMBOLS = ("BTCUSDT", "ETHUSDT")
TIMEOUT_SECONDS = 30


def served(
    *,
    port: int = 0,
    seed: int = 1,
    door: Door | None = None,
    wire_faults: WireFaults | None = None,
    clock: ScaledClock | None = None,
    symbols: tuple[str, ...] = SYMBOLS,
    pace_ms: int = 100,
    **settings: Any,
) -> VenueServer:
    """Return a server of a seeded market, which listens once it is entered.

    `pace_ms` is the time between two prices of a symbol: a fast clock makes many of them. A symbol
    that nobody knows is one like ETHUSDT.
    """
    clock = clock or ScaledClock.begin()
    made = [_symbol(name) for name in symbols]
    rules, walks = (tuple(each) for each in zip(*made, strict=True))
    prices = SeededMarketSettings(walks, tick_every_ms=pace_ms)
    wanted = evolve(VenueSettings(symbols=rules, latency=AT_ONCE), **settings)
    return VenueServer(
        wanted,
        SeededMarket(prices, seed=seed, start_ns=clock.origin_ns),
        clock,
        seed=seed,
        port=port,
        control_port=0,
        door=door,
        wire_faults=wire_faults,
    )


def _symbol(name: str) -> tuple[SymbolRules, Walk]:
    like = name if name in market.RULES else ETHUSDT.symbol
    rules = evolve(market.RULES[like], symbol=name, base=name.removesuffix("USDT"))
    return rules, evolve(market.WALKS[like], symbol=name)


def control(server: VenueServer, method: str, path: str, /, **values: Any) -> tuple[int, Any]:
    """Ask the control endpoint of a server; return status and body."""
    assert server.control_port is not None
    connection = http.client.HTTPConnection(HOST, server.control_port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, json.dumps(values) if values else None)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@frozen
class Answer:
    """One answer as it came over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    @property
    def code(self) -> int:
        """The venue's code, 0 for none."""
        try:
            return int(self.body["code"])
        except (KeyError, TypeError):
            return 0


class Caller:
    """A client over one connection; `sign` makes the signature of the text that is sent."""

    def __init__(
        self, server: VenueServer, key: str = "any", sign: Callable[[str], str] | None = None
    ) -> None:
        self.key = key
        self._server = server
        self._headers = {"X-MBX-APIKEY": key} if key else {}
        self._sign = sign
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def public(self, path: str, **params: object) -> Answer:
        """GET what needs no key."""
        return self.send("GET", path, urlencode(params))

    def signed(self, method: str, path: str, **params: object) -> Answer:
        """Send a request with a timestamp of now, and a signature where somebody makes one."""
        query = urlencode(
            {**params, "timestamp": self._server.call(lambda floor: floor.now().now_ms)}
        )
        if self._sign is not None:
            query += f"&signature={self._sign(query)}"
        return self.send(method, path, query)

    def done(self, method: str, path: str, **params: object) -> Any:
        """Send a signed request that succeeds; return its body."""
        answer = self.signed(method, path, **params)
        assert 200 == answer.status, (method, path, answer.body)
        return answer.body

    def send(self, method: str, path: str, query: str = "", body: str | None = None) -> Answer:
        """Send one request as it stands."""
        url = f"{path}?{query}" if query else path
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, url, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        is_json = answer.headers.get_content_type() == "application/json"
        return Answer(
            answer.status, dict(answer.headers), json.loads(text) if is_json else None, text
        )
