"""Worlds: one integer makes an engine with all that surrounds it, to be run or led by hand."""

from typing import Any

import pytest
from attrs import define, evolve, field

from callboard import OrderFilled, SignalType
from callboard.actors import names
from callboard.actors.settings import RiskSettings, Settings
from callboard.scenarios import (
    CHECKS,
    Delivery,
    Faults,
    Ground,
    Hooks,
    Network,
    Signal,
    Workload,
    World,
)
from callboard.scenarios.drawn import WIDE, drawn

LONG = Signal(0, SignalType.LONG_ENTRY)


def quiet(seed: int = 7, **changes: Any) -> World:
    """Return a world in which nothing happens by itself."""
    return World(seed, workload=Workload(seed, turbulence_ticks=1), **changes)


def test_a_seed_is_a_world_and_its_run_is_clean() -> None:
    report = World(2, is_thorough=False).run()

    assert report.is_clean, str(report)
    assert drawn(2, WIDE) == report.workload


def test_what_is_given_stands_in_place_of_what_is_drawn() -> None:
    world = World(3, faults=Faults(http_429=0.5), delivery=Delivery.PAIR, network=Network(200))

    assert (0.5, Delivery.PAIR) == (world.workload.faults.http_429, world.workload.delivery)
    assert drawn(3, WIDE).signals == world.workload.signals
    assert Network(200) == world.workload.network


def test_a_world_is_led_by_hand_from_signal_to_close() -> None:
    world = quiet()

    world.start()
    world.run_for(3)
    signal_id = world.send(LONG)
    world.run_for(3)

    assert isinstance(world.ended[signal_id], OrderFilled)
    assert [] == world.settle()
    assert [] == world.close()
    assert [] == world.violations


def test_what_the_workload_plans_happens_as_time_passes() -> None:
    planned = Workload(7, signals=(Signal(4_000, SignalType.LONG_ENTRY),), turbulence_ticks=1)
    world = World(7, workload=planned)

    world.start()
    world.run_for(3.9)
    before = dict(world.ended)
    world.run_for(2)

    assert ({}, ["s0"]) == (before, list(world.ended))


def test_an_engine_that_is_down_hears_of_what_was_told_when_it_is_up_again() -> None:
    world = quiet()
    world.start()
    world.run_for(3)

    world.crash(down_ms=2_000)
    world.crash()
    signal_id = world.send(LONG)
    world.run_for(10)

    assert isinstance(world.ended[signal_id], OrderFilled)
    assert [] == world.settle()


def test_faults_can_be_switched_while_the_world_goes_on() -> None:
    world = quiet()
    world.start()
    world.run_for(3)

    world.set_faults(Faults(answer_lost_after_execution=1.0))
    signal_id = world.send(LONG)
    world.run_for(0.02)
    world.set_faults(Faults())

    assert signal_id not in world.ended
    assert [] == world.settle()


@pytest.mark.parametrize("way_ms", [10, 200, 400])
def test_an_engine_on_a_slow_network_gets_ready_and_trades(way_ms: int) -> None:
    world = quiet(network=Network(way_ms, way_ms, way_ms))
    world.start()
    world.run_for(15)

    signal_id = world.send(LONG)
    began_ms = world.now_ms
    world.run_for(2 * way_ms / 1_000)
    before = dict(world.ended)
    world.run_for(10)

    assert {} == before
    assert isinstance(world.ended[signal_id], OrderFilled), began_ms
    assert [] == [*world.settle(), *world.violations]


@define
class FewOrders:
    """An invariant of a tester's own: never more than one order in a life."""

    ground: Ground
    count: int = field(init=False, default=0)

    def hooks(self) -> Hooks:
        return Hooks(accepted=self.on_accepted)

    def on_accepted(self, order: object) -> None:
        self.count += 1
        if self.count > 1:
            self.ground.report("few_orders", f"{order} is number {self.count}")


def test_a_testers_own_invariant_looks_on_beside_ours() -> None:
    world = quiet(invariants=(*CHECKS, FewOrders))
    world.start()
    world.run_for(3)

    world.send(LONG)
    world.run_for(3)
    world.send(evolve(LONG, symbol="BTCUSDT"))
    world.run_for(3)

    assert ["few_orders"] == [violation.invariant for violation in world.violations]


def test_an_engine_has_the_settings_that_it_is_given() -> None:
    world = quiet(settings=Settings(risk=RiskSettings(symbols=("BTCUSDT",), cooldown_ms=0)))
    world.start()
    world.run_for(3)

    signal_id = world.send(LONG)
    world.run_for(3)

    assert "symbol" in str(world.ended[signal_id])
    assert world.engine.state(names.POSITION_MONITOR).guards == {}


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_ends_in_the_same_step(seed: int) -> None:
    first, second = (World(seed, is_thorough=False).run() for _ in range(2))

    assert first.engine.kernel.chain.head == second.engine.kernel.chain.head
