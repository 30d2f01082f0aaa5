"""Test of exits before readiness: the whole engine closes what it holds before it compares.

A start whose first listings get no answer is not ready for seconds; an exit must not wait for it.
"""

from attrs import evolve

from callboard.messages.events import EngineReady, OrderFilled, OrderRefused, PositionClosed
from callboard.messages.intake import FlattenPositions
from callboard.messages.values import SignalType
from callboard.scenarios.venue.faults import Fault, FaultScript, ScriptedFault
from support.eth_stage import RULES, EthStage, make_venue, signal

LISTING = "/fapi/v1/openOrders"


def without_listings_from(first: int) -> EthStage:
    """Return a started engine whose listings get no answer from the first one named."""
    lost = tuple(
        ScriptedFault("GET", LISTING, nth, Fault.ANSWER_LOST_AFTER_EXECUTION)
        for nth in range(first, first + 20)
    )
    return EthStage(make_venue(evolve(RULES, script=FaultScript(lost)), seed=3), seed=3)


def holding_stage() -> EthStage:
    """Return an engine that holds a position and starts anew, its listings without an answer.

    The listings that the first start needs are answered, and not one more.
    """
    for first in range(1, 10):
        stage = without_listings_from(first)
        stage.signal("s1", SignalType.LONG_ENTRY)
        if stage.world.venue.ledger().positions:
            stage.world.crash()
            stage.events.clear()
            stage.world.start()
            return stage
    raise AssertionError("the first start never became ready")


def test_a_close_before_readiness_is_carried_out_at_once() -> None:
    stage = holding_stage()

    stage.signal("s2", SignalType.CLOSE_LONG, 3)

    assert () == stage.world.venue.ledger().positions
    assert ["s2"] == [event.signal_id for event in stage.of(OrderFilled)]
    assert 1 == len(stage.of(PositionClosed))
    assert [] == stage.of(EngineReady)


def test_a_flatten_before_readiness_closes_and_takes_back_the_entry_that_waits() -> None:
    stage = holding_stage()

    stage.world.tell(signal("s2", SignalType.LONG_ENTRY))
    stage.world.tell(FlattenPositions("f1", "", "drill"))
    stage.world.run_for(3)

    assert () == stage.world.venue.ledger().positions
    assert [("s2", "taken_back")] == [
        (event.signal_id, event.guard) for event in stage.of(OrderRefused)
    ]
    assert [] == stage.of(EngineReady)


def test_an_entry_before_readiness_waits_for_the_comparison() -> None:
    stage = holding_stage()
    stage.world.tell(signal("x1", SignalType.CLOSE_LONG))
    stage.signal("s2", SignalType.LONG_ENTRY, 3)
    before = stage.world.venue.ledger().positions

    stage.world.run_for(300)

    assert () == before
    kinds = [type(event) for event in stage.events]
    first, second = (index for index, kind in enumerate(kinds) if kind is OrderFilled)
    assert ["x1", "s2"] == [event.signal_id for event in stage.of(OrderFilled)]
    assert first < kinds.index(EngineReady) < second
