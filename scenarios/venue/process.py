"""SocketVenue: the venue behind a Unix socket, for a process that outlives engines.

Owns one venue, its clock and every connection, on the thread that calls `serve`: a selector loop
without another thread or lock. A client that goes loses its connections and keeps its orders; one
that says hello under a name in use replaces the older. Bounds: `CLIENTS_MAX` connections, frames of
`REQUEST_BYTES_MAX`, `OUTGOING_BYTES_MAX` for a peer that does not read. Past a bound, or after a
frame that is none, the peer is told `Rejected` with the reason and its connection ends.
"""

import os
import selectors
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ...actors.ports import VenueAnswer, VenueRequest
from ...messages.codec import CodecError
from .framing import FramingError
from .peer import Peer
from .scaled_clock import ScaledClock
from .streams import MARKET, USER, Delivery
from .talk import (
    Activity,
    ActivityReached,
    AwaitActivity,
    Done,
    FromVenue,
    Hello,
    LedgerTaken,
    OpenStream,
    Perform,
    Performed,
    Rejected,
    SetFaults,
    StopVenue,
    StreamNews,
    TakeLedger,
    Welcome,
    talk_codec,
)
from .venue import Venue

CLIENTS_MAX = 64
IDLE_SECONDS_MAX = 60.0
FAREWELL_SECONDS = 1.0
"""How long a peer may take, at the end, to read what it was sent."""


