"""Survey: what a journal says of itself before its first record is replayed.

Owns which records there are, which actors and which code wrote them, and the refusals that follow
from that: a record that is not there, an actor that nobody was, a pinned log. Reads manifests and
the end of the last segment, so it costs the same for every journal.
"""

import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from importlib import metadata

from attrs import frozen

from ...errors import EngineError
from ...ports import FileSystem
from ...runtime.journal_reader import snapshots_in
from ...runtime.segment import (
    Manifest,
    ManifestDamaged,
    RunFacts,
    Status,
    read_manifest,
    segment_name,
    segment_numbers,
)
from ...runtime.segment_writer import sequence_of
from ...runtime.threads import Placement
from ...system import VERSION

TAIL_BYTES = 1 << 16
NEAR = 3
SCHEMAS_SHOWN = 5


class TravelRefused(EngineError):
    """The journal cannot be looked at in this way; the reason says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@frozen
class Survey:
    """What a journal holds; `manifests` are those that can be read, in order."""

    manifests: tuple[Manifest, ...]
    last: int
    """Sequence of the last whole record, 0 for none."""

    @property
    def first(self) -> int:
        """Sequence of the first record that is still there."""
        return self.manifests[0].first if self.manifests else 1

    @property
    def runs(self) -> tuple[RunFacts, ...]:
        """The starts of the engine that wrote it, in order."""
        return tuple({each.run.generation: each.run for each in self.manifests}.values())

    @property
    def actors(self) -> tuple[str, ...]:
        """Every core actor of any run, in start order."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.core))

    def demand_record(self, sequence: int) -> None:
        """Raise `TravelRefused` for a record that is not there."""
        if sequence > self.last:
            raise TravelRefused(
                f"record {sequence} is past the end: the journal ends with {self.last}"
            )
        if sequence < self.first:
            raise TravelRefused(
                f"record {sequence} is gone: the journal begins with {self.first}, since older"
                " segments were removed"
            )

    def demand_actor(self, name: str) -> None:
        """Raise `TravelRefused` for a name that no core actor had, as far as manifests tell."""
        if self.actors and name not in self.actors:
            near = get_close_matches(name, self.actors, n=NEAR)
            hint = f"near: {', '.join(near)}" if near else f"there are {', '.join(self.actors)}"
            raise TravelRefused(f"{name} is no actor of this journal; {hint}")

    def demand_shared(self, what: str) -> None:
        """Raise `TravelRefused` for a log without one order of all its steps."""
        if any(run.placement == Placement.PINNED for run in self.runs):
            raise TravelRefused(
                f"{what}: this log is pinned, each actor ran on a thread of its own; its steps are"
                " recorded in an order that is right for each actor, and at no record is there one"
                " state of them all. Replay it whole"
            )

    def code_lines(self, known: Mapping[str, str]) -> Iterator[str]:
        """Yield what wrote the journal and what reads it; `known` are today's fingerprints."""
        for run in self.runs[-1:]:
            yield f"recorded by callboard {run.callboard}, Python {run.python}, Pykka {run.pykka}"
            yield (
                f"replayed by callboard {VERSION},"
                f" Python {platform.python_version()}, Pykka {metadata.version('pykka')}"
            )
            changed = run.changed_since(known)
            if changed:
                more = f" and {len(changed) - SCHEMAS_SHOWN} more" * (len(changed) > SCHEMAS_SHOWN)
                yield f"changed since: {', '.join(changed[:SCHEMAS_SHOWN])}{more}"


def survey(filesystem: FileSystem) -> Survey:
    """Look at a journal's manifests and its end."""
    manifests: list[Manifest] = []
    for number in segment_numbers(filesystem):
        with suppress(ManifestDamaged):  # which whoever reads its records tells in its own words
            manifest = read_manifest(filesystem, number)
            if manifest is not None:
                manifests.append(manifest)
    return Survey(tuple(manifests), _last_sequence(filesystem))


def place_to_begin_at(filesystem: FileSystem, sequence: int) -> tuple[int, int]:
    """Return (segment, sequence) of the last snapshot before a record; zeros for none.

    Whoever begins there knows every actor's state before the record.
    """
    for manifest in reversed(survey(filesystem).manifests):
        may_hold = manifest.snapshots or manifest.status is Status.OPEN
        if manifest.first < sequence and may_hold:
            before = [each for each in snapshots_in(filesystem, manifest.number) if each < sequence]
            if before:
                return manifest.number, before[-1]
    return 0, 0


def _last_sequence(filesystem: FileSystem) -> int:
    for number in reversed(segment_numbers(filesystem)):
        name = segment_name(number)
        size = filesystem.size(name) if name in filesystem.names() else 0
        length = TAIL_BYTES
        while size:
            tail = filesystem.read(name, max(size - length, 0))
            *lines, _torn = tail.split(b"\n")
            whole = lines if length >= size else lines[1:]
            if whole:
                return sequence_of(whole[-1])
            if length >= size:
                break
            length *= 4
    return 0
