"""Account commands in simulation: what rests is cancelled, and flat is what the venue shows."""

from decimal import Decimal

from callboard.messages.events import EngineReady, PositionOpened
from callboard.messages.intake import CancelOrders, FlattenPositions, SubmitSignal
from callboard.messages.outcomes import OrdersCancelled, PositionsFlattened
from callboard.messages.values import OrderType, SignalType
from support.eth_stage import SYMBOL, EthStage, make_venue

ENTRY = "cb1-1-e1"


def test_what_rests_is_cancelled_and_what_is_open_is_flat_by_the_venue_s_own_books() -> None:
    venue = make_venue()
    stage = EthStage(venue)
    stage.world.run_for(10)
    price = (venue.core.books[SYMBOL].mark_price * Decimal("0.97")).quantize(Decimal("0.01"))
    stage.world.tell(
        SubmitSignal(
            "s1",
            0,
            SignalType.LONG_ENTRY,
            SYMBOL,
            order_type=OrderType.LIMIT,
            price=price,
            confidence=Decimal("0.9"),
        )
    )
    stage.world.run_for(5)

    stage.world.tell(CancelOrders("k1"))
    stage.world.run_for(5)
    resting = venue.core.matching.orders.open_count(SYMBOL)
    stage.signal("s2", SignalType.LONG_ENTRY)
    stage.world.tell(FlattenPositions("f1", verified=True))
    stage.world.run_for(20)

    assert 1 == len(stage.of(EngineReady))
    assert [OrdersCancelled("k1", (ENTRY,), ())] == stage.of(OrdersCancelled)
    assert 0 == resting
    assert 1 == len(stage.of(PositionOpened))
    assert [("f1", True, ())] == [
        (each.command_id, each.is_flat, each.left) for each in stage.of(PositionsFlattened)
    ]
    assert not any(each.amount for each in venue.ledger().positions)
