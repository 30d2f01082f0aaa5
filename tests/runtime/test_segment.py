"""Segment: retention never passes what is needed, and a manifest keeps every fact."""

from collections.abc import Callable

from attrs import evolve

from callboard.actors.runtime.record import GENESIS, Chain
from callboard.actors.runtime.segment import (
    Manifest,
    Status,
    manifest_name,
    read_manifest,
    removable,
    remove_segments,
    segment_name,
    write_manifest,
)
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.messages.codec import dumps
from callboard.scenarios.disk import SimulatedDisk
from support.shop import RUN, START_NS


def manifests(*statuses: Status, snapshot_in: int) -> list[Manifest]:
    return [
        Manifest(n, status, RUN, first=n, last=n, snapshots=1 if n == snapshot_in else 0)
        for n, status in enumerate(statuses, 1)
    ]


SEALED = (Status.SEALED,) * 6
NOTHING_NEEDED: Callable[[Manifest], bool] = lambda manifest: False  # noqa: ARG005, E731


def test_retention_keeps_the_newest_and_never_passes_the_last_snapshot() -> None:
    early = manifests(*SEALED, Status.OPEN, snapshot_in=3)
    late = manifests(*SEALED, Status.OPEN, snapshot_in=6)

    assert (1, 2) == removable(early, 1, needed=NOTHING_NEEDED)
    assert (1, 2, 3, 4) == removable(late, 2, needed=NOTHING_NEEDED)


def test_retention_stops_at_the_first_segment_with_an_open_intent() -> None:
    segments = manifests(*SEALED, snapshot_in=6)

    assert (1, 2) == removable(segments, 1, needed=lambda manifest: manifest.number == 3)


def test_retention_removes_nothing_without_a_setting_or_without_a_snapshot() -> None:
    assert () == removable(manifests(*SEALED, snapshot_in=6), 0, needed=NOTHING_NEEDED)
    assert () == removable(manifests(*SEALED, snapshot_in=99), 1, needed=NOTHING_NEEDED)


def test_removing_a_segment_takes_its_manifest_with_it() -> None:
    disk, chain = SimulatedDisk(), Chain(GENESIS)
    records: list[dict[str, object]] = [
        {"seq": number, "now": START_NS, "msg": {}} for number in (1, 2, 3)
    ]
    writer = SegmentWriter(disk, RUN, segment_bytes_max=10)
    writer.write([chain.seal(dumps(record)) for record in records])

    remove_segments(disk, (1, 2))

    assert (segment_name(3), manifest_name(3)) == disk.names()


def test_a_manifest_with_every_fact_of_a_run_comes_back_the_same() -> None:
    disk = SimulatedDisk()
    run = evolve(
        RUN, settings={"risk": {"symbols": ["ETHUSDT"]}}, host="h", fingerprints={"A.v1": "b: int"}
    )
    manifest = Manifest(3, Status.OPEN, run, first=9, note="ö")

    write_manifest(disk, manifest)

    assert manifest == read_manifest(disk, 3)
