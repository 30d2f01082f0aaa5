"""Answer: one HTTP answer read from a connection, whole or not at all.

Owns the reader of a connection, which keeps what came too much and never waits past its deadline,
and the parsing of status and headers; bodies (by length, chunked or to the end) are read by
`http.client`, whose own header parser costs more than the rest of an order together. Bounds:
`BODY_BYTES_MAX` of a body, packed or not, `LINE_BYTES_MAX` of a line, `HEADERS_MAX` of headers.
What is past them, cut short or no HTTP raises `AnswerBroken`, whose words quote nothing of it.
"""

import io
import re
import socket
import ssl
import zlib
from functools import cached_property
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any

from .deadline import READABLE, wait_for
from .exact_json import parse_exactly

BODY_BYTES_MAX = 8 << 20
"""The longest that the venue sends is exchangeInfo, about 2 MB."""
LINE_BYTES_MAX = 1 << 16
HEADERS_MAX = 100
INTERIM_MAX = 10
"""How many 1xx answers may precede one."""

BUFFER_BYTES = 1 << 16
SWITCHING = 101
BODILESS = (204, 304)
GZIP_WINDOW = 16 + zlib.MAX_WBITS

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?\r?\n")


class AnswerBroken(ConnectionError):
    """What came is no whole HTTP answer; the words are ours."""


class Headers(dict[str, str]):
    """Headers of an answer by their name, in whatever case one asks."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """Return a header; what did not come is empty."""
        return super().get(name.lower(), default)


class Answer:
    """One answer, as far as python-binance looks at a response of `requests`."""

    def __init__(self, status_code: int, headers: Headers, content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content

    @cached_property
    def text(self) -> str:
        """The body as text; a byte that is none is shown as a replacement."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body's JSON, numbers as int or as their text; `ValueError` when it is none."""
        if isinstance(self._parsed, ValueError):
            raise self._parsed
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        try:
            return parse_exactly(self.content)
        except ValueError as error:
            return error

    def __repr__(self) -> str:
        return f"Answer({self.status_code}, {len(self.content)} bytes)"


class Reader(io.BufferedReader):
    """What comes in on a connection, for as long as the connection lives."""

    def __init__(self, connection: socket.socket) -> None:
        self._inflow = _Inflow(connection)
        super().__init__(self._inflow, BUFFER_BYTES)

    def wait_until(self, until: float) -> None:
        """Let reads wait until a moment of the monotonic clock; `TimeoutError` is raised then."""
        self._inflow.until = until

    def is_quiet(self) -> bool:
        """Say whether the peer has neither sent more nor ended; waits for nothing.

        Raises `OSError` when the connection has broken.
        """
        self._inflow.until = None
        return not self.peek(1) and not self._inflow.has_ended

    def makefile(self, _mode: str) -> "Reader":
        """Lend itself to an `HTTPResponse`, which thinks that it has a socket."""
        return self

    def close(self) -> None:
        """Stay open: a response closes its file, and the next one reads on."""


