"""UserWire: the account's own stream over a websocket, and the listen key that it needs.

Owns the key, which it takes from the answers that pass and tells nobody. It wants one from its
listener at the start, every 30 minutes, after every loss and when the venue says that it has
expired, again and again until an answer brings one: less and less often while answers bring none,
every few seconds while no wish reaches the venue, as in a ban. A POST gives a living key another
hour and a new one for a dead key (where a PUT has -1125), so an answer with another key than the
connection's means that the connection hears nothing, and it is replaced. A key is never given
back: another program of the account may listen by it.

An idle stream and a dead one look alike, and a dead key connects like a living one. Three things
tell them apart: the transport's pings; the key, asked for as above; and our own orders, for one
that the venue has accepted makes an event. When none is heard for `echo_ns` the stream is taken
for mute and connected anew. No other event is provoked, since none that the venue documents is
without an effect on the account. What a mute stream lost the core asks for after each opening.

Source: Binance USDS-M user data stream pages, binance-futures notes §4.1, read 2026-11-20.
"""

import threading
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import quote

from attrs import evolve, frozen

from ...ports import Clock, StreamListener, VenueAnswer, VenueRequest
from ..binance_requests import ALGO_ORDER, LISTEN_KEY, ORDER
from .guarded_listener import GuardedListener, frame_of
from .stream_connection import Dialer
from .stream_thread import MINUTE_NS, SECOND_NS, Figures, StreamThread, patience

STREAM = "user"
HIDDEN = "***"
ORDER_PATHS = (ORDER, ALGO_ORDER, "/fapi/v1/batchOrders")
"""What is accepted there is told on the stream."""
EXPIRED = "listenKeyExpired"


@frozen
class UserFigures:
    """Durations of the engine's clock."""

    renew_ns: int = 30 * MINUTE_NS
    valid_ns: int = 60 * MINUTE_NS
    """How long the venue keeps a key that nobody renews."""
    ask_base_ns: int = 5 * SECOND_NS
    """Until a key that did not come is wanted again; longer with each answer, up to the cap."""
    ask_cap_ns: int = MINUTE_NS
    echo_ns: int = 10 * SECOND_NS
    """An accepted order must be heard of within it; longer each time that it is not."""
    echo_cap_ns: int = 10 * MINUTE_NS


