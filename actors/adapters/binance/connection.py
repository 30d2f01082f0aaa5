"""Connection: one kept connection to the venue, and how far a request on it got.

Owns the socket and its reader. Before a request it tells whether the peer has ended, or has sent
what nobody asked for; after the first byte there is no way back: MAYBE_SENT. A plain socket that
takes no byte at all leaves the request NOT_SENT; TLS does not tell, so there it may be sent.
"""

import contextlib
import socket
import ssl
import time

from ....messages.values import Phase
from .answer import Answer, Reader, read_answer
from .deadline import READABLE, WRITABLE, wait_for
from .transport import TransportFailure, told

IDLE_SECONDS_MAX = 50.0
"""Load balancers end a connection that was idle for 60 s; one of them must not meet a request."""


class Connection:
    """A connected socket; one request at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.can_serve = True
        """False once the answer is read after which the peer ends it."""
        self._socket = connection
        self._reader = Reader(connection)
        self._used_at = time.monotonic()

    def is_fresh(self) -> bool:
        """Say whether a request can be sent: nothing has come, nobody has ended it."""
        if not self.can_serve or time.monotonic() - self._used_at > IDLE_SECONDS_MAX:
            return False
        try:
            return self._reader.is_quiet()
        except OSError:
            return False

    def send(self, request: bytes, until: float) -> None:
        """Hand a request to the system; raises `TransportFailure`, NOT_SENT or MAYBE_SENT."""
        self.can_serve = False
        phase = Phase.MAYBE_SENT if isinstance(self._socket, ssl.SSLSocket) else Phase.NOT_SENT
        rest = memoryview(request)
        try:
            while rest:
                rest = rest[self._send(rest, until) :]
                phase = Phase.MAYBE_SENT
        except OSError as error:
            raise TransportFailure(phase, f"not sent whole: {told(error)}") from None

    def _send(self, data: memoryview, until: float) -> int:
        """Return how many bytes the system took, at least one."""
        while True:
            try:
                return self._socket.send(data)
            except ssl.SSLWantReadError:
                wait_for(self._socket, READABLE, until)
            except (BlockingIOError, ssl.SSLWantWriteError):
                wait_for(self._socket, WRITABLE, until)

    def receive(self, method: str, until: float) -> Answer:
        """Return the answer to what was sent; raises `TransportFailure`, MAYBE_SENT."""
        self._reader.wait_until(until)
        try:
            answer, self.can_serve = read_answer(self._reader, method)
        except OSError as error:
            raise TransportFailure(Phase.MAYBE_SENT, f"no answer: {told(error)}") from None
        self._used_at = time.monotonic()
        return answer

    def abort(self) -> None:
        """Break the connection under whoever waits for it; any thread."""
        with contextlib.suppress(OSError):
            # An SSLSocket's own method would take the session away from the thread that reads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket; the owner's thread."""
        self._socket.close()
