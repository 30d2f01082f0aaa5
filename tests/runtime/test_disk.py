"""Disk: the real folder and the simulated one keep the same promises; one of them can fail."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.adapters.disk import Disk, FolderInUse
from callboard.actors.ports import FileSystem
from callboard.scenarios.disk import DiskFaults, SimulatedDisk

Make = Callable[[Path], FileSystem]

MAKERS: list[Make] = [lambda folder: Disk(folder / "journal"), lambda _: SimulatedDisk()]


@pytest.fixture(params=MAKERS, ids=["real", "simulated"])
def filesystem(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    make: Make = request.param
    return make(tmp_path)


def disk_with(data: bytes, *, synced: int, faults: DiskFaults, seed: int = 1) -> SimulatedDisk:
    disk = SimulatedDisk(Random(seed), faults)
    file = disk.open_append("a")
    file.append(data[:synced])
    file.sync()
    file.append(data[synced:])
    return disk


def test_what_is_appended_is_read_back_in_order(filesystem: FileSystem) -> None:
    file = filesystem.open_append("a")

    file.append(b"one ")
    file.append(b"two")
    file.sync()

    assert b"one two" == filesystem.read("a")
    assert 7 == filesystem.size("a")


def test_an_opened_file_goes_on_at_its_end(filesystem: FileSystem) -> None:
    first = filesystem.open_append("a")
    first.append(b"one ")
    first.close()

    filesystem.open_append("a").append(b"two")

    assert b"one two" == filesystem.read("a")


def test_a_part_of_a_file_is_read_by_offset_and_length(filesystem: FileSystem) -> None:
    filesystem.replace("a", b"0123456789")

    assert b"345" == filesystem.read("a", 3, 3)
    assert b"789" == filesystem.read("a", 7, 100)
    assert b"" == filesystem.read("a", 10, 1)


def test_a_cut_file_grows_again_from_the_cut(filesystem: FileSystem) -> None:
    file = filesystem.open_append("a")
    file.append(b"0123456789")

    filesystem.truncate("a", 4)
    file.append(b"x")

    assert b"0123x" == filesystem.read("a")


def test_names_are_sorted_and_follow_replacing_renaming_and_removing(
    filesystem: FileSystem,
) -> None:
    for name in ("c", "a", "b"):
        filesystem.replace(name, name.encode())

    filesystem.rename("a", "d")
    filesystem.remove("b")
    filesystem.replace("c", b"new")

    assert ("c", "d") == filesystem.names()
    assert (b"new", b"a") == (filesystem.read("c"), filesystem.read("d"))


def test_a_missing_file_is_an_error_of_the_system(filesystem: FileSystem) -> None:
    for action in (filesystem.read, filesystem.size, filesystem.remove):
        with pytest.raises(FileNotFoundError):
            action("nothing")


def test_a_second_writer_of_a_real_folder_is_refused_until_the_first_closes(
    tmp_path: Path,
) -> None:
    first, second = Disk(tmp_path), Disk(tmp_path)
    first.lock()

    with pytest.raises(FolderInUse, match=f"in use by process {os.getpid()}"):
        second.lock()
    first.close()
    second.lock()

    second.close()


def test_a_crash_keeps_what_was_synced_and_nothing_else() -> None:
    disk = disk_with(b"synced not synced", synced=6, faults=DiskFaults())

    assert b"synced" == disk.crash().read("a")


def test_a_file_that_was_open_at_the_crash_takes_nothing_more() -> None:
    disk = SimulatedDisk()
    file = disk.open_append("a")
    file.append(b"lost")
    disk.crash()

    for action in (file.sync, lambda: file.append(b"zombie")):
        with pytest.raises(OSError, match="before the crash"):
            action()

    assert b"" == disk.read("a")


@given(st.integers(0, 10_000))
def test_a_torn_tail_is_a_beginning_of_what_was_appended(seed: int) -> None:
    faults = DiskFaults(crash_keeps_tail=1.0)
    data = b"synced and not synced"

    kept = disk_with(data, synced=6, faults=faults, seed=seed).crash().read("a")

    assert data.startswith(kept)
    assert len(kept) >= 6


def test_a_failed_sync_loses_its_pages_even_if_the_next_sync_succeeds() -> None:
    disk = disk_with(b"safe lost", synced=4, faults=DiskFaults())
    file = disk.open_append("a")
    disk.broken = True
    with pytest.raises(OSError, match="sync failed"):
        file.sync()
    disk.broken = False

    file.append(b" later")
    file.sync()

    assert b"safe lost later" == disk.read("a")
    assert b"safe" == disk.crash().read("a")


def test_a_file_that_is_cut_and_written_again_after_a_failed_sync_is_safe() -> None:
    disk = disk_with(b"safe lost", synced=4, faults=DiskFaults())
    file = disk.open_append("a")
    disk.broken = True
    with pytest.raises(OSError, match="sync failed"):
        file.sync()
    disk.broken = False

    disk.truncate("a", 4)
    file.append(b" again")
    file.sync()

    assert b"safe again" == disk.crash().read("a")


def test_a_failed_append_may_leave_a_part() -> None:
    disk = SimulatedDisk(Random(3), DiskFaults(append_fails=1.0))
    file = disk.open_append("a")

    with pytest.raises(OSError, match="append failed"):
        file.append(b"0123456789")

    assert b"0123456789".startswith(disk.read("a"))


def test_a_full_disk_takes_what_fits_and_says_so() -> None:
    disk = SimulatedDisk(faults=DiskFaults(capacity_bytes=6))
    file = disk.open_append("a")
    file.append(b"0123")

    with pytest.raises(OSError, match="disk is full"):
        file.append(b"4567")

    assert b"012345" == disk.read("a")


def test_a_slow_disk_counts_its_time_and_waits_for_nobody() -> None:
    disk = disk_with(b"abc", synced=1, faults=DiskFaults(latency_ns_max=1_000_000))

    assert 0 < disk.busy_ns <= 3_000_000


def test_one_seed_draws_the_same_faults_twice() -> None:
    def survivors() -> list[bytes]:
        faults = DiskFaults(crash_keeps_tail=0.5)
        disks = (disk_with(b"0123456789", synced=2, faults=faults, seed=n) for n in range(20))
        return [disk.crash().read("a") for disk in disks]

    assert survivors() == survivors()
    assert len(set(survivors())) > 2
