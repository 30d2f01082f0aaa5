"""StreamThread: keeps one stream of the venue connected, on a thread of its own.

Owns the connection and when the next one is tried: after a loss with backoff and jitter, which
starts anew only when a connection has lasted. Before the venue ends a connection by its age a new
one is opened beside it, and the old one is read on for a while: what comes twice is known by its
keys, and nothing falls between them. What is read, where it is read from and whether it is still
any good is the feed's affair.

Bound: by its backoff a thread connects at most 30 times in five minutes, whatever the venue does,
and usually far less; the venue allows 300 to an address. `close` ends the thread.
Source: Binance USDS-M websocket connect pages (24 h, connections per IP), read 2026-11-20.
"""

import threading
from random import Random
from typing import Protocol

from attrs import define, field, frozen

from ...ports import Clock
from .stream_connection import Dialer, StreamConnection, StreamLost

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
LOOK_NS = 2 * SECOND_NS
"""At least so often a feed is asked whether its stream is still any good."""
LOOK_SECONDS_MIN = 0.005
"""But no more often than that by the wall, however fast the engine's clock goes."""
PATIENCE_SECONDS_MIN = 2.0
"""No silence that is shorter by the wall means anything: a busy machine is silent for longer."""
JOIN_SECONDS = 5.0
"""How long `close` waits, by the wall, for a thread that is just connecting; it is mute by then."""


@frozen
class Figures:
    """Durations of the engine's clock."""

    life_ns: int = 23 * 60 * MINUTE_NS
    """Age at which a connection is replaced; the venue ends it at 24 h."""
    overlap_ns: int = 3 * SECOND_NS
    """How long an old connection is read beside its successor."""
    backoff_base_ns: int = SECOND_NS // 2
    backoff_cap_ns: int = 30 * SECOND_NS
    steady_ns: int = MINUTE_NS
    """A connection that lasted so long ends the backoff."""


def patience(clock: Clock, duration_ns: int) -> int:
    """Return how long a silence must last: on a fast clock longer than it would by the figures."""
    least_ns = round(PATIENCE_SECONDS_MIN / clock.wall_seconds(1))
    return max(duration_ns, least_ns)


class Feed(Protocol):
    """What a thread keeps connected; called on that thread, `fault` on any."""

    def tend(self, now_ns: int) -> None:
        """Do what is due, connected or not; called every few seconds at least."""
        ...

    def path(self, now_ns: int) -> str:
        """Where to connect, below the base; empty while there is nothing to connect to."""
        ...

    def opened(self, now_ns: int) -> None:
        """A connection stands."""
        ...

    def heard(self, data: bytes, now_ns: int) -> None:
        """A message came."""
        ...

    def fault(self, now_ns: int) -> str:
        """Why the connection is no good any more, empty while it is."""
        ...

    def closed(self, reason: str) -> None:
        """The connection is gone."""
        ...


@define
class Backoff:
    """How long until the next connection."""

    _figures: Figures
    _random: Random
    _failures: int = field(init=False, default=0)

    def after(self, lived_ns: int, *, is_refused: bool = False) -> int:
        """Return the wait after a connection that lived so long, 0 if it was never made."""
        figures = self._figures
        self._failures = 1 if lived_ns >= figures.steady_ns else self._failures + 1
        # Not beyond what the cap needs, since a power of two grows without end.
        doubled = figures.backoff_base_ns << min(self._failures - 1, 16)
        wait_ns = figures.backoff_cap_ns if is_refused else min(doubled, figures.backoff_cap_ns)
        return int(wait_ns * self._random.uniform(0.75, 1.25))


