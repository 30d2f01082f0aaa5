"""Recovery: the state of every core actor, folded from the journal; sends nothing.

Owns the way back after a stop or a crash: find the last snapshot, fold the facts after it, close
what the last run left open. Memory is bounded by the actors' state. A torn tail is cut and noted;
damage inside is quarantined with everything after it, and the findings say so: the caller decides
whether to trade on. A fact that cannot be read or applied is a `RecoveryFailed`, which names it.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import attrs
from attrs import define, field, frozen

from ...messages.codec import Codec, CodecError, Json
from ..errors import EngineError
from ..ports import FileSystem
from .actor import Actor
from .envelope import Envelope
from .in_flight import InFlight, Regeneration, telling_order
from .journal_reader import Finding, Flaw, JournalDamaged, JournalReader, Line, snapshots_in
from .record import state_in
from .segment import (
    Manifest,
    ManifestDamaged,
    RunFacts,
    Status,
    generation_known,
    last_number,
    quarantine,
    quarantine_copy,
    read_manifest,
    segment_name,
    segment_numbers,
    write_manifest,
)
from .segment_writer import SNAPSHOT_MARK, Start

ENGINE_STARTED = "EngineStarted.v"
STARTED_MARK = b'"t":"EngineStarted.v'
SCAN_BYTES = 1 << 20

Makers = Mapping[str, Callable[[], Actor]]


class RecoveryFailed(EngineError):
    """A record is intact, but this version of the code cannot fold it: it must not start here."""

    def __init__(self, sequence: int, actor: str, reason: str) -> None:
        super().__init__(sequence, actor, reason)
        self.sequence = sequence
        self.actor = actor
        self.reason = reason

    def __str__(self) -> str:
        where = f"record {self.sequence}, {self.actor}" if self.actor else f"record {self.sequence}"
        return f"{where}: {self.reason}; `callboard upgrade --check` says what else is other"


@frozen
class Recovered:
    """What a journal says; with an empty journal, the beginning of one."""

    states: Mapping[str, Any]
    """Actor -> state as JSON values, for `Cell.restore(state, codec)`."""
    generations: Mapping[str, int]
    """Actor -> its last generation; the next start is one more."""
    start: Start
    """Where the next run's writer continues."""
    journal_generation: int
    """The last start's; the next is one more."""
    records: int
    """How many were read: from the segment of the last snapshot on."""
    run: RunFacts | None
    """Facts of the last run, None when there was none."""
    clean: bool
    """True when the last run sealed its segment: it stopped in order."""
    findings: tuple[Finding, ...]
    waiting: tuple[Envelope, ...] = ()
    """Messages between core actors that the last run told and nobody handled, oldest first."""


def recover(
    filesystem: FileSystem, codec: Codec, makers: Makers, supervisor: str = "supervisor"
) -> Recovered:
    """Fold the journal for the actors of `makers` and close what is open.

    Call inside the engine's decimal context. Raises `RecoveryFailed`, and `OSError` of the disk.
    """
    clean = _ended_clean(filesystem)
    generation = generation_known(filesystem)
    findings: list[Finding] = []
    while True:
        first, begin = _last_snapshot(filesystem)
        reader = JournalReader(filesystem, first=first)
        fold = _Fold(codec, makers, supervisor, begin)
        try:
            for line in reader:
                fold.add(line)
            fold.check()
        except JournalDamaged:
            findings += reader.findings
            _set_aside(filesystem, reader)
            continue
        findings += reader.findings
        break
    run = None if reader.manifest is None else reader.manifest.run
    _close_open(filesystem, reader)
    regeneration = _regenerate(filesystem, fold, reader.first)
    findings += regeneration.findings
    return Recovered(
        states={name: codec.encode_state(actor.state) for name, actor in fold.actors.items()},
        generations=fold.generations,
        start=Start(last_number(filesystem) + 1, reader.sequence, reader.head),
        journal_generation=max(generation, fold.journal_generation),
        records=reader.records,
        run=run,
        clean=clean and not findings,
        findings=tuple(findings),
        waiting=tuple(sorted(regeneration.found, key=telling_order)),
    )


def _regenerate(filesystem: FileSystem, fold: "_Fold", first: int) -> Regeneration:
    """Make the messages again that nobody handled: fold once more, and run their steps."""
    regeneration = Regeneration(fold.codec, fold.in_flight)
    if regeneration.wanted:
        last = max(regeneration.wanted)
        again = _Fold(fold.codec, fold.makers, fold.supervisor, fold.begin)
        for line in JournalReader(filesystem, first=first):
            if line.sequence in regeneration.wanted:
                regeneration.run(again.actors[line.data["actor"]], line)
            again.add(line)
            if again.last == last:
                break
    return regeneration


