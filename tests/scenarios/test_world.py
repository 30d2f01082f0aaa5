"""World: one signal from intake to stop to close, with a crash in the middle.

Owns the stage: a seeded market, a venue and an engine, in each delivery model.
"""

from decimal import Decimal

import pytest
from attrs import define, field

from callboard.actors.runtime.journal_reader import verify
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.events import (
    EngineReady,
    OrderFilled,
    OrderRefused,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
    PositionProtected,
)
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import SignalType
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.simulation import Delivery, Simulation
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import ETHUSDT, VenueSettings
from callboard.scenarios.venue.venue import Venue
from callboard.scenarios.world import World

START_NS = 1_700_000_000_000_000_000
SYMBOL = "ETHUSDT"


@define
class Stage:
    """A world and the events that its engine published."""

    world: World
    events: list[object] = field(factory=list[object])

    def of(self, kind: type) -> list[object]:
        """Return the events of one class."""
        return [event for event in self.events if isinstance(event, kind)]


def stage(*, seed: int = 1, delivery: Delivery = Delivery.FIFO, symbols: tuple[str, ...]) -> Stage:
    """Return a started engine on a seeded market."""
    simulation = Simulation(seed=seed, now_ns=START_NS, delivery=delivery)
    walks = SeededMarketSettings(walks=(ETH_WALK,))
    market = SeededMarket(walks, seed=seed, start_ns=START_NS)
    venue = Venue(VenueSettings(symbols=(ETHUSDT,)), market, seed=seed, start_ns=START_NS)
    risk = RiskSettings(symbols=symbols, cooldown_ms=0)
    made = Stage(World(simulation, venue, Settings(seed=seed, risk=risk)))
    made.world.on_event = made.events.append
    made.world.start()
    return made


def signal(signal_id: str, kind: SignalType) -> SubmitSignal:
    """Return a confident signal."""
    return SubmitSignal(signal_id, 0, kind, SYMBOL, confidence=Decimal("0.9"))


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_signal_is_filled_protected_and_closed(delivery: Delivery) -> None:
    made = stage(delivery=delivery, symbols=(SYMBOL,))

    made.world.tell(signal("s1", SignalType.LONG_ENTRY))
    made.world.run_for(5)
    made.world.tell(signal("s2", SignalType.CLOSE_LONG))
    made.world.run_for(5)

    filled = [event.signal_id for event in made.of(OrderFilled) if isinstance(event, OrderFilled)]
    assert ["s1", "s2"] == filled
    assert 1 == len(made.of(PositionOpened))
    assert 1 == len(made.of(PositionProtected))
    assert 1 == len(made.of(PositionClosed))
    assert () == made.world.venue.ledger().positions


def test_a_symbol_that_is_not_listed_is_refused_with_the_guard_named() -> None:
    made = stage(symbols=())

    made.world.tell(signal("s1", SignalType.LONG_ENTRY))
    made.world.run_for(5)

    refused = made.of(OrderRefused)
    assert [OrderRefused("s1", SYMBOL, "symbol_whitelist", SYMBOL, "", refused_reason())] == refused
    assert () == made.world.venue.ledger().orders


def refused_reason() -> str:
    """Return the sentence of the refusal above."""
    return f"symbol_whitelist: {SYMBOL} against "


def test_an_order_that_was_out_at_a_crash_is_asked_for_and_never_sent_twice() -> None:
    made = stage(symbols=(SYMBOL,))
    made.world.tell(signal("s1", SignalType.LONG_ENTRY))
    made.world.run_for(0.213)
    made.world.crash()
    made.world.run_for(1)

    made.world.start()
    made.world.run_for(20)
    made.world.tell(signal("s1", SignalType.LONG_ENTRY))
    made.world.run_for(5)

    entries = [
        order for order in made.world.venue.ledger().orders if order.client_order_id == "cb1-1-e1"
    ]
    assert 1 == len(entries)
    assert 1 == len(made.of(OrderUnknown))
    assert 1 == len(made.of(PositionProtected))
    assert [EngineReady(1), EngineReady(2)] == made.of(EngineReady)


def test_one_seed_leaves_the_same_bytes_and_they_verify() -> None:
    disks: list[SimulatedDisk] = []
    for _ in range(2):
        made = stage(seed=7, delivery=Delivery.OUTBOX, symbols=(SYMBOL,))
        made.world.tell(signal("s1", SignalType.SHORT_ENTRY))
        made.world.run_for(20)
        made.world.stop()
        assert isinstance(made.world.disk, SimulatedDisk)
        disks.append(made.world.disk)

    first, second = disks
    segments = [name for name in first.names() if name.endswith(".jsonl")]
    assert segments
    assert [first.read(name) for name in segments] == [second.read(name) for name in segments]
    assert verify(first).ok
