"""UserSocket: the wire of the account's own stream, told frame by frame to UserStream.

Owns the listener of the stream "user". Frames are translated on the wire's thread and posted in
their order; nothing is held back or dropped. A frame of a silent kind is counted. One that cannot
be read may have been a fill, and one of an unknown kind anything: it is told as it came, cut to
`TEXT_MAX`, and the core asks the venue instead; of an unknown kind the first one is.
Bound: none of its own; the user stream is as slow as the account's orders.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, assert_never

import orjson
from attrs import frozen

from ...messages.listen_key import ListenKeyWanted
from ...messages.stream import (
    FrameQuarantined,
    ReportUserStream,
    UserStreamChanged,
)
from ..names import USER_STREAM
from ..ports import Exchange
from ..runtime.actor import Context, EdgeActor
from .binance_frames import SILENT_KINDS, kind_of, read_user_frame
from .posting import Post
from .wire import ReplyUnreadable

STREAM = "user"
TEXT_MAX = 2_000
"""Characters of a quarantined frame that are kept."""


@frozen
class _FrameLeft:
    """A frame said nothing that the engine knows."""

    kind: str
    reason: str


Inbox = ReportUserStream | _FrameLeft


class UserSocket(EdgeActor):
    """Hears the user stream."""

    def __init__(self, exchange: Exchange, post: Post, *, margin_asset: str, name: str) -> None:
        self._exchange = exchange
        self._listener = _UserListener(post, margin_asset, name)

    @property
    def frames_left(self) -> Mapping[str, int]:
        """How many frames said nothing to the engine, by kind."""
        return dict(self._listener.left)

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case ReportUserStream():
                self._listener.report()
            case _FrameLeft():
                ctx.log("user_frame_left", kind=message.kind, reason=message.reason)
            case _:
                assert_never(message)

    def resume(self, ctx: Context) -> None:  # noqa: ARG002 - the listener speaks for itself
        """Open the stream."""
        self._exchange.open_stream(STREAM, (), self._listener)

    def close(self) -> None:
        """Hear nothing any more; the exchange is closed by whoever made it."""
        self._listener.is_closed = True


class _UserListener:
    """Called on the wire's thread; all it does is translate and post."""

    def __init__(self, post: Post, margin_asset: str, name: str) -> None:
        self.left: Counter[str] = Counter()
        self.is_closed = False
        self._is_open = False
        self._post = post
        self._margin_asset = margin_asset
        self._name = name

    def on_open(self, stream: str) -> None:
        """The stream is connected."""
        self._is_open = True
        self._tell(UserStreamChanged(connected=True, reason=f"{stream} stream opened"))

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - the port's
        """One frame came."""
        try:
            message = read_user_frame(frame, self._margin_asset)
        except ReplyUnreadable as error:
            self._quarantine(frame, str(error), is_lossy=True)
            return
        if message is None:
            self._leave(frame)
        else:
            self._tell(message)

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:  # noqa: ARG002 - as above
        """Something came that nobody can read: it may have been a fill."""
        self._tell(FrameQuarantined("", reason, text[:TEXT_MAX], is_lossy=True))

    def on_key_wanted(self, stream: str, reason: str) -> None:  # noqa: ARG002 - as above
        """The wire needs a key."""
        self._tell(ListenKeyWanted(reason))

    def on_close(self, stream: str, reason: str) -> None:
        """The stream is gone."""
        self._is_open = False
        self._tell(UserStreamChanged(connected=False, reason=reason or f"{stream} stream closed"))

    def report(self) -> None:
        """Say again that the stream is open, if it is."""
        if self._is_open:
            self._tell(UserStreamChanged(connected=True, reason="open as before"))

    def _quarantine(self, frame: Mapping[str, Any], reason: str, *, is_lossy: bool) -> None:
        text = orjson.dumps(frame, default=str).decode()[:TEXT_MAX]
        self._tell(FrameQuarantined(kind_of(frame), reason, text, is_lossy))

    def _leave(self, frame: Mapping[str, Any]) -> None:
        """Count every such frame; of each kind the first is logged, or quarantined if unknown."""
        kind = kind_of(frame)
        self.left[kind] += 1
        if self.left[kind] > 1 or self.is_closed:
            return
        if kind in SILENT_KINDS:
            left = _FrameLeft(kind, "changes nothing here")
            self._post(self._name, left, sender=self._name)
        else:
            self._quarantine(frame, "unknown kind", is_lossy=False)

    def _tell(self, message: object) -> None:
        if not self.is_closed:
            self._post(USER_STREAM, message, sender=self._name)
