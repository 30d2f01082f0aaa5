"""Streams: who listens to the user and market streams, and what reaches them when.

Owns the connections, one per client and stream name; opening one again replaces it. Frames of a
connection keep their order whatever their delay, unless a fault says otherwise. In a gap the
frames are lost without a word; at its end the connection closes and opens again by itself. In a
stall they are lost and nothing ever says so. A lost connection is told at once, and opens again.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import define, frozen

from ...actors.ports import VenueAnswer
from . import frame_faults
from .fault_source import FaultDraw, FaultSource
from .faults import Fault
from .moment import NS_PER_MS

DeliveryKind = Literal["answer", "open", "frame", "close"]
USER, MARKET = "user", "market"
STORM_EVERY_NS = 200 * NS_PER_MS
"""A reconnect storm closes and opens a stream so often."""


@frozen
class Delivery:
    """Something that reaches a client at `at_ns`; `payload` is a frame, an answer or empty."""

    client: str
    kind: DeliveryKind
    stream: str
    payload: VenueAnswer | Mapping[str, Any]
    at_ns: int


@define(eq=False)
class Connection:
    """One open stream of one client."""

    client: str
    stream: str
    symbols: frozenset[str]
    is_open: bool = True
    last_at_ns: int = 0
    mute_until_ns: int = 0


class Streams:
    """All connections of a venue."""

    def __init__(
        self,
        *,
        faults: FaultSource,
        delay_ns: Callable[[], int],
        deliver: Callable[[Delivery, Connection], None],
        on_change: Callable[[], None],
    ) -> None:
        self._faults = faults
        self._delay_ns = delay_ns
        self._deliver = deliver
        self._on_change = on_change
        self._connections: dict[tuple[str, str], Connection] = {}
        self._by_stream: dict[str, tuple[Connection, ...]] = {USER: (), MARKET: ()}

    def open(self, connection: Connection, now_ns: int) -> None:
        """Let a connection hear what happens from now on."""
        previous = self._connections.get((connection.client, connection.stream))
        if previous is not None:
            previous.is_open = False
        self._connections[connection.client, connection.stream] = connection
        self._changed()
        self._send(connection, "open", {}, now_ns)

    def close_client(self, client: str) -> None:
        """Drop a client's connections; what was on its way is lost."""
        for stream in (USER, MARKET):
            connection = self._connections.pop((client, stream), None)
            if connection is not None:
                connection.is_open = False
        self._changed()

    def listeners(self, stream: str) -> tuple[Connection, ...]:
        """Return the connections of a stream."""
        return self._by_stream[stream]

    def send_user(self, frame: dict[str, Any], now_ns: int) -> None:
        """Send a frame of the account to everyone who listens to it."""
        for connection in self._by_stream[USER]:
            self._send_frame(connection, dict(frame), now_ns)

    def send_market(self, symbol: str, build: Callable[[], dict[str, Any]], now_ns: int) -> None:
        """Send a frame about a symbol; it is built only for those who subscribed to it."""
        for connection in self._by_stream[MARKET]:
            if symbol in connection.symbols:
                self._send_frame(connection, build(), now_ns)

    def _send_frame(self, connection: Connection, frame: dict[str, Any], now_ns: int) -> None:
        if now_ns < connection.mute_until_ns:
            return
        draw = self._faults.draw_for_frame(connection.stream)
        if draw is None:
            self._send(connection, "frame", frame, now_ns)
        elif draw.fault in _INTERRUPTIONS:
            self._break(connection, frame, draw, now_ns)
        else:
            self._spoil(connection, frame, draw, now_ns)

    def interrupt(self, now_ns: int, until_ns: int) -> None:
        """Close every connection now, and open it again later."""
        for connection in self._connections.values():
            self._lose(connection, now_ns, until_ns)

    def _break(
        self, connection: Connection, frame: dict[str, Any], draw: FaultDraw, now_ns: int
    ) -> None:
        """Lose a frame and those after it for a while."""
        end_ns = now_ns + draw.size_ms * NS_PER_MS
        match draw.fault:
            case Fault.STREAM_GAP:
                connection.mute_until_ns = end_ns
                self._reopen(connection, end_ns)
            case Fault.STREAM_STALL:
                connection.mute_until_ns = end_ns
            case Fault.STREAM_STORM:
                for at_ns in (*range(now_ns, end_ns, STORM_EVERY_NS), end_ns):
                    self._reopen(connection, at_ns)
                connection.mute_until_ns = end_ns
            case Fault.LISTEN_KEY_EXPIRED:
                expired = frame_faults.listen_key_expired(frame)
                self._send(connection, "frame", expired, now_ns)
                connection.mute_until_ns = end_ns
                self._reopen(connection, end_ns)
            case _:
                self._lose(connection, now_ns, end_ns)

    def _spoil(
        self, connection: Connection, frame: dict[str, Any], draw: FaultDraw, now_ns: int
    ) -> None:
        """Send a frame in another form, place or number."""
        match draw.fault:
            case Fault.STREAM_REORDER:
                at_ns = now_ns + self._delay_ns() + draw.size_ms * NS_PER_MS
                delivery = Delivery(connection.client, "frame", connection.stream, frame, at_ns)
                self._deliver(delivery, connection)
            case Fault.STREAM_DUPLICATE:
                self._send(connection, "frame", frame, now_ns)
                self._send(connection, "frame", dict(frame), now_ns)
            case Fault.STREAM_UNKNOWN_EVENT:
                self._send(connection, "frame", frame_faults.unknown_event(frame), now_ns)
                self._send(connection, "frame", frame, now_ns)
            case Fault.STREAM_UNKNOWN_STATUS:
                unknown = frame_faults.with_unknown_status(frame)
                self._send(connection, "frame", unknown, now_ns)
            case Fault.STREAM_UNREADABLE:
                self._send(connection, "frame", frame_faults.unreadable(frame), now_ns)
            case _:
                assert draw.fault is Fault.STREAM_LOST, "no other fault is one of a frame"

    def _lose(self, connection: Connection, now_ns: int, until_ns: int) -> None:
        """Close a connection at once; it opens again later."""
        connection.mute_until_ns = until_ns
        self._send(connection, "close", {}, now_ns)
        self._send(connection, "open", {}, until_ns)

    def _reopen(self, connection: Connection, at_ns: int) -> None:
        self._send(connection, "close", {}, at_ns)
        self._send(connection, "open", {}, at_ns)

    def _send(
        self, connection: Connection, kind: DeliveryKind, payload: dict[str, Any], now_ns: int
    ) -> None:
        at_ns = max(connection.last_at_ns, now_ns + self._delay_ns())
        connection.last_at_ns = at_ns
        delivery = Delivery(connection.client, kind, connection.stream, payload, at_ns)
        self._deliver(delivery, connection)

    def _changed(self) -> None:
        for stream in (USER, MARKET):
            self._by_stream[stream] = tuple(
                connection for (_, name), connection in self._connections.items() if name == stream
            )
        self._on_change()


_INTERRUPTIONS = (
    Fault.STREAM_GAP,
    Fault.STREAM_DISCONNECT,
    Fault.STREAM_STALL,
    Fault.STREAM_STORM,
    Fault.LISTEN_KEY_EXPIRED,
)
