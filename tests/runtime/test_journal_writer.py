"""Journal writer: segments, manifests, durability, and a disk that fails and comes back."""

from hashlib import sha256
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.names import CIRCUIT_BREAKER, LANE_OPENING
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.journal_reader import Flaw, read_journal, verify
from callboard.actors.runtime.journal_writer import (
    DirectJournal,
    Durability,
    Keeper,
    MemoryJournal,
)
from callboard.actors.runtime.record import GENESIS, Chain
from callboard.actors.runtime.segment import (
    DAY_NS,
    Manifest,
    Status,
    read_manifest,
    segment_name,
    segment_numbers,
)
from callboard.actors.runtime.segment_writer import SegmentWriter, Start
from callboard.messages.codec import dumps
from callboard.messages.control import JournalFailed, JournalRecovered
from callboard.messages.values import Operation, Phase, Priority
from callboard.messages.venue import AttemptEnded, CancelOne, MakeCall, Permit
from callboard.scenarios.disk import DiskFaults, SimulatedDisk
from support.shop import RUN, START_NS
from support.venue_samples import MARKET

CALL = MakeCall(
    call_id="call-1",
    call=CancelOne("cb-1-1-e", "ETHUSDT", conditional=False),
    permit=Permit("p1", 0),
    priority=Priority.REDUCING,
    epoch=0,
    send_by_ms=0,
)
REDUCING = Envelope(LANE_OPENING, CALL, "order_manager", 7, 0, "sig-1")
OPENING = REDUCING._replace(message=evolve(CALL, call=MARKET, priority=Priority.OPENING))


def lines_of(count: int, *, now: int = START_NS, step_ns: int = 1, first: int = 1) -> list[bytes]:
    """Return chained records of an actor that only counts."""
    chain = Chain(GENESIS)
    return [
        chain.seal(
            dumps({"seq": first + n, "actor": "a", "now": now + n * step_ns, "msg": {"n": n}})
        )
        for n in range(count)
    ]


def writer_on(
    disk: SimulatedDisk, *, segment_bytes_max: int = 1 << 20, unwritten_bytes_max: int = 1 << 20
) -> SegmentWriter:
    return SegmentWriter(
        disk,
        RUN,
        segment_bytes_max=segment_bytes_max,
        unwritten_bytes_max=unwritten_bytes_max,
    )


def content(disk: SimulatedDisk) -> bytes:
    return b"".join(disk.read(segment_name(number)) for number in segment_numbers(disk))


def test_a_segment_is_its_lines_and_the_manifest_beside_it_describes_them() -> None:
    disk, lines = SimulatedDisk(), lines_of(3)
    writer = writer_on(disk)

    writer.write(lines)
    writer.close()

    data = b"".join(lines)
    expected = Manifest(
        number=1,
        status=Status.SEALED,
        run=RUN,
        first=1,
        last=3,
        head_after=lines[-1][-35:-3].decode(),
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
    )
    assert ("segment-000001.jsonl", "segment-000001.manifest.json") == disk.names()
    assert data == disk.read("segment-000001.jsonl")
    assert expected == read_manifest(disk, 1)


def test_the_manifest_of_an_open_segment_stands_before_its_first_record() -> None:
    disk = SimulatedDisk()

    writer_on(disk).write(lines_of(1))

    manifest = read_manifest(disk, 1)
    assert manifest == Manifest(number=1, status=Status.OPEN, run=RUN, first=1)


def test_segments_rotate_by_size_and_the_chain_goes_on() -> None:
    disk, lines = SimulatedDisk(), lines_of(20)
    writer = writer_on(disk, segment_bytes_max=5 * len(lines[0]))

    writer.write(lines)
    writer.close()

    assert [1, 2, 3, 4, 5] == segment_numbers(disk)
    assert max(disk.size(segment_name(number)) for number in segment_numbers(disk)) <= (
        5 * len(lines[0])
    )
    assert verify(disk).findings == ()
    assert b"".join(lines) == content(disk)


