"""Disk trouble: nothing is opened without a record, and a recovery can trust what it reads."""

from attrs import evolve

from callboard.actors.runtime.journal_reader import Flaw, verify
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.replay import replay
from callboard.actors.system import core_makers
from callboard.messages.events import (
    CommandRefused,
    OrderFilled,
    PositionClosed,
    PositionOpened,
)
from callboard.messages.intake import ResumeTrading
from callboard.messages.values import SignalType
from callboard.scenarios.disk import DiskFaults
from callboard.scenarios.script import close_long, long_entry, position, scenario, sent
from callboard.scenarios.story import play_story
from support.eth_stage import EthStage
from support.steps import SECOND


def stage() -> EthStage:
    made = EthStage()
    made.world.run_for(5)
    return made


def test_while_the_disk_fails_nothing_is_opened_and_a_position_can_be_closed() -> None:
    made = stage()
    made.signal("s1", SignalType.LONG_ENTRY)

    made.disk.broken = True
    made.signal("s2", SignalType.CLOSE_LONG)
    made.signal("s3", SignalType.LONG_ENTRY)

    assert (1, 1) == (len(made.of(PositionOpened)), len(made.of(PositionClosed)))
    assert () == made.world.venue.ledger().positions


def test_while_a_sync_hangs_a_position_is_closed_and_an_entry_becomes_too_late() -> None:
    made = stage()
    made.signal("s1", SignalType.LONG_ENTRY)

    made.disk.busy_ns += 60 * SECOND
    made.signal("s2", SignalType.CLOSE_LONG)
    made.disk.busy_ns += 60 * SECOND
    made.signal("s3", SignalType.LONG_ENTRY)

    assert (1, 1) == (len(made.of(PositionOpened)), len(made.of(PositionClosed)))
    assert () == made.world.venue.ledger().positions


def test_records_that_were_lost_are_made_up_for_by_a_snapshot_once_the_disk_works() -> None:
    made = stage()
    assert made.world.life is not None
    assert made.world.life.journal is not None
    made.world.life.journal.keeper.writer.unwritten_bytes_max = 100_000
    made.signal("s1", SignalType.LONG_ENTRY)

    made.disk.broken = True
    made.signal("s2", SignalType.CLOSE_LONG)
    made.world.run_for(60)
    lost = made.world.life.journal.keeper.writer.lost
    made.disk.broken = False
    made.world.run_for(60)
    made.world.tell(ResumeTrading("r1", "the disk works"))
    made.signal("s3", SignalType.LONG_ENTRY)
    live = {
        name: made.world.codec.encode_state(cell.actor.state)
        for name, cell in made.world.kernel.cells.items()
        if cell.is_core
    }
    made.world.life.journal.sync()
    made.world.crash()

    report = verify(made.disk)
    result = recover(made.disk, made.world.codec, core_makers(made.world.settings))
    replayed = replay(made.disk, made.world.codec, lambda _: core_makers(made.world.settings))

    assert lost > 0
    assert Flaw.LOST in [each.flaw for each in report.findings]
    assert live == result.states
    assert () == replayed.divergences
    assert 3 == len(made.of(OrderFilled))


def test_a_start_after_a_death_on_a_failing_disk_can_be_resumed_once_it_writes() -> None:
    made = stage()
    made.disk.broken = True
    made.signal("s1", SignalType.LONG_ENTRY)
    made.disk.broken = False
    assert made.world.life is not None
    assert made.world.life.journal is not None
    # What says that the disk failed is written; the process dies before it hears of that.
    made.world.life.journal.sync()
    made.world.crash()

    made.world.start()
    made.world.run_for(30)
    made.world.tell(ResumeTrading("r1", "the disk works"))
    made.signal("s2", SignalType.LONG_ENTRY)

    assert [] == made.of(CommandRefused)
    assert 1 == len(made.of(PositionOpened))


def test_a_close_ends_the_entry_that_still_waits_for_the_disk() -> None:
    story = (
        scenario("a close while the disk is slow")
        .given(long_entry("3s", stop_bps=60), lasts="20s")
        .when(close_long("4s"))
        .then(sent("entry", times=0), position("FLAT"))
    )
    slow = DiskFaults(latency_ns_max=3 * SECOND)

    played = play_story(evolve(story, workload=evolve(story.workload, disk=slow)))

    assert played.is_as_told, str(played)
