"""Peer: one connection of a venue process, read and written without ever blocking.

Owns the socket, the bytes that are no frame yet, and those that the other side has not taken.
Bound: `OUTGOING_BYTES_MAX` of the latter; beyond it `put` raises `FramingError`, for a peer that
reads so slowly must not cost the venue its memory. A broken connection is an `OSError`.
"""

import contextlib
import selectors
import socket
import time
from collections.abc import Iterator

from ...messages.codec import Codec, Json
from .framing import REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Framer, FramingError, pack
from .talk import FromVenue

CHUNK_BYTES = 1 << 16
OUTGOING_BYTES_MAX = REPLY_BYTES_MAX + (1 << 20)


class Peer:
    """One connection; `client` is empty until it has said hello."""

    def __init__(self, connection: socket.socket, codec: Codec) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.client = ""
        self.is_open = True
        self.has_ended = False
        """True once the other side sends no more."""
        self._codec = codec
        self._framer = Framer(REQUEST_BYTES_MAX)
        self._outgoing = bytearray()

    @property
    def has_outgoing(self) -> bool:
        """True while something waits for the other side to read."""
        return bool(self._outgoing)

    def receive(self) -> Iterator[Json]:
        """Yield the frames that have come in; raises `FramingError` and `OSError`."""
        try:
            data = self.socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        self.has_ended = not data
        yield from self._framer.feed(data)

    def put(self, message: FromVenue) -> None:
        """Queue a message; raises `FramingError` past a bound."""
        frame = pack(self._codec.encode(message), REPLY_BYTES_MAX)
        if len(self._outgoing) + len(frame) > OUTGOING_BYTES_MAX:
            raise FramingError(f"the client has left {len(self._outgoing)} bytes unread")
        self._outgoing += frame

    def flush(self) -> None:
        """Send what the other side takes now; raises `OSError`."""
        while self._outgoing:
            try:
                sent = self.socket.send(self._outgoing[:CHUNK_BYTES])
            except BlockingIOError:
                return
            del self._outgoing[:sent]

    def flush_within(self, seconds: float) -> None:
        """Send all of it, waiting at most so long; what cannot be sent is left."""
        until = time.monotonic() + seconds
        with contextlib.suppress(OSError), selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_WRITE)
            self.flush()
            while self._outgoing and (left := until - time.monotonic()) > 0:
                selector.select(left)
                self.flush()

    def say_farewell(self, message: FromVenue) -> None:
        """Send a last message if the other side takes it at once."""
        if self.is_open:
            with contextlib.suppress(OSError, FramingError):
                self.put(message)
                self.flush()

    def close(self) -> None:
        """Close the connection."""
        self.is_open = False
        self.socket.close()
