"""Journal actor: groups, release order, a failing disk, a close; on one thread and on two."""

import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.journal import Journal, ThreadedJournalPort
from callboard.actors.names import CIRCUIT_BREAKER, JOURNAL, LANE_OPENING
from callboard.actors.ports import FileSystem
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.journal_writer import Durability, Keeper
from callboard.actors.runtime.record import Chain
from callboard.actors.runtime.segment import Status, read_manifest, segment_name
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.actors.runtime.step import Forward, StepContext, run_step
from callboard.messages.codec import dumps
from callboard.messages.control import JournalFailed, JournalRecovered
from callboard.messages.lifecycle import ActorStarted
from callboard.messages.values import Phase, Priority
from callboard.messages.venue import AttemptEnded, CancelOne, MakeCall, Permit
from callboard.scenarios.disk import SimulatedDisk
from support.shop import RUN, START_NS
from support.venue_samples import MARKET


def call(number: int) -> Envelope:
    asked = MakeCall(
        call_id=f"call-{number}",
        call=CancelOne(f"cb-1-{number}-e", "ETHUSDT", conditional=False),
        permit=Permit(f"p{number}", 0),
        priority=Priority.REDUCING,
        epoch=0,
        send_by_ms=0,
    )
    return Envelope(LANE_OPENING, asked, "order_manager", number, 0, "")


def opening(number: int) -> Envelope:
    asked = call(number)
    return asked._replace(message=evolve(asked.message, call=MARKET, priority=Priority.OPENING))


