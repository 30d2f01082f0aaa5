"""PublicMarket: what a venue tells everybody; it has no key and no word that changes it.

Owns two ways in: reads, which are GETs of a closed list of paths, and the market streams. There is
no place for a key here and none for a parameter, so no order can be written with it, at whatever
host it asks. Bound: one request at a time, `TIMEOUT_SECONDS` for all of it. On failure: a read is
answered with the phase that is certain, a stream is connected anew (`stream_thread.py`).
"""

from collections.abc import Mapping
from enum import StrEnum

from ...ports import Clock, StreamListener, VenueAnswer
from .environment import VenueAddress
from .given import given
from .market_wire import WHOLE_MARKET, MarketWire
from .session import TIMEOUT_SECONDS, Session
from .stream_connection import Dialer, NetworkFigures, stream_route
from .transport import TransportFailure, route_to


class PublicRead(StrEnum):
    """What can be asked for."""

    TIME = "/fapi/v1/time"
    EXCHANGE_INFO = "/fapi/v1/exchangeInfo"


class PublicMarket:
    """The market of one venue; one thread, but for what the listener is told.

    Raises `ConfigurationError` for an address that must not be reached, or not so.
    """

    def __init__(
        self,
        address: VenueAddress,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        network: NetworkFigures | None = None,
    ) -> None:
        self._base = address.rest
        route = route_to(address.rest, environ, ca_file=address.ca_file)
        self._session = Session(address.rest, route, {})
        self._dialer = Dialer(stream_route(address, environ), network or NetworkFigures())
        self._clock = clock
        self._wire: MarketWire | None = None

    def read(self, what: PublicRead, request_id: str = "public") -> VenueAnswer:
        """Ask for something once; blocks until it is answered."""
        try:
            answer = self._session.get(f"{self._base}{what}", headers={}, timeout=TIMEOUT_SECONDS)
        except TransportFailure as failure:
            return VenueAnswer(request_id, failure.phase, text=failure.reason)
        return given(request_id, answer)

    def listen(self, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Hear books, prints and marks of some symbols, until `close`; once."""
        assert self._wire is None, "a market is listened to once"
        self._wire = MarketWire(self._dialer, symbols, listener, self._clock, kinds=WHOLE_MARKET)
        self._wire.start()

    def close(self) -> None:
        """End every connection; no callback comes afterwards."""
        self._session.close()
        if self._wire is not None:
            self._wire.close()
