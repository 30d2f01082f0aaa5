"""Journal reader: the records of all segments in order, each checked against the chain.

Owns what counts as intact: every line ends with its chained hash, sequences have no gaps, and
manifests agree with their segments. Reads in chunks, so that memory is bounded by the longest
line. It stops at the first damage and says where; a torn tail, which only the last bytes of the
last unsealed segment can be, is noted and is no damage.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum
from hashlib import sha256

from attrs import define, field, frozen

from ...messages.codec import Json, loads
from ..ports import FileSystem
from .record import GENESIS, link, split_line
from .segment import (
    Manifest,
    ManifestDamaged,
    Status,
    manifest_name,
    read_manifest,
    segment_name,
    segment_numbers,
)
from .segment_writer import SNAPSHOT_MARK, Start, sequence_of

CHUNK_BYTES = 1 << 20
SNAPSHOT_HEAD = re.compile(rb'\{"seq":\d+,')
"""What stands before the mark in a record that is a snapshot, and in no other."""


class Flaw(StrEnum):
    """What can be wrong with a journal."""

    TORN_TAIL = "torn_tail"
    """The last write did not finish; nothing that it held back had gone out."""
    DAMAGE = "damage"
    """A record is not what was written."""
    LOST = "lost"
    """Records are missing where the disk had failed; the manifest says so itself."""
    MANIFEST = "manifest"
    """A manifest is missing, unreadable, or does not fit its segment."""
    NOT_REPEATED = "not_repeated"
    """What was in flight at the end cannot be made again by this version of the code."""


@frozen
class Finding:
    """One flaw: which segment, which record of it (from 1; 0 for the whole), and what."""

    segment: str
    record: int
    flaw: Flaw
    what: str


@define(eq=False)
class Line:
    """One intact record: where it stands, and its JSON without the hash."""

    segment: int
    number: int
    sequence: int
    body: bytes
    _data: Json | None = None

    @property
    def data(self) -> Json:
        """The record, parsed once somebody asks."""
        data = self._data
        if data is None:
            self._data = data = loads(self.body)
        return data


class JournalDamaged(RuntimeError):
    """The journal is damaged inside; everything before it was read."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding

    def __str__(self) -> str:
        return f"{self.finding.segment}, record {self.finding.record}: {self.finding.what}"


