"""StreamConnection: one websocket to the venue's streams, and how it is opened.

Owns the socket, which is dialled as that of a request: the same certificates, the same proxy. A
ping that has no answer in time closes it, so that a network that drops all silently, or half a
frame, ends a read. Messages come as bytes and whole. What the library says of itself goes nowhere:
its lines hold the address, and that holds the listen key.

Bound: a message of `BYTES_MAX`; a longer one closes the connection (1009). Times here are of the
network, so of the wall, whatever the engine's clock does.
Source: Binance USDS-M websocket connect pages (ping each 3 min, pong within 10), read 2026-11-20.
"""

import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack

from attrs import define, evolve, frozen
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from ...errors import EngineError
from .environment import VenueAddress
from .transport import Route, TransportFailure, dial, route_to

BYTES_MAX = 16 << 20
MESSAGES_WAITING_MAX = 1_024
"""Beyond them nothing is read from the network until some are taken."""


@frozen
class NetworkFigures:
    """Seconds of the wall."""

    open_seconds: float = 10.0
    ping_seconds: float = 15.0
    """Between two pings of ours; transport alone, since the venue answers them on a mute stream."""
    pong_seconds: float = 10.0
    close_seconds: float = 1.0
    """How long the other side may take to agree that a connection ends."""


class StreamLost(EngineError):
    """A connection could not be made, or is gone; says why, without its address."""

    def __init__(self, reason: str, *, is_refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_refused = is_refused
        """The venue answered, and does not want this connection."""

    def __str__(self) -> str:
        return self.reason


@define(eq=False)
class StreamConnection:
    """One open websocket."""

    _connection: ClientConnection
    _closing: ExitStack

    @property
    def is_open(self) -> bool:
        """False once either side has begun to end it; never a promise."""
        return self._connection.protocol.state is State.OPEN

    def receive(self, seconds: float) -> bytes | None:
        """Return the next message, None when none comes in time; raises `StreamLost`."""
        try:
            # Not as text: what is no UTF-8 must not end the connection.
            return self._connection.recv(timeout=seconds, decode=False)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise StreamLost(_farewell(closed)) from None

    def send(self, text: str) -> None:
        """Send a message; raises `StreamLost`, after which a part of it may have left."""
        try:
            self._connection.send(text)
        except ConnectionClosed as closed:
            raise StreamLost(_farewell(closed)) from None

    def close(self) -> None:
        """End the connection, with a word to the other side."""
        self._closing.close()

    def break_off(self) -> None:
        """End the connection at once; whoever reads it wakes up. Any thread."""
        self._connection.close_socket()


def stream_route(address: VenueAddress, environ: Mapping[str, str]) -> Route:
    """Return the way to the streams of an environment; `ConfigurationError` as for requests."""
    base = address.streams.replace("ws", "http", 1)
    return route_to(base, environ, ca_file=address.ca_file)


class Dialer:
    """Opens connections to one host and no other."""

    def __init__(self, route: Route, figures: NetworkFigures) -> None:
        self._figures = figures
        self._tls = route.tls
        self._plain = evolve(route, tls=None)
        host = f"[{route.host}]" if ":" in route.host else route.host
        self._base = f"{'ws' if route.tls is None else 'wss'}://{host}:{route.port}"

    def open(self, path: str) -> StreamConnection:
        """Connect; `path` is all that follows the host. Raises `StreamLost`."""
        figures = self._figures
        with ExitStack() as closing:
            try:
                plain = dial(self._plain, time.monotonic() + figures.open_seconds)
                connection = closing.enter_context(
                    connect(
                        self._base + path,
                        sock=plain,
                        ssl=self._tls,
                        compression=None,
                        open_timeout=figures.open_seconds,
                        ping_interval=figures.ping_seconds,
                        ping_timeout=figures.pong_seconds,
                        close_timeout=figures.close_seconds,
                        max_size=BYTES_MAX,
                        max_queue=MESSAGES_WAITING_MAX,
                        logger=_SILENT,
                    )
                )
            except TransportFailure as failure:
                raise StreamLost(failure.reason) from None
            except InvalidStatus as refused:
                status = refused.response.status_code
                raise StreamLost(f"refused with status {status}", is_refused=True) from None
            except (OSError, WebSocketException, ValueError) as error:
                # Never the words of a library's error: they may hold the address.
                raise StreamLost(f"not connected: {type(error).__name__}") from None
            return StreamConnection(connection, closing.pop_all())


def _farewell(closed: ConnectionClosed) -> str:
    said = closed.rcvd
    if said is not None:
        return f"closed by the venue: {int(said.code)} {said.reason}".rstrip()
    if closed.sent is not None:
        return f"closed by us: {int(closed.sent.code)} {closed.sent.reason}".rstrip()
    return "connection lost"


def _silent_logger() -> logging.Logger:
    """Return a logger that no configuration of the host reaches."""
    logger = logging.Logger("streams", logging.CRITICAL + 1)  # noqa: LOG001 - not in the tree
    logger.disabled = True
    return logger


_SILENT = _silent_logger()
