"""Dispatcher and its host: threads, time, the high-water mark, and an end that always comes."""

import decimal
import threading
from functools import partial
from typing import Any

import pykka

from callboard.actors.runtime.actor import Actor, Context, EdgeActor
from callboard.actors.runtime.dispatcher import Dispatcher, Gauge
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.threads import Placement, ThreadedHost
from callboard.messages.lifecycle import HighWaterPassed
from support.engines import Collector
from support.toys import Add, AddLater, Counter, Divide, ToyEdge, Witness, toy_codec
from support.worlds import WAIT_SECONDS, FastClock, ManualClock, World, make_world


def threads_of(placement: str) -> World:
    """Make a world of two counters and two edges."""
    world = make_world(placement)
    for name in ("counter", "other"):
        world.kernel.add(name, lambda: Counter(world.witness))
    for name in ("edge", "wire"):
        world.kernel.add(name, lambda: ToyEdge(world.witness))
    return world


def test_shared_placement_runs_the_core_on_one_thread_and_each_edge_on_its_own() -> None:
    world = threads_of("shared")
    world.start()
    world.run_until(lambda: len(world.witness.threads) == 4)
    world.stop()

    assert {
        "counter": "callboard-core",
        "other": "callboard-core",
        "edge": "callboard-edge",
        "wire": "callboard-wire",
    } == world.witness.threads


def test_pinned_placement_gives_every_actor_its_own_thread() -> None:
    world = threads_of("pinned")
    world.start()
    world.run_until(lambda: len(world.witness.threads) == 4)
    world.stop()

    assert 4 == len(set(world.witness.threads.values()))


def test_every_thread_has_ended_after_the_stop() -> None:
    world = threads_of("pinned")
    world.start()

    world.stop()

    threads = world.host.threads()
    assert (4, []) == (len(threads), [each.name for each in threads if each.is_alive()])


def test_a_stop_waits_for_what_was_sent_before_and_closes_the_edges() -> None:
    world = threads_of("shared")
    world.start()
    world.post("edge", *(Add(number) for number in range(100)))

    world.stop()

    adds = [Add(number) for number in range(100)]
    assert ["opened", *adds, "closed"] == world.witness.of("edge")


def test_what_is_sent_after_the_stop_is_a_dead_letter() -> None:
    world = threads_of("shared")
    world.start()
    world.stop()
    dead = world.kernel.counts.dead

    world.post("counter", Add(1))

    assert dead + 1 == world.kernel.counts.dead
    assert [] == [each for each in world.witness.of("counter") if each == Add(1)]


def test_an_actor_that_is_told_before_the_start_gets_it_after_its_start() -> None:
    world = threads_of("pinned")
    world.post("counter", Add(1))
    world.start()
    world.run_until(lambda: Add(1) in world.witness.of("counter"))
    world.stop()

    assert ["started 1", Add(1)] == world.witness.of("counter")