@define(eq=False)
class JournalReader:
    """Iterates the records once; what it found stays on it.

    `first` begins at that segment, trusting the hash in its manifest.
    """

    filesystem: FileSystem
    first: int = 0
    findings: list[Finding] = field(init=False, factory=list[Finding])
    head: str = field(init=False, default=GENESIS)
    sequence: int = field(init=False, default=0)
    records: int = field(init=False, default=0)
    number: int = field(init=False, default=0)
    """Segment being read."""
    manifest: Manifest | None = field(init=False, default=None)
    """Its manifest, if it has a readable one."""
    good_bytes: int = field(init=False, default=0)
    """Bytes of the segment that are intact."""
    good_records: int = field(init=False, default=0)
    head_before: str = field(init=False, default=GENESIS)
    """Hash before the segment's first record."""
    on_segment: Callable[[Manifest | None], None] | None = None
    """Called before the first record of each segment."""
    _started: bool = field(init=False, default=False)
    _next: tuple[bytes, str] = field(init=False, default=(b"", ""))
    """Record and hash of the line at hand."""

    def __iter__(self) -> Iterator[Line]:
        numbers = [each for each in segment_numbers(self.filesystem) if each >= self.first]
        for number in numbers:
            self._begin(number)
            self.head_before = self.head
            if self.on_segment is not None:
                self.on_segment(self.manifest)
            yield from self._segment(is_last=number == numbers[-1])

    def _begin(self, number: int) -> None:
        self.number = number
        self.good_bytes = self.good_records = 0
        try:
            self.manifest = read_manifest(self.filesystem, number)
        except ManifestDamaged as damaged:
            self.manifest = None
            self._note(0, Flaw.MANIFEST, damaged.reason)
            return
        if self.manifest is None:
            self._note(0, Flaw.MANIFEST, "has no manifest")
        else:
            self._continue_from(self.manifest)

    def _continue_from(self, manifest: Manifest) -> None:
        if not self._started:
            self.head, self.sequence = manifest.head_before, manifest.first - 1
        elif manifest.lost_before:
            what = f"{manifest.lost_before} records before it were lost while the disk failed"
            self._note(0, Flaw.LOST, what)
            self.head, self.sequence = manifest.head_before, manifest.first - 1
        elif (manifest.head_before, manifest.first) != (self.head, self.sequence + 1):
            self._damaged(0, "does not continue the segment before it")
        self._started = True

    def _segment(self, *, is_last: bool) -> Iterator[Line]:
        manifest = self.manifest
        sealed = manifest is not None and manifest.status in (Status.SEALED, Status.RECOVERED)
        may_tear = is_last and not sealed
        digest = sha256()
        for raw, is_end in self._raw_lines():
            what = self._check(raw)
            if what and may_tear and is_end:
                self._note(self.good_records + 1, Flaw.TORN_TAIL, f"{len(raw)} bytes: {what}")
                return
            if what:
                self._damaged(self.good_records + 1, what)
            digest.update(raw)
            yield self._accept(raw)
        if manifest is not None and sealed:
            self._compare(manifest, digest.hexdigest())

    def _raw_lines(self) -> Iterator[tuple[bytes, bool]]:
        """Yield each line with its end, and whether it is the last."""
        name, offset, rest = segment_name(self.number), 0, b""
        previous: bytes | None = None
        while chunk := self._chunk(name, offset):
            offset += len(chunk)
            *pieces, rest = (rest + chunk).split(b"\n")
            for piece in pieces:
                if previous is not None:
                    yield previous, False
                previous = piece + b"\n"
        if rest and previous is not None:
            yield previous, False
        if rest or previous is not None:
            yield rest or previous or b"", True

    def _chunk(self, name: str, offset: int) -> bytes:
        if offset == 0 and name not in self.filesystem.names():
            return b""
        return self.filesystem.read(name, offset, CHUNK_BYTES)

    def _check(self, raw: bytes) -> str:
        """Say what is wrong with a line; nothing if it is the next record."""
        try:
            self._next = body, recorded = split_line(raw)
            sequence = sequence_of(raw)
        except ValueError as error:
            return f"is no record: {error}"
        if not self._started:
            self.sequence, self._started = sequence - 1, True
        if link(self.head, body) != recorded:
            return "its hash does not follow from the record before it"
        if sequence != self.sequence + 1:
            return f"its sequence is {sequence}, not {self.sequence + 1}"
        return ""

    def _accept(self, raw: bytes) -> Line:
        body, self.head = self._next
        self.sequence += 1
        self.records += 1
        self.good_records += 1
        self.good_bytes += len(raw)
        return Line(self.number, self.good_records, self.sequence, body)

    def _compare(self, manifest: Manifest, digest: str) -> None:
        if (manifest.last, manifest.head_after) != (self.sequence, self.head):
            what = f"ends at record {self.sequence}, not {manifest.last} as its manifest says"
            self._damaged(self.good_records, what)
        if manifest.sha256 != digest:
            self._note(0, Flaw.MANIFEST, f"{manifest_name(self.number)} has another sha256")

    def _note(self, record: int, flaw: Flaw, what: str) -> Finding:
        finding = Finding(segment_name(self.number), record, flaw, what)
        self.findings.append(finding)
        return finding

    def _damaged(self, record: int, what: str) -> None:
        raise JournalDamaged(self._note(record, Flaw.DAMAGE, what))


@frozen
class VerifyReport:
    """What a verification found; `ok` when nothing is wrong but, perhaps, a torn tail."""

    records: int
    segments: int
    sequence: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when every record is as it was written."""
        return all(finding.flaw is Flaw.TORN_TAIL for finding in self.findings)


def snapshots_in(filesystem: FileSystem, number: int) -> list[int]:
    """Return the sequences of a segment's whole snapshot lines; a torn one does not count."""
    name, offset, rest = segment_name(number), 0, b""
    found: list[int] = []
    if name not in filesystem.names():
        return found
    while chunk := filesystem.read(name, offset, CHUNK_BYTES):
        offset += len(chunk)
        whole, _, rest = (rest + chunk).rpartition(b"\n")
        mark = whole.find(SNAPSHOT_MARK)
        while mark >= 0:
            head = whole[whole.rfind(b"\n", 0, mark) + 1 : mark]
            if SNAPSHOT_HEAD.fullmatch(head):
                found.append(sequence_of(head))
            mark = whole.find(SNAPSHOT_MARK, mark + 1)
    return found


def read_journal(filesystem: FileSystem) -> Iterator[Line]:
    """Yield every intact record; raises `JournalDamaged` at the first one that is not."""
    return iter(JournalReader(filesystem))


def verify(filesystem: FileSystem) -> VerifyReport:
    """Read the whole journal and say what is wrong with it; names one damage per segment."""
    numbers = segment_numbers(filesystem)
    findings: list[Finding] = []
    records, position, end = 0, 0, Start()
    while position < len(numbers):
        reader = JournalReader(filesystem, first=numbers[position])
        try:
            deque(reader, maxlen=0)
        except JournalDamaged as damaged:
            # A segment that does not continue the one before it is still checked for itself.
            is_seam = damaged.finding.record == 0 and reader.number != numbers[position]
            position = numbers.index(reader.number) + (0 if is_seam else 1)
        else:
            position = len(numbers)
        findings += reader.findings
        records += reader.records
        end = Start(0, reader.sequence, reader.head)
    return VerifyReport(records, len(numbers), end.sequence, end.head, tuple(findings))
