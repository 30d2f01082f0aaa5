"""ListenKey: what opens an account's user stream over websockets, and when it ends.

Owns the one key of an account: a POST makes it or returns the living one, and like a PUT it lets it
live for another hour of venue time. Expiry and DELETE are told by listenKeyExpired; a PUT on a dead
key is -1125 (binance-futures notes §4.1, read 2026-11). Faces without keys leave it alone.
"""

from random import Random
from string import ascii_letters, digits

from .feed import UserFeed
from .moment import NS_PER_MS, Agenda, Moment
from .refusal import VenueRefusal

VALIDITY_MS = 60 * 60 * 1000
LENGTH = 64
_LETTERS = ascii_letters + digits


class ListenKey:
    """The listen key of one account; `value` is "" while there is none."""

    def __init__(self, *, moment: Moment, agenda: Agenda, feed: UserFeed, random: Random) -> None:
        self.value = ""
        self.closed = ""
        """The last key that its owner closed; its streams are closed, those of others go mute."""
        self._moment = moment
        self._agenda = agenda
        self._feed = feed
        self._random = random
        self._until_ns = 0

    def open(self) -> str:
        """Return the living key, or a new one, which lives for another hour."""
        if not self.value:
            self.value = "".join(self._random.choices(_LETTERS, k=LENGTH))
        self._extend()
        return self.value

    def prolong(self) -> str:
        """Let the living key live for another hour, or refuse with -1125."""
        if not self.value:
            raise VenueRefusal(-1125)
        self._extend()
        return self.value

    def close(self) -> None:
        """End the key at its owner's wish; without a key nothing happens."""
        if self.value:
            self.closed = self.value
            self.expire()

    def expire(self) -> None:
        """End the key and tell whoever listens."""
        ended, self.value = self.value, ""
        if ended and self._feed.is_heard:
            self._feed.send({"e": "listenKeyExpired", "E": self._moment.ms, "listenKey": ended})

    def forget(self) -> None:
        """End the key without a word: a fault has told it already."""
        self.value = ""

    def _extend(self) -> None:
        until_ns = self._until_ns = self._moment.ns + VALIDITY_MS * NS_PER_MS
        key = self.value

        def check() -> None:
            if self.value == key and self._until_ns == until_ns:
                self.expire()

        self._agenda.after(VALIDITY_MS, check)
