"""Stages: the whole engine on a seeded venue, on each host, for one test on all of them.

A stage has a journal, a venue whose ledger can be read and every event that was published. On
threads time is the wall's, thrice as fast; in simulation it is virtual. Waits are conditions on
the events with a limit; nothing sleeps.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pykka
from attrs import define, evolve

from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import JOURNAL_FOLDER, Surroundings, launch
from callboard.actors.ports import FileSystem
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.front import Front, Subscribe
from callboard.actors.runtime.hosting import InjectedCrash
from callboard.actors.settings import Settings
from callboard.actors.system import ROUTES
from callboard.messages.intake import HostCommand
from callboard.messages.queries import Query
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.threaded import ThreadedExchange
from callboard.scenarios.venue.venue import Venue
from support.engines import Collector
from support.eth_stage import RISK, START_NS, EthStage, make_venue

SECOND_NS = 1_000_000_000
SEED = 11
SPEED = 3.0
STAGES = ("shared", "pinned", "simulation")
WAIT_SECONDS = 120.0
"""Of the wall on threads, of virtual time in simulation."""

T = TypeVar("T")


class CrashOnce:
    """Crashes an actor at its first message of a class."""

    def __init__(self, actor: str, kind: type) -> None:
        self.actor, self.kind = actor, kind
        self.crashed = 0

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise in place of the handler, once."""
        if not self.crashed and cell.name == self.actor and type(envelope.message) is self.kind:
            self.crashed += 1
            raise InjectedCrash(f"{self.actor} at {self.kind.__name__}")


@define(eq=False)
class ThreadedStage:
    """An engine on Pykka's threads."""

    settings: Settings
    data_dir: Path
    venue: Venue
    ref: pykka.ActorRef[Front]
    collector: Collector

    @property
    def events(self) -> list[Any]:
        """Every event so far."""
        return self.collector.events

    def tell(self, command: HostCommand) -> None:
        """Give a command; it is taken when this returns."""
        assert self.ref.ask(command, timeout=WAIT_SECONDS) is None

    def ask(self, query: Query) -> Any:
        """Return the answer to a query."""
        return self.ref.ask(query, timeout=WAIT_SECONDS)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until the events are so."""
        self.collector.wait_for(condition)

    def ledger(self) -> VenueLedger:
        """Return the venue's truth; its thread has ended."""
        assert not self.ref.is_alive(), "stop the engine first"
        return self.venue.ledger()

    def stop(self) -> FileSystem:
        """Stop the engine and its venue."""
        if self.ref.is_alive():
            assert self.ref.stop(block=True, timeout=WAIT_SECONDS)
        return Disk(self.data_dir / JOURNAL_FOLDER)


@define(eq=False)
class SimulatedStage:
    """An engine in virtual time."""

    settings: Settings
    world: SimulatedEngine
    events: list[Any]

    def tell(self, command: HostCommand) -> None:
        """Give a command."""
        self.world.tell(command)

    def ask(self, query: Query) -> Any:
        """Return the answer to a query."""
        return self.world.ask(query, ROUTES[type(query)])

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Run until the events are so."""
        simulation = self.world.simulation
        until_ns = simulation.now_ns + int(WAIT_SECONDS * SECOND_NS)
        simulation.run(until_ns, stop=condition)
        assert condition(), self.events

    def ledger(self) -> VenueLedger:
        """Return the venue's truth."""
        return self.world.venue.ledger()

    def stop(self) -> FileSystem:
        """Stop the engine."""
        if self.world.life is not None:
            self.world.stop()
        assert self.world.disk is not None
        return self.world.disk


Stage = ThreadedStage | SimulatedStage


def of(stage: Stage, kind: type[T]) -> list[T]:
    """Return the events of one class."""
    return [event for event in list(stage.events) if isinstance(event, kind)]


def wait_of(stage: Stage, kind: type[T], count: int = 1) -> Sequence[T]:
    """Run until so many events of one class were published, and return them."""
    stage.wait_for(lambda: len(of(stage, kind)) >= count)
    return of(stage, kind)


def stage_settings(placement: str = "shared") -> Settings:
    """Return settings under which signals follow each other without pauses."""
    risk = evolve(RISK, executions_per_day_max=1_000)
    return Settings(seed=SEED, placement=placement, risk=risk)


@contextmanager
def running(name: str, data_dir: Path, saboteur: CrashOnce | None = None) -> Generator[Stage]:
    """Run an engine on the named host for a test; it is stopped in any case."""
    stage: Stage = (
        _simulated(saboteur) if name == "simulation" else _threaded(name, data_dir, saboteur)
    )
    try:
        yield stage
    finally:
        stage.stop()


def _threaded(placement: str, data_dir: Path, saboteur: CrashOnce | None) -> ThreadedStage:
    clock, settings = WallClock(SPEED, START_NS), stage_settings(placement)
    venue = make_venue(seed=SEED)
    exchange = ThreadedExchange(venue, clock)
    around = Surroundings(
        exchange,
        clock,
        data_dir,
        shares=Shares(),
        on_stopped=exchange.close,
        saboteur=saboteur,
    )
    ref = launch(settings, around)
    collector = Collector()
    ref.tell(Subscribe(collector))
    return ThreadedStage(settings, data_dir, venue, ref, collector)


def _simulated(saboteur: CrashOnce | None) -> SimulatedStage:
    settings = stage_settings()
    made = EthStage(settings=settings, seed=SEED, saboteur=saboteur)
    return SimulatedStage(settings, made.world, made.events)


def threads_of_engine() -> list[str]:
    """Name the threads of engines, fronts and venues that live in this process."""
    marks = ("callboard", "Front", "Dispatcher")
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(marks)]
