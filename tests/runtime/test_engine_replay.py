"""Engine replay: the journal of the whole engine comes out the same, crashes included."""

from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random

import pytest
from attrs import evolve

from callboard.actors.adapters.disk import Disk
from callboard.actors.ports import FileSystem
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import InjectedCrash
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.settings import Settings
from callboard.actors.system import core_makers
from callboard.messages.intake import SubmitSignal
from callboard.messages.lifecycle import ActorStarted
from callboard.messages.values import SignalType
from callboard.scenarios.disk import DiskFaults, SimulatedDisk
from callboard.scenarios.simulated_engine import SECOND_NS, SimulatedEngine
from callboard.scenarios.simulation import Delivery, Simulation
from support.eth_stage import RISK, START_NS, EthStage, make_venue

WISHES = (SignalType.LONG_ENTRY, SignalType.CLOSE_LONG)


class Vandal:
    """Crashes one step of a hundred."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}/vandal")

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        starts = type(envelope.message) is ActorStarted
        if cell.is_core and not starts and self._random.random() < 0.01:
            raise InjectedCrash("drawn")


def new_world(
    seed: int, delivery: Delivery, disk: FileSystem, *, snapshot_every: int
) -> SimulatedEngine:
    """Return a world with a venue of one symbol and nothing going wrong but its disk."""
    settings = Settings(seed=seed, risk=evolve(RISK, executions_per_day_max=1000))
    return SimulatedEngine(
        Simulation(seed=seed, now_ns=START_NS, delivery=delivery),
        make_venue(seed=seed),
        evolve(settings, journal=evolve(settings.journal, snapshot_every=snapshot_every)),
        disk=disk,
    )


def reached(steps: list[str], count: int) -> bool:
    """Tell whether there were so many steps."""
    return len(steps) >= count


def lived(seed: int, delivery: Delivery) -> SimulatedEngine:
    """Return a world after three lives, each ended by a power cut."""
    disk = SimulatedDisk(Random(seed), DiskFaults(crash_keeps_tail=0.5))
    world = new_world(seed, delivery, disk, snapshot_every=300)
    world.saboteur = Vandal(seed)
    random = Random(seed)
    for life in range(3):
        world.start()
        for number in range(5):
            wish = random.choice(WISHES)
            signal = SubmitSignal(f"s{life}-{number}", 0, wish, "ETHUSDT", confidence=Decimal(1))
            world.tell(signal)
            world.run_for(random.random() * 5)
        world.crash()
        world.run_for(1)
    return world


@pytest.mark.parametrize("delivery", list(Delivery))
def test_three_lives_of_the_engine_replay_without_a_difference(delivery: Delivery) -> None:
    world = lived(5, delivery)
    assert world.disk is not None

    report = verify(world.disk)
    result = replay(world.disk, world.codec, lambda _: core_makers(world.settings))

    assert report.ok, report.findings
    assert () == result.divergences
    assert report.records == result.records > 500


def test_lives_that_end_within_their_start_replay_without_a_difference(tmp_path: Path) -> None:
    # A real disk keeps what was written: a killed process, not a power cut.
    disk = Disk(tmp_path)
    world = new_world(5, Delivery.FIFO, disk, snapshot_every=5)
    steps: list[str] = []

    def note(cell: Cell, _envelope: Envelope) -> None:
        steps.append(cell.name)

    world.on_step = note
    for life in range(15):
        journal = world.start().journal
        assert journal is not None
        journal.buffer_lines = 1
        end = len(steps) + life + 1
        until_ns = world.simulation.now_ns + SECOND_NS
        world.simulation.run(until_ns, stop=partial(reached, steps, end))
        world.crash()

    result = replay(disk, world.codec, lambda _: core_makers(world.settings))

    assert () == result.divergences
    assert result.records > 100


def test_one_seed_gives_the_same_segments_twice() -> None:
    first, second = (lived(11, Delivery.OUTBOX).disk for _ in range(2))
    assert first is not None
    assert second is not None

    segments = [name for name in first.names() if name.endswith(".jsonl")]

    assert segments == [name for name in second.names() if name.endswith(".jsonl")]
    assert [first.read(name) for name in segments] == [second.read(name) for name in segments]


def test_what_a_failing_disk_refused_replays_without_a_difference() -> None:
    stage = EthStage()
    stage.world.run_for(1)
    stage.disk.broken = True
    stage.signal("w1", SignalType.LONG_ENTRY, seconds=2)
    stage.disk.broken = False
    stage.world.run_for(60)
    stage.world.stop()

    result = replay(stage.disk, stage.world.codec, lambda _: core_makers(stage.world.settings))

    told = b"".join(stage.disk.read(name) for name in stage.disk.names())
    assert b'"from":"journal"' in told
    assert () == result.divergences


def test_another_limit_shows_as_a_difference_in_the_gate() -> None:
    world = lived(5, Delivery.FIFO)
    assert world.disk is not None
    tighter = evolve(world.settings, risk=evolve(world.settings.risk, symbols=()))

    result = replay(world.disk, world.codec, lambda _: core_makers(tighter))

    assert "risk_gate" in {divergence.actor for divergence in result.divergences}