def test_the_batches_of_the_writer_do_not_show_in_the_segments() -> None:
    lines = lines_of(40, step_ns=DAY_NS // 15)
    one_by_one, together = SimulatedDisk(), SimulatedDisk()
    size = 7 * len(lines[0])

    slow, quick = (writer_on(disk, segment_bytes_max=size) for disk in (one_by_one, together))
    for line in lines:
        slow.write([line])
    quick.write(lines)
    slow.close()
    quick.close()

    names = [name for name in together.names() if name.endswith(".jsonl")]
    assert [together.read(name) for name in names] == [one_by_one.read(name) for name in names]


def test_segments_rotate_at_midnight_utc() -> None:
    disk = SimulatedDisk()
    midnight = (START_NS // DAY_NS + 1) * DAY_NS
    lines = lines_of(4, now=midnight - 2)

    writer_on(disk).write(lines)

    assert b"".join(lines[:2]) == disk.read(segment_name(1))
    assert b"".join(lines[2:]) == disk.read(segment_name(2))


def test_a_record_larger_than_a_segment_has_one_of_its_own() -> None:
    disk, lines = SimulatedDisk(), lines_of(3)

    writer_on(disk, segment_bytes_max=10).write(lines)

    assert [1, 2, 3] == segment_numbers(disk)


@given(
    seed=st.integers(0, 10_000),
    append_fails=st.sampled_from([0.0, 0.2]),
    sync_fails=st.sampled_from([0.0, 0.3]),
)
def test_what_was_synced_survives_a_crash_whatever_failed_before(
    seed: int, append_fails: float, sync_fails: float
) -> None:
    faults = DiskFaults(append_fails=append_fails, sync_fails=sync_fails, crash_keeps_tail=0.5)
    disk, lines = SimulatedDisk(Random(seed), faults), lines_of(30)
    writer, safe = writer_on(disk, segment_bytes_max=6 * len(lines[0])), 0

    for count, line in enumerate(lines, 1):
        writer.take([line])
        try:
            writer.flush()
            writer.sync()
            safe = count
        except OSError:
            continue

    survivor = disk.crash()
    kept = [record.data["seq"] for record in read_journal(survivor)]
    assert list(range(1, len(kept) + 1)) == kept
    assert len(kept) >= safe


def test_lines_that_no_disk_takes_are_kept_up_to_the_bound_and_then_counted_as_lost() -> None:
    disk, lines = SimulatedDisk(), lines_of(10)
    writer = writer_on(disk, unwritten_bytes_max=4 * len(lines[0]))
    writer.write(lines[:1])
    disk.broken = True

    for line in lines[1:8]:
        with pytest.raises(OSError, match="broken"):
            writer.write([line])

    assert (4, 3) == (writer.unwritten, writer.lost)


def test_after_a_loss_the_next_segment_says_how_many_records_are_missing() -> None:
    disk, lines = SimulatedDisk(), lines_of(10)
    writer = writer_on(disk, unwritten_bytes_max=4 * len(lines[0]))
    writer.write(lines[:1])
    disk.broken = True
    for line in lines[1:8]:
        with pytest.raises(OSError, match="broken"):
            writer.write([line])
    disk.broken = False

    writer.flush()
    writer.write(lines[8:])
    writer.close()

    report = verify(disk)
    assert [(segment_name(2), 0, Flaw.LOST)] == [
        (finding.segment, finding.record, finding.flaw) for finding in report.findings
    ]
    assert "3 records" in report.findings[0].what
    assert [1, 2, 3, 4, 5, 9, 10] == [record.data["seq"] for record in read_journal(disk)]


def test_a_later_start_continues_the_chain_in_a_segment_of_its_own() -> None:
    disk, lines = SimulatedDisk(), lines_of(6)
    first = writer_on(disk)
    first.write(lines[:4])
    first.close()
    manifest = read_manifest(disk, 1)
    assert manifest is not None

    start = Start(number=2, sequence=4, head=manifest.head_after)
    second = SegmentWriter(disk, evolve(RUN, generation=2), start)
    second.write(lines[4:])
    second.close()

    report = verify(disk)
    assert (6, 2, ()) == (report.records, report.segments, report.findings)


def keeper_on(disk: SimulatedDisk, durability: Durability = Durability.INTENT) -> Keeper:
    syncs = durability is not Durability.OFF
    return Keeper(SegmentWriter(disk, RUN, syncs=syncs), durability)


@pytest.mark.parametrize(
    ("durability", "syncs"), [(Durability.INTENT, 1), (Durability.GROUP, 0), (Durability.OFF, 0)]
)
def test_durability_says_whether_a_sync_stands_before_the_release(
    durability: Durability, syncs: int
) -> None:
    disk, lines = SimulatedDisk(), lines_of(2)
    keeper = keeper_on(disk, durability)

    kept = keeper.keep(lines, [OPENING, REDUCING])

    assert ([OPENING, REDUCING], None) == (kept.released, kept.health)
    assert syncs == disk.syncs
    assert b"".join(lines) == content(disk)
    assert (durability is Durability.GROUP) == keeper.wants_sync


def test_records_that_hold_nothing_back_are_not_synced_for_themselves() -> None:
    disk = SimulatedDisk()
    keeper = keeper_on(disk)

    keeper.keep(lines_of(3), [])

    assert 0 == disk.syncs
    assert keeper.wants_sync


def test_one_sync_serves_all_that_wait() -> None:
    disk = SimulatedDisk()

    keeper_on(disk).keep(lines_of(50), [REDUCING] * 50)

    assert 1 == disk.syncs


def test_while_the_disk_fails_opening_calls_are_answered_and_the_rest_goes_out() -> None:
    disk = SimulatedDisk(broken=True)

    kept = keeper_on(disk).keep(lines_of(1), [OPENING, REDUCING])

    answer, released = kept.released
    assert isinstance(kept.health, JournalFailed)
    assert REDUCING == released
    assert ("order_manager", "sig-1", OPENING.id) == (answer.to, answer.correlation, answer.cause)
    assert answer.message == AttemptEnded(
        call_id="call-1",
        operation=Operation.PLACE,
        phase=Phase.NOT_SENT,
        status=0,
        code=0,
        text="journal failed",
        sent_at_ms=0,
        sent_at_ns=0,
        result=None,
    )


def test_a_failure_is_told_once_and_its_end_is_told_with_nothing_lost() -> None:
    disk, lines = SimulatedDisk(), lines_of(5)
    keeper = keeper_on(disk)
    keeper.keep(lines[:1], [])
    disk.broken = True

    news = [keeper.keep([line], [REDUCING]).health for line in lines[1:4]]
    still = keeper.retry().health
    disk.broken = False
    end = keeper.retry().health
    keeper.keep(lines[4:], [])

    assert [JournalFailed, type(None), type(None)] == [type(each) for each in news]
    assert (None, JournalRecovered()) == (still, end)
    assert b"".join(lines) == content(disk)


def direct(disk: SimulatedDisk, released: list[Envelope]) -> DirectJournal:
    return DirectJournal(keeper_on(disk), released.append, buffer_lines=3)


def test_the_direct_journal_releases_at_once_and_groups_what_holds_nothing() -> None:
    disk, released, lines = SimulatedDisk(), list[Envelope](), lines_of(5)
    journal = direct(disk, released)

    sizes: list[int] = []
    for line in lines[:4]:
        journal.append(line, ())
        sizes.append(len(content(disk)))
    journal.append(lines[4], [OPENING])

    assert [0, 0, sum(map(len, lines[:3]))] == sizes[:3]
    assert sizes[2] == sizes[3]
    assert [OPENING] == released
    assert b"".join(lines) == content(disk.crash())


def test_the_direct_journal_tells_the_breaker_that_the_disk_failed_and_came_back() -> None:
    disk, released, lines = SimulatedDisk(broken=True), list[Envelope](), lines_of(2)
    journal = direct(disk, released)

    journal.append(lines[0], [REDUCING])
    disk.broken = False
    journal.append(lines[1], [OPENING])

    told: list[tuple[str, type]] = [(each.to, type(each.message)) for each in released]
    assert [
        (CIRCUIT_BREAKER, JournalFailed),
        (LANE_OPENING, MakeCall),
        (CIRCUIT_BREAKER, JournalRecovered),
        (LANE_OPENING, MakeCall),
    ] == told
    assert b"".join(lines) == content(disk)


def test_the_memory_journal_keeps_lines_and_releases() -> None:
    released: list[Envelope] = []
    journal = MemoryJournal(released.append)

    journal.append(b"line\n", [OPENING])

    assert ([b"line\n"], [OPENING]) == (journal.lines, released)
