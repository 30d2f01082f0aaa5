"""Protocol: one connection, with limits on how many there are and how long each may dawdle.

Owns what uvicorn leaves open: a request that does not come whole in time is cut with 408, a client
that takes no bytes is dropped, one connection too many gets 503 and the door, and what is no HTTP
is told in the API's own form.
"""

import asyncio
import logging
from typing import Any

from h11 import DONE, IDLE, MUST_CLOSE
from uvicorn.protocols.http.h11_impl import H11Protocol

from ....messages.codec import dumps
from .errors import ApiError

OVER = (DONE, MUST_CLOSE)
SILENT = logging.Logger("callboard.http", logging.CRITICAL + 1)  # noqa: LOG001 - the process's stay
"""Takes uvicorn's words about clients: what matters of them stands in the answers and our log."""


class Limits:
    """What a server's connections are held to."""

    def __init__(self, *, clients_max: int, request_seconds: float, stuck_seconds: float) -> None:
        self.clients_max = clients_max
        self.request_seconds = request_seconds
        """From a request's first byte to its last."""
        self.stuck_seconds = stuck_seconds
        """How long a client may take none of what waits for it."""


def bounded(limits: Limits) -> type[H11Protocol]:
    """Return the class of connections that keep to the limits."""

    class Bounded(BoundedProtocol):
        """A connection of one server."""

        bounds = limits

    return Bounded


class BoundedProtocol(H11Protocol):
    """A connection with a deadline for each request and for a client that does not read."""

    bounds: Limits

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = SILENT
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.clients_max:
            message = f"more than {self.bounds.clients_max} connections"
            self._end(ApiError(503, "too_many_connections", message))
        else:
            self._begin_request()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request that is whole has met its deadline."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        is_idle = self.conn.their_state is IDLE and not self.conn.trailing_data[0]
        if is_idle or self.conn.their_state in OVER:
            self._stop_late()
        elif self._late is None:
            self._begin_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers with the connection."""
        self._stop_late()
        self._stop_stuck()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give a client that does not read its time."""
        super().pause_writing()
        if self._stuck is None:
            abort = self.transport.abort
            self._stuck = self.loop.call_later(self.bounds.stuck_seconds, abort)

    def resume_writing(self) -> None:
        """Go on, since the client reads again."""
        self._stop_stuck()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Tell a client that it does not speak HTTP."""
        self._end(ApiError(400, "bad_http", msg.rstrip(".")))

    def _begin_request(self) -> None:
        self._late = self.loop.call_later(self.bounds.request_seconds, self._too_late)

    def _stop_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _stop_stuck(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _too_late(self) -> None:
        self._late = None
        seconds = self.bounds.request_seconds
        self._end(ApiError(408, "too_slow", f"no whole request within {seconds:g} s"))

    def _end(self, error: ApiError) -> None:
        """Say why, where nothing was said yet, and close."""
        if self.transport.is_closing():
            return
        # Uvicorn's annotation leaves out that there is none before the first request.
        if not getattr(self.cycle, "response_started", False):
            self.transport.write(_raw(error))
        self.transport.close()


PHRASES = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}


def _raw(error: ApiError) -> bytes:
    body = dumps(error.body())
    head = (
        f"HTTP/1.1 {error.status} {PHRASES[error.status]}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        "retry-after: 1\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
