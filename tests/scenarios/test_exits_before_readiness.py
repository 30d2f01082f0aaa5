"""Test of exits before readiness: the whole engine closes what it holds before it compares.

A start whose first listings get no answer is not ready for seconds; an exit must not wait for it.
"""

from decimal import Decimal

from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.events import EngineReady, OrderFilled, OrderRefused, PositionClosed
from callboard.messages.intake import FlattenPositions, SubmitSignal
from callboard.messages.values import SignalType
from callboard.scenarios.simulation import Simulation
from callboard.scenarios.venue.faults import Fault, FaultScript, ScriptedFault
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import ETHUSDT, VenueSettings
from callboard.scenarios.venue.venue import Venue
from callboard.scenarios.world import World

START_NS = 1_700_000_000_000_000_000
SYMBOL = "ETHUSDT"
LISTING = "/fapi/v1/openOrders"


def wish(signal_id: str, kind: SignalType) -> SubmitSignal:
    return SubmitSignal(signal_id, 0, kind, SYMBOL, confidence=Decimal("0.9"))


def world_without_listings_from(first: int, events: list[object]) -> World:
    """Return a started engine whose listings get no answer from the first one named."""
    simulation = Simulation(seed=3, now_ns=START_NS)
    walks = SeededMarketSettings(walks=(ETH_WALK,))
    market = SeededMarket(walks, seed=3, start_ns=START_NS)
    lost = tuple(
        ScriptedFault("GET", LISTING, nth, Fault.ANSWER_LOST_AFTER_EXECUTION)
        for nth in range(first, first + 20)
    )
    venue_settings = VenueSettings(symbols=(ETHUSDT,), script=FaultScript(lost))
    venue = Venue(venue_settings, market, seed=3, start_ns=START_NS)
    risk = RiskSettings(symbols=(SYMBOL,), cooldown_ms=0)
    world = World(simulation, venue, Settings(seed=3, risk=risk))
    world.on_event = events.append
    world.start()
    return world


def holding_world(events: list[object]) -> World:
    """Return an engine that holds a position and starts anew, its listings without an answer.

    The listings that the first start needs are answered, and not one more.
    """
    for first in range(1, 10):
        world = world_without_listings_from(first, events)
        world.tell(wish("s1", SignalType.LONG_ENTRY))
        world.run_for(5)
        if world.venue.ledger().positions:
            world.crash()
            events.clear()
            world.start()
            return world
    raise AssertionError("the first start never became ready")


def test_a_close_before_readiness_is_carried_out_at_once() -> None:
    events: list[object] = []
    world = holding_world(events)

    world.tell(wish("s2", SignalType.CLOSE_LONG))
    world.run_for(3)

    assert () == world.venue.ledger().positions
    assert ["s2"] == [event.signal_id for event in events if isinstance(event, OrderFilled)]
    assert 1 == sum(isinstance(event, PositionClosed) for event in events)
    assert not any(isinstance(event, EngineReady) for event in events)


def test_a_flatten_before_readiness_closes_and_takes_back_the_entry_that_waits() -> None:
    events: list[object] = []
    world = holding_world(events)

    world.tell(wish("s2", SignalType.LONG_ENTRY))
    world.tell(FlattenPositions("f1", "", "drill"))
    world.run_for(3)

    assert () == world.venue.ledger().positions
    refused = [event for event in events if isinstance(event, OrderRefused)]
    assert [("s2", "taken_back")] == [(event.signal_id, event.guard) for event in refused]
    assert not any(isinstance(event, EngineReady) for event in events)


def test_an_entry_before_readiness_waits_for_the_comparison() -> None:
    events: list[object] = []
    world = holding_world(events)
    world.tell(wish("x1", SignalType.CLOSE_LONG))
    world.tell(wish("s2", SignalType.LONG_ENTRY))
    world.run_for(3)
    before = world.venue.ledger().positions

    world.run_for(300)

    assert () == before
    filled = [event.signal_id for event in events if isinstance(event, OrderFilled)]
    ready = next(index for index, event in enumerate(events) if isinstance(event, EngineReady))
    filled_at = [index for index, event in enumerate(events) if isinstance(event, OrderFilled)]
    assert ["x1", "s2"] == filled
    assert filled_at[0] < ready < filled_at[1]
