"""Session: the HTTP of one python-binance client, one request at a time, sent at most once.

Stands in for the session of `requests` with what python-binance uses of it, on one kept connection.
It knows how far each request got: an answer is returned, whatever its status; anything else raises
`TransportFailure` with the phase. A kept connection that has died is renewed while no byte of the
request has left, and never after: nothing is sent twice. Redirections are answers; cookies are
none. It reaches one host, and one deadline bounds name, handshake, sending and reading together.
The key and the signature of a request are blotted out of an answer that repeats them.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partialmethod
from urllib.parse import quote, urlsplit

from ....messages.values import Phase
from ..secret import MASK
from .answer import Answer, Headers
from .blotting import blotted, secrets_of
from .connection import Connection
from .encoding import form
from .transport import Route, TransportFailure, dial

TIMEOUT_SECONDS = 5.0
LEGAL = "!#$%&'()*+,/:;=?@[]~"
"""What stands in a URL as it is; the rest is percent-encoded, as `requests` does it."""
KEY_HEADER = "X-MBX-APIKEY"
OWN_HEADERS = ("accept-encoding", "connection", "content-length", "host", "transfer-encoding")
"""What the session says itself, whatever its user's headers hold."""

Pairs = Sequence[tuple[str, str]]


class Session:
    """A client's way to one host; one thread at a time, but for `close`."""

    def __init__(self, base: str, route: Route, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self.phase = Phase.NOT_SENT
        """How far the last request got."""
        self.answer: Answer | None = None
        """The answer to the last request, if one came whole."""
        self._base = base
        self._route = route
        self._host = urlsplit(base).netloc
        self._connection: Connection | None = None
        self._is_closed = False

    def reset(self) -> None:
        """Forget the last request."""
        self.phase = Phase.NOT_SENT
        self.answer = None

    def request(
        self,
        method: str,
        uri: str,
        *,
        headers: Mapping[str, str],
        data: Pairs | str | None = None,
        params: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Send a request and return its answer, within `timeout` seconds for all of it.

        Raises `TransportFailure` when there is none, with the phase that is certain.
        """
        until = time.monotonic() + timeout
        self.reset()
        target, body = self._target(uri, params), _body(data)
        request = self._head(method, target, headers, len(body)) + body
        self.phase = Phase.MAYBE_SENT  # whatever is raised from here on without a phase
        try:
            answer = self._exchange(method, request, until)
        except BaseException as error:
            self._drop()
            if isinstance(error, TransportFailure):
                self.phase = error.phase
            raise
        self.answer = _cleaned(answer, self._secrets(params or body.decode("utf-8")))
        self.phase = Phase.ANSWERED
        return self.answer

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")
    put = partialmethod(request, "PUT")
    delete = partialmethod(request, "DELETE")

    def abort(self) -> None:
        """Break the connection under whoever uses it; what is asked for later is not sent."""
        self._is_closed = True
        connection = self._connection
        if connection is not None:
            connection.abort()

    def close(self) -> None:
        """Close the connection; what is asked for later is not sent."""
        self._is_closed = True
        self._drop()

    def _exchange(self, method: str, request: bytes, until: float) -> Answer:
        connection = self._connection
        if connection is not None and not self._is_closed and connection.is_fresh():
            try:
                connection.send(request, until)
            except TransportFailure as failure:
                if failure.phase is not Phase.NOT_SENT:
                    raise
            else:
                return connection.receive(method, until)
        connection = self._connect(until)
        connection.send(request, until)
        return connection.receive(method, until)

    def _connect(self, until: float) -> Connection:
        self._drop()
        connection = None if self._is_closed else Connection(dial(self._route, until))
        self._connection = connection
        if connection is None or self._is_closed:  # by another thread, meanwhile
            raise TransportFailure(Phase.NOT_CONNECTED, "the session is closed")
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _target(self, uri: str, params: str | None) -> str:
        if not uri.startswith(f"{self._base}/"):
            raise TransportFailure(Phase.NOT_SENT, f"the URL is none of {self._base}")
        path = uri[len(self._base) :]
        return quote(f"{path}?{params}" if params else path, safe=LEGAL)

    def _head(self, method: str, target: str, headers: Mapping[str, str], length: int) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", "Accept-Encoding: gzip"]
        lines += [
            f"{name}: {value}"
            for name, value in {**self.headers, **headers}.items()
            if name.lower() not in OWN_HEADERS
        ]
        if length or method != "GET":
            lines.append(f"Content-Length: {length}")
        head = "\r\n".join((*lines, "", ""))
        if head.count("\n") != len(lines) + 1 or not head.isascii():
            raise TransportFailure(Phase.NOT_SENT, "a header is no line of text")
        return head.encode("ascii")

    def _secrets(self, sent: str) -> list[str]:
        signature = sent.partition("signature=")[2].partition("&")[0]
        return secrets_of(self.headers.get(KEY_HEADER, ""), signature)


def _body(data: Pairs | str | None) -> bytes:
    if not data:
        return b""
    return (data if isinstance(data, str) else form(data)).encode("utf-8")


def _cleaned(answer: Answer, secrets: list[str]) -> Answer:
    """Return an answer that repeats no secret; nearly always the very same."""
    content, headers = blotted(answer.content, secrets), answer.headers
    all_headers = "\n".join(headers.values())
    for secret in secrets:
        if secret in all_headers:
            headers = Headers({name: text.replace(secret, MASK) for name, text in headers.items()})
    is_clean = content is answer.content and headers is answer.headers
    return answer if is_clean else Answer(answer.status_code, headers, content)
