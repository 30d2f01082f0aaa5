"""WireBench: a user wire on a scripted server, and an ear that keeps whole frames.

Every wait ends with a named signal, or fails after `WAIT_SECONDS`.
"""

import threading
from collections.abc import Callable, Mapping
from random import Random
from types import TracebackType
from typing import Any, Self

from callboard.actors.adapters.binance.stream_connection import NetworkFigures
from callboard.actors.adapters.binance.streams import BinanceStreams, WireFigures
from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.messages.values import Phase
from support.stream_server import WAIT_SECONDS, HandClock, Line, StreamServer, pass_until

LISTEN_KEY = "/fapi/v1/listenKey"
ORDER = "/fapi/v1/order"
QUICK = WireFigures(network=NetworkFigures(ping_seconds=0.1, pong_seconds=0.2, close_seconds=0.2))
"""Gives a dead transport up at once."""
CALM = WireFigures(network=NetworkFigures(close_seconds=0.2))


class FrameEar:
    """Keeps what a stream says, in its order."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        """ "open", ("close", reason), ("key", reason), ("unreadable", text, reason) or a frame."""
        self._changed = threading.Condition()

    @property
    def kinds(self) -> list[str]:
        return [_kind(each) for each in self.heard]

    @property
    def frames(self) -> list[Any]:
        return [each for each in self.heard if isinstance(each, dict)]

    def on_open(self, stream: str) -> None:  # noqa: ARG002 - a port
        self._note("open")

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - as above
        self._note(frame)

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:  # noqa: ARG002 - as above
        self._note(("unreadable", text, reason))

    def on_key_wanted(self, stream: str, reason: str) -> None:  # noqa: ARG002 - as above
        self._note(("key", reason))

    def on_close(self, stream: str, reason: str) -> None:  # noqa: ARG002 - as above
        self._note(("close", reason))

    def reasons(self, kind: str) -> list[str]:
        return [each[-1] for each in self.heard if isinstance(each, tuple) and each[0] == kind]

    def wait_for(self, kind: str, times: int = 1) -> None:
        self.wait(lambda: self.kinds.count(kind) >= times)

    def wait(self, is_reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(is_reached, WAIT_SECONDS), self.heard[-20:]

    def _note(self, said: Any) -> None:
        with self._changed:
            self.heard.append(said)
            self._changed.notify_all()


class UserBench:
    """The user stream of an account whose key comes when the test says so; a context."""

    def __init__(self, figures: WireFigures = CALM) -> None:
        self.server = StreamServer()
        self.clock = HandClock()
        self.ear = FrameEar()
        self.streams = BinanceStreams(
            self.server.address, self.clock, figures=figures, random=Random(1)
        )

    def __enter__(self) -> Self:
        self.server.__enter__()
        self.streams.open("user", (), self.ear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.streams.close()
        self.server.__exit__(kind, error, trace)

    def reopened(self, times: int = 2) -> None:
        """Let time pass until the stream was opened so often."""
        pass_until(self.clock, lambda: self.ear.kinds.count("open") >= times)

    def give(self, key: str = "key-1") -> VenueAnswer:
        """Let an answer with a key pass; return what is left of it."""
        return self.answer("POST", LISTEN_KEY, {"listenKey": key})

    def answer(self, method: str, path: str, body: Any, status: int = 200) -> VenueAnswer:
        request = VenueRequest("r1", method, path, {})
        answer = VenueAnswer("r1", Phase.ANSWERED, status=status, body=body, text=str(body))
        return self.streams.see(request, answer)

    def connected(self, key: str = "key-1") -> Line:
        """Give a key and wait for the connection that it opens."""
        count = len(self.server.lines)
        self.give(key)
        line = self.server.line(count)
        self.ear.wait_for("open", count + 1)
        return line


def _kind(said: Any) -> str:
    if isinstance(said, dict):
        return "frame"
    return said if isinstance(said, str) else said[0]
