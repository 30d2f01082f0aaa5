"""Journals: a simulated disk with the journal of a shop on it, for the tests that read one."""

from collections.abc import Callable, Mapping

from attrs import evolve

from callboard.actors.runtime.actor import Actor
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import JournalPort
from callboard.actors.runtime.journal_writer import DirectJournal, Durability, Keeper
from callboard.actors.runtime.record import GENESIS, Chain, split_line
from callboard.actors.runtime.recovery import Recovered
from callboard.actors.runtime.segment import RunFacts
from callboard.actors.runtime.segment_writer import SegmentWriter, Start
from callboard.messages.codec import dumps, loads
from callboard.scenarios.disk import SimulatedDisk
from support.shop import CORE, RUN, SECOND_NS, Shop

Core = Mapping[str, Callable[[], Actor]]
SHOPPING = ("apple", "pear", "broken", "plum", "apple", "fig", "broken", "kiwi")


class DiskShop:
    """A shop that writes its journal to a simulated disk."""

    def __init__(
        self,
        disk: SimulatedDisk,
        *,
        run: RunFacts = RUN,
        start: Start | None = None,
        segment_bytes_max: int = 1 << 20,
        core: Core | None = None,
        crashes: tuple[int, ...] = (),
        boss_crashes: tuple[int, ...] = (),
        snapshot_every: int = 0,
    ) -> None:
        writer = SegmentWriter(disk, run, start or Start(), segment_bytes_max=segment_bytes_max)
        self.keeper = Keeper(writer, Durability.INTENT)
        actors = CORE if core is None else core
        self.shop = Shop(self._journal, actors, crashes, boss_crashes, snapshot_every)

    def _journal(self, release: Callable[[Envelope], None]) -> JournalPort:
        self.journal = DirectJournal(self.keeper, release)
        return self.journal

    def work(self, *things: str, recovered: Recovered | None = None) -> None:
        """Start, buy, and wait for the timers; the last records are on the disk then."""
        self.shop.start(recovered)
        self.shop.buy(*things)
        self.shop.run(until=self.shop.now + 2 * SECOND_NS)
        self.journal.sync()


def recorded(
    *,
    things: tuple[str, ...] = SHOPPING,
    crashes: tuple[int, ...] = (),
    boss_crashes: tuple[int, ...] = (),
    snapshot_every: int = 0,
    segment_bytes_max: int = 1 << 20,
    core: Core | None = None,
) -> SimulatedDisk:
    """Return a disk with the journal of one run that was stopped in order."""
    disk = SimulatedDisk()
    shop = DiskShop(
        disk,
        core=core,
        crashes=crashes,
        boss_crashes=boss_crashes,
        snapshot_every=snapshot_every,
        segment_bytes_max=segment_bytes_max,
    )
    shop.work(*things)
    shop.journal.close()
    return disk


def next_run(disk: SimulatedDisk, recovered: Recovered, **changes: object) -> DiskShop:
    """Return the shop of the start after a recovery."""
    run = evolve(RUN, generation=recovered.journal_generation + 1)
    return DiskShop(disk, run=run, start=recovered.start, **changes)  # type: ignore[arg-type]


def rewritten(lines: list[bytes], change: Callable[[dict[str, object]], None]) -> list[bytes]:
    """Return records after a change to each, chained again as a forger would."""
    chain = Chain(GENESIS)
    changed: list[bytes] = []
    for line in lines:
        record = loads(split_line(line)[0])
        change(record)
        changed.append(chain.seal(dumps(record)))
    return changed


def written(lines: list[bytes]) -> SimulatedDisk:
    """Return a disk with a journal of these lines."""
    disk = SimulatedDisk()
    writer = SegmentWriter(disk, RUN)
    writer.write(lines)
    writer.close()
    return disk
