"""Journal tail: the journal's records from a given one on, also while it is written.

Owns a place in the journal: a record's sequence and its hash, which together say that this is still
the journal that a view was made of. Reads whole lines only, in chunks of `CHUNK_BYTES`; what a
crash or a failing disk cuts off was never a whole line, or is found out by its hash at the next
start. A record that does not follow the one before it is a `JournalDamaged`.
"""

from collections.abc import Iterator

from attrs import define, field, frozen

from ...errors import EngineError
from ...ports import FileSystem
from ...runtime.journal_reader import Finding, Flaw, JournalDamaged
from ...runtime.record import GENESIS, link, split_line
from ...runtime.segment import (
    Manifest,
    ManifestDamaged,
    RunFacts,
    manifest_name,
    read_manifest,
    segment_name,
    segment_numbers,
)
from ...runtime.segment_writer import sequence_of

CHUNK_BYTES = 1 << 18
NOBODY = RunFacts(generation=0, seed="", core=())


class JournalForgotten(EngineError):
    """The journal does not hold the record that a view was last made of."""

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.sequence = sequence

    def __str__(self) -> str:
        return f"the journal does not hold record {self.sequence} as it was read"


@frozen
class Place:
    """A record that was read: everything up to it is done."""

    sequence: int = 0
    head: str = GENESIS


@define(eq=False)
class JournalTail:
    """Reads on where it stopped; `follow` finds the place to begin at."""

    filesystem: FileSystem
    is_checked: bool = False
    """Whether every record's hash is computed anew."""
    place: Place = field(init=False, factory=Place)
    run: RunFacts = field(init=False, default=NOBODY)
    """The start of the engine that wrote what was read last."""
    missing: int = field(init=False, default=0)
    """Records between the place and what the journal still holds, since the last `follow`."""
    _number: int = field(init=False, default=0)
    _offset: int = field(init=False, default=0)

    def follow(self, place: Place) -> None:
        """Go on behind a record; raises `JournalForgotten` where it is not there any more.

        Where retention took what comes next, the tail begins with what is kept; `missing` tells.
        """
        self.place, self._number, self._offset, self.missing = place, 0, 0, 0
        manifests = list(self._manifests())
        if not manifests:
            if place.sequence:
                raise JournalForgotten(place.sequence)
            return
        within = [each for each in manifests if each.first <= place.sequence]
        if within:
            self._enter(within[-1])
            self._skip_to(place)
            return
        self.missing = manifests[0].first - place.sequence - 1
        first = manifests[0]
        self.place = Place(first.first - 1, first.head_before)
        self._enter(first)

    def begin(self, sequence: int | None) -> None:
        """Stand before the segment that holds a record, without knowing the record's hash.

        None stands before the latest segment. Of a record that is not there yet nothing is known:
        the tail begins at the latest segment, too, and its reader passes over what it has.
        """
        self.place, self._number, self._offset, self.missing = Place(), 0, 0, 0
        manifests = list(self._manifests())
        if not manifests:
            return
        wanted = manifests[-1].first if sequence is None else sequence
        within = [each for each in manifests if each.first <= max(wanted, 1)]
        at = within[-1] if within else manifests[0]
        self.missing = max(at.first - 1 - wanted, 0)
        self.place = Place(at.first - 1, at.head_before)
        self._enter(at)

    def read(self) -> list[bytes]:
        """Return the next whole lines, at most a chunk of them; none when nothing is new."""
        while True:
            # Listed before the reading: a segment is followed by another once it is complete.
            later = [each for each in segment_numbers(self.filesystem) if each > self._number]
            lines = self._lines()
            if lines:
                self._accept(lines)
            if lines or not later:
                return lines
            self._next(later[0])

    def _manifests(self) -> Iterator[Manifest]:
        for number in segment_numbers(self.filesystem):
            yield self._manifest(number)

    def _manifest(self, number: int) -> Manifest:
        try:
            manifest = read_manifest(self.filesystem, number)
        except ManifestDamaged as damaged:
            raise self._damage(Flaw.MANIFEST, damaged.reason, manifest_name(number)) from damaged
        if manifest is None:
            raise self._damage(Flaw.MANIFEST, "has no manifest", segment_name(number))
        return manifest

    def _enter(self, manifest: Manifest) -> None:
        self._number, self._offset, self.run = manifest.number, 0, manifest.run

    def _next(self, number: int) -> None:
        manifest = self._manifest(number)
        self._enter(manifest)
        gap = manifest.first - self.place.sequence - 1
        if gap and gap != manifest.lost_before:
            raise self._damage(Flaw.DAMAGE, "does not continue the segment before it")
        # The hash of a record that no disk took is known from the segment after it alone.
        self.place = Place(manifest.first - 1, manifest.head_before)

    def _skip_to(self, place: Place) -> None:
        """Stand behind the record of a place, in the segment at hand."""
        while lines := self._lines():
            for line in lines:
                if sequence_of(line) == place.sequence and _head_of(line) == place.head:
                    self._offset -= sum(map(len, lines[lines.index(line) + 1 :]))
                    return
        raise JournalForgotten(place.sequence)

    def _lines(self) -> list[bytes]:
        """Return the whole lines of one chunk and move behind them."""
        if not self._number or segment_name(self._number) not in self.filesystem.names():
            return []
        length = CHUNK_BYTES
        while True:
            chunk = self.filesystem.read(segment_name(self._number), self._offset, length)
            end = chunk.rfind(b"\n") + 1
            if end or len(chunk) < length:
                break
            length *= 4
        self._offset += end
        return chunk[:end].splitlines(keepends=True)

    def _accept(self, lines: list[bytes]) -> None:
        """Move behind lines that follow one after the other."""
        sequence, head = self.place.sequence, self.place.head
        for line in lines:
            sequence += 1
            if not line.startswith(b'{"seq":%d,' % sequence):
                raise self._damage(Flaw.DAMAGE, f"is not record {sequence}")
            if self.is_checked:
                head = self._linked(head, line)
        self.place = Place(sequence, head if self.is_checked else _head_of(lines[-1]))

    def _linked(self, head: str, line: bytes) -> str:
        body, recorded = split_line(line)
        if link(head, body) != recorded:
            raise self._damage(Flaw.DAMAGE, "its hash does not follow from the record before it")
        return recorded

    def _damage(self, flaw: Flaw, what: str, name: str = "") -> JournalDamaged:
        where = name or segment_name(self._number)
        return JournalDamaged(Finding(where, self.place.sequence + 1, flaw, what))


def _head_of(line: bytes) -> str:
    return split_line(line)[1]
