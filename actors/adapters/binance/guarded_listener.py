"""GuardedListener: a stream's listener, told one thing at a time and nothing after the end.

Owns the promises of the port: an `on_close` follows only an `on_open`, `on_open` is not repeated,
and once `mute` has returned no callback comes. What is no JSON object is told as unreadable, cut,
with nothing secret in it. A callback that raises is counted, for the wire has more to tell.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ...ports import StreamListener
from .exact_json import parse_exactly

FRAME_BYTES_MAX = 1 << 20
"""A longer message is told as unreadable: no frame of the venue has a hundredth of that."""
TEXT_MAX = 2_000


class GuardedListener:
    """Called by any wire's thread."""

    def __init__(self, stream: str, listener: StreamListener) -> None:
        self.raised = 0
        """How many callbacks have raised."""
        self._stream = stream
        self._listener = listener
        self._is_open = False
        self._is_muted = False
        # Held while a callback runs, so that `mute` can wait for its end.
        self._turn = threading.RLock()

    def opened(self) -> None:
        """The stream is connected."""
        with self._turn:
            was_open, self._is_open = self._is_open, True
            if not was_open:
                self._call(lambda: self._listener.on_open(self._stream))

    def closed(self, reason: str) -> None:
        """The stream is gone."""
        with self._turn:
            was_open, self._is_open = self._is_open, False
            if was_open:
                self._call(lambda: self._listener.on_close(self._stream, reason))

    def heard(self, frame: Mapping[str, Any]) -> None:
        """A frame came."""
        with self._turn:
            self._call(lambda: self._listener.on_frame(self._stream, frame))

    def unreadable(self, data: bytes, reason: str, secret: str = "") -> None:
        """Something else came; `secret` is cut out of what is told of it."""
        # Cut with room for a secret that begins in what is kept.
        text = data[: TEXT_MAX + len(secret)].decode("utf-8", "replace")
        told = (text.replace(secret, "***") if secret else text)[:TEXT_MAX]
        with self._turn:
            self._call(lambda: self._listener.on_unreadable(self._stream, told, reason))

    def key_wanted(self, reason: str) -> None:
        """The stream needs its key anew."""
        with self._turn:
            self._call(lambda: self._listener.on_key_wanted(self._stream, reason))

    def mute(self) -> None:
        """Call nobody any more; waits for the callback that is running."""
        with self._turn:
            self._is_muted = True

    def _call(self, callback: Callable[[], None]) -> None:
        if self._is_muted:
            return
        try:
            callback()
        except Exception:  # noqa: BLE001 - it is its owner's affair and must not end the wire
            self.raised += 1


def frame_of(data: bytes) -> Mapping[str, Any] | str:
    """Return the JSON object that a message holds, or why it holds none."""
    if len(data) > FRAME_BYTES_MAX:
        return f"has {len(data)} bytes, of {FRAME_BYTES_MAX} allowed"
    try:
        value = parse_exactly(data)
    except ValueError:
        return "is no JSON"
    if not isinstance(value, dict):
        return f"is no object but {type(value).__name__}"
    return value  # pyright: ignore[reportUnknownVariableType] - the wire has no types
