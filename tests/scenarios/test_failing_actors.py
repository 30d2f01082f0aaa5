"""Scenarios of failing actors: a crash anywhere in the core, once or twice over one message.

A saboteur raises in place of a handler. Once: the actor is rebuilt, its message delivered again,
and nothing is lost. Twice: the message is lost, so the rest must find its own way to safety.
"""

from typing import Any

import pytest

from callboard.actors import names
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.messages.events import AlertRaised, OrderFilled, PositionOpened
from callboard.messages.queries import GetOrders, GetPositions, GetStatus
from callboard.messages.values import SignalType, TradingState
from callboard.scenarios.simulation import Delivery
from support.crashes import Crashes
from support.eth_stage import EthStage


class Stage(EthStage):
    """An engine that two round trips are asked of, while one of its actors fails."""

    def __init__(self, *crashes: Crashes, delivery: Delivery = Delivery.FIFO) -> None:
        self.crashes = crashes
        super().__init__(delivery=delivery, saboteur=self)
        self.world.run_for(2)

    def round_trips(self) -> "Stage":
        """Ask for a long and a short one."""
        self.signal("s1", SignalType.LONG_ENTRY, 10)
        self.signal("s2", SignalType.CLOSE_LONG, 40)
        self.signal("s3", SignalType.SHORT_ENTRY, 10)
        self.signal("s4", SignalType.CLOSE_SHORT, 40)
        return self

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Ask every saboteur."""
        for each in self.crashes:
            each.before_step(cell, envelope)

    def filled(self) -> list[str]:
        """Return the signals that were filled."""
        return [event.signal_id for event in self.of(OrderFilled)]

    def alert_names(self) -> list[str]:
        """Return the names of the alerts."""
        return [event.alert for event in self.of(AlertRaised)]

    def leftovers(self) -> tuple[Any, ...]:
        """Return what is still open: orders, our positions, the venue's positions."""
        orders = self.world.ask(GetOrders(), names.ORDER_MANAGER).orders
        positions = self.world.ask(GetPositions(), names.POSITION_MONITOR).positions
        return (*orders, *positions, *self.world.venue.ledger().positions)


@pytest.mark.parametrize(
    ("actor", "message"),
    [
        (names.EXECUTION_SYSTEM, "SubmitSignal"),
        (names.RISK_GATE, "RequestEntry"),
        (names.RISK_GATE, "ExposureChanged"),
        (names.RISK_GATE, "RequestExit"),
        (names.ORDER_MANAGER, "ApprovedOrder"),
        (names.ORDER_MANAGER, "OrderReleased"),
        (names.ORDER_MANAGER, "AttemptEnded"),
        (names.ORDER_MANAGER, "OrderReported"),
        (names.ORDER_QUEUE, "EnqueueOrder"),
        (names.ORDER_QUEUE, "PermitGranted"),
        (names.RATE_LIMITER, "RequestPermit"),
        (names.POSITION_MONITOR, "FillBooked"),
        (names.POSITION_MONITOR, "LegChanged"),
        (names.RECONCILER, "AttemptEnded"),
        (names.USER_STREAM, "OrderFrame"),
        (names.MARKET_DATA, "QuoteObserved"),
        (names.ACCOUNT, "AttemptEnded"),
    ],
)
def test_one_crash_anywhere_loses_nothing(actor: str, message: str) -> None:
    stage = Stage(Crashes(actor, message)).round_trips()

    assert ["actor_failed"] == [name for name in stage.alert_names() if "actor" in name]
    assert ["s1", "s2", "s3", "s4"] == stage.filled()
    assert () == stage.leftovers()


@pytest.mark.parametrize(
    ("actor", "message", "nth"),
    [
        (names.ORDER_QUEUE, "EnqueueOrder", 2),
        (names.ORDER_MANAGER, "OrderReleased", 1),
        (names.ORDER_MANAGER, "AttemptEnded", 1),
        (names.ORDER_MANAGER, "CancelLeg", 1),
        (names.POSITION_MONITOR, "FillBooked", 1),
        (names.POSITION_MONITOR, "FillBooked", 2),
        (names.POSITION_MONITOR, "LegChanged", 1),
        (names.RISK_GATE, "RequestExit", 1),
        (names.RISK_GATE, "RequestExit", 2),
    ],
)
def test_a_lost_message_leaves_nothing_open_and_stops_opening_risk(
    actor: str, message: str, nth: int
) -> None:
    stage = Stage(Crashes(actor, message, times=2, nth=nth)).round_trips()

    status = stage.world.ask(GetStatus(), names.CIRCUIT_BREAKER)
    assert "message_lost" in stage.alert_names()
    assert TradingState.REDUCING is status.trading_state
    assert () == stage.leftovers()


def test_a_first_fill_that_the_monitor_lost_is_told_again_and_protected() -> None:
    stage = Stage(Crashes(names.POSITION_MONITOR, "FillBooked", times=2))

    stage.signal("s1", SignalType.LONG_ENTRY, 15)

    (ours,) = stage.world.ask(GetPositions(), names.POSITION_MONITOR).positions
    (theirs,) = stage.world.venue.ledger().positions
    assert (theirs.amount, True) == (ours.quantity, ours.protected)
    assert 1 == len(stage.of(PositionOpened))


def test_a_supervisor_that_fails_over_a_failure_still_has_the_actor_rebuilt() -> None:
    crashes = (
        Crashes(names.ORDER_MANAGER, "ApprovedOrder"),
        Crashes(names.SUPERVISOR, "ActorFailed"),
    )

    stage = Stage(*crashes).round_trips()

    assert [0, 0] == [each.times for each in crashes]
    assert ["s1", "s2", "s3", "s4"] == stage.filled()
    assert () == stage.leftovers()


def test_an_orderly_stop_alarms_nobody() -> None:
    stage = Stage().round_trips()

    stage.world.stop()

    assert [] == [name for name in stage.alert_names() if name in ("actor_stopped", "actor_failed")]


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("seconds", [0.0005, 0.02, 0.04, 0.3])
def test_a_process_that_dies_over_a_partial_close_closes_that_part_once(
    delivery: Delivery, seconds: float
) -> None:
    stage = Stage(delivery=delivery)
    stage.signal("s1", SignalType.LONG_ENTRY, 5)
    (before,) = stage.world.venue.ledger().positions

    stage.signal("s2", SignalType.REDUCE_50, seconds)
    stage.world.crash()
    stage.world.run_for(1)
    stage.world.start()
    stage.world.run_for(40)

    (after,) = stage.world.venue.ledger().positions
    assert before.amount == 2 * after.amount
    (ours,) = stage.world.ask(GetPositions(), names.POSITION_MONITOR).positions
    assert (after.amount, True) == (ours.quantity, ours.protected)
    assert [] == [name for name in stage.alert_names() if name in ("mismatch", "overfill")]
