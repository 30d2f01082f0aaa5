"""Hosts: one conformance suite for every host that carries a kernel's messages.

Runs toy actors on threads (shared and pinned) and in simulation, and demands the same of each.
"""

from collections.abc import Iterator

import pytest

from callboard.messages.lifecycle import Terminated
from support.toys import (
    SECOND_NS,
    Add,
    AddAndTell,
    AddLater,
    Cancel,
    Counter,
    Crash,
    CrashWhileBelow,
    Divide,
    Spawn,
    StopNow,
    ToyEdge,
    WatchFor,
    one_group,
)
from support.worlds import HOSTS, World, make_world


@pytest.fixture(params=HOSTS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Give a world with two counters, an edge and a supervisor, on each host."""
    world = make_world(str(request.param), tree=one_group("counter", "other", "edge"))
    world.kernel.add("counter", lambda: Counter(world.witness))
    world.kernel.add("other", lambda: Counter(world.witness))
    world.kernel.add("edge", lambda: ToyEdge(world.witness))
    world.kernel.kinds = {"counter": lambda _settings: Counter(world.witness)}
    yield world
    world.stop()


def test_a_start_is_the_first_message_of_every_actor(world: World) -> None:
    world.post("counter", Add(1))
    world.start()

    assert 1 == world.total()
    assert ["started 1", Add(1)] == world.witness.of("counter")[:2]


def test_messages_of_one_sender_arrive_in_order(world: World) -> None:
    world.start()

    world.post("counter", *(Add(number) for number in range(200)))

    assert sum(range(200)) == world.total()
    assert [Add(number) for number in range(200)] == world.witness.of("counter")[1:201]


def test_a_message_goes_on_from_actor_to_actor(world: World) -> None:
    world.start()

    world.post("counter", AddAndTell(1, "other", AddAndTell(2, "edge", Add(3))))
    world.run_until(lambda: Add(3) in world.witness.of("edge"))

    assert (1, 2) == (world.total(), world.total("other"))


def test_an_edge_speaks_to_the_core(world: World) -> None:
    world.start()

    world.post("edge", AddAndTell(0, "counter", Add(5)))
    world.run_until(lambda: Add(5) in world.witness.of("counter"))

    assert 5 == world.total()


def test_a_timer_fires_once_after_its_delay(world: World) -> None:
    world.start()

    world.post("counter", AddLater(SECOND_NS, 7))
    world.run_until(lambda: Add(7) in world.witness.of("counter"))

    assert 7 == world.total()


def test_a_timer_of_the_same_key_replaces_the_first(world: World) -> None:
    world.start()

    world.post("counter", AddLater(60 * SECOND_NS, 1), AddLater(SECOND_NS, 2))
    world.post("counter", AddLater(90 * SECOND_NS, 4, "last"))
    world.run_until(lambda: Add(4) in world.witness.of("counter"))

    assert 6 == world.total()


def test_a_cancelled_timer_never_fires(world: World) -> None:
    world.start()

    world.post("counter", AddLater(60 * SECOND_NS, 1), Cancel(), AddLater(90 * SECOND_NS, 2, "b"))
    world.run_until(lambda: Add(2) in world.witness.of("counter"))

    assert 2 == world.total()


def test_timers_fire_in_the_order_of_their_due_times(world: World) -> None:
    world.start()

    delays = {5: 50, 1: 10, 3: 30}
    for amount, delay in delays.items():
        world.post("counter", AddLater(delay * SECOND_NS, amount, f"key {amount}"))
    world.run_until(lambda: Add(5) in world.witness.of("counter"))

    fired = [each for each in world.witness.of("counter") if isinstance(each, Add)]
    assert [Add(1), Add(3), Add(5)] == fired


def test_a_crashing_handler_leaves_nothing_behind(world: World) -> None:
    world.start()
    world.post("counter", Add(1))

    world.post("counter", Crash(to="other"))
    world.run_until(lambda: world.kernel.counts.dead == 1)

    assert (1, 0) == (world.total(), world.total("other"))


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt"])
def test_no_kind_of_exception_leaves_a_handler(world: World, kind: str) -> None:
    world.start()

    world.post("counter", Crash(kind=kind), Add(1))
    world.run_until(lambda: world.kernel.counts.dead == 1)

    assert 1 == world.total()


def test_a_failed_message_is_delivered_again_to_the_next_life(world: World) -> None:
    world.start()

    world.post("counter", CrashWhileBelow(2), Add(10))
    world.run_until(lambda: Add(10) in world.witness.of("counter"))

    assert 11 == world.total()
    assert "started 2" in world.witness.of("counter")


def test_a_watcher_hears_of_a_stop(world: World) -> None:
    world.start()

    world.post("supervisor", WatchFor("counter"))
    world.run_until(lambda: WatchFor("counter") in world.witness.of("supervisor"))
    world.post("counter", StopNow())
    gone = Terminated("counter", "asked to")
    world.run_until(lambda: gone in world.witness.of("supervisor"))

    assert gone in world.witness.of("supervisor")


def test_a_child_is_there_when_its_parent_speaks_to_it(world: World) -> None:
    world.start()

    world.post("counter", Spawn("child", "counter", 3))
    world.run_until(lambda: Add(3) in world.witness.of("child"))

    assert ["started 1", Add(3)] == world.witness.of("child")
    assert 3 == world.total("child")


def test_every_step_runs_in_the_decimals_of_the_engine(world: World) -> None:
    world.start()

    world.post("counter", Divide())

    assert len("0.") + 34 == world.total()


def test_every_message_is_accounted_for(world: World) -> None:
    world.start()
    world.post("nobody", Add(1))
    world.post("counter", Crash(), AddLater(SECOND_NS, 1), Spawn("child", "counter", 1), Add(1))
    world.post("other", StopNow(), Add(1), Add(1))
    world.post("edge", Crash())
    world.run_until(lambda: Add(1) in world.witness.of("child") and world.kernel.counts.dead == 5)

    world.run_until(world.is_quiet)

    assert 5 == len(world.kernel.dead_letters)
