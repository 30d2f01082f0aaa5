"""Test of JournalWatch: what opens nothing leaves while a sync hangs, and leaves once."""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.journal import Journal, ThreadedJournalPort
from callboard.actors.adapters.journal_watch import LOOKS, JournalWatch
from callboard.actors.names import JOURNAL, JOURNAL_WATCH, LANE_OPENING, LANE_REDUCING
from callboard.actors.runtime.actor import EdgeActor
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.journal_writer import Keeper
from callboard.actors.runtime.record import Chain
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.actors.runtime.step import Forward, StepContext, run_step
from callboard.messages.codec import dumps
from callboard.messages.lifecycle import ActorStarted
from callboard.messages.values import Priority
from callboard.messages.venue import CancelOne, MakeCall, Permit, PlaceOrder
from callboard.scenarios.disk import SimulatedDisk
from support.shop import RUN, START_NS
from support.venue_samples import MARKET

WAIT_MS = 500


def cancel(number: int) -> Envelope:
    call = CancelOne(f"cb1-{number}-e1", "ETHUSDT", conditional=False)
    return held(LANE_REDUCING, number, call, Priority.REDUCING)


def stop(number: int) -> Envelope:
    return held(LANE_REDUCING, number, evolve(MARKET, reduce_only=True), Priority.REDUCING)


def entry(number: int) -> Envelope:
    return held(LANE_OPENING, number, MARKET, Priority.OPENING)


def held(lane: str, number: int, call: PlaceOrder | CancelOne, priority: Priority) -> Envelope:
    asked = MakeCall(f"call-{number}", call, Permit(f"p{number}", 0), priority, 0, 0)
    return Envelope(lane, asked, "order_manager", number, 0, "")


class HangingDisk(SimulatedDisk):
    """A disk during whose syncs other things happen."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def sync(self, name: str) -> None:
        """Let them happen first."""
        self.meanwhile()
        super().sync(name)


class _NoDraws:
    def random(self) -> float:
        raise AssertionError("an edge draws nothing")


class Bench:
    """A journal and its watch, stepped by hand; `released` is what left, in its order."""

    def __init__(self) -> None:
        self.disk = HangingDisk()
        self.posted: list[object] = []
        self.port = ThreadedJournalPort(lambda _to, message: self.posted.append(message))
        self.journal = Journal(self.port, Keeper(SegmentWriter(self.disk, RUN)))
        self.watch = JournalWatch(self.port, WallClock(), exit_wait_ms=WAIT_MS)
        self.released: list[Envelope] = []
        self._chain = Chain()
        self._sequence = 0
        self.step(self.watch, JOURNAL_WATCH, ActorStarted(1))

    def append(self, *messages: Envelope) -> None:
        self._sequence += 1
        record: dict[str, Any] = {"seq": self._sequence, "now": START_NS, "msg": {}}
        self.port.append(self._chain.seal(dumps(record)), messages)

    def write(self) -> None:
        while self.posted:
            self.step(self.journal, JOURNAL, self.posted.pop(0))

    def look(self, times: int) -> None:
        for _ in range(times):
            self.step(self.watch, JOURNAL_WATCH, self._look)

    def step(self, actor: EdgeActor, name: str, message: Any) -> None:
        context = StepContext(name, _NoDraws())
        told = Envelope(name, message, "", "host", 0, "")
        assert run_step(actor, context, told, START_NS) is None
        self.released += [each[0] for each in context.others if isinstance(each, Forward)]
        if name == JOURNAL_WATCH:
            ((self.interval_ns, self._look, _),) = context.timers


def test_while_a_sync_hangs_what_opens_nothing_leaves_and_entries_wait() -> None:
    bench = Bench()
    seen: list[list[Envelope]] = []

    def hang() -> None:
        bench.look(LOOKS + 1)
        seen.append([*bench.released])

    bench.look(LOOKS)
    bench.append(entry(1), stop(2), cancel(3))
    bench.disk.meanwhile = hang
    bench.write()

    assert [[stop(2), cancel(3)]] == seen
    assert [stop(2), cancel(3), entry(1)] == bench.released


def test_what_came_later_waits_its_own_time() -> None:
    bench = Bench()
    bench.append(stop(1))
    bench.look(LOOKS - 1)
    bench.append(cancel(2))

    bench.look(1)
    first = [*bench.released]
    bench.look(LOOKS - 1)

    assert [] == first
    assert [stop(1)] == bench.released


def test_the_looks_are_so_far_apart_that_their_number_makes_the_wait() -> None:
    assert WAIT_MS * 1_000_000 == LOOKS * Bench().interval_ns


def test_a_disk_that_answers_in_time_is_awaited() -> None:
    bench = Bench()
    for number in range(3 * LOOKS):
        bench.append(cancel(number))
        before = len(bench.released)
        bench.look(1)
        assert before == len(bench.released)
        bench.write()

    assert [cancel(number) for number in range(3 * LOOKS)] == bench.released


def test_after_the_hang_the_journal_is_awaited_again() -> None:
    bench = Bench()
    bench.disk.meanwhile = lambda: bench.look(LOOKS + 1)
    bench.append(stop(1))
    bench.write()
    bench.disk.meanwhile = staticmethod(lambda: None)

    bench.append(stop(2), entry(3))
    bench.look(1)
    bench.write()

    assert [stop(1), stop(2), entry(3)] == bench.released
