"""Retention: old segments go, but never what the last snapshot or an open order needs."""

from pathlib import Path

from attrs import evolve

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.journal_commands import makers_of
from callboard.actors.adapters.retention import Retention, retention
from callboard.actors.record_settings import JournalSettings
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.replay import replay
from callboard.actors.runtime.segment import read_manifest, segment_name, segment_numbers
from callboard.actors.system import core_makers, make_codec
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.paper import JOURNAL, run
from support.paper_runs import EASY, START_MS, options
from support.signals import mixed_signals

SMALL = JournalSettings(
    durability="off", segment_bytes_max=64 * 1024, snapshot_every=100, keep_segments=2
)
SETTINGS = evolve(EASY, journal=SMALL)


def test_without_the_setting_nothing_is_ever_deleted() -> None:
    assert retention(SimulatedDisk(), 0) is None


def test_a_run_keeps_the_last_segments_and_they_still_verify_recover_and_replay(
    tmp_path: Path,
) -> None:
    # Every signal is refused, so that no order is ever open.
    wishes = mixed_signals(60, start_ms=START_MS + 5_000, symbol="BTCUSDT")

    run(options(tmp_path, wishes, settings=SETTINGS))

    disk = Disk(tmp_path / JOURNAL)
    numbers = segment_numbers(disk)
    report = verify(disk)
    replayed = replay(disk, make_codec(), makers_of)
    recovered = recover(disk, make_codec(), core_makers(SETTINGS))
    assert numbers[0] > 1
    assert len(numbers) <= 4
    assert report.ok
    assert report.records > 0
    assert () == replayed.divergences
    assert report.sequence == replayed.sequence == recovered.start.sequence


def test_the_segment_in_which_an_open_order_began_stays(tmp_path: Path) -> None:
    first = next(mixed_signals(1, start_ms=START_MS + 3_000))
    entry = {**first, "signal": "LONG_ENTRY", "quantity": "0.05"}

    run(options(tmp_path, [entry], settings=SETTINGS, for_ns=200_000_000_000))

    disk = Disk(tmp_path / JOURNAL)
    numbers = segment_numbers(disk)
    text = disk.read(segment_name(numbers[0]))
    # The stop of the position rests since its first seconds.
    assert b'"t":"order_manager/OrderIntended.v1"' in text
    assert len(numbers) > 4


def test_a_disk_that_deletes_nothing_and_a_damaged_manifest_change_nothing(tmp_path: Path) -> None:
    run(options(tmp_path, [], settings=evolve(SETTINGS, journal=evolve(SMALL, keep_segments=0))))
    disk = Disk(tmp_path / JOURNAL)
    numbers = segment_numbers(disk)
    sealed = read_manifest(disk, numbers[-1])
    assert sealed is not None
    disk.replace("segment-000001.manifest.json", b"{")

    Retention(disk, 1).on_sealed(sealed)

    assert numbers == segment_numbers(disk)