@define(eq=False)
class _Fold:
    codec: Codec
    makers: Makers
    supervisor: str
    begin: int
    """Sequence of the last snapshot: what was before is read, and means nothing any more."""
    actors: dict[str, Actor] = field(init=False)
    generations: dict[str, int] = field(init=False, factory=dict[str, int])
    journal_generation: int = field(init=False, default=0)
    last: int = field(init=False, default=0)
    in_flight: InFlight = field(init=False)
    _has_base: bool = field(init=False, default=False)
    """True from the first record ever, or from a snapshot: facts mean nothing before."""

    def __attrs_post_init__(self) -> None:
        self.actors = {name: make() for name, make in self.makers.items()}
        self.in_flight = InFlight(self.codec, self.actors, self.supervisor)

    def add(self, line: Line) -> None:
        """Fold one record."""
        self.last = line.sequence
        if self.last < self.begin:
            if STARTED_MARK in line.body:
                self._note_start(line.data["msg"])
            return
        record = line.data
        self._has_base = self._has_base or self.last == 1
        self._follow(record)
        if record.get("kind") == "snapshot":
            self._load(record)
            return
        name = record["actor"]
        self.generations[name] = record["gen"]
        self._note_start(record["msg"])
        if self._has_base:
            for fact in record.get("facts", ()):
                self._apply(self.last, name, fact)

    def check(self) -> None:
        """Refuse a journal whose beginning is missing, with no snapshot in its place."""
        if self.last and not self._has_base:
            raise RecoveryFailed(self.last, "", "the journal's beginning is missing")

    def _follow(self, record: Json) -> None:
        try:
            self.in_flight.add(record)
        except CodecError as error:
            raise RecoveryFailed(self.last, "", f"what waits: {error}") from error

    def _load(self, record: Json) -> None:
        self._has_base = True
        for name, kept in record["states"].items():
            self.generations[name] = kept["gen"]
            actor = self._actor(record["seq"], name)
            try:
                state = state_in(self.codec, name, kept)
                actor.state = self.codec.decode_state(state, actor.State)
            except Exception as error:
                raise RecoveryFailed(record["seq"], name, f"its state: {error}") from error

    def _apply(self, sequence: int, name: str, fact: Json) -> None:
        actor = self._actor(sequence, name)
        try:
            actor.apply(self.codec.decode(fact))
        except CodecError as error:
            raise RecoveryFailed(sequence, name, str(error)) from error
        except Exception as error:
            reason = f"cannot apply {fact.get('t')}: {error!r}"
            raise RecoveryFailed(sequence, name, reason) from error

    def _actor(self, sequence: int, name: str) -> Actor:
        if name not in self.actors:
            raise RecoveryFailed(sequence, name, "is no actor of this version")
        return self.actors[name]

    def _note_start(self, message: Json) -> None:
        if message["t"].startswith(ENGINE_STARTED):
            self.journal_generation = max(self.journal_generation, message["generation"])


def _ended_clean(filesystem: FileSystem) -> bool:
    manifests = list(_manifests(filesystem))
    return not manifests or (manifests[-1] is not None and manifests[-1].status is Status.SEALED)


def _manifests(filesystem: FileSystem) -> Iterator[Manifest | None]:
    for number in segment_numbers(filesystem):
        yield _manifest(filesystem, number)


def _manifest(filesystem: FileSystem, number: int) -> Manifest | None:
    try:
        return read_manifest(filesystem, number)
    except ManifestDamaged:
        return None


def _last_snapshot(filesystem: FileSystem) -> tuple[int, int]:
    """Return (segment, sequence) of the last snapshot that can be started at; zeros for none."""
    for number in reversed(segment_numbers(filesystem)):
        manifest = _manifest(filesystem, number)
        if manifest is None:
            continue
        if manifest.snapshots or manifest.status is Status.OPEN:
            found = snapshots_in(filesystem, number)
            if found:
                return number, found[-1]
    return 0, 0


def _set_aside(filesystem: FileSystem, reader: JournalReader) -> None:
    """Quarantine from the damage on; the intact beginning of its segment stays.

    Later segments go first, so that a crash on the way is simply done again.
    """
    damaged = reader.number
    note = reader.findings[-1].what
    for number in reversed(segment_numbers(filesystem)):
        if number > damaged:
            quarantine(filesystem, _stand_in(filesystem, number), "follows a damaged segment")
    if segment_name(damaged) in filesystem.names():
        quarantine_copy(filesystem, _stand_in(filesystem, damaged), note)
    _cut(filesystem, reader, f"cut at damage: {note}")


def _stand_in(filesystem: FileSystem, number: int) -> Manifest:
    """Return a segment's manifest, or one that says that it was not readable."""
    nobody = RunFacts(generation=0, seed="", core=())
    return _manifest(filesystem, number) or Manifest(number, Status.OPEN, nobody, first=0)


def _close_open(filesystem: FileSystem, reader: JournalReader) -> None:
    """Cut a torn tail and close the segment that the last run left open."""
    manifest = reader.manifest
    if reader.number == 0 or (manifest is not None and manifest.status is not Status.OPEN):
        return
    torn = [each for each in reader.findings if each.flaw is Flaw.TORN_TAIL]
    note = f"torn tail cut at record {torn[0].record}" if torn else "closed by a later start"
    _cut(filesystem, reader, note)


def _cut(filesystem: FileSystem, reader: JournalReader, note: str) -> None:
    """Keep what is intact of a segment; even an empty one stays, for its run's generation."""
    name = segment_name(reader.number)
    if name in filesystem.names():
        filesystem.truncate(name, reader.good_bytes)
    digest, snapshots = _summary(filesystem, name)
    write_manifest(
        filesystem,
        attrs.evolve(
            _stand_in(filesystem, reader.number),
            status=Status.RECOVERED,
            first=reader.sequence - reader.good_records + 1,
            last=reader.sequence,
            head_before=reader.head_before,
            head_after=reader.head,
            bytes=reader.good_bytes,
            sha256=digest,
            snapshots=snapshots,
            note=note,
        ),
    )


def _summary(filesystem: FileSystem, name: str) -> tuple[str, int]:
    """Return the sha256 of a segment and how many snapshots it holds."""
    digest, snapshots, offset, rest = sha256(), 0, 0, b""
    if name not in filesystem.names():
        return digest.hexdigest(), 0
    while chunk := filesystem.read(name, offset, SCAN_BYTES):
        offset += len(chunk)
        digest.update(chunk)
        snapshots += (rest + chunk).count(SNAPSHOT_MARK)
        rest = chunk[-(len(SNAPSHOT_MARK) - 1) :]
    return digest.hexdigest(), snapshots
