"""Test of what a restart keeps: brakes, counts, doubts, limits, and the end of a position."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.ports import VenueRequest
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.events import (
    OrderFilled,
    OrderRefused,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
)
from callboard.messages.intake import HaltTrading
from callboard.messages.values import OrderState, SignalType, TradingState
from callboard.scenarios.invariants import Checker
from callboard.scenarios.planned import PriceMove
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.surroundings import make_engine
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.workload import Workload
from support.checked import ORDER, Stage, entry
from support.eth_stage import RISK, EthStage

QUIET = Workload(1, turbulence_ticks=1)
FALL = PriceMove(at_ms=6_000, bps=-300)


def restart(engine: SimulatedEngine) -> None:
    """Kill an engine whose journal is durable, and start it again."""
    assert engine.life is not None
    assert engine.life.journal is not None
    engine.life.journal.sync()
    engine.crash()
    engine.start()


def with_risk(risk: RiskSettings) -> EthStage:
    """Return an engine with other limits."""
    return EthStage(settings=Settings(seed=1, risk=risk))


def traded(risk: RiskSettings) -> EthStage:
    """Return an engine with one round trip behind it, started again since."""
    stage = with_risk(risk)
    stage.signal("s1", SignalType.LONG_ENTRY)
    stage.signal("s2", SignalType.CLOSE_LONG)
    restart(stage.world)
    stage.world.run_for(10)
    return stage


def test_a_halt_stands_until_a_person_resumes() -> None:
    stage = EthStage()
    stage.world.run_for(5)
    stage.world.tell(HaltTrading("h1", "a drill"))
    stage.world.run_for(1)
    before = stage.world.state(names.CIRCUIT_BREAKER).told()

    restart(stage.world)
    stage.world.run_for(10)
    stage.signal("s1", SignalType.LONG_ENTRY)

    after = stage.world.state(names.CIRCUIT_BREAKER).told()
    assert (TradingState.HALTED, before.epoch) == (after.state, after.epoch)
    assert ["s1"] == [event.signal_id for event in stage.of(OrderRefused)]


@pytest.mark.parametrize(
    ("risk", "guard"),
    [
        (evolve(RISK, cooldown_ms=600_000), "cooldown"),
        (evolve(RISK, executions_per_day_max=1), "daily_quota"),
    ],
)
def test_cooldowns_and_quotas_go_on(risk: RiskSettings, guard: str) -> None:
    stage = traded(risk)

    stage.signal("s3", SignalType.LONG_ENTRY)

    assert [("s3", guard)] == [(each.signal_id, each.guard) for each in stage.of(OrderRefused)]


def test_a_doubt_is_still_one_and_is_settled_without_a_second_order() -> None:
    lost = ScriptedFault("POST", ORDER, 1, Fault.ANSWER_LOST_AFTER_EXECUTION)
    deaf = [ScriptedFault("GET", ORDER, nth, Fault.ANSWER_LOST_AFTER_EXECUTION) for nth in (1, 2)]
    gap = ScriptedFault("STREAM", "user", 1, Fault.STREAM_GAP, size_ms=8_000)
    stage = Stage((lost, *deaf, gap)).begin()
    stage.world.tell(entry("s1"))
    stage.world.simulation.run(
        stop=lambda: any(isinstance(event, OrderUnknown) for event in stage.events)
    )

    restart(stage.world)
    orders = stage.world.state(names.ORDER_MANAGER).orders
    doubted = [order.state for order in orders.values()]
    stage.world.run_for(90)

    assert [OrderState.UNKNOWN] == doubted
    filled = [each.client_order_id for each in stage.events if isinstance(each, OrderFilled)]
    assert ["cb1-1-e1"] == filled
    placed = [each.client_order_id for each in stage.world.venue.ledger().orders]
    assert 1 == placed.count("cb1-1-e1")
    assert [] == stage.found()


def test_used_windows_are_as_full_as_before() -> None:
    stage = EthStage()
    stage.signal("s1", SignalType.LONG_ENTRY)
    codec = stage.world.codec
    before = codec.encode_state(stage.world.state(names.RATE_LIMITER))

    restart(stage.world)

    assert before == codec.encode_state(stage.world.state(names.RATE_LIMITER))
    assert all(budget.used for budget in stage.world.state(names.RATE_LIMITER).budgets.budgets)


def test_a_ban_is_sat_out_by_the_next_start() -> None:
    ban = ScriptedFault("POST", ORDER, 1, Fault.HTTP_418, size_ms=120_000)
    stage = Stage((ban,)).begin()
    stage.enter("s1")
    sent: list[VenueRequest] = []

    restart(stage.world)
    look = stage.world.driver.on_request
    assert look is not None

    def note(request: VenueRequest) -> None:
        sent.append(request)
        look(request)

    stage.world.driver.on_request = note
    stage.world.run_for(100)
    during = list(sent)
    stage.world.run_for(60)

    assert [] == during
    assert sent
    assert [] == stage.found()


def closed_while_down(down_s: float) -> list[PositionClosed]:
    """Let a stop fire while no engine runs; return what the next start tells."""
    engine = make_engine(evolve(QUIET, price_moves=(FALL,)))
    events: list[object] = []
    engine.on_event = events.append
    checker = Checker(engine, is_thorough=True)
    engine.start()
    engine.run_for(2)
    engine.tell(entry("s1"))
    engine.run_for(2)
    engine.crash()
    engine.run_for(down_s)
    assert [] == list(engine.venue.ledger().positions)
    engine.start()
    engine.run_for(60)
    assert [] == checker.violations
    assert 1 == sum(isinstance(event, PositionOpened) for event in events)
    return [event for event in events if isinstance(event, PositionClosed)]


def test_a_trade_that_ended_without_us_is_closed_from_its_fills_alike_by_every_start() -> None:
    early, late = closed_while_down(5), closed_while_down(40)

    (closed,) = early
    assert early == late
    assert closed.realised_pnl < 0 < closed.exit_price < Decimal(2_600)
    assert closed.position_id
