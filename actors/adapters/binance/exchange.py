"""BinanceExchange: the exchange port over real sockets, for one account of one environment.

Owns a client for each thread that asks at one time; they are kept, the one used last first. A
request is sent on its caller's thread and answered before it returns: a lane has one out at a time
anyway, and a hand-over to another thread would be on every order's path. Adds no decision: nothing
is repeated, delayed or refused here. Bound: `CLIENTS_MAX`, beyond which a request is NOT_SENT.
`close` breaks what is out; whoever waits for it, or asks later, hears nothing more.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from ....messages.values import Phase
from ...ports import StreamListener, VenueAnswer, VenueRequest
from .client import ClientOptions, LaneClient, OrderEntry, build_client
from .ws_entry import EntryClient

CLIENTS_MAX = 16
"""Lanes are two; clock probe, streams and commands ask beside them."""
TOO_MANY = f"{CLIENTS_MAX} requests are out already"


class Streams(Protocol):
    """The streams of an account and of its markets."""

    def see(self, request: VenueRequest, answer: VenueAnswer) -> VenueAnswer:
        """Take from an answer what concerns the streams; return it as others may have it."""
        ...

    def open(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect "user" or "market"; reports to the listener until `close`."""
        ...

    def close(self) -> None:
        """Close every stream; no callback comes afterwards."""
        ...


Client = LaneClient | EntryClient


class BinanceExchange:
    """An account's way to the venue; any thread."""

    def __init__(self, options: ClientOptions, streams: Streams) -> None:
        self._options = options
        self._streams = streams
        self._is_closed = False
        self._lock = threading.Lock()
        self._idle = [self._make()]
        """Built at once, so that a key which is none is told before anything starts."""
        self._busy: set[Client] = set()

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request and answer it; blocks until then, for the client's timeout at most."""
        client = self._take()
        if client is None:
            given = VenueAnswer(request.request_id, Phase.NOT_SENT, text=TOO_MANY)
        else:
            try:
                given = self._streams.see(request, client.perform(request))
            finally:
                self._give_back(client)
        if not self._is_closed:
            answer(given)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect "user" or "market"; reports to the listener until `close`."""
        self._streams.open(stream, symbols, listener)

    def close(self) -> None:
        """Close every connection; no callback comes afterwards."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            for client in self._busy:
                client.abort()
        for client in idle:
            client.close()
        self._streams.close()

    def _take(self) -> Client | None:
        with self._lock:
            if self._is_closed or len(self._busy) >= CLIENTS_MAX:
                return None
            client = self._idle.pop() if self._idle else None
            if client is not None:
                self._busy.add(client)
                return client
        return self._build()

    def _build(self) -> Client | None:
        client = self._make()
        with self._lock:
            if self._is_closed or len(self._busy) >= CLIENTS_MAX:
                return None
            self._busy.add(client)
        return client

    def _give_back(self, client: Client) -> None:
        """Keep a client for the next request."""
        with self._lock:
            self._busy.discard(client)
            is_kept = not self._is_closed
            if is_kept:
                self._idle.append(client)
        if not is_kept:
            client.close()

    def _make(self) -> Client:
        client = build_client(self._options)
        if self._options.order_entry is OrderEntry.REST:
            return client
        return EntryClient(client, self._options)
