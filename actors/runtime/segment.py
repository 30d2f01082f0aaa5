"""Segment: one file of the journal, its name, and the manifest beside it.

Owns the naming (`segment-000001.jsonl` with `segment-000001.manifest.json`), the form of the
manifest, and the choice of segments that retention may remove. Host facts (wall time, versions,
settings) stand in the manifest and never in the chain, so that one seed gives the same segment
bytes on every host. A manifest that cannot be read is a `ManifestDamaged`, which names it.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import attrs
from attrs import field, frozen
from cattrs.preconf.orjson import make_converter

from ...messages.codec import dumps, loads
from ..ports import FileSystem
from .record import GENESIS

PREFIX = "segment-"
SUFFIX = ".jsonl"
MANIFEST_SUFFIX = ".manifest.json"
QUARANTINE_SUFFIX = ".quarantined"
DAY_NS = 86_400_000_000_000
COPY_BYTES = 1 << 20


class Status(StrEnum):
    """Where a segment is in its life."""

    OPEN = "open"
    """Being written, or left so by a crash."""
    SEALED = "sealed"
    """Complete; its hashes stand in the manifest."""
    RECOVERED = "recovered"
    """Closed by a later start, which may have cut a torn tail."""
    QUARANTINED = "quarantined"
    """Damaged inside; kept under another name for people, never read by the engine."""


@frozen
class RunFacts:
    """What one start of the engine says of itself; replay builds the actors from it."""

    generation: int
    """Grows at every start on one journal."""
    seed: str
    core: tuple[str, ...]
    """Addresses of the core actors, in start order."""
    edges: tuple[str, ...] = ()
    placement: str = "shared"
    settings: Any = None
    """The settings as JSON values."""
    started_at_ms: int = 0
    """Wall clock."""
    host: str = ""
    callboard: str = ""
    python: str = ""
    pykka: str = ""
    rules: tuple[str, ...] = ()
    """Names of the host's own rules, which replay needs again."""
    fingerprints: Mapping[str, str] = field(factory=dict[str, str])
    """Schema of every message class, by label."""

    def changed_since(self, known: Mapping[str, str]) -> tuple[str, ...]:
        """Return the labels whose classes are other, or not there, in today's schema."""
        return tuple(
            name for name, schema in self.fingerprints.items() if known.get(name) != schema
        )


@frozen
class Manifest:
    """What is known of a segment without reading it; figures at the end are 0 until sealed."""

    number: int
    status: Status
    run: RunFacts
    first: int
    """Sequence of the first record."""
    head_before: str = GENESIS
    lost_before: int = 0
    """Records that no disk took, right before this segment."""
    last: int = 0
    """Sequence of the last record."""
    head_after: str = ""
    bytes: int = 0
    sha256: str = ""
    snapshots: int = 0
    note: str = ""


class ManifestDamaged(ValueError):
    """A manifest is not what this version writes."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


_CONVERTER = make_converter(detailed_validation=False)


def segment_name(number: int) -> str:
    """Return the file name of a segment."""
    return f"{PREFIX}{number:06d}{SUFFIX}"


def manifest_name(number: int) -> str:
    """Return the file name of a segment's manifest."""
    return f"{PREFIX}{number:06d}{MANIFEST_SUFFIX}"


def segment_numbers(filesystem: FileSystem) -> list[int]:
    """Return the numbers of all segments that have a file or a manifest, in order."""
    found: dict[int, None] = {}
    for name in filesystem.names():
        number = _number_of(name)
        if number is not None:
            found[number] = None
    return sorted(found)


def last_number(filesystem: FileSystem) -> int:
    """Return the highest number ever used, those of quarantined segments included; 0 for none."""
    names = (name.partition(QUARANTINE_SUFFIX)[0] for name in filesystem.names())
    return max((number for name in names if (number := _number_of(name)) is not None), default=0)


def write_manifest(filesystem: FileSystem, manifest: Manifest) -> None:
    """Write a manifest, durably."""
    filesystem.replace(manifest_name(manifest.number), _encoded(manifest))


