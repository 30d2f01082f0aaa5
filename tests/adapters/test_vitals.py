"""Test of Vitals: a running engine says how its machine is, also while its core is held."""

import os
import threading
from collections.abc import Generator
from typing import Any

import pytest

from callboard import EngineReady, PositionProtected, SignalType, Subscribe
from callboard.actors import names
from callboard.actors.adapters.journal import ThreadedJournalPort
from callboard.actors.adapters.vitals import Machine, Vitals
from callboard.actors.engine import Surroundings, launch
from callboard.actors.errors import Refused
from callboard.actors.execution_system import ExecutionSystem
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.dispatcher import HandlerTime
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.record import Chain
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.actors.runtime.threads import ThreadedHost
from callboard.actors.system import VERSION, make_codec
from callboard.messages.codec import dumps
from callboard.messages.queries import GetStatus
from callboard.messages.vitals import (
    AccountView,
    ActorView,
    DeadLetterView,
    GetAccount,
    GetLimits,
    GetQueue,
    GetStreams,
    GetUserStream,
    GetVitals,
    LimitsView,
    QueueView,
    StreamsView,
    UserStreamView,
    VitalsView,
)
from callboard.scenarios.disk import SimulatedDisk
from support.engines import Collector
from support.eth_stage import signal
from support.hosts import Ref, ask, has, paper_system, venue_thread
from support.shop import RUN, START_NS
from support.stages import WAIT_SECONDS, stage_settings
from support.steps import StepRunner
from support.worlds import ManualClock

MS = 1_000_000
Running = tuple[Ref, Collector]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """Run one engine with a journal for all, in which one position was opened."""
    with paper_system(data_dir=tmp_path_factory.mktemp("vitals")) as (ref, collector):
        ask(ref, signal("s1", SignalType.LONG_ENTRY))
        collector.wait_for(has(collector, PositionProtected))
        yield ref, collector


def actor(view: VitalsView, name: str) -> ActorView:
    return next(each for each in view.actors if each.name == name)


def test_every_question_about_the_engine_is_answered_by_its_owner(running: Running) -> None:
    ref, _ = running
    questions: tuple[tuple[Any, type], ...] = (
        (GetLimits(), LimitsView),
        (GetQueue(), QueueView),
        (GetStreams(), StreamsView),
        (GetUserStream(), UserStreamView),
        (GetAccount(), AccountView),
        (GetVitals(), VitalsView),
    )

    answers = [ask(ref, question) for question, _ in questions]

    assert [kind for _, kind in questions] == [type(each) for each in answers]


def test_the_machine_names_itself(running: Running) -> None:
    ref, _ = running

    view = ask(ref, GetVitals())

    assert (os.getpid(), VERSION, "paper", 1, True) == (
        view.pid,
        view.version,
        view.mode,
        view.generation,
        view.ready,
    )
    assert view.started_at_ms <= view.at_ms
    assert view.messages_delivered <= view.messages_sent


def test_every_actor_tells_its_work_and_its_last_message(running: Running) -> None:
    ref, _ = running

    view = ask(ref, GetVitals())

    assert {*names.CORE, *names.LANES, names.JOURNAL, names.VITALS} <= {
        each.name for each in view.actors
    }
    intake, vitals = actor(view, names.EXECUTION_SYSTEM), actor(view, names.VITALS)
    assert (True, "running", 0, 0) == (
        intake.is_core,
        intake.status,
        intake.failures,
        intake.restarts,
    )
    assert intake.steps > 0
    assert intake.last_at_ms > 0
    assert "GetVitals" == vitals.last_message
    sampled = [each for each in view.actors if each.handler_samples]
    assert sampled
    assert all((each.handler_mean_us or 0) <= (each.handler_max_us or 0) for each in sampled)


def test_the_journal_tells_how_far_it_is(running: Running) -> None:
    ref, _ = running

    journal = ask(ref, GetVitals()).journal

    assert 0 < journal.written <= journal.sequence
    assert ("", 0) == (journal.failed, journal.lost)


def test_a_message_that_nobody_handles_is_told_with_the_reason() -> None:
    clock = ManualClock(START_NS)
    host = ThreadedHost(clock)
    kernel = Kernel(make_codec(), host, "1")
    host.attach(kernel)
    kernel.add(names.EXECUTION_SYSTEM, lambda: ExecutionSystem(1_000, 1_000))

    kernel.post("nobody", GetStatus())

    view = Machine(kernel, host, clock, "1.0", "paper", 1).look()
    assert (DeadLetterView("nobody", "GetStatus", "host:1.0", "no such actor"),) == view.last_dead
    assert (1, False) == (view.dead_letters, view.ready)


def test_a_core_that_is_held_is_seen_from_beside_it() -> None:
    entered, gate = threading.Event(), threading.Event()

    def hold(cell: Cell, _envelope: Envelope) -> None:
        if cell.name == names.CIRCUIT_BREAKER and held.is_set():
            entered.set()
            gate.wait(WAIT_SECONDS)

    held, collector = threading.Event(), Collector()
    with venue_thread() as (exchange, clock):
        ref = launch(stage_settings(), Surroundings(exchange, clock, on_step=hold))
        try:
            ask(ref, Subscribe(collector))
            collector.wait_for(has(collector, EngineReady))
            held.set()
            status = ref.ask(GetStatus(), block=False)
            assert entered.wait(WAIT_SECONDS)
            ref.tell(signal("s1", SignalType.LONG_ENTRY))
            ref.ask(GetVitals(), timeout=WAIT_SECONDS)  # the signal is in the mailbox by now
            view = ask(ref, GetVitals())
        finally:
            gate.set()
            ref.stop(block=True, timeout=WAIT_SECONDS)

    assert None is view.journal
    assert actor(view, names.EXECUTION_SYSTEM).mailbox >= 1
    assert status.get(timeout=WAIT_SECONDS) is not None


def test_a_look_that_fails_is_a_refused_query_and_no_failed_actor() -> None:
    def look() -> VitalsView:
        raise RuntimeError("changed meanwhile")

    step = StepRunner(Vitals(look), name=names.VITALS).tell(GetVitals())

    (refused,) = step.replies
    assert isinstance(refused, Refused)
    assert "vitals: RuntimeError: changed meanwhile" == refused.reason


def test_the_time_of_a_handler_is_a_mean_and_a_maximum() -> None:
    taken = HandlerTime()
    for each in (2_000, 6_000, 1_000):
        taken.note(each)

    assert HandlerTime(count=3, total_ns=9_000, max_ns=6_000) == taken


def line(chain: Chain, number: int) -> bytes:
    return chain.seal(dumps({"seq": number, "now": START_NS + number * MS, "msg": {}}))


def test_what_is_not_safe_yet_is_as_old_as_its_first_record() -> None:
    chain, writer = Chain(), SegmentWriter(SimulatedDisk(), RUN)
    first, second = line(chain, 1), line(chain, 2)

    nothing = writer.unsafe_since_ns()
    writer.take([first, second])
    taken = writer.unsafe_since_ns()
    writer.flush()
    written = writer.unsafe_since_ns()
    writer.sync()

    assert (0, START_NS + MS, START_NS + MS) == (nothing, taken, written)
    assert 0 == writer.unsafe_since_ns()


def test_what_waits_for_the_journal_is_as_old_as_its_first_record() -> None:
    chain, port = Chain(), ThreadedJournalPort(lambda _to, _message: None)

    before = port.queued_since_ns()
    port.append(line(chain, 7), ())
    port.append(line(chain, 8), ())

    assert (0, START_NS + 7 * MS) == (before, port.queued_since_ns())
