"""StreamSocket: one websocket of the stream endpoints: what it chose, and how that is sent.

Owns the choice of a connection and its form: raw frames below `/ws`, wrapped ones below `/stream`.
A listen key is a stream of /private, a market stream lives below its own path; whatever is chosen
elsewhere is accepted and silent, as any user stream on the legacy paths is.
"""

from collections.abc import Callable, Iterable, Mapping

from .channel import Channel
from .market_hub import MarketHub
from .stream_names import PRIVATE, PUBLIC, parse
from .subscriptions import obey
from .user_lines import Ear, UserLines

LEGACY = "legacy"
Events = frozenset[str]


class StreamSocket:
    """The streams of one websocket."""

    def __init__(
        self,
        channel: Channel,
        category: str,
        *,
        is_combined: bool,
        users: UserLines,
        market: MarketHub,
        events: Mapping[str, Events],
    ) -> None:
        self.is_combined = is_combined
        self._channel = channel
        self._category = category
        self._users = users
        self._market = market
        self._events = events
        """The event types that were asked for, by listen key; all where there are none."""
        self._chosen: dict[str, Callable[[], None]] = {}
        """What gives each chosen stream up."""

    @property
    def names(self) -> tuple[str, ...]:
        """The chosen streams, in the order of their choosing."""
        return tuple(self._chosen)

    def add(self, name: str) -> None:
        """Choose a stream; once more changes nothing."""
        if name not in self._chosen:
            self._chosen[name] = self._join(name)

    def add_all(self, names: Iterable[str]) -> None:
        """Choose several streams."""
        for name in names:
            self.add(name)

    def remove(self, name: str) -> None:
        """Give a stream up; one that was not chosen changes nothing."""
        give_up = self._chosen.pop(name, None)
        if give_up is not None:
            give_up()

    def close(self) -> None:
        """Give every stream up."""
        for name in self.names:
            self.remove(name)

    def on_text(self, text: str) -> None:
        """Answer what the other side says."""
        self._channel.send(obey(text, self))

    def hear(self, name: str, text: bytes) -> None:
        """Send a frame of a chosen stream."""
        if self.is_combined:
            text = b'{"stream":"' + name.encode() + b'","data":' + text + b"}"
        self._channel.send(text)

    def cut(self) -> None:
        """Break the connection."""
        self._channel.cut()

    def _join(self, name: str) -> Callable[[], None]:
        if self._category == PRIVATE:
            return self._users.attach(Ear(name, self._hear_user, self._channel.close, self.cut))
        stream = parse(name)
        served = PUBLIC if self._category == LEGACY else self._category
        if stream is None or stream.category != served:
            return _nothing
        return self._market.join(name, stream, self)

    def _hear_user(self, key: str, event: str, text: bytes) -> None:
        wanted = self._events.get(key)
        if wanted is None or event in wanted:
            self.hear(key, text)


def _nothing() -> None:
    """Give nothing up."""
