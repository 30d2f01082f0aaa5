"""UserLines: the user streams of the accounts, and which websocket hears which of them.

Owns one line an account: the core's stream, with its delays and faults, from the first websocket
that came with the living key. Whoever comes with another key is heard by nobody and hears nothing.
After listenKeyExpired its websockets stay open and mute, unless the owner closed the key: then they
are closed. A line that the venue breaks cuts every websocket, and takes none until it is back.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from attrs import define

from ..frame_faults import EXPIRED_KEY
from ..streams import USER, Delivery
from ..venue import Venue
from .floor import Floor

EXPIRED = "listenKeyExpired"
OPEN_SECONDS_MAX = 5.0
"""Longest wait of a handshake for a line, in seconds of the wall."""


@define(eq=False)
class Ear:
    """A websocket that hears a key's events; `end` closes it, `cut` breaks it."""

    key: str
    hear: Callable[[str, str, bytes], None]
    """Told the key, the event's type and its JSON."""
    end: Callable[[], None]
    cut: Callable[[], None]


class UserLines:
    """The lines of all accounts."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._lines: dict[str, _Line] = {}

    async def is_reachable(self, key: str) -> bool:
        """Wait for a key's line; return False while the venue keeps it broken."""
        line = self._line_of(key)
        return line is None or await line.is_reachable()

    def attach(self, ear: Ear) -> Callable[[], None]:
        """Let an ear hear what its key is for; return what takes it away."""
        line = self._line_of(ear.key)
        if line is None:
            return _nothing
        return line.attach(ear)

    def _line_of(self, key: str) -> "_Line | None":
        for account, venue in self._floor.venues:
            if key and venue.core.listen_key.value == key:
                if account not in self._lines:
                    self._lines[account] = _Line(self._floor, account, venue)
                return self._lines[account]
        return None


class _Line:
    """One account's user stream."""

    def __init__(self, floor: Floor, account: str, venue: Venue) -> None:
        self._listen_key = venue.core.listen_key
        self._ears: list[Ear] = []
        self._opened = asyncio.Event()
        self._has_broken = False
        floor.open_stream(account, USER, (), self._on_delivery)

    async def is_reachable(self) -> bool:
        if self._has_broken:
            return self._opened.is_set()
        try:
            await asyncio.wait_for(self._opened.wait(), OPEN_SECONDS_MAX)
        except TimeoutError:
            return False
        return True

    def attach(self, ear: Ear) -> Callable[[], None]:
        self._ears.append(ear)

        def take_away() -> None:
            if ear in self._ears:
                self._ears.remove(ear)

        return take_away

    def _on_delivery(self, delivery: Delivery) -> None:
        payload = delivery.payload
        if delivery.kind == "open":
            self._opened.set()
        elif delivery.kind == "close":
            self._break()
        else:
            assert isinstance(payload, dict), "a stream has frames"
            self._tell(payload)

    def _break(self) -> None:
        self._opened.clear()
        self._has_broken = True
        ears, self._ears = self._ears, []
        for ear in ears:
            ear.cut()

    def _tell(self, frame: dict[str, Any]) -> None:
        event = str(frame.get("e", ""))
        if event == EXPIRED:
            self._tell_end(frame)
            return
        text = orjson.dumps(frame)
        for ear in tuple(self._ears):
            if ear.key == self._listen_key.value:
                ear.hear(ear.key, event, text)

    def _tell_end(self, frame: dict[str, Any]) -> None:
        """Tell a key's end to those who came with it, and nothing more afterwards."""
        key = str(frame.get("listenKey", ""))
        if key == EXPIRED_KEY:
            key = self._listen_key.value
            self._listen_key.forget()
        ended = [ear for ear in self._ears if ear.key == key]
        self._ears = [ear for ear in self._ears if ear.key != key]
        text = orjson.dumps({**frame, "listenKey": key})
        for ear in ended:
            ear.hear(key, EXPIRED, text)
            if key == self._listen_key.closed:
                ear.end()


def _nothing() -> None:
    """Take nothing away."""