def read_manifest(filesystem: FileSystem, number: int) -> Manifest | None:
    """Return a segment's manifest, None where there is none."""
    name = manifest_name(number)
    if name not in filesystem.names():
        return None
    return _parsed(name, filesystem.read(name))


def generation_known(filesystem: FileSystem) -> int:
    """Return the highest run generation that any manifest names, quarantined ones included."""
    highest = 0
    for name in filesystem.names():
        if MANIFEST_SUFFIX in name:
            try:
                highest = max(highest, _parsed(name, filesystem.read(name)).run.generation)
            except ManifestDamaged:
                continue
    return highest


def removable(
    manifests: Sequence[Manifest], keep: int, *, needed: Callable[[Manifest], bool]
) -> tuple[int, ...]:
    """Return the numbers that retention may remove: oldest first, and never past what is needed.

    `manifests` are all segments in order; `keep` sealed ones stay, 0 keeps all. The segment with
    the last snapshot and all after it stay, and so do the first one that `needed` names (say, one
    that holds an open intent) and all after it.
    """
    if keep <= 0:
        return ()
    closed = [each for each in manifests if each.status in (Status.SEALED, Status.RECOVERED)]
    snapshots = [each.number for each in closed if each.snapshots]
    if not snapshots:
        return ()
    chosen: list[int] = []
    for manifest in closed[:-keep]:
        if manifest.number >= snapshots[-1] or needed(manifest):
            break
        chosen.append(manifest.number)
    return tuple(chosen)


def remove_segments(filesystem: FileSystem, numbers: Sequence[int]) -> None:
    """Delete segments, each before its manifest, so that no file stands without one."""
    names = filesystem.names()
    for number in numbers:
        for name in (segment_name(number), manifest_name(number)):
            if name in names:
                filesystem.remove(name)


def quarantine(filesystem: FileSystem, manifest: Manifest, note: str) -> None:
    """Move a whole segment and its manifest aside, for people."""
    aside = attrs.evolve(manifest, status=Status.QUARANTINED, note=note)
    name = segment_name(manifest.number)
    if name in filesystem.names():
        filesystem.rename(name, _free_name(filesystem, name))
    _write_aside(filesystem, aside)
    if manifest_name(manifest.number) in filesystem.names():
        filesystem.remove(manifest_name(manifest.number))


def quarantine_copy(filesystem: FileSystem, manifest: Manifest, note: str) -> None:
    """Keep a copy of a damaged segment aside, before its damaged end is cut off."""
    name = segment_name(manifest.number)
    copy = filesystem.open_append(_free_name(filesystem, name))
    offset = 0
    while chunk := filesystem.read(name, offset, COPY_BYTES):
        copy.append(chunk)
        offset += len(chunk)
    copy.sync()
    copy.close()
    _write_aside(filesystem, attrs.evolve(manifest, status=Status.QUARANTINED, note=note))


def _write_aside(filesystem: FileSystem, manifest: Manifest) -> None:
    name = _free_name(filesystem, manifest_name(manifest.number))
    filesystem.replace(name, _encoded(manifest))


def _free_name(filesystem: FileSystem, name: str) -> str:
    """A number may be quarantined twice; the first copy is evidence and stays."""
    names = filesystem.names()
    free, count = name + QUARANTINE_SUFFIX, 1
    while free in names:
        count += 1
        free = f"{name}{QUARANTINE_SUFFIX}-{count}"
    return free


def _number_of(name: str) -> int | None:
    for suffix in (SUFFIX, MANIFEST_SUFFIX):
        digits = name.removeprefix(PREFIX).removesuffix(suffix)
        if name.startswith(PREFIX) and name.endswith(suffix) and digits.isdigit():
            return int(digits)
    return None


def _encoded(manifest: Manifest) -> bytes:
    return dumps(_CONVERTER.unstructure(manifest)) + b"\n"


def _parsed(name: str, data: bytes) -> Manifest:
    try:
        return _CONVERTER.structure(loads(data), Manifest)
    except Exception as error:
        raise ManifestDamaged(name, f"cannot be read ({type(error).__name__})") from error
