"""Faces: a client of a venue that runs in real time, and a venue process to be a client of.

Every wait ends with a named signal, or fails after `WAIT_SECONDS`.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Self

from attrs import evolve

from callboard.actors.ports import Exchange, VenueAnswer, VenueRequest
from callboard.scenarios.running.market import OpenedMarket, seeded
from callboard.scenarios.venue.faults import Faults, FaultScript
from callboard.scenarios.venue.process import SocketVenue
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.settings import PAPER_LEVERAGE, VenueSettings
from callboard.scenarios.venue.talk import FromClient, talk_codec
from callboard.scenarios.venue.venue import Venue

WAIT_SECONDS = 120.0
SPEED = 50.0
ORDER, TIME = "/fapi/v1/order", "/fapi/v1/time"
_numbers = count(1)


class Ear:
    """Hears streams and answers, and lets a test wait for them."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        """What a stream did: "open", "close" or the type of a frame, by stream."""
        self.reasons: list[str] = []
        self.answers: dict[str, VenueAnswer] = {}
        self._changed = threading.Condition()

    def on_open(self, stream: str) -> None:
        self._note(lambda: self.heard.append((stream, "open")))

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:
        self._note(lambda: self.heard.append((stream, str(frame["e"]))))

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:
        self.reasons.append(reason)
        self._note(lambda: self.heard.append((stream, f"unreadable: {text[:40]}")))

    def on_key_wanted(self, stream: str, reason: str) -> None:
        self.reasons.append(reason)
        self._note(lambda: self.heard.append((stream, "key wanted")))

    def on_close(self, stream: str, reason: str) -> None:
        self.reasons.append(reason)
        self._note(lambda: self.heard.append((stream, "close")))

    def answer(self, answer: VenueAnswer) -> None:
        assert answer.request_id not in self.answers
        self._note(lambda: self.answers.update({answer.request_id: answer}))

    def wait(self, is_reached: Callable[["Ear"], bool]) -> None:
        """Wait until it is so."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_reached(self), WAIT_SECONDS), self.heard

    def wait_for(self, stream: str, what: str, times: int = 1) -> None:
        """Wait until a stream has done something so often."""
        self.wait(lambda ear: ear.heard.count((stream, what)) >= times)

    def ask(self, exchange: Exchange, request: VenueRequest) -> VenueAnswer:
        """Send a request and wait for its answer."""
        exchange.request(request, self.answer)
        self.wait(lambda ear: request.request_id in ear.answers)
        return self.answers[request.request_id]

    def _note(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()


def request(
    method: str, path: str, clock: ScaledClock | None = None, **params: str
) -> VenueRequest:
    """Make a request with an id of its own, signed when a clock is given."""
    stamp = {} if clock is None else {"timestamp": str(clock.now_ns() // 1_000_000)}
    return VenueRequest(f"r{next(_numbers)}", method, path, params | stamp, clock is not None)


def buy(clock: ScaledClock, client_order_id: str, quantity: str = "0.1") -> VenueRequest:
    """Make a market order in ETHUSDT."""
    return request(
        "POST",
        ORDER,
        clock,
        symbol="ETHUSDT",
        side="BUY",
        type="MARKET",
        quantity=quantity,
        newClientOrderId=client_order_id,
    )


def open_venue(
    clock: ScaledClock,
    *,
    faults: Faults | None = None,
    script: FaultScript | None = None,
    market: OpenedMarket | None = None,
) -> Venue:
    """Make a venue whose time begins with the clock."""
    opened = market or seeded(("BTCUSDT", "ETHUSDT"), seed=3, start_ns=clock.origin_ns)
    settings = evolve(
        VenueSettings(symbols=opened.rules, leverage=PAPER_LEVERAGE),
        faults=faults or Faults(),
        script=script or FaultScript(),
    )
    return Venue(settings, opened.market, seed=3, start_ns=clock.origin_ns)


@contextmanager
def serving(
    path: Path, *, speed: float = SPEED, script: FaultScript | None = None
) -> Generator[SocketVenue]:
    """Serve a venue on a thread of this process."""
    clock = ScaledClock.begin(speed=speed)
    server = SocketVenue(open_venue(clock, script=script), clock, path)
    thread = threading.Thread(target=server.serve, name="test-venue")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


@contextmanager
def venue_process(path: Path, *options: str) -> Generator["subprocess.Popen[str]"]:
    """Run `callboard venue` until the end of the test; it listens when this yields."""
    command = [sys.executable, "-m", "callboard", "venue", "--socket", str(path), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("venue: ")
            yield process
        finally:
            if process.poll() is None:
                process.kill()


class Stranger:
    """A bare socket at a venue, for bytes that no client of ours sends."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(WAIT_SECONDS)
        self._socket.connect(str(path))

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def read_to_end(self) -> bytes:
        """Return everything until the venue ends the connection."""
        return b"".join(iter(lambda: self._socket.recv(1 << 16), b""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def frame_of(message: FromClient) -> dict[str, Any]:
    """Return a message as the JSON object of its frame."""
    return talk_codec().encode(message)