class AddressInUseError(OSError):
    """Another venue listens at this path."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"another venue listens at {self.path}"


class SocketVenue:
    """A venue that listens from its making on; `serve` runs it until `stop`."""

    def __init__(self, venue: Venue, clock: ScaledClock, path: Path) -> None:
        self._venue = venue
        self._clock = clock
        self._path = path
        self._codec = talk_codec()
        self._peers: dict[int, Peer] = {}
        """Peers by the number of their socket."""
        self._clients: dict[str, Peer] = {}
        self._waits: list[tuple[Peer, AwaitActivity]] = []
        self._requests = 0
        self._mutations = 0
        self._is_stopping = False
        self._listener = listen(path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_out, False)
        self._wake_lock = threading.RLock()
        """Over the wake pipe's end; re-entrant, since a signal may call `stop` inside `_close`."""
        self._selector.register(self._wake_out, selectors.EVENT_READ, self._woken)

    def serve(self) -> None:
        """Run the venue until `stop`; the socket is gone afterwards."""
        try:
            while not self._is_stopping:
                self._step()
                for key, mask in self._selector.select(self._wait_seconds()):
                    handle: Callable[[int], None] = key.data
                    handle(mask)
        finally:
            self._close()

    def stop(self) -> None:
        """Let `serve` return soon; any thread, and a signal handler too."""
        self._is_stopping = True
        with self._wake_lock:
            if self._wake_in >= 0:
                os.write(self._wake_in, b".")

    def _step(self) -> None:
        for delivery in self._venue.step(self._clock.now_ns()):
            peer = self._clients.get(delivery.client)
            if peer is not None:
                self._send(peer, _news_of(delivery))
        if self._waits:
            self._answer_waits()

    def _wait_seconds(self) -> float:
        due_ns = self._venue.next_at_ns()
        if due_ns is None:
            return IDLE_SECONDS_MAX
        seconds = self._clock.wall_seconds(due_ns - self._clock.now_ns())
        return min(max(0.0, seconds), IDLE_SECONDS_MAX)

    def _accept(self, _mask: int) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            return  # whoever knocked has gone again
        peer = Peer(accepted, self._codec)
        self._peers[accepted.fileno()] = peer
        self._selector.register(accepted, selectors.EVENT_READ, partial(self._on_ready, peer))
        if len(self._peers) > CLIENTS_MAX:
            self._reject(peer, f"{CLIENTS_MAX} connections are open already")

    def _woken(self, _mask: int) -> None:
        os.read(self._wake_out, 4_096)

    def _on_ready(self, peer: Peer, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush(peer)
        if mask & selectors.EVENT_READ and peer.is_open:
            self._read(peer)

    def _read(self, peer: Peer) -> None:
        try:
            for frame in peer.receive():
                if peer.is_open:
                    self._on_frame(peer, self._codec.decode(frame))
        except (FramingError, CodecError) as error:
            self._reject(peer, str(error))
        except OSError:
            self._drop(peer)
        else:
            if peer.has_ended:
                self._drop(peer)

    def _on_frame(self, peer: Peer, frame: object) -> None:
        match frame:
            case Hello():
                self._on_hello(peer, frame)
            case TakeLedger():
                self._step()
                self._send(peer, LedgerTaken(frame.number, self._venue.ledger()))
            case SetFaults():
                self._venue.set_faults(frame.faults)
                self._send(peer, Done(frame.number))
            case Perform():
                self._step()
                self._send(peer, Performed(frame.number, self._venue.perform(frame.act)))
            case AwaitActivity():
                self._waits.append((peer, frame))
                self._answer_waits()
            case StopVenue():
                self._send(peer, Done(frame.number))
                self._is_stopping = True
            case VenueRequest() | OpenStream() if not peer.client:
                self._reject(peer, "say hello first")
            case VenueRequest():
                self._on_request(peer, frame)
            case OpenStream():
                self._on_open_stream(peer, frame)
            case _:
                self._reject(peer, f"no client says {type(frame).__name__}")

    def _on_hello(self, peer: Peer, hello: Hello) -> None:
        if peer.client or not hello.client:
            self._reject(peer, "one hello, with a name")
            return
        previous = self._clients.get(hello.client)
        if previous is not None:
            self._reject(previous, "replaced by a connection of the same name")
        peer.client = hello.client
        self._clients[hello.client] = peer
        self._send(peer, Welcome(self._clock))

    def _on_request(self, peer: Peer, request: VenueRequest) -> None:
        self._venue.submit(request, now_ns=self._clock.now_ns(), client=peer.client)
        self._requests += 1
        self._mutations += request.method != "GET"
        self._answer_waits()

    def _on_open_stream(self, peer: Peer, wanted: OpenStream) -> None:
        if wanted.stream not in (USER, MARKET):
            self._reject(peer, f"there is no stream {wanted.stream!r}")
            return
        self._venue.open_stream(
            wanted.stream, wanted.symbols, now_ns=self._clock.now_ns(), client=peer.client
        )

    def _answer_waits(self) -> None:
        """Answer whoever waits for as much as has happened; counting costs a look at the books."""
        if not self._waits:
            return
        ledger = self._venue.ledger()
        entries = len(ledger.orders) + len(ledger.fills)
        now = Activity(self._requests, self._mutations, entries)
        waits, self._waits = self._waits, []
        for peer, wait in waits:
            if not peer.is_open:
                continue
            if _is_reached(now, wait.least):
                self._send(peer, ActivityReached(wait.number, now))
            else:
                self._waits.append((peer, wait))

    def _send(self, peer: Peer, message: FromVenue) -> None:
        try:
            peer.put(message)
        except FramingError as error:
            self._reject(peer, str(error))
            return
        self._flush(peer)

    def _flush(self, peer: Peer) -> None:
        if not peer.is_open:
            return
        try:
            peer.flush()
        except OSError:
            self._drop(peer)
            return
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.has_outgoing else 0)
        if mask != self._selector.get_key(peer.socket).events:
            self._selector.modify(peer.socket, mask, partial(self._on_ready, peer))

    def _reject(self, peer: Peer, reason: str) -> None:
        peer.say_farewell(Rejected(reason))
        self._drop(peer)

    def _drop(self, peer: Peer) -> None:
        if not peer.is_open:
            return
        self._selector.unregister(peer.socket)
        del self._peers[peer.socket.fileno()]
        peer.close()
        if peer.client and self._clients.get(peer.client) is peer:
            del self._clients[peer.client]
            self._venue.close_client(peer.client)

    def _close(self) -> None:
        self._listener.close()
        self._path.unlink(missing_ok=True)
        for peer in list(self._peers.values()):
            peer.flush_within(FAREWELL_SECONDS)
            self._drop(peer)
        self._selector.close()
        with self._wake_lock:
            wake_in, self._wake_in = self._wake_in, -1  # a late `stop` must not write elsewhere
            os.close(self._wake_out)
            os.close(wake_in)


def listen(path: Path) -> socket.socket:
    """Listen at a path; what a dead venue left there is removed.

    Raises:
        AddressInUseError: A living venue listens there.
        OSError: The path cannot be made, or is longer than a socket's may be (about 100 bytes).
    """
    if path.is_socket():
        if _answers(path):
            raise AddressInUseError(path)
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(str(path))
        listener.listen(CLIENTS_MAX)
    except BaseException:
        listener.close()
        raise
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _news_of(delivery: Delivery) -> VenueAnswer | StreamNews:
    if isinstance(delivery.payload, VenueAnswer):
        return delivery.payload
    assert delivery.kind != "answer", delivery
    return StreamNews(delivery.stream, delivery.kind, delivery.payload)


def _is_reached(now: Activity, least: Activity) -> bool:
    return (
        now.requests >= least.requests
        and now.mutations >= least.mutations
        and now.entries >= least.entries
    )
