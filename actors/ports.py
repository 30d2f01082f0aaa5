"""Ports: the seams to the outside that a host fills in.

The exchange port speaks the venue's own wire form (method, path, text parameters, JSON bodies),
so that every face of a venue, simulated or real, is a transport and adds no decision.
Requests and answers here are not journaled; the lane translates them into messages.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from attrs import field, frozen

from ..messages.values import Phase


@frozen
class VenueRequest:
    """One REST call in the venue's spelling; parameters are text, in sending order."""

    request_id: str
    method: str
    path: str
    params: Mapping[str, str]
    signed: bool = True


@frozen
class VenueAnswer:
    """What came back for one request.

    `status`, `headers` and `body` mean something only when `phase` is ANSWERED. `body` is parsed
    JSON (numbers as int or str, never float) or None when it was not JSON; `text` is the raw body
    then, or the transport's words.
    """

    request_id: str
    phase: Phase
    status: int = 0
    headers: Mapping[str, str] = field(factory=dict[str, str])
    body: Any = None
    text: str = ""


class StreamListener(Protocol):
    """Who hears a stream; may be called from any thread, in the order of the wire."""

    def on_open(self, stream: str) -> None:
        """The stream is connected; `stream` is "user" or "market"."""
        ...

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:
        """One JSON object of the stream, as the venue sent it, unwrapped."""
        ...

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:
        """Something came that is no JSON object; `text` is its beginning, as far as it is text."""
        ...

    def on_key_wanted(self, stream: str, reason: str) -> None:
        """The stream needs its key anew: ask for it by a request to this exchange.

        Told again while no key has come. Only of "user", and only by a face that has keys.
        """
        ...

    def on_close(self, stream: str, reason: str) -> None:
        """The stream is gone; nothing comes until the next `on_open`."""
        ...


class Exchange(Protocol):
    """A venue's face: requests with the four phases, and two streams.

    `request` may block its caller's thread or return at once; it calls `answer` at most once,
    from any thread. A face that can tell a broken connection answers with the phase it knows;
    a lost answer is silence, and the lane's own timeout names it.
    """

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request."""
        ...

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect "user" or "market"; reports to the listener until `close`."""
        ...

    def close(self) -> None:
        """Close every connection; no callback comes afterwards."""
        ...


class Clock(Protocol):
    """The engine's time: UTC nanoseconds, and how long a wait lasts on this host's wall."""

    def now_ns(self) -> int:
        """Engine time now."""
        ...

    def wall_seconds(self, duration_ns: int) -> float:
        """How many wall-clock seconds `duration_ns` of engine time take."""
        ...


class AppendFile(Protocol):
    """One open file that only grows."""

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end; after an `OSError` a part of it may stand there."""
        ...

    def sync(self) -> None:
        """Return when everything appended is durable; `OSError` when that is not known."""
        ...

    def close(self) -> None:
        """Give the file back, without a sync."""
        ...


class FileSystem(Protocol):
    """One flat folder of files, as the journal needs it. Every method may raise `OSError`."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted."""
        ...

    def size(self, name: str) -> int:
        """Return the bytes in a file."""
        ...

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Return up to `length` bytes from `offset`; all that follow when it is -1."""
        ...

    def open_append(self, name: str) -> AppendFile:
        """Open a file for appending; a new one's name is durable before this returns."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, durably: afterwards the old or the new content, never a mix."""
        ...

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to `size` bytes, durably."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, durably."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file, durably."""
        ...
