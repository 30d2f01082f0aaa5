"""Framing: frames on a byte stream, each a 4-byte big-endian length and one JSON object.

Owns the cutting and nothing of the meaning. Bound: a frame has at most `bytes_max` bytes, judged
by its length before anything is kept, so that a stranger cannot make anyone hold more. What is too
long or no JSON object raises `FramingError`; the stream cannot be trusted after it.
"""

from collections.abc import Iterator
from struct import Struct

from ...messages.codec import Json, dumps, loads

HEADER = Struct(">I")
REQUEST_BYTES_MAX = 1 << 20
"""Longest frame that a venue takes from a client."""
REPLY_BYTES_MAX = 64 << 20
"""Longest frame that a client takes from a venue: a ledger grows with the run."""


class FramingError(ValueError):
    """The bytes are no frame; says why."""


def pack(data: Json, bytes_max: int) -> bytes:
    """Return an object as one frame; raises `FramingError` when it is too long."""
    body = dumps(data)
    if len(body) > bytes_max:
        raise FramingError(f"a frame of {len(body)} bytes, of {bytes_max} allowed")
    return HEADER.pack(len(body)) + body


class Framer:
    """Cuts what comes from one peer into frames."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Json]:
        """Yield the frames that `data` completes; raises `FramingError`."""
        self._buffer += data
        while (length := self._length()) is not None:
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield _parsed(body)

    def _length(self) -> int | None:
        if len(self._buffer) < HEADER.size:
            return None
        length: int = HEADER.unpack_from(self._buffer)[0]
        if length > self._bytes_max:
            raise FramingError(f"a frame of {length} bytes, of {self._bytes_max} allowed")
        return length


def _parsed(body: bytes) -> Json:
    try:
        data: object = loads(body)
    except ValueError as error:
        raise FramingError(f"a frame is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise FramingError(f"a frame is no JSON object but {type(data).__name__}")
    return data  # pyright: ignore[reportUnknownVariableType] - the wire has no types
