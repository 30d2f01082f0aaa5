"""World: one signal from intake to stop to close, with a crash in the middle."""

from decimal import Decimal

import pytest

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
from callboard.messages.values import SignalType
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.simulation import Delivery
from support.eth_stage import SYMBOL, EthStage


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_signal_is_filled_protected_and_closed(delivery: Delivery) -> None:
    made = EthStage(delivery=delivery)

    made.signal("s1", SignalType.LONG_ENTRY)
    made.signal("s2", SignalType.CLOSE_LONG)

    filled = [event.signal_id for event in made.of(OrderFilled)]
    assert ["s1", "s2"] == filled
    assert 1 == len(made.of(PositionOpened))
    assert 1 == len(made.of(PositionProtected))
    assert 1 == len(made.of(PositionClosed))
    assert () == made.world.venue.ledger().positions


def test_a_symbol_that_is_not_listed_is_refused_with_the_guard_named() -> None:
    made = EthStage(settings=Settings(risk=RiskSettings(symbols=())))

    made.signal("s1", SignalType.LONG_ENTRY)

    (refused,) = made.of(OrderRefused)
    assert ("s1", SYMBOL) == (refused.signal_id, refused.symbol)
    assert ("symbol_whitelist", SYMBOL, "") == (refused.guard, refused.figure, refused.limit)
    assert "symbol_whitelist: ETHUSDT against " == refused.reason
    assert ("symbol_whitelist", Decimal(0)) == (refused.safety_guard, refused.drawdown_pct)
    assert () == made.world.venue.ledger().orders


def test_an_order_that_was_out_at_a_crash_is_asked_for_and_never_sent_twice() -> None:
    made = EthStage()
    made.signal("s1", SignalType.LONG_ENTRY, 0)
    made.world.simulation.run(stop=lambda: bool(made.world.venue.ledger().orders))
    made.world.crash()
    made.world.run_for(1)

    made.world.start()
    made.world.run_for(20)
    made.signal("s1", SignalType.LONG_ENTRY)

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
        made = EthStage(seed=7, delivery=Delivery.OUTBOX)
        made.signal("s1", SignalType.SHORT_ENTRY, 20)
        made.world.stop()
        disks.append(made.disk)

    first, second = disks
    segments = [name for name in first.names() if name.endswith(".jsonl")]
    assert segments
    assert [first.read(name) for name in segments] == [second.read(name) for name in segments]
    assert verify(first).ok
