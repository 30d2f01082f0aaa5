"""Client: one request at a time to an engine's API, with a bound on time and size.

Owns the token, which comes from `CALLBOARD_API_TOKEN` or the file that `CALLBOARD_API_TOKEN_FILE`
names, goes into one header and nowhere else. Follows no redirect: a token is for one address.
"""

import json
import os
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from typing import Any, NoReturn, cast
from urllib.parse import urlencode

from attrs import field, frozen

from ..secret import Secret, read_secret
from .faults import ApiRefused, Unreachable
from .place import Url

TOKEN = "CALLBOARD_API_TOKEN"  # noqa: S105 - the variable's name
BYTES_MAX = 16 * 1024 * 1024
UNAVAILABLE = (502, 503, 504)
SHOWN_MAX = 200
OK_FROM, OK_TO = 200, 300

Json = dict[str, Any]
FAULTS = (OSError, HTTPException)


@frozen
class Client:
    """Asks one address; safe for several threads, since every request has its own connection."""

    url: Url
    timeout_seconds: float
    token: Secret | None = None
    _open: dict[int, HTTPConnection] = field(
        init=False, factory=dict[int, HTTPConnection], eq=False, repr=False
    )

    @staticmethod
    def of(url: Url, timeout_seconds: float) -> "Client":
        """Return a client with the environment's token; raises `ConfigurationError`."""
        return Client(url, timeout_seconds, read_secret(TOKEN, os.environ))

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """Return what a path answers; raises `Unreachable` and `ApiRefused`."""
        given = {name: each for name, each in (params or {}).items() if each not in ("", None)}
        return self.ask("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, body: Json, headers: Mapping[str, str] | None = None) -> Json:
        """Return the answer to a body; raises as `get`."""
        return self.ask("POST", path, body, headers)

    def ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Return the object that the API answers; raises as `get`."""
        with self.opened(method, path, body, headers) as response:
            return self.demand(response)

    def demand(self, response: HTTPResponse) -> Json:
        """Return the object that a response holds; raises as `get`."""
        try:
            data = response.read(BYTES_MAX + 1)
        except FAULTS as error:
            raise Unreachable(str(self.url), _why(error, self.timeout_seconds)) from None
        answer = self._parsed(data)
        if not OK_FROM <= response.status < OK_TO:
            self._refuse(response.status, answer)
        return answer

    def holds(self, answer: Json, *names: str) -> Json:
        """Return an answer that has these keys; raises `Unreachable` for another one."""
        missing = [name for name in names if name not in answer]
        if missing:
            raise Unreachable(str(self.url), f"answers without {', '.join(missing)}")
        return answer

    @contextmanager
    def opened(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Generator[HTTPResponse]:
        """Send a request and give its response; raises `Unreachable`."""
        connection = self._connection()
        self._open[id(connection)] = connection
        try:
            try:
                data = None if body is None else json.dumps(body).encode()
                connection.request(
                    method, self.url.path + path, data, {**self._headers(body), **(headers or {})}
                )
                response = connection.getresponse()
            except FAULTS as error:
                raise Unreachable(str(self.url), _why(error, self.timeout_seconds)) from None
            yield response
        finally:
            del self._open[id(connection)]
            connection.close()

    def hang_up(self) -> None:
        """Break off what other threads are reading; they see a stream that has ended."""
        for connection in list(self._open.values()):
            with suppress(OSError):
                if connection.sock is not None:
                    connection.sock.shutdown(SHUT_RDWR)

    def _connection(self) -> HTTPConnection:
        host, port, seconds = self.url.host, self.url.port, self.timeout_seconds
        if self.url.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(host, port, timeout=seconds, context=context)
        return HTTPConnection(host, port, timeout=seconds)

    def _headers(self, body: Json | None) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        return headers

    def _parsed(self, data: bytes) -> Json:
        if len(data) > BYTES_MAX:
            raise Unreachable(str(self.url), f"answers with more than {BYTES_MAX} bytes")
        try:
            answer = json.loads(data or b"{}")
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Unreachable(str(self.url), "answers, but not as a Callboard does")
        return cast(Json, answer)

    def _refuse(self, status: int, answer: Json) -> NoReturn:
        """Raise what the API calls an error, or that it is none of a Callboard's."""
        error: Any = answer.get("error")
        if not isinstance(error, dict):
            raise Unreachable(str(self.url), f"answers with {status}, not as a Callboard does")
        said = cast(Json, error)
        code, message = str(said.get("code", "")), str(said.get("message", ""))[:SHOWN_MAX]
        if status in UNAVAILABLE:
            raise Unreachable(str(self.url), f"{message} ({code}, {status})")
        details = tuple(_details(said.get("details")))
        raise ApiRefused(status, code, message, details, answer)


def _details(told: Any) -> Generator[tuple[str, str]]:
    for each in told if isinstance(told, list) else ():  # pyright: ignore[reportUnknownVariableType]
        if isinstance(each, dict):
            fault = cast(Json, each)
            yield str(fault.get("field", "")), str(fault.get("message", ""))


def _why(error: Exception, timeout_seconds: float) -> str:
    """Return a fault in words; a `socket.gaierror` and the like have theirs in `strerror`."""
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_seconds:g} s"
    if isinstance(error, ssl.SSLError):
        return f"no safe connection: {error.reason or 'the certificate is not trusted'}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the answer broke off"
