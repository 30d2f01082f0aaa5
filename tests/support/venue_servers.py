"""Venue servers: the venue's HTTP face on a free port, and requests to it."""

import http.client
import json
from typing import Any

from callboard.scenarios.running import market
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.settings import Delay, Latency, VenueSettings

AT_ONCE = Latency(Delay(), Delay(), Delay())
SYMBOLS = ("BTCUSDT", "ETHUSDT")


def served(*, port: int = 0, seed: int = 1) -> VenueServer:
    """Return a server of the seeded market, which listens once it is entered."""
    clock = ScaledClock.begin()
    opened = market.seeded(SYMBOLS, seed=seed, start_ns=clock.origin_ns)
    settings = VenueSettings(symbols=opened.rules, latency=AT_ONCE)
    return VenueServer(settings, opened.market, clock, seed=seed, port=port)


def get(server: VenueServer, path: str) -> tuple[int, Any]:
    """Return status and body of a GET without a key."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