class Source:
    """The kernel's side: numbers records and chains them."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.sequence = 0

    def line(self) -> bytes:
        self.sequence += 1
        return self.chain.seal(dumps({"seq": self.sequence, "now": START_NS, "msg": {}}))


class Bench:
    """A journal with its port; messages go to it when the test says so."""

    def __init__(
        self,
        filesystem: FileSystem,
        durability: Durability = Durability.INTENT,
        queued_max: int = 1000,
    ) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.source = Source()
        self.port = ThreadedJournalPort(self._post, queued_max)
        writer = SegmentWriter(filesystem, RUN, syncs=durability is not Durability.OFF)
        self.journal = Journal(self.port, Keeper(writer, durability))
        self.context = StepContext(JOURNAL, _NoDraws())
        self.lines: list[bytes] = []

    def _post(self, to: str, message: object) -> None:
        self.posted.append((to, message))

    def append(self, *held: Envelope) -> None:
        self.lines.append(self.source.line())
        self.port.append(self.lines[-1], held)

    def step(self, message: object) -> list[Envelope]:
        """Let the journal handle a message; return what it let go."""
        told = Envelope(JOURNAL, message, "", "host", 0, "")
        assert run_step(self.journal, self.context, told, START_NS) is None
        return [each[0] for each in self.context.others if isinstance(each, Forward)]

    def deliver(self) -> list[Envelope]:
        """Hand over everything that was posted to the journal."""
        released: list[Envelope] = []
        while self.posted:
            to, message = self.posted.pop(0)
            if to == JOURNAL:
                released += self.step(message)
        return released

    def timer(self, key: str) -> list[Envelope]:
        """Let a timer fire that the last step armed."""
        return self.step(next(message for _, message, name in self.context.timers if name == key))

    def told(self) -> list[Any]:
        return [message for to, message, _ in self.context.tells if to == CIRCUIT_BREAKER]


class _NoDraws:
    def random(self) -> float:
        raise AssertionError("a journal draws nothing")


def test_the_journal_is_told_once_for_all_records_that_wait() -> None:
    bench = Bench(SimulatedDisk())

    for _ in range(5):
        bench.append()

    assert [JOURNAL] == [to for to, _ in bench.posted]
    bench.deliver()
    bench.append()
    assert [JOURNAL] == [to for to, _ in bench.posted]


def test_one_sync_releases_all_that_wait_in_the_order_of_the_records() -> None:
    disk = SimulatedDisk()
    bench = Bench(disk)
    for number in range(4):
        bench.append(call(2 * number), opening(2 * number + 1))

    released = bench.deliver()

    assert [f"call-{number}" for number in range(8)] == [each.message.call_id for each in released]
    assert 1 == disk.syncs
    assert b"".join(bench.lines) == disk.crash().read(segment_name(1))


def test_the_group_releases_after_the_write_and_syncs_on_its_timer() -> None:
    disk = SimulatedDisk()
    bench = Bench(disk, Durability.GROUP)
    bench.append(opening(1))

    assert [opening(1)] == bench.deliver()
    assert 0 == disk.syncs
    bench.timer("sync")

    assert 1 == disk.syncs
    assert [] == bench.context.timers


def test_one_timer_is_armed_for_a_group_however_many_batches_it_has() -> None:
    bench = Bench(SimulatedDisk(), Durability.GROUP)
    bench.append()
    bench.deliver()
    first = len(bench.context.timers)
    bench.append()
    bench.deliver()

    assert (1, 0) == (first, len(bench.context.timers))


def test_without_durability_nothing_is_ever_synced() -> None:
    disk = SimulatedDisk()
    bench = Bench(disk, Durability.OFF)
    bench.append(opening(1))

    assert [opening(1)] == bench.deliver()
    assert ([], 0) == (bench.context.timers, disk.syncs)


def test_records_that_hold_nothing_back_are_durable_within_the_groups_time() -> None:
    disk = SimulatedDisk()
    bench = Bench(disk)
    bench.append()
    bench.deliver()

    bench.timer("sync")

    assert b"".join(bench.lines) == disk.crash().read(segment_name(1))


def test_a_failing_disk_is_told_once_and_only_openings_are_refused() -> None:
    disk = SimulatedDisk(broken=True)
    bench = Bench(disk)
    bench.append(opening(1), call(2))

    answer, released = bench.deliver()
    told = bench.told()
    bench.append(call(3))
    later = bench.deliver()

    assert [JournalFailed] == [type(message) for message in told]
    assert ("order_manager", call(2)) == (answer.to, released)
    assert isinstance(answer.message, AttemptEnded)
    assert ("call-1", Phase.NOT_SENT) == (answer.message.call_id, answer.message.phase)
    assert ([call(3)], []) == (later, bench.told())


def test_a_disk_that_comes_back_gets_every_record_and_the_breaker_hears_of_it() -> None:
    disk = SimulatedDisk(broken=True)
    bench = Bench(disk)
    for number in range(3):
        bench.append(call(number))
        bench.deliver()
    bench.timer("retry")
    still = bench.told()
    disk.broken = False

    bench.timer("retry")

    assert ([], [JournalRecovered()]) == (still, bench.told())
    bench.append(opening(9))
    assert [opening(9)] == bench.deliver()
    assert b"".join(bench.lines) == disk.crash().read(segment_name(1))


def test_a_journal_that_falls_behind_its_bound_trips_and_recovers_when_it_caught_up() -> None:
    bench = Bench(SimulatedDisk(), queued_max=3)
    for _ in range(6):
        bench.append()
    alarms = [message for to, message in bench.posted if to == CIRCUIT_BREAKER]

    bench.deliver()

    assert [JournalFailed("3 records behind")] == alarms
    assert [JournalRecovered()] == bench.told()
    assert not bench.port.is_behind


def test_a_long_queue_is_written_in_batches_that_each_release_at_once() -> None:
    bench = Bench(SimulatedDisk(), queued_max=100_000)
    for number in range(5000):
        bench.append(*([call(number)] if number in (10, 4999) else []))

    first = bench.deliver()
    follow_up = [message for to, message, _ in bench.context.tells if to == JOURNAL]
    second = bench.step(follow_up[0])

    assert ([call(10)], [call(4999)]) == (first, second)
    assert 0 == bench.port.queued()


def test_a_restarted_journal_takes_up_what_waits() -> None:
    bench = Bench(SimulatedDisk())
    bench.append(call(1))
    bench.posted.clear()

    assert [call(1)] == bench.step(ActorStarted(2))


def test_closing_writes_what_waits_and_seals() -> None:
    disk = SimulatedDisk()
    bench = Bench(disk)
    for _ in range(3):
        bench.append()

    bench.journal.close()

    manifest = read_manifest(disk, 1)
    assert manifest is not None
    assert (Status.SEALED, 3) == (manifest.status, manifest.last)
    assert () == verify(disk).findings


def test_closing_on_a_broken_disk_raises_nothing() -> None:
    disk = SimulatedDisk(broken=True)
    bench = Bench(disk)
    bench.append()

    bench.journal.close()

    assert () == disk.names()


def test_a_message_of_somebody_else_is_an_error() -> None:
    bench = Bench(SimulatedDisk())
    told = Envelope(JOURNAL, ActorStarted, "", "host", 0, "")

    error = run_step(bench.journal, bench.context, told, START_NS)

    assert isinstance(error, TypeError)


@define
class Signals:
    """Wakes the journal's thread."""

    ready: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    messages: list[Any] = field(factory=list[Any])

    def post(self, _to: str, message: object) -> None:
        self.messages.append(message)
        self.ready.release()


@pytest.mark.parametrize("durability", [Durability.INTENT, Durability.GROUP])
def test_no_record_is_left_behind_between_two_threads(
    tmp_path: Path, durability: Durability
) -> None:
    signals, records, disk = Signals(), 2000, Disk(tmp_path)
    port = ThreadedJournalPort(signals.post)
    journal = Journal(port, Keeper(SegmentWriter(disk, RUN), durability))
    context, source = StepContext(JOURNAL, _NoDraws()), Source()
    released: list[Envelope] = []

    def core() -> None:
        for number in range(records):
            port.append(source.line(), [call(number)])

    writer = threading.Thread(target=core)
    writer.start()
    while len(released) < records:
        assert signals.ready.acquire(timeout=60)
        told = Envelope(JOURNAL, signals.messages.pop(0), "", "host", 0, "")
        assert run_step(journal, context, told, START_NS) is None
        released += [each[0] for each in context.others]
        for to, message, _ in context.tells:
            signals.post(to, message)
    writer.join(timeout=60)
    journal.close()

    assert list(range(records)) == [each.origin for each in released]
    report = verify(disk)
    assert (records, ()) == (report.records, report.findings)
