"""Retention: old segments of the journal go when a newer one is sealed, as a setting allows.

Owns one rule beside those of `removable`: the segment in which an order begins stays while that
order is open. It looks at the last snapshot, since orders that came later stand behind it, where
everything stays. A file that cannot be read or deleted stays until the next sealing.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

from attrs import frozen

from ...messages.codec import loads
from ..names import ORDER_MANAGER
from ..ports import FileSystem
from ..runtime.segment import (
    Manifest,
    read_manifest,
    removable,
    remove_segments,
    segment_name,
    segment_numbers,
)
from ..runtime.segment_writer import SNAPSHOT_MARK

_NOW = re.compile(rb'"now":(\d+)')
HEAD_BYTES = 64 * 1024
"""A record's `now` stands before everything that is long."""

TAIL_BYTES = 1 << 20
"""How much of a segment's end is looked at first for its last snapshot."""

END_NS = 1 << 63


def retention(filesystem: FileSystem, keep_segments: int) -> Callable[[Manifest], None] | None:
    """Return what a segment writer calls after each sealing; None to keep all."""
    return Retention(filesystem, keep_segments).on_sealed if keep_segments else None


@frozen
class Retention:
    """Deletes segments that nobody needs any more."""

    filesystem: FileSystem
    keep_segments: int

    def on_sealed(self, _sealed: Manifest) -> None:
        """Delete what may go now."""
        with suppress(OSError, ValueError):  # a damaged manifest is one, too
            remove_segments(self.filesystem, self._choose())

    def _choose(self) -> tuple[int, ...]:
        found = (read_manifest(self.filesystem, n) for n in segment_numbers(self.filesystem))
        manifests = [manifest for manifest in found if manifest is not None]
        with_snapshot = [manifest for manifest in manifests if manifest.snapshots]
        if not with_snapshot:
            return ()
        oldest_ns = self._oldest_open_ns(with_snapshot[-1])
        ends_ns = {
            manifest.number: self._begin_ns(following)
            for manifest, following in pairwise(manifests)
        }

        def holds_open_order(manifest: Manifest) -> bool:
            return oldest_ns is not None and ends_ns[manifest.number] >= oldest_ns

        return removable(manifests, self.keep_segments, needed=holds_open_order)

    def _oldest_open_ns(self, manifest: Manifest) -> int | None:
        """Return when the oldest order began that was open at the last snapshot."""
        line = self._last_snapshot(segment_name(manifest.number))
        orders = loads(line)["states"][ORDER_MANAGER]["state"]["orders"]
        return min((int(order["created_at_ns"]) for order in orders.values()), default=None)

    def _last_snapshot(self, name: str) -> bytes:
        """Return the line of a segment's last snapshot; `ValueError` without one.

        From the end on, since reading a whole segment holds up the journal for too long.
        """
        size = self.filesystem.size(name)
        length = TAIL_BYTES
        while True:
            offset = max(size - length, 0)
            tail = self.filesystem.read(name, offset, length)
            mark = tail.rfind(SNAPSHOT_MARK)
            begin = tail.rfind(b"\n", 0, max(mark, 0)) + 1
            if mark >= 0 and (begin > 0 or offset == 0):
                return tail[begin : tail.index(b"\n", mark)]
            if offset == 0:
                raise ValueError(f"{name} holds no snapshot")
            length *= 4

    def _begin_ns(self, manifest: Manifest) -> int:
        """Return the time of a segment's first record; without one the end of time, which keeps."""
        found = _NOW.search(self.filesystem.read(segment_name(manifest.number), 0, HEAD_BYTES))
        return END_NS if found is None else int(found.group(1))
