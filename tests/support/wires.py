"""Wires: a hand-held exchange, a list in place of an inbox, and a clock that is set.

Owns what the edge under test handed over: requests with their answers to come, listeners of
opened streams, and posted messages in their order.
"""

from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen

from callboard.actors.ports import StreamListener, VenueAnswer, VenueRequest

Answer = Callable[[VenueAnswer], None]
Opened = tuple[str, tuple[str, ...], StreamListener]


@frozen
class Posted:
    """One message that went through a post."""

    to: str
    message: Any
    sender: str
    correlation: str
    cause: str


@define
class Mailbox:
    """A post that keeps what it is given."""

    posted: list[Posted] = field(factory=list[Posted])

    def __call__(
        self,
        to: str,
        message: object,
        *,
        sender: str = "",
        correlation: str = "",
        cause: str = "",
    ) -> None:
        """Keep one message."""
        self.posted.append(Posted(to, message, sender, correlation, cause))

    def take(self) -> list[Posted]:
        """Return what came since the last call."""
        taken, self.posted = self.posted, []
        return taken


@define
class HandExchange:
    """An exchange that answers when the test says so."""

    requests: list[VenueRequest] = field(factory=list[VenueRequest])
    answers: list[Answer] = field(factory=list[Answer])
    streams: list[Opened] = field(factory=list[Opened])
    raises: Exception | None = None

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Keep one request and the way to answer it."""
        self.requests.append(request)
        self.answers.append(answer)
        if self.raises is not None:
            raise self.raises

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Keep one listener."""
        self.streams.append((stream, symbols, listener))

    def close(self) -> None:
        """Forget the listeners."""
        self.streams.clear()


@define
class SetClock:
    """A clock that stands until it is set."""

    at_ns: int

    def now_ns(self) -> int:
        """Engine time as it was set."""
        return self.at_ns

    def wall_seconds(self, duration_ns: int) -> float:
        """Take the wall for the engine."""
        return duration_ns / 1_000_000_000
