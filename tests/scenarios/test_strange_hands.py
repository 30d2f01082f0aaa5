"""Scenarios of strange hands: others trade on our account, or the stream speaks early.

Owns a stage with a venue whose account a person uses beside the engine.
"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.adapters.binance_requests import build_request, stamp
from callboard.actors.ports import VenueAnswer
from callboard.messages.events import (
    EngineReady,
    OrderRefused,
    PositionClosed,
    PositionCorrected,
)
from callboard.messages.queries import GetOrders, GetPositions
from callboard.messages.values import (
    CloseReason,
    Side,
    SignalType,
)
from callboard.scenarios.simulation import Delivery
from support.eth_stage import RULES, SYMBOL, EthStage, make_venue
from support.venue_samples import MARKET


class Stage(EthStage):
    """A stage with a person at the venue's own page."""

    def __init__(self, *, seed: int = 1, delivery: Delivery = Delivery.FIFO, lite: bool = False):
        venue = make_venue(evolve(RULES, trade_lite=lite), seed=seed)
        super().__init__(venue, seed=seed, delivery=delivery)
        self.hand = self.world.driver.connect("hand")

    def by_hand(self, side: Side, quantity: Decimal) -> int:
        """Place a market order as a person does; return the status of the answer."""
        name = f"web_{len(self.world.venue.ledger().orders)}"
        order = evolve(MARKET, client_order_id=name, symbol=SYMBOL, side=side, quantity=quantity)
        answers: list[VenueAnswer] = []
        at_ms = self.world.simulation.now_ns // 1_000_000
        request = stamp(build_request(order, "hand"), at_ms=at_ms, recv_window_ms=5_000)
        self.hand.request(request, answers.append)
        self.world.run_for(1)
        return answers[0].status

    def held(self) -> Decimal:
        """Return what the engine thinks that it holds."""
        view = self.world.ask(GetPositions(), names.POSITION_MONITOR)
        return sum((each.quantity for each in view.positions), Decimal(0))

    def at_venue(self) -> Decimal:
        """Return what the venue holds."""
        positions = self.world.venue.ledger().positions
        return sum((each.amount for each in positions), Decimal(0))


def until(stage: Stage, condition: Callable[[], bool], seconds: int) -> None:
    """Let so much time pass at most, second by second."""
    for _ in range(seconds):
        if condition():
            return
        stage.world.run_for(1)
    assert condition()


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_position_that_a_hand_closed_is_told_closed_and_its_stop_is_swept(
    delivery: Delivery,
) -> None:
    stage = Stage(delivery=delivery)
    stage.signal("s1", SignalType.LONG_ENTRY)
    quantity = stage.held()

    assert 200 == stage.by_hand(Side.SELL, quantity)
    until(stage, lambda: not stage.world.ask(GetOrders(), names.ORDER_MANAGER).orders, 60)

    assert quantity > 0 == stage.at_venue() == stage.held()
    assert [f"{SYMBOL}/BOTH"] == stage.alerts("stranger_closed")
    (closed,) = stage.of(PositionClosed)
    fills = stage.world.venue.ledger().fills
    assert (CloseReason.FOREIGN, fills[-1].price, sum(fill.realized for fill in fills)) == (
        closed.reason,
        closed.exit_price,
        closed.realised_pnl,
    )


def test_entries_are_possible_again_after_the_venue_s_view_was_taken_over() -> None:
    stage = Stage()
    stage.signal("s1", SignalType.LONG_ENTRY)
    stage.by_hand(Side.SELL, stage.held())
    until(stage, lambda: stage.held() == 0, 60)
    stage.world.run_for(15)

    stage.signal("s2", SignalType.LONG_ENTRY)

    assert [] == stage.of(OrderRefused)
    assert stage.held() == stage.at_venue() > 0


def test_a_position_that_a_hand_made_smaller_is_closed_with_what_is_left() -> None:
    stage = Stage()
    stage.signal("s1", SignalType.LONG_ENTRY)
    quantity = stage.held()
    stage.by_hand(Side.SELL, Decimal("0.01"))

    stage.signal("s2", SignalType.CLOSE_LONG, seconds=60)

    assert quantity > Decimal("0.01")
    assert stage.held() == stage.at_venue() == 0


def test_what_a_hand_opened_is_told_as_foreign_once_and_left() -> None:
    stage = Stage()
    stage.world.run_for(5)

    assert 200 == stage.by_hand(Side.BUY, Decimal("0.05"))
    stage.world.run_for(60)

    assert [SYMBOL] == stage.alerts("foreign_position")
    assert (Decimal(0), Decimal("0.05")) == (stage.held(), stage.at_venue())


@pytest.mark.parametrize("delivery", list(Delivery))
def test_fees_and_profit_are_the_venue_s_when_its_stream_speaks_early(delivery: Delivery) -> None:
    stage = Stage(delivery=delivery, lite=True)

    stage.signal("s1", SignalType.LONG_ENTRY)
    stage.signal("s2", SignalType.CLOSE_LONG)
    stage.signal("s3", SignalType.SHORT_ENTRY)
    stage.signal("s4", SignalType.CLOSE_SHORT)

    fills = stage.world.venue.ledger().fills
    view = stage.world.ask(GetPositions(), names.POSITION_MONITOR)
    assert (sum(fill.fee for fill in fills), sum(fill.realized for fill in fills)) == (
        view.fees,
        view.realised_pnl,
    )
    told: list[PositionClosed | PositionCorrected] = [
        *stage.of(PositionClosed),
        *stage.of(PositionCorrected),
    ]
    assert (view.fees, view.realised_pnl) == (
        sum(event.fees for event in told),
        sum(event.realised_pnl for event in told),
    )
    assert 2 == len(stage.of(PositionClosed))


def test_an_engine_whose_venue_forgot_everything_becomes_ready_and_holds_nothing() -> None:
    before = Stage()
    before.signal("s1", SignalType.LONG_ENTRY)
    before.world.crash()
    after = Stage(seed=2)  # its own engine is only a stand-in until the journal's takes over
    after.world.run_for(60)
    after.world.crash()
    after.world.disk = before.world.disk
    after.events.clear()

    after.world.start()
    after.world.run_for(240)

    assert [EngineReady(2)] == after.of(EngineReady)
    assert Decimal(0) == after.held()
    assert [SYMBOL] == [closed.symbol for closed in after.of(PositionClosed)]
    assert (["cb1-p1-s1"], 1) == (
        after.alerts("order_vanished"),
        len(after.alerts("position_adopted")),
    )
    names_of_events = [type(event).__name__ for event in after.events]
    assert names_of_events.index("PositionClosed") < names_of_events.index("EngineReady")
