"""Disk trouble: nothing is opened without a record, and a recovery can trust what it reads."""

from decimal import Decimal

from attrs import define, field

from callboard.actors.runtime.journal_reader import Flaw, verify
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.replay import replay
from callboard.actors.settings import RiskSettings, Settings
from callboard.actors.system import core_makers
from callboard.messages.events import OrderFilled, PositionClosed, PositionOpened
from callboard.messages.intake import ResumeTrading, SubmitSignal
from callboard.messages.values import SignalType
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.simulation import Simulation
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import ETHUSDT, VenueSettings
from callboard.scenarios.venue.venue import Venue
from callboard.scenarios.world import World

START_NS = 1_700_000_000_000_000_000
SYMBOL = "ETHUSDT"


@define
class Stage:
    """A world on a disk that can be broken, and its engine's events."""

    world: World
    disk: SimulatedDisk
    settings: Settings
    events: list[object] = field(factory=list[object])

    def count(self, kind: type) -> int:
        """Count the events of one class."""
        return sum(isinstance(event, kind) for event in self.events)

    def signal(self, signal_id: str, kind: SignalType) -> None:
        """Give a signal, and let a few seconds pass."""
        self.world.tell(SubmitSignal(signal_id, 0, kind, SYMBOL, confidence=Decimal("0.9")))
        self.world.run_for(5)


def stage() -> Stage:
    simulation = Simulation(seed=1, now_ns=START_NS)
    market = SeededMarket(SeededMarketSettings(walks=(ETH_WALK,)), seed=1, start_ns=START_NS)
    venue = Venue(VenueSettings(symbols=(ETHUSDT,)), market, seed=1, start_ns=START_NS)
    settings = Settings(seed=1, risk=RiskSettings(symbols=(SYMBOL,), cooldown_ms=0))
    disk = SimulatedDisk()
    made = Stage(World(simulation, venue, settings, disk), disk, settings)
    made.world.on_event = made.events.append
    made.world.start()
    made.world.run_for(5)
    return made


def test_while_the_disk_fails_nothing_is_opened_and_a_position_can_be_closed() -> None:
    made = stage()
    made.signal("s1", SignalType.LONG_ENTRY)

    made.disk.broken = True
    made.signal("s2", SignalType.CLOSE_LONG)
    made.signal("s3", SignalType.LONG_ENTRY)

    assert (1, 1) == (made.count(PositionOpened), made.count(PositionClosed))
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
    result = recover(made.disk, made.world.codec, core_makers(made.settings))
    replayed = replay(made.disk, made.world.codec, lambda _: core_makers(made.settings))

    assert lost > 0
    assert Flaw.LOST in [each.flaw for each in report.findings]
    assert live == result.states
    assert () == replayed.divergences
    assert 3 == made.count(OrderFilled)