class Stuck(EdgeActor):
    """An edge whose handler never comes back by itself."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.release = threading.Event()

    def receive(self, message: Any, ctx: Context) -> None:
        """Hang."""
        self.entered.set()
        self.release.wait(WAIT_SECONDS)
        ctx.log("came_back", kind=type(message).__name__)


def test_a_thread_that_does_not_end_in_time_is_named_and_holds_up_nobody() -> None:
    world = threads_of("shared")
    stuck = Stuck()
    world.kernel.add("stuck", lambda: stuck)
    world.start()
    world.post("stuck", Add(1), Add(2))
    assert stuck.entered.wait(WAIT_SECONDS)

    left = world.host.stop(budget_ms=50)

    assert ("stuck",) == left
    assert ("stuck", "thread_abandoned") in world.logged
    assert Add(2) in [each.message for each in world.kernel.dead_letters]
    alive = [thread for thread in world.host.threads() if thread.is_alive()]
    assert ["callboard-stuck"] == [thread.name for thread in alive]
    assert all(thread.daemon for thread in alive)
    stuck.release.set()
    alive[0].join(WAIT_SECONDS)
    assert not alive[0].is_alive()


def test_cells_stop_in_the_reverse_order_of_their_start() -> None:
    world = make_world("shared")
    closed: list[str] = []

    class Closing(EdgeActor):
        def __init__(self, name: str) -> None:
            self.name = name

        def receive(self, message: Any, ctx: Context) -> None:
            ctx.log("told", kind=type(message).__name__)

        def close(self) -> None:
            closed.append(self.name)

    for name in ("a", "b", "c"):
        world.kernel.add(name, partial(Closing, name))
    world.start()

    world.stop()

    assert ["c", "b", "a"] == closed


class Timekeeper(Actor):
    """Notes the time of each step."""

    def __init__(self, witness: Witness) -> None:
        super().__init__()
        self.witness = witness

    def receive(self, message: Any, ctx: Context) -> None:
        """Note the time."""
        self.witness.note(type(message).__name__, ctx.now)


def test_time_never_goes_backwards() -> None:
    clock = ManualClock(100)
    world = make_world("shared", clock=clock)
    world.kernel.add("keeper", lambda: Timekeeper(world.witness))
    world.start()

    for at_ns in (200, 150, 300):
        clock.at_ns = at_ns
        world.ask("keeper", Add(at_ns))
    world.stop()

    assert [200, 200, 300] == world.witness.of("Add")


def test_a_timer_falls_due_when_the_clock_is_moved_by_hand() -> None:
    clock = ManualClock()
    world = make_world("shared", clock=clock)
    world.kernel.add("counter", lambda: Counter(world.witness))
    world.start()
    world.post("counter", AddLater(1_000, 5))
    world.run_until(lambda: AddLater(1_000, 5) in world.witness.of("counter"))

    clock.at_ns = 1_000
    world.host.wake()
    world.run_until(lambda: Add(5) in world.witness.of("counter"))
    world.stop()

    assert Add(5) == world.witness.of("counter")[-1]


def test_the_decimal_context_of_the_host_is_left_alone() -> None:
    before = decimal.getcontext().copy()
    world = threads_of("shared")
    world.start()
    world.post("counter", Divide())
    total = world.total()
    world.stop()

    assert (36, 28) == (total, decimal.getcontext().prec)
    assert repr(before) == repr(decimal.getcontext())


class Breaker(Actor):
    """Notes what it is told."""

    def __init__(self, witness: Witness) -> None:
        super().__init__()
        self.witness = witness

    def receive(self, message: Any, ctx: Context) -> None:
        """Note it."""
        self.witness.note(ctx.me, message)


def test_passing_the_high_water_mark_is_told_to_the_breaker() -> None:
    witness, told = Witness(), threading.Event()
    host = ThreadedHost(FastClock(), Placement.SHARED, high_water=1_000)
    kernel = Kernel(toy_codec(), host, "seed")
    host.attach(kernel)
    kernel.add("circuit_breaker", lambda: Breaker(witness))
    kernel.add("counter", lambda: Counter(witness))
    kernel.on_step = lambda cell, _envelope: (
        told.set() if cell.name == "circuit_breaker" and witness.of("circuit_breaker") else None
    )
    for _ in range(2_000):
        kernel.post("counter", Add(1))

    host.start()
    assert told.wait(WAIT_SECONDS)
    host.stop()

    passed = witness.of("circuit_breaker")
    assert 1 == len(passed)
    assert isinstance(passed[0], HighWaterPassed)
    assert 1_000 == passed[0].mark < passed[0].depth


def test_the_gauge_tells_once_until_the_depth_is_below_half() -> None:
    gauge = Gauge(10, "breaker")

    crossings = [gauge.crossed(depth) for depth in (10, 11, 50, 11, 5, 11, 4, 11)]

    assert [False, True, False, False, False, False, False, True] == crossings


def test_no_mark_means_that_nothing_is_told() -> None:
    gauge = Gauge(0, "breaker")

    assert not any(gauge.crossed(depth) for depth in (0, 1, 10**6))


class BrokenJournal:
    """A journal whose append raises: our own bug, by its contract."""

    def append(self, line: bytes, held: object) -> None:
        """Raise."""
        raise SystemExit(f"{len(line)} bytes, {held!r}")


def test_what_escapes_from_the_kernel_stops_the_engine_and_not_the_process() -> None:
    reasons: list[str] = []
    called = threading.Event()
    host = ThreadedHost(FastClock())
    kernel = Kernel(toy_codec(), host, "seed", BrokenJournal())
    host.attach(kernel)

    def on_fatal(reason: str) -> None:
        reasons.append(reason)
        called.set()

    host.on_fatal = on_fatal
    kernel.add("counter", lambda: Counter(Witness()))
    bystander = Bystander.start()

    host.start()
    assert called.wait(WAIT_SECONDS)
    answers = Collector()
    kernel.post("counter", Add(1), reply=answers)
    (answer,) = answers.wait_count(1)

    assert () == host.stop()
    assert 1 == len(reasons)
    assert reasons[0].startswith("core: SystemExit")
    assert "refused: not_delivered" == str(answer)
    assert "alive" == bystander.ask("how are you?", timeout=WAIT_SECONDS)
    bystander.stop(block=True, timeout=WAIT_SECONDS)


class Bystander(pykka.ThreadingActor):
    """An actor of the host's own."""

    use_daemon_thread = True

    def on_receive(self, message: Any) -> str:
        """Answer."""
        return "alive" if message else ""


def test_dispatchers_are_not_in_the_registry_of_the_host() -> None:
    world = threads_of("pinned")
    world.start()

    registered = pykka.ActorRegistry.get_by_class(Dispatcher)
    world.stop()

    assert [] == registered


def test_many_messages_to_two_threads_all_arrive() -> None:
    world = threads_of("pinned")
    world.start()

    for number in range(500):
        world.post("counter" if number % 2 else "other", Add(1))
    totals = (world.total("counter"), world.total("other"))
    world.stop()

    assert (250, 250) == totals


def test_an_envelope_for_an_unknown_actor_is_buried_by_the_host() -> None:
    world = threads_of("shared")

    world.host.route(Envelope("nobody", Add(1), "", "host", 0, ""))

    assert 1 == world.kernel.counts.dead
