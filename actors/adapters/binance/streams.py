"""BinanceStreams: the stream half of an exchange, and where the listen key is taken out.

Owns one wire for each stream that was opened; opening one again replaces it, and the key goes on.
Whoever sends requests shows every answer to `see` before anybody else has it, for the listen key
is taken out there. `close` ends both wires.
"""

import os
import threading
from random import Random

from attrs import field, frozen

from ...ports import Clock, StreamListener, VenueAnswer, VenueRequest
from ..binance_requests import LISTEN_KEY
from . import market_wire, user_wire
from .environment import VenueAddress
from .market_wire import MarketWire
from .stream_connection import Dialer, NetworkFigures, stream_route
from .stream_thread import Figures
from .user_wire import UserFigures, UserWire, without_key


@frozen
class WireFigures:
    """How the wires wait, watch and give up."""

    network: NetworkFigures = field(factory=NetworkFigures)
    thread: Figures = field(factory=Figures)
    user: UserFigures = field(factory=UserFigures)


class BinanceStreams:
    """The streams of one account in one environment.

    Raises `ConfigurationError` for an address that must not be reached, or not so.
    """

    def __init__(
        self,
        address: VenueAddress,
        clock: Clock,
        *,
        figures: WireFigures | None = None,
        random: Random | None = None,
    ) -> None:
        self._route = stream_route(address, os.environ)
        self._clock = clock
        self._figures = figures or WireFigures()
        self._random = random or Random()
        self._user: UserWire | None = None
        self._market: MarketWire | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def open(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect "user" or "market"; `ValueError` for another. Returns at once."""
        if stream not in (user_wire.STREAM, market_wire.STREAM):
            raise ValueError(f"no such stream: {stream!r}")
        with self._lock:
            if self._is_closed:
                return
            if stream == user_wire.STREAM:
                self._open_user(listener)
            else:
                self._open_market(symbols, listener)

    def see(self, request: VenueRequest, answer: VenueAnswer) -> VenueAnswer:
        """Return an answer as others may have it, its listen key taken out; any thread."""
        wire = self._user
        if wire is not None:
            return wire.see(request, answer)
        return without_key(answer) if request.path == LISTEN_KEY else answer

    def close(self) -> None:
        """End both streams; no callback comes afterwards."""
        with self._lock:
            self._is_closed = True
            wires = (self._user, self._market)
            self._user = self._market = None
        for wire in wires:
            if wire is not None:
                wire.close()

    def _open_user(self, listener: StreamListener) -> None:
        key = ""
        if self._user is not None:
            key = self._user.key
            self._user.close()
        figures = self._figures
        self._user = UserWire(
            listener,
            Dialer(self._route, figures.network),
            self._clock,
            random=self._random,
            figures=figures.user,
            thread_figures=figures.thread,
            key=key,
        )
        self._user.start()

    def _open_market(self, symbols: tuple[str, ...], listener: StreamListener) -> None:
        if self._market is not None:
            self._market.close()
        self._market = MarketWire(
            Dialer(self._route, self._figures.network),
            symbols,
            listener,
            self._clock,
            random=self._random,
            figures=self._figures.thread,
        )
        self._market.start()