class StreamThread:
    """One thread, one stream."""

    def __init__(
        self,
        feed: Feed,
        dialer: Dialer,
        clock: Clock,
        *,
        name: str,
        random: Random,
        figures: Figures,
    ) -> None:
        self._feed = feed
        self._dialer = dialer
        self._clock = clock
        self._figures = figures
        self._backoff = Backoff(figures, random)
        self._changed = threading.Condition()
        self._is_closed = False
        self._looks = 0
        self._connection: StreamConnection | None = None
        self._successor: StreamConnection | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def look(self) -> None:
        """Ask the feed at once; a connection that is no good is broken off. Any thread."""
        with self._changed:
            self._looks += 1
            self._changed.notify_all()
            if self._connection is not None and self._feed.fault(self._clock.now_ns()):
                self._connection.break_off()

    def close(self) -> None:
        """End the thread and its connections."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            if self._connection is not None:
                self._connection.break_off()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while not self._is_closed:
            looks = self._looks
            self._feed.tend(self._clock.now_ns())
            path = self._feed.path(self._clock.now_ns())
            if path:
                self._serve(path)
            else:
                self._sleep_until(self._clock.now_ns() + LOOK_NS, looks)

    def _serve(self, path: str) -> None:
        """Live one connection, with those that replace it, and wait for the next one's turn."""
        began_ns, is_refused = self._clock.now_ns(), False
        try:
            connection = self._open(path)
            began_ns = self._clock.now_ns()
            self._feed.opened(began_ns)
            reason = self._read(connection)
        except StreamLost as lost:
            reason, is_refused = lost.reason, lost.is_refused
        except Exception as error:  # noqa: BLE001 - nobody hears a stream whose thread has died
            reason = f"failed: {type(error).__name__}"
        lived_ns = self._clock.now_ns() - began_ns
        self._drop_all()
        self._feed.closed(reason)
        self._pause(lived_ns, is_refused=is_refused)

    def _open(self, path: str) -> StreamConnection:
        connection = self._dialer.open(path)
        with self._changed:
            if not self._is_closed:
                self._connection = connection
                return connection
        connection.close()
        raise StreamLost("closed")

    def _read(self, connection: StreamConnection) -> str:
        """Read until the stream is lost or no good any more; return why."""
        replace_at_ns = self._clock.now_ns() + self._figures.life_ns
        while not self._is_closed:
            now_ns = self._clock.now_ns()
            self._feed.tend(now_ns)
            reason = self._feed.fault(now_ns)
            if reason:
                return reason
            if now_ns >= replace_at_ns:
                connection, replace_at_ns = self._replace(connection, now_ns)
            wait_ns = min(LOOK_NS, replace_at_ns - now_ns)
            seconds = max(LOOK_SECONDS_MIN, self._clock.wall_seconds(wait_ns))
            try:
                data = connection.receive(seconds)
            except StreamLost as lost:
                return self._feed.fault(self._clock.now_ns()) or lost.reason
            if data is not None:
                self._feed.heard(data, self._clock.now_ns())
        return "closed"

    def _replace(self, connection: StreamConnection, now_ns: int) -> tuple[StreamConnection, int]:
        """Take the next step of a rotation; return who is read from now on, and the next step."""
        successor = self._successor
        if successor is None:
            try:
                self._successor = self._dialer.open(self._feed.path(now_ns))
            except StreamLost as lost:
                return connection, now_ns + self._backoff.after(0, is_refused=lost.is_refused)
            return connection, now_ns + self._figures.overlap_ns
        with self._changed:
            self._connection, self._successor = successor, None
        connection.close()
        return successor, now_ns + self._figures.life_ns - self._figures.overlap_ns

    def _drop_all(self) -> None:
        with self._changed:
            dropped = (self._connection, self._successor)
            self._connection = self._successor = None
        for connection in dropped:
            if connection is not None:
                connection.close()

    def _pause(self, lived_ns: int, *, is_refused: bool = False) -> None:
        wait_ns = self._backoff.after(lived_ns, is_refused=is_refused)
        self._sleep_until(self._clock.now_ns() + wait_ns)

    def _sleep_until(self, until_ns: int, looks: int | None = None) -> None:
        """Sleep on the engine's clock, but no longer than nobody has looked since `looks`."""
        with self._changed:
            while not self._is_closed and looks in (None, self._looks):
                left_ns = until_ns - self._clock.now_ns()
                if left_ns <= 0:
                    return
                self._changed.wait(self._clock.wall_seconds(left_ns))
