"""SimulatedEngines: an engine and an ordinary Pykka program in one simulation, two ways.

The whole threaded host of production runs inside, threads, files and all; or a simulated engine
with its checkers stands behind a front that the program holds.
"""

import queue
import sys
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pykka
import pytest

from callboard import EngineReady, GetPositions, PositionOpened, Settings, SignalType, Subscribe
from callboard.actors.errors import Refused
from callboard.messages.intake import SubmitSignal
from callboard.scenarios import ActorCrash, Faults, Workload, World, paper
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.invariants import Checker
from callboard.scenarios.programs.simulation import simulated
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.simulation import Delivery, Simulation
from support.eth_stage import RISK, START_NS, SYMBOL, make_venue, signal
from support.simulated_runs import simulate

EXAMPLES = Path(__file__).parents[2] / "examples"


class Strategy(pykka.ThreadingActor):
    """Buys when the engine is ready, and sells a minute after that was done."""

    def __init__(self, engine: pykka.ActorRef[Any]) -> None:
        super().__init__()
        self.engine = engine
        self.events: list[str] = []

    def on_start(self) -> None:
        self.engine.ask(Subscribe(self.actor_ref))

    def on_receive(self, message: Any) -> None:
        self.events.append(type(message).__name__)
        match message:
            case EngineReady():
                self.engine.tell(signal("buy", SignalType.LONG_ENTRY))
            case PositionOpened():
                self.engine.tell(signal("sell", SignalType.CLOSE_LONG))
            case _:
                """Nothing else moves it."""


def trade(seed: int, delivery: Delivery) -> tuple[simulated, dict[str, bytes], list[str], int]:
    """Let a strategy trade with a simulated engine; return what is left to compare."""
    simulation = Simulation(seed=seed, now_ns=START_NS, delivery=delivery)
    engine = SimulatedEngine(simulation, make_venue(), Settings(seed=seed, risk=RISK))
    checker = Checker(engine)
    with simulated(seed=seed, delivery=delivery, simulation=simulation) as run:
        front = run.front(engine)
        strategy: Any = Strategy.start(front).proxy()
        while "PositionClosed" not in (events := strategy.events.get()):
            strategy.actor_ref.actor_stopped.wait(1)
        positions = front.ask(GetPositions(), block=True).positions
        strategy.stop().get()
        front.stop()
    disk = engine.disk
    assert isinstance(disk, SimulatedDisk)
    files = {name: disk.read(name) for name in disk.names()}
    return run, files, [*events, *map(str, checker.violations)], len(positions)


@pytest.mark.parametrize("delivery", Delivery)
def test_a_strategy_trades_with_a_simulated_engine_alike_every_time(delivery: Delivery) -> None:
    run, files, events, open_positions = trade(3, delivery)
    again, same_files, same_events, _ = trade(3, delivery)

    assert (run.trace, files, events) == (again.trace, same_files, same_events)
    assert 0 == open_positions
    assert {"EngineReady", "PositionOpened", "OrderFilled", "PositionClosed"} <= set(events)
    assert [] == [event for event in events if " ns, record " in event]


def trade_in_a_world(seed: int) -> tuple[simulated, World, list[str]]:
    """Let a strategy trade in a world full of trouble, for two minutes."""
    trouble = Workload(
        seed,
        crashes=(ActorCrash("risk_gate", 2), ActorCrash("event_bus", 8)),
        faults=Faults(answer_lost_after_execution=0.2, http_429=0.02),
        turbulence_ticks=3,
    )
    world = World(seed, workload=trouble)
    with simulated(seed, simulation=world.engine.simulation) as run:
        front = run.front(world)
        strategy: Any = Strategy.start(front).proxy()
        strategy.actor_ref.actor_stopped.wait(120)
        events = strategy.events.get()
        strategy.stop().get()
        front.stop()
    return run, world, events


def test_a_strategy_trades_in_a_world_of_trouble_and_every_invariant_looks_on() -> None:
    run, world, events = trade_in_a_world(4)
    again, _, same_events = trade_in_a_world(4)

    assert (run.trace, events) == (again.trace, same_events)
    assert "OrderFilled" in events
    assert [] == list(world.violations)


def test_a_front_whose_engine_was_killed_refuses() -> None:
    engine = SimulatedEngine(Simulation(now_ns=START_NS), make_venue(), Settings(risk=RISK))

    with simulated(seed=1, simulation=engine.simulation) as run:
        front = run.front(engine)
        engine.crash()
        with pytest.raises(Refused, match="the engine was killed"):
            front.ask(GetPositions())


def test_an_engine_with_a_time_of_its_own_is_refused() -> None:
    engine = SimulatedEngine(Simulation(), make_venue(), Settings())

    with simulated(seed=1) as run, pytest.raises(ValueError, match="time of its own"):
        run.front(engine)


def use_paper(folder: Path) -> list[str]:
    """Trade with the paper host of production, as its users do; return the events."""
    events: list[Any] = []
    ready: queue.Queue[EngineReady] = queue.Queue()
    engine = paper.start(Settings(seed=3, risk=RISK), data_dir=folder)
    engine.ask(Subscribe(events.append))
    engine.ask(Subscribe(ready, (EngineReady,)))
    ready.get(timeout=60)
    engine.tell(SubmitSignal("buy", 0, SignalType.LONG_ENTRY, SYMBOL, confidence=Decimal("0.9")))
    engine.actor_stopped.wait(5)
    engine.stop()
    return [type(event).__name__ for event in events]


def keep(found: list[list[str]], folder: Path) -> None:
    """Trade, and keep what was heard."""
    found.append(use_paper(folder))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file that the engine wrote."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_host_of_production_writes_the_same_files_in_every_run(tmp_path: Path) -> None:
    found: list[list[str]] = []
    for name in ("first", "second"):
        simulate(partial(keep, found, tmp_path / name), seed=5)

    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert found[0] == found[1]
    assert "PositionOpened" in found[0]


def test_the_embedded_example_runs_unchanged_and_alike(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    main = import_module("embedded_strategy").main

    runs = [simulate(lambda: main(["--seconds", "5"])) for _ in range(2)]
    said = capsys.readouterr().out

    assert runs[0].trace == runs[1].trace
    assert said[: len(said) // 2] == said[len(said) // 2 :]
    assert 5 <= runs[0].seconds < 6
