"""Threaded replay: what threads wrote in two lives comes out the same, crashes included.

The order of messages is the machine's; the claim holds for every order.
"""

import threading
from pathlib import Path
from random import Random

import pytest
from attrs import evolve

from callboard import Subscribe
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import JOURNAL_FOLDER, Surroundings, launch
from callboard.actors.names import SUPERVISOR
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import InjectedCrash
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.settings import Settings
from callboard.actors.system import core_makers, make_codec
from callboard.messages.lifecycle import ActorStarted
from callboard.messages.values import SignalType
from callboard.scenarios.venue.faults import Faults
from callboard.scenarios.venue.threaded import ThreadedExchange
from support.engines import Collector
from support.eth_stage import START_NS, make_venue, signal
from support.stages import SEED, WAIT_SECONDS, stage_settings

LIVES, SIGNALS = 2, 10
SPEED = 10.0
"""A stop that was on its way at a stop of the engine is absent only after 16 s of engine time."""
WISHES = (SignalType.LONG_ENTRY, SignalType.REDUCE_50, SignalType.CLOSE_LONG)
ENDS = ("OrderFilled", "OrderRefused", "OrderFailed", "OrderExpired", "OrderCancelled")
CRASHES_MAX = 4
"""In one life: in all below what makes the supervisor, who remembers them, give up and halt."""


class Vandal:
    """Crashes one step of fifty, on whatever thread, but no message twice."""

    def __init__(self) -> None:
        self.crashed: list[str] = []
        self._random = Random(4)
        self._lock = threading.Lock()

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise in place of the handler, now and then."""
        starts = type(envelope.message) is ActorStarted
        if starts or not cell.is_core or cell.name == SUPERVISOR:
            return
        with self._lock:
            hits = self._random.random() < 0.02 and len(self.crashed) < CRASHES_MAX
            if hits and envelope.id not in self.crashed:
                self.crashed.append(envelope.id)
                raise InjectedCrash("drawn")


def live(settings: Settings, around: Surroundings, life: int) -> None:
    """Run an engine until each of its signals has had its end, one after the other."""
    ref, collector = launch(settings, around), Collector()
    ref.tell(Subscribe(collector))
    for number in range(SIGNALS):
        name = f"s{life}-{number}"
        ref.tell(signal(name, WISHES[number % len(WISHES)]))
        collector.wait_for(lambda name=name: has_ended(collector, name))  # type: ignore[misc]
    assert ref.stop(block=True, timeout=WAIT_SECONDS)


def has_ended(collector: Collector, name: str) -> bool:
    """Say whether a signal has had its terminal event."""
    ends = (event for event in collector.events if type(event).__name__ in ENDS)
    return any(event.signal_id == name for event in ends)


@pytest.mark.parametrize("placement", ["shared", "pinned"])
def test_lives_on_threads_replay_without_a_difference(placement: str, tmp_path: Path) -> None:
    plain, clock = stage_settings(placement), WallClock(SPEED, START_NS)
    settings = evolve(plain, journal=evolve(plain.journal, snapshot_every=200))
    exchange = ThreadedExchange(make_venue(seed=SEED), clock)
    exchange.set_faults(Faults(stream_duplicate=0.1, stream_reorder=0.1))

    vandals = [Vandal() for _ in range(LIVES)]
    for life, vandal in enumerate(vandals):
        port = exchange.connect("engine")
        around = Surroundings(port, clock, tmp_path, shares=Shares(), saboteur=vandal)
        live(settings, around, life)
    exchange.close()

    folder = Disk(tmp_path / JOURNAL_FOLDER)
    report = verify(folder)
    result = replay(folder, make_codec(), lambda _: core_makers(settings))
    assert ((), ()) == (report.findings, result.divergences)
    assert report.records == result.records > 300
    assert all(vandal.crashed for vandal in vandals)
