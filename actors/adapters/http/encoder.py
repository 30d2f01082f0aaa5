"""Encoder: events as the lines of a stream, each written once for all who listen.

Owns the form `{"event_id", "topic", "version", "at_ms", "correlation", "data"}` and the marker of a
gap. Bound: the last `WRITTEN_MAX` events.
"""

from collections import OrderedDict

from attrs import define, field

from ....messages.codec import Codec, dumps
from ..service.feed import Gap, Published
from .answers import whole

WRITTEN_MAX = 512


@define(eq=False)
class Encoder:
    """Writes events; for one thread."""

    codec: Codec
    _written: OrderedDict[str, bytes] = field(init=False, factory=OrderedDict[str, bytes])

    def lines(self, told: Published | Gap) -> bytes:
        """Return the lines of an event or of a gap."""
        if isinstance(told, Gap):
            return b"event: gap\ndata: %s\n\n" % dumps({"dropped": told.dropped})
        written = self._written.get(told.event_id)
        if written is None:
            written = self._written[told.event_id] = self._encode(told)
            if len(self._written) > WRITTEN_MAX:
                self._written.popitem(last=False)
        return written

    def _encode(self, told: Published) -> bytes:
        data = {
            "event_id": told.event_id,
            "topic": told.topic,
            "version": int(self.codec.label(told.event).rpartition(".v")[2]),
            "at_ms": told.at_ms,
            "correlation": told.correlation,
            "data": whole(told.event),
        }
        head = f"id: {told.event_id}\nevent: {told.topic}\ndata: ".encode()
        return head + dumps(data) + b"\n\n"
