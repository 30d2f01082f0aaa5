"""Recovery: states come back from a journal, whatever a crash or a hand did to its bytes."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.runtime.actor import Actor
from callboard.actors.runtime.journal_reader import (
    Flaw,
    JournalDamaged,
    VerifyReport,
    read_journal,
    verify,
)
from callboard.actors.runtime.recovery import Recovered, RecoveryFailed, recover
from callboard.actors.runtime.segment import (
    Status,
    manifest_name,
    read_manifest,
    remove_segments,
    segment_name,
    segment_numbers,
    write_manifest,
)
from callboard.actors.runtime.segment_writer import SegmentWriter, Start
from callboard.scenarios.disk import DiskFaults, SimulatedDisk
from support.journals import SHOPPING, DiskShop, next_run, recorded, rewritten
from support.shop import CORE, RUN, Boss, Clerk, Till, TillState, shop_codec

CODEC = shop_codec()


def recovered(disk: SimulatedDisk) -> Recovered:
    return recover(disk, CODEC, CORE)


def state_of(result: Recovered) -> TillState:
    state: TillState = CODEC.decode_state(result.states["till"], TillState)
    return state


def with_segment(data: bytes, number: int = 1) -> SimulatedDisk:
    """Return a disk with one segment that a crash left open."""
    disk = recorded()
    manifest = read_manifest(disk, number)
    assert manifest is not None
    write_manifest(disk, evolve(manifest, status=Status.OPEN, last=0, head_after="", sha256=""))
    disk.replace(segment_name(number), data)
    return disk


def flaws(report: VerifyReport) -> list[tuple[str, int, Flaw]]:
    return [(each.segment, each.record, each.flaw) for each in report.findings]


def test_an_empty_folder_is_the_beginning_of_a_journal() -> None:
    result = recovered(SimulatedDisk())

    assert (Start(), 0, 0, True, ()) == (
        result.start,
        result.journal_generation,
        result.records,
        result.clean,
        result.findings,
    )
    assert TillState() == state_of(result)


def test_the_fold_is_the_state_that_the_last_run_had() -> None:
    disk = SimulatedDisk()
    shop = DiskShop(disk, crashes=(4,))
    shop.work(*SHOPPING)
    shop.journal.close()

    result = recovered(disk)

    assert shop.shop.till() == state_of(result)
    assert state_of(result).sales > 4
    assert {"boss": 1, "clerk": 1, "till": 4} == dict(result.generations)
    assert result.start.head == shop.shop.kernel.chain.head
    assert (2, shop.shop.kernel.sequence) == (result.start.number, result.start.sequence)
    assert (True, 1, ()) == (result.clean, result.journal_generation, result.findings)


def test_a_start_after_a_recovery_goes_on_where_the_last_one_stopped() -> None:
    disk = recorded(things=("apple",))
    second = next_run(disk, before := recovered(disk))

    second.work("pear", "plum", recovered=before)
    second.journal.close()

    after = recovered(disk)
    assert second.shop.till() == state_of(after)
    assert 3 == state_of(after).sales
    assert (2, 3) == (after.journal_generation, after.start.number)
    assert {"boss": 2, "clerk": 2, "till": 2} == dict(after.generations)
    assert verify(disk).findings == ()


@pytest.mark.parametrize("snapshot_every", [4, 7, 10])
def test_recovery_from_a_snapshot_equals_recovery_from_the_beginning(snapshot_every: int) -> None:
    plain = recorded()
    snapped = recorded(snapshot_every=snapshot_every, segment_bytes_max=1000)

    result = recovered(snapped)

    assert state_of(recovered(plain)) == state_of(result)
    assert result.records < len(list(read_journal(snapped)))


def test_recovery_folds_nothing_from_before_the_last_snapshot_of_a_segment() -> None:
    disk = recorded(snapshot_every=7)
    lines = disk.read(segment_name(1)).splitlines(keepends=True)
    snapshots = [n for n, line in enumerate(lines, 1) if b'"kind":"snapshot"' in line]

    def forget(record: dict[str, Any]) -> None:
        if record["seq"] < snapshots[-1] and "facts" in record:
            record["facts"] = [{"t": "till/NoLonger.v1"}]

    result = recovered(with_segment(b"".join(rewritten(lines, forget))))

    assert len(snapshots) > 1
    assert recovered(disk).states == result.states


def test_damage_before_the_last_snapshot_of_a_segment_is_found() -> None:
    data = recorded(snapshot_every=7).read(segment_name(1))

    result = recovered(with_segment(data.replace(b'"apple"', b'"aqple"', 1)))

    assert [Flaw.DAMAGE] == [finding.flaw for finding in result.findings]


def test_a_torn_snapshot_is_not_begun_at() -> None:
    disk = recorded(snapshot_every=7)
    data = disk.read(segment_name(1))
    torn = data[: data.rfind(b'"kind":"snapshot"') + 40]

    result = recovered(with_segment(torn))

    assert [Flaw.TORN_TAIL] == [finding.flaw for finding in result.findings]
    assert state_of(result).sales > 0


def test_recovery_needs_no_segment_before_the_last_snapshot() -> None:
    disk = recorded(snapshot_every=7, segment_bytes_max=1500)
    whole = recovered(disk)
    numbers = segment_numbers(disk)
    with_snapshot = [n for n in numbers if (m := read_manifest(disk, n)) and m.snapshots]

    remove_segments(disk, [n for n in numbers if n < with_snapshot[-1]])

    assert with_snapshot[-1] > 1
    assert whole == recovered(disk)


def test_without_beginning_and_snapshot_recovery_refuses() -> None:
    disk = recorded(segment_bytes_max=1500)
    remove_segments(disk, (1,))

    with pytest.raises(RecoveryFailed, match="beginning is missing"):
        recovered(disk)


def test_every_cut_of_the_tail_is_noted_and_costs_the_cut_record_alone() -> None:
    data = recorded(things=("apple", "pear")).read(segment_name(1))
    lines = data.splitlines(keepends=True)
    ends = [sum(map(len, lines[:count])) for count in range(len(lines) + 1)]

    for cut in range(ends[-4], len(data)):
        disk = with_segment(data[:cut])
        intact = max(count for count, end in enumerate(ends) if end <= cut)
        torn = [] if cut in ends else [(segment_name(1), intact + 1, Flaw.TORN_TAIL)]

        report = verify(disk)
        result = recovered(disk)

        assert torn == flaws(report), cut
        assert report.ok
        assert intact == result.start.sequence
        assert len(torn) == len(result.findings)
        assert data[: ends[intact]] == disk.read(segment_name(1))
        assert verify(disk).findings == ()


def test_the_manifest_of_a_cut_segment_says_so() -> None:
    data = recorded().read(segment_name(1))
    disk = with_segment(data[:-10])

    recovered(disk)

    manifest = read_manifest(disk, 1)
    assert manifest is not None
    assert Status.RECOVERED is manifest.status
    assert "torn tail cut at record" in manifest.note
    assert manifest.bytes == disk.size(segment_name(1))


def test_every_flipped_byte_is_found_in_its_segment_and_record() -> None:
    disk = recorded(things=("apple", "pear", "plum"), segment_bytes_max=2500)
    assert segment_numbers(disk)[1:] != []

    for number in segment_numbers(disk):
        name, record = segment_name(number), 1
        for offset, byte in enumerate(disk.read(name)):
            if offset % 7 == 0:
                disk.flip(name, offset, bit=offset % 8)
                assert (name, record, Flaw.DAMAGE) in flaws(verify(disk)), (name, offset)
                disk.flip(name, offset, bit=offset % 8)
            record += byte == ord("\n")
    assert verify(disk).findings == ()


def test_reading_stops_at_the_damage_and_names_it() -> None:
    disk = recorded()
    size = len(b"".join(disk.read(segment_name(1)).splitlines(keepends=True)[:4]))
    disk.flip(segment_name(1), size + 20)
    seen: list[int] = []

    with pytest.raises(JournalDamaged, match=r"segment-000001.jsonl, record 5: its hash") as raised:
        seen.extend(line.data["seq"] for line in read_journal(disk))

    assert (5, Flaw.DAMAGE) == (raised.value.finding.record, raised.value.finding.flaw)
    assert [1, 2, 3, 4] == seen


def test_damage_inside_is_quarantined_and_what_precedes_it_stays() -> None:
    disk = recorded(segment_bytes_max=2000)
    before = {name: disk.read(name) for name in disk.names()}
    lines = before[segment_name(2)].splitlines(keepends=True)
    disk.flip(segment_name(2), len(b"".join(lines[:2])) + 5)
    damaged = disk.read(segment_name(2))

    result = recovered(disk)

    assert [(segment_name(2), 3, Flaw.DAMAGE)] == [
        (each.segment, each.record, each.flaw) for each in result.findings
    ]
    assert not result.clean
    assert b"".join(lines[:2]) == disk.read(segment_name(2))
    assert damaged == disk.read(segment_name(2) + ".quarantined")
    assert before[segment_name(3)] == disk.read(segment_name(3) + ".quarantined")
    assert [1, 2] == segment_numbers(disk)
    assert result.start.number == len([n for n in before if n.endswith(".jsonl")]) + 1
    assert verify(disk).findings == ()


def test_after_a_quarantine_the_generation_still_grows_and_the_engine_goes_on() -> None:
    disk = recorded(things=("apple",))
    second = next_run(disk, recovered(disk))
    second.work("pear", recovered=recovered(disk))
    second.journal.close()
    disk.flip(segment_name(2), 30)

    result = recovered(disk)
    third = next_run(disk, result)
    third.work("plum", recovered=result)
    third.journal.close()

    assert 2 == result.journal_generation
    assert 2 == third.shop.till().sales
    assert third.shop.till() == state_of(recovered(disk))
    assert verify(disk).findings == ()


def test_a_second_damage_of_one_segment_keeps_both_copies() -> None:
    disk = recorded()
    for record in (9, 4):
        lines = disk.read(segment_name(1)).splitlines(keepends=True)
        disk.flip(segment_name(1), len(b"".join(lines[: record - 1])) + 3)
        assert record - 1 == recovered(disk).start.sequence

    copies = [name for name in disk.names() if "quarantined" in name]
    assert 4 == len(copies)


def test_a_missing_record_is_a_gap_even_where_the_chain_is_forged_again() -> None:
    data = recorded().read(segment_name(1)).splitlines(keepends=True)
    disk = with_segment(b"".join(data[:3] + data[4:]))

    report = verify(disk)

    assert [(segment_name(1), 4, Flaw.DAMAGE)] == flaws(report)
    assert not report.ok


def test_a_missing_segment_is_found_and_the_later_ones_are_still_checked() -> None:
    disk = recorded(segment_bytes_max=1500)
    remove_segments(disk, (2,))
    disk.flip(segment_name(4), 3)

    assert [
        (segment_name(3), 0, Flaw.DAMAGE),
        (segment_name(4), 1, Flaw.DAMAGE),
    ] == flaws(verify(disk))[:2]


def test_a_segment_that_lost_its_end_after_sealing_is_damaged() -> None:
    disk = recorded()
    data = disk.read(segment_name(1))
    count = data.count(b"\n")
    disk.truncate(segment_name(1), data[:-1].rindex(b"\n") + 1)

    assert [(segment_name(1), count - 1, Flaw.DAMAGE)] == flaws(verify(disk))


@pytest.mark.parametrize("data", [b"", b"{}", b'{"number": 1, "status": "gone"}', b"\xff"])
def test_an_unreadable_manifest_is_named_and_the_records_still_fold(data: bytes) -> None:
    disk = recorded()
    expected = state_of(recovered(disk))
    disk.replace(manifest_name(1), data)

    report = verify(disk)

    assert [(segment_name(1), 0, Flaw.MANIFEST)] == flaws(report)
    assert expected == state_of(recovered(disk))


@given(seed=st.integers(0, 100_000), tail=st.sampled_from([0.0, 1.0]), runs=st.integers(1, 4))
def test_crash_after_crash_a_recovery_holds_every_sale_that_was_printed(
    seed: int, tail: float, runs: int
) -> None:
    random = Random(seed)
    disk = SimulatedDisk(random, DiskFaults(crash_keeps_tail=tail))
    printed = 0

    for _ in range(runs):
        result = recovered(disk)
        assert all(finding.flaw is Flaw.TORN_TAIL for finding in result.findings)
        shop = next_run(disk, result, segment_bytes_max=random.choice([900, 1 << 20]))
        shop.shop.start(result)
        shop.shop.buy(*random.choices(SHOPPING, k=random.randrange(6)))
        printed += len(shop.shop.printed)
        disk = disk.crash()

    # The printer is held until the sale is durable: paper never knows more than the journal.
    assert state_of(recovered(disk)).sales >= printed
    assert verify(disk).findings == ()


class Forgetful(Till):
    """A till of a version that does not know how to apply its facts."""

    def apply(self, fact: Any) -> None:
        raise KeyError(type(fact).__name__)


@pytest.mark.parametrize(
    ("core", "reason"),
    [
        ({**CORE, "till": Forgetful}, "cannot apply till/Sold.v1"),
        ({"boss": Boss, "clerk": Clerk}, "till: is no actor of this version"),
    ],
)
def test_a_fact_that_this_version_cannot_fold_is_named(
    core: dict[str, Callable[[], Actor]], reason: str
) -> None:
    with pytest.raises(RecoveryFailed, match=reason):
        recover(recorded(), CODEC, core)


def test_the_run_facts_of_the_last_start_are_told() -> None:
    assert RUN == recovered(recorded()).run


def test_a_start_that_writes_no_record_has_used_up_its_generation() -> None:
    disk = SimulatedDisk()
    SegmentWriter(disk, evolve(RUN, generation=7)).claim()

    result = recovered(disk.crash())

    assert (7, 0) == (result.journal_generation, result.records)


def test_a_start_whose_generation_the_disk_does_not_take_is_refused() -> None:
    disk = SimulatedDisk(faults=DiskFaults(capacity_bytes=10))

    with pytest.raises(OSError, match="full"):
        SegmentWriter(disk, RUN).claim()