class _Inflow(io.RawIOBase):
    """The bytes of a socket under a deadline; None asks for what is there."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.until: float | None = None
        self.has_ended = False
        self._connection = connection
        self._unpacked = connection.pending if isinstance(connection, ssl.SSLSocket) else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        while True:
            if self.until is not None and not self._has_unpacked():
                wait_for(self._connection, READABLE, self.until)
            try:
                count = self._connection.recv_into(buffer)
            except (BlockingIOError, ssl.SSLWantReadError):
                if self.until is None:
                    return None
            else:
                self.has_ended = not count
                return count

    def _has_unpacked(self) -> bool:
        """Say whether TLS holds bytes that the socket itself has no more."""
        return self._unpacked is not None and self._unpacked() > 0


class Response(HTTPResponse):
    """A response whose head is read by us."""

    headers: Headers  # type: ignore[assignment] # http.client asks it for `get` alone

    def __init__(self, reader: Reader, method: str) -> None:
        super().__init__(reader, method=method)  # type: ignore[arg-type] # it asks for `makefile`
        self._reader = reader
        self._asked = method

    def begin(self) -> None:
        """Read status and headers, and tell how long the body is."""
        for _ in range(INTERIM_MAX):
            is_modern, status = _read_status(self._reader)
            headers = _read_headers(self._reader)
            if status >= 200 or status == SWITCHING:  # 1xx come before an answer
                break
        else:
            raise AnswerBroken("too many interim answers came")
        self.version = 11 if is_modern else 10
        self.code = self.status = status
        self.headers = self.msg = headers  # type: ignore[assignment] # as above
        self.chunked = _is_chunked(headers)
        self.chunk_left = None
        self.length = None if self.chunked else _length(headers)
        if status in BODILESS or status == SWITCHING or self._asked in ("HEAD", "CONNECT"):
            self.chunked, self.length = False, 0
        words = {word.strip() for word in headers.get("connection").lower().split(",")}
        is_kept = "close" not in words if is_modern else "keep-alive" in words
        self.will_close = not is_kept or (not self.chunked and self.length is None)


def read_head(reader: Reader, method: str) -> Response:
    """Read status and headers of an answer; raises `OSError`."""
    response = Response(reader, method)
    response.begin()
    return response


def read_answer(reader: Reader, method: str) -> tuple[Answer, bool]:
    """Read an answer, and whether the connection can be used again; raises `OSError`."""
    response = read_head(reader, method)
    content = _read_body(response)
    if response.headers.get("content-encoding").lower() == "gzip":
        content = _unpack(content)
    return Answer(response.status, response.headers, content), not response.will_close


def _read_status(reader: Reader) -> tuple[bool, int]:
    line = reader.readline(LINE_BYTES_MAX)
    if not line:
        raise AnswerBroken("the connection was closed without an answer")
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise AnswerBroken("what came is no HTTP")
    return match[1] == b"1", int(match[2])


def _read_headers(reader: Reader) -> Headers:
    headers: dict[str, str] = {}
    for _ in range(HEADERS_MAX + 1):
        line = reader.readline(LINE_BYTES_MAX)
        if line in (b"\r\n", b"\n"):
            return Headers(headers)
        if not line.endswith(b"\n"):
            raise AnswerBroken("the answer's headers were cut short, or are too long")
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip():
            raise AnswerBroken("a line of the answer's headers is none")
        key, text = name.lower(), value.strip()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    raise AnswerBroken(f"more than {HEADERS_MAX} headers came")


def _is_chunked(headers: Headers) -> bool:
    coding = headers.get("transfer-encoding").lower()
    if coding not in ("", "identity", "chunked"):
        raise AnswerBroken("the answer's transfer encoding is unknown")
    return coding == "chunked"


def _length(headers: Headers) -> int | None:
    text = headers.get("content-length")
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise AnswerBroken("the answer's length is no number")
    if int(text) > BODY_BYTES_MAX:
        raise _too_long()
    return int(text)


def _read_body(response: Response) -> bytes:
    try:
        content = response.read(BODY_BYTES_MAX + 1)
    except IncompleteRead:
        raise AnswerBroken("half an answer came") from None
    except (HTTPException, ValueError, OverflowError):
        raise AnswerBroken("the answer's chunks are none") from None
    if len(content) > BODY_BYTES_MAX:
        raise _too_long()
    if response.length:
        raise AnswerBroken("half an answer came")
    return content


def _unpack(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(content, BODY_BYTES_MAX)
    except zlib.error:
        raise AnswerBroken("the answer is packed, and cannot be unpacked") from None
    if unpacker.unconsumed_tail:
        raise _too_long()
    if not unpacker.eof:
        raise AnswerBroken("half an answer came")
    return unpacked


def _too_long() -> AnswerBroken:
    return AnswerBroken(f"the answer is longer than {BODY_BYTES_MAX} bytes")
