"""Hosts: what a host's process does with systems, for tests of the embedding.

A paper system on its own venue, or a venue on a thread that outlives the systems that trade there.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pykka

from callboard import (
    Settings,
    Subscribe,
)
from callboard.actors.adapters.clock import WallClock
from callboard.actors.policies.host_rules import HostRule
from callboard.actors.runtime.front import Front
from callboard.scenarios import paper
from callboard.scenarios.venue.threaded import ThreadedExchange
from support.engines import Collector
from support.eth_stage import START_NS, make_venue
from support.stages import (
    SEED,
    SPEED,
    WAIT_SECONDS,
    stage_settings,
)

Ref = pykka.ActorRef[Front]


@contextmanager
def paper_system(
    settings: Settings | None = None,
    data_dir: Path | None = None,
    rules: Iterable[HostRule] = (),
) -> Generator[tuple[Ref, Collector]]:
    """Run a paper system for a test, with a subscriber to all events."""
    ref = paper.start(settings or stage_settings(), data_dir=data_dir, speed=SPEED, rules=rules)
    collector = Collector()
    ref.tell(Subscribe(collector))
    try:
        yield ref, collector
    finally:
        ref.stop(block=True, timeout=WAIT_SECONDS)


@contextmanager
def venue_thread() -> Generator[tuple[ThreadedExchange, WallClock]]:
    """Run a venue that outlives the systems which trade there."""
    clock = WallClock(SPEED, START_NS)
    exchange = ThreadedExchange(make_venue(seed=SEED), clock)
    try:
        yield exchange, clock
    finally:
        exchange.close()


def has(collector: Collector, kind: type) -> Callable[[], bool]:
    """Return a condition: an event of the class has come."""
    return lambda: any(isinstance(event, kind) for event in collector.events)


def ask(ref: Ref, message: object) -> Any:
    """Ask with a limit."""
    return ref.ask(message, timeout=WAIT_SECONDS)