class UserWire:
    """The feed of the user stream, and its thread."""

    def __init__(
        self,
        listener: StreamListener,
        dialer: Dialer,
        clock: Clock,
        *,
        random: Random,
        figures: UserFigures,
        thread_figures: Figures,
        key: str = "",
    ) -> None:
        self._listener = GuardedListener(STREAM, listener)
        self._clock = clock
        self._figures = figures
        self._lock = threading.Lock()
        self._key = key
        self._connected_by = ""
        self._renewed_at_ns = clock.now_ns()
        self._wanted = "the stream has no key" if not key else "the stream begins"
        self._ask_at_ns = 0
        self._failures = 0
        """Answers in a row that brought no key."""
        self._heard_at_ns = 0
        self._echo_by_ns = 0
        self._usual_echo_ns = self._echo_ns = patience(clock, figures.echo_ns)
        self._thread = StreamThread(
            self, dialer, clock, name="callboard-user-stream", random=random, figures=thread_figures
        )

    @property
    def key(self) -> str:
        """The key, empty while there is none."""
        return self._key

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self) -> None:
        """End the stream; no callback comes afterwards."""
        self._listener.mute()
        self._thread.close()

    def see(self, request: VenueRequest, answer: VenueAnswer) -> VenueAnswer:
        """Take from an answer what concerns the stream; return it without the key. Any thread."""
        if request.path == LISTEN_KEY:
            return self._take_key(answer)
        if request.path in ORDER_PATHS and request.method != "GET" and _is_done(answer):
            self._expect_echo()
        return answer

    def tend(self, now_ns: int) -> None:
        """Want a key where there is none that lives, or the one there is grows old."""
        figures = self._figures
        with self._lock:
            age_ns = now_ns - self._renewed_at_ns
            if self._key and age_ns > figures.valid_ns:
                self._key, self._wanted = "", "nobody renewed the listen key for an hour"
            if not self._wanted and age_ns >= figures.renew_ns:
                self._wanted = "the listen key must be renewed"
            if not self._wanted or now_ns < self._ask_at_ns:
                return
            wait_ns = min(figures.ask_base_ns << min(self._failures, 16), figures.ask_cap_ns)
            self._ask_at_ns = now_ns + wait_ns
            reason = self._wanted
        self._listener.key_wanted(reason)

    def path(self, now_ns: int) -> str:  # noqa: ARG002 - a feed
        """Return the path of the key."""
        with self._lock:
            self._connected_by = self._key
        return f"/private/ws/{quote(self._connected_by, safe='')}" if self._connected_by else ""

    def opened(self, now_ns: int) -> None:
        """Nothing of before says anything about this connection."""
        with self._lock:
            self._echo_by_ns = 0
            self._heard_at_ns = now_ns
        self._listener.opened()

    def heard(self, data: bytes, now_ns: int) -> None:
        """Tell a frame; one of an expired key ends the connection instead."""
        frame = frame_of(data)
        if isinstance(frame, str):
            self._listener.unreadable(data, frame, self._key)
        elif frame.get("e") == EXPIRED:
            self._drop_key("the venue says that the listen key has expired")
        else:
            self._note_heard(now_ns)
            self._listener.heard(frame)

    def fault(self, now_ns: int) -> str:
        """Say why the connection is no good."""
        with self._lock:
            if not self._key:
                return self._wanted
            if self._key != self._connected_by:
                return "the account has another listen key"
            return "mute: an accepted order was not heard of" if self._is_mute(now_ns) else ""

    def closed(self, reason: str) -> None:
        """Tell the loss; a key whose stream was lost is asked for, since it may be dead."""
        with self._lock:
            self._wanted = self._wanted or reason
            if self._is_mute(self._clock.now_ns()):
                self._echo_ns = min(2 * self._echo_ns, self._figures.echo_cap_ns)
            self._echo_by_ns = 0
        self._listener.closed(reason)

    def _is_mute(self, now_ns: int) -> bool:
        return 0 < self._echo_by_ns < now_ns

    def _take_key(self, answer: VenueAnswer) -> VenueAnswer:
        key = _key_in(answer)
        with self._lock:
            self._failures = 0 if key else self._failures + 1
            if key:
                self._key, self._wanted, self._ask_at_ns = key, "", 0
                self._renewed_at_ns = self._clock.now_ns()
        if key:
            self._thread.look()
        return without_key(answer)

    def _drop_key(self, reason: str) -> None:
        with self._lock:
            self._key, self._wanted = "", reason

    def _note_heard(self, now_ns: int) -> None:
        with self._lock:
            self._heard_at_ns = now_ns
            self._echo_by_ns = 0
            self._echo_ns = self._usual_echo_ns

    def _expect_echo(self) -> None:
        """An order was accepted: its event has come already, or comes soon."""
        with self._lock:
            now_ns = self._clock.now_ns()
            if not self._echo_by_ns and now_ns - self._heard_at_ns > self._usual_echo_ns:
                self._echo_by_ns = now_ns + self._echo_ns


def without_key(answer: VenueAnswer) -> VenueAnswer:
    """Return the answer to a wish for a listen key, without the key."""
    return evolve(answer, body={"listenKey": HIDDEN}, text="") if _key_in(answer) else answer


def _is_done(answer: VenueAnswer) -> bool:
    """Say whether an order, or one of a batch, was carried out."""
    body: Any = answer.body
    orders: Any = body if isinstance(body, list) else [body]  # pyright: ignore[reportUnknownVariableType] - the wire has no types
    return 200 <= answer.status < 300 and any(_is_order(each) for each in orders)


def _is_order(body: Any) -> bool:
    return isinstance(body, Mapping) and "code" not in body


def _key_in(answer: VenueAnswer) -> str:
    body: Any = answer.body
    if not 200 <= answer.status < 300 or not isinstance(body, Mapping):
        return ""
    key: Any = body.get("listenKey")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - the wire has no types
    return key if isinstance(key, str) else ""
