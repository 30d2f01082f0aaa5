"""Scenarios in hedge mode: both sides of one symbol at once, each with its own stop and end.

The venue's books are the truth. A property runs whole drawn workloads in hedge mode, judged after
every step like those of `test_whole_engine.py`.
"""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings

from callboard.actors import names
from callboard.actors.exchange_settings import AccountSettings
from callboard.actors.settings import Settings
from callboard.messages.events import PositionClosed
from callboard.messages.intake import FlattenPositions
from callboard.messages.queries import GetOrders, GetPositions, PositionView
from callboard.messages.values import CloseReason, PositionSide, SignalType
from callboard.scenarios.chaos import run_workload
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.strategies import workloads
from callboard.scenarios.venue.hands import by_hand
from callboard.scenarios.workload import Workload
from support.eth_stage import RISK, RULES, SYMBOL, EthStage, make_venue

ZERO = Decimal(0)
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


class Stage(EthStage):
    """An engine in hedge mode that holds both sides of one symbol."""

    def __init__(self, delivery: Delivery = Delivery.FIFO) -> None:
        super().__init__(
            make_venue(evolve(RULES, hedge_mode=True)),
            Settings(risk=RISK, accounts=AccountSettings(hedge_mode=True)),
            delivery=delivery,
        )
        self.world.run_for(3)
        self.signal("long", SignalType.LONG_ENTRY)
        self.signal("short", SignalType.SHORT_ENTRY)

    def held(self) -> dict[PositionSide, PositionView]:
        """Return what the engine holds, by side."""
        view = self.world.ask(GetPositions(), names.POSITION_MONITOR)
        return {each.position_side: each for each in view.positions}

    def at_venue(self) -> dict[str, Decimal]:
        """Return what the venue holds, by side."""
        return {each.position_side: each.amount for each in self.world.venue.ledger().positions}

    def agrees(self) -> bool:
        """True when engine and venue hold the same on both sides."""
        ours = {side.value: each.quantity for side, each in self.held().items()}
        return ours == self.at_venue()

    def stops(self) -> list[PositionSide]:
        """Return the sides of the stops that the engine knows to rest."""
        orders = self.world.ask(GetOrders(), names.ORDER_MANAGER).orders
        return sorted(each.position_side for each in orders if each.client_algo_id)


@pytest.mark.parametrize("delivery", list(Delivery))
def test_both_sides_of_a_symbol_are_held_at_once_with_a_stop_each(delivery: Delivery) -> None:
    stage = Stage(delivery)

    held = stage.held()

    assert (True, True) == (held[LONG].quantity > ZERO, held[SHORT].quantity < ZERO)
    assert stage.agrees()
    assert [LONG, SHORT] == stage.stops()
    assert [True, True] == [each.protected for each in held.values()]


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_close_of_one_side_leaves_the_other_and_its_stop(delivery: Delivery) -> None:
    stage = Stage(delivery)

    stage.signal("close", SignalType.CLOSE_LONG, 10)

    assert [SHORT] == list(stage.held()) == stage.stops()
    assert stage.agrees()
    (closed,) = stage.of(PositionClosed)
    assert (LONG, CloseReason.SIGNAL) == (closed.position_side, closed.reason)


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_flatten_closes_both_sides_and_sweeps_both_stops(delivery: Delivery) -> None:
    stage = Stage(delivery)

    stage.world.tell(FlattenPositions("f1"))
    stage.world.run_for(10)

    assert ({}, {}, []) == (stage.held(), stage.at_venue(), stage.stops())
    reasons = {each.position_side: each.reason for each in stage.of(PositionClosed)}
    assert {LONG: CloseReason.OPERATOR, SHORT: CloseReason.OPERATOR} == reasons


def test_what_a_hand_did_to_one_side_is_reconciled_on_that_side_alone() -> None:
    stage = Stage()
    quantity = str(abs(stage.held()[SHORT].quantity))
    order = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "positionSide": "SHORT"}

    stage.world.venue.perform(by_hand("POST", "/fapi/v1/order", quantity=quantity, **order))
    stage.world.driver.wake()
    stage.world.run_for(30)

    assert [LONG] == list(stage.held()) == stage.stops()
    assert stage.agrees()
    (closed,) = stage.of(PositionClosed)
    assert (SHORT, CloseReason.FOREIGN) == (closed.position_side, closed.reason)


def test_a_restart_takes_up_both_sides() -> None:
    stage = Stage()

    stage.world.crash()
    stage.world.run_for(1)
    stage.world.start()
    stage.world.run_for(20)

    assert stage.agrees()
    assert [LONG, SHORT] == stage.stops()
    assert [] == stage.alerts("mismatch")


@settings(max_examples=max(5, settings().max_examples // 8))
@given(workloads())
def test_no_drawn_run_in_hedge_mode_breaks_an_invariant(workload: Workload) -> None:
    report = run_workload(evolve(workload, is_hedged=True))

    assert report.is_clean, str(report)
