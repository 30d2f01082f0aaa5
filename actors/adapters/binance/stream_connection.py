"""StreamConnection: one websocket to the venue's streams, and how it is opened.

Owns the socket. A ping that has no answer in time closes it, so that a network that drops all
silently, or half a frame, ends a read. Messages come as bytes and whole. What the library says of
itself goes nowhere: its lines hold the address, and that holds the listen key.

Bound: a message of `BYTES_MAX`; a longer one closes the connection (1009). Times here are of the
network, so of the wall, whatever the engine's clock does.
Source: Binance USDS-M websocket connect pages (ping each 3 min, pong within 10), read 2026-11-20.
"""

import logging
import ssl
from contextlib import ExitStack
from typing import Literal

from attrs import define, frozen
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ...errors import EngineError
from .environment import Environment, VenueAddress

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

    def receive(self, seconds: float) -> bytes | None:
        """Return the next message, None when none comes in time; raises `StreamLost`."""
        try:
            # Not as text: what is no UTF-8 must not end the connection.
            return self._connection.recv(timeout=seconds, decode=False)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise StreamLost(_farewell(closed)) from None

    def close(self) -> None:
        """End the connection, with a word to the other side."""
        self._closing.close()

    def break_off(self) -> None:
        """End the connection at once; whoever reads it wakes up. Any thread."""
        self._connection.close_socket()


class Dialer:
    """Opens connections to one environment and no other."""

    def __init__(self, address: VenueAddress, figures: NetworkFigures) -> None:
        self._figures = figures
        is_secure = address.streams.startswith("wss:")
        self._tls = (
            ssl.create_default_context(cafile=address.ca_file or None) if is_secure else None
        )
        # A proxy of the environment cannot reach what listens on this machine.
        self._proxy: Literal[True] | None = (
            None if address.environment is Environment.LOOPBACK else True
        )
        self._base = address.streams

    def open(self, path: str) -> StreamConnection:
        """Connect; `path` is all that follows the base. Raises `StreamLost`."""
        figures = self._figures
        with ExitStack() as closing:
            try:
                connection = closing.enter_context(
                    connect(
                        self._base + path,
                        ssl=self._tls,
                        proxy=self._proxy,
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
            except InvalidStatus as refused:
                status = refused.response.status_code
                raise StreamLost(f"refused with status {status}", is_refused=True) from None
            except (OSError, WebSocketException, ValueError) as error:
                # Never the error's own words: they may hold the address.
                raise StreamLost(f"cannot connect: {_name(error)}") from None
            return StreamConnection(connection, closing.pop_all())


def _farewell(closed: ConnectionClosed) -> str:
    said = closed.rcvd
    if said is not None:
        return f"closed by the venue: {int(said.code)} {said.reason}".rstrip()
    if closed.sent is not None:
        return f"closed by us: {int(closed.sent.code)} {closed.sent.reason}".rstrip()
    return "connection lost"


def _name(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else ""
    return f"{type(error).__name__} {said or ''}".rstrip()


def _silent_logger() -> logging.Logger:
    """Return a logger that no configuration of the host reaches."""
    logger = logging.Logger("streams", logging.CRITICAL + 1)  # noqa: LOG001 - not in the tree
    logger.disabled = True
    return logger


_SILENT = _silent_logger()
