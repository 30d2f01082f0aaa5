"""Kernel lives: failures, rebuilds, stops, and the account of every message."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.errors import Refused
from callboard.actors.runtime.actor import Actor, Context, EdgeActor
from callboard.actors.runtime.cell import Status
from callboard.actors.runtime.lives import SUPERVISOR_FAILURES_MAX
from callboard.actors.runtime.supervision import Strategy
from callboard.messages.lifecycle import RestartActor, StopActor, Terminated
from support.benches import Bench, told
from support.toys import (
    SECOND_NS,
    Add,
    AddAndTell,
    AddLater,
    ApplyBadly,
    Counter,
    Crash,
    CrashWhileBelow,
    GetTotal,
    Ignored,
    RestartNow,
    Spawn,
    StopNow,
    WatchFor,
    one_group,
)
from support.worlds import World, make_world


def test_messages_for_a_suspended_actor_wait_in_their_order_behind_the_failed_one() -> None:
    bench = Bench()
    bench.give("counter", Crash())
    bench.give("counter", Add(1))
    bench.give("counter", Add(2))
    bench.witness.seen.clear()

    bench.give("counter", RestartActor("counter", redeliver=False))

    assert ["started 1", Add(1), Add(2)] == bench.witness.of("counter")
    assert (3, 0) == (bench.total(), bench.kernel.pending())


def test_a_rebuilt_actor_has_the_fold_of_its_facts_and_a_new_generation() -> None:
    bench = Bench()
    for amount in (1, 2, 3):
        bench.give("counter", Add(amount))

    bench.give("counter", RestartActor("counter", redeliver=False))

    assert (6, 2, Status.RUNNING) == (
        bench.total(),
        bench.counter.generation,
        bench.counter.status,
    )


def test_the_failed_message_comes_first_when_it_is_delivered_again() -> None:
    bench = Bench()
    bench.give("counter", Crash())
    bench.give("counter", Add(1))
    bench.witness.seen.clear()

    bench.give("counter", RestartActor("counter", redeliver=True))

    assert ["started 1", Crash()] == bench.witness.of("counter")
    assert 1 == bench.kernel.pending()


def test_a_message_that_is_not_delivered_again_becomes_a_dead_letter() -> None:
    bench = Bench()
    bench.give("counter", Crash())

    bench.give("counter", RestartActor("counter", redeliver=False))

    assert [Crash()] == [each.message for each in bench.kernel.dead_letters]


def test_timers_of_an_actor_are_gone_when_it_fails() -> None:
    bench = Bench()
    bench.give("counter", AddLater(5, 1))

    bench.give("counter", Crash())

    assert {} == bench.host.armed


def test_a_timer_of_an_earlier_life_never_fires() -> None:
    bench = Bench()
    bench.give("counter", AddLater(5, 1))
    timer = bench.host.armed["counter", "later"]
    bench.give("counter", RestartActor("counter", redeliver=False))

    bench.kernel.fire(timer, 5)

    assert 0 == bench.total()


def test_stopping_buries_what_waits_and_tells_each_watcher_once() -> None:
    bench = Bench()
    bench.give("other", WatchFor("counter"))
    bench.give("other", WatchFor("counter"))
    bench.give("counter", Crash())
    bench.give("counter", Add(1))

    sent = bench.give("counter", StopActor("counter", "enough"))

    assert [("other", Terminated("counter", "enough"))] == told(sent)
    assert [Crash(), Add(1)] == [each.message for each in bench.kernel.dead_letters]


def test_watching_the_dead_is_answered_at_once() -> None:
    bench = Bench()
    bench.give("counter", StopActor("counter", "enough"))

    sent = bench.give("other", WatchFor("counter"))

    assert [("other", Terminated("counter", "not running"))] == told(sent)


@pytest.mark.parametrize(
    ("to", "message", "reason"),
    [("nobody", GetTotal(), "not_delivered"), ("counter", Ignored(), "unanswered")],
)
def test_an_asker_never_waits_for_an_answer_that_cannot_come(
    to: str, message: object, reason: str
) -> None:
    bench = Bench()
    answers: list[Any] = []

    bench.kernel.post(to, message, reply=answers.append)
    bench.kernel.process(bench.host.routed.pop(), 0)

    (answer,) = answers
    assert isinstance(answer, Refused)
    assert reason == answer.reason


def test_everybody_who_waits_can_be_answered_at_once() -> None:
    bench = Bench()
    answers: list[Any] = []
    bench.kernel.post("counter", GetTotal(), reply=answers.append)

    bench.kernel.answer_all("stopped")

    assert ["stopped"] == answers


def test_an_edge_that_fails_is_closed_and_opened_again() -> None:
    bench = Bench()
    bench.give("edge", RestartActor("edge", redeliver=False))
    bench.give("edge", Crash())
    bench.witness.seen.clear()

    bench.give("edge", RestartActor("edge", redeliver=False))

    assert ["closed", "opened"] == bench.witness.of("edge")


class Stubborn(EdgeActor):
    """An edge that cannot be closed."""

    def receive(self, message: Any, ctx: Context) -> None:
        """Pass on."""
        ctx.tell("counter", message)

    def close(self) -> None:
        """Refuse."""
        raise OSError("stuck")


def test_an_edge_that_cannot_be_closed_is_rebuilt_all_the_same() -> None:
    bench = Bench()
    cell = bench.kernel.add("stubborn", Stubborn)

    bench.give("stubborn", RestartActor("stubborn", redeliver=False))
    bench.give("stubborn", StopActor("stubborn", "enough"))

    assert (2, Status.STOPPED) == (cell.generation, cell.status)


def test_a_rebuild_that_fails_is_a_failure_of_the_new_life() -> None:
    bench = Bench()
    made: list[int] = []

    def make() -> Actor:
        made.append(1)
        if len(made) == 2:
            raise OSError("cannot be made")
        return Counter(bench.witness)

    cell = bench.kernel.add("fragile", make)

    (failed,) = bench.give("fragile", RestartActor("fragile", redeliver=False))

    assert ("ActorStarted", "OSError", 2) == (
        failed.message.message,
        failed.message.error,
        failed.message.generation,
    )
    assert Status.SUSPENDED is cell.status


class BadStart(Counter):
    """A counter whose first lives cannot start."""

    def resume(self, ctx: Context) -> None:
        """Raise twice."""
        self.witness.note(ctx.me, "start")
        if len(self.witness.of(ctx.me)) <= 2:
            raise OSError("not yet")


def test_a_failed_start_is_tried_once_by_each_life() -> None:
    bench = Bench()
    cell = bench.kernel.add("late", lambda: BadStart(bench.witness))
    bench.kernel.start_cell(cell)
    bench.kernel.process(bench.host.routed.pop(), 0)

    for _ in range(2):
        bench.give("late", RestartActor("late", redeliver=True))

    assert (["start"] * 3, Status.RUNNING) == (bench.witness.of("late"), cell.status)


def test_a_supervisor_that_fails_is_rebuilt_and_too_often_stops_the_engine() -> None:
    bench = Bench()

    for _ in range(SUPERVISOR_FAILURES_MAX):
        assert [("supervisor", RestartActor("supervisor", redeliver=False))] == told(
            bench.give("supervisor", Crash())
        )
        bench.give("supervisor", RestartActor("supervisor", redeliver=False))
    last = bench.give("supervisor", Crash())

    assert [("supervisor", StopActor("supervisor", "failed too often"))] == told(last)
    assert ["supervisor failed 4 times"] == bench.host.reasons


def strategy_world(strategy: Strategy) -> World:
    """Make a simulated world of three counters under one group."""
    world = make_world("simulation", tree=one_group("a", "b", "c", strategy=strategy))
    for name in ("a", "b", "c"):
        world.kernel.add(name, lambda: Counter(world.witness))
    world.start()
    return world


@pytest.mark.parametrize(
    ("strategy", "generations"),
    [
        (Strategy.ONE_FOR_ONE, {"a": 1, "b": 2, "c": 1}),
        (Strategy.REST_FOR_ONE, {"a": 1, "b": 2, "c": 2}),
        (Strategy.ONE_FOR_ALL, {"a": 2, "b": 2, "c": 2}),
    ],
)
def test_a_strategy_says_who_is_rebuilt(strategy: Strategy, generations: dict[str, int]) -> None:
    world = strategy_world(strategy)

    world.post("b", CrashWhileBelow(2))
    world.run_until(lambda: world.host.queued() == 0 and world.is_quiet())

    cells = world.kernel.cells
    assert 1 == world.total("b")
    assert generations == {name: cells[name].generation for name in generations}


def test_a_poisonous_message_is_delivered_twice_and_then_buried() -> None:
    world = strategy_world(Strategy.ONE_FOR_ONE)

    world.post("b", Crash(), Add(1))

    assert 1 == world.total("b")
    assert 2 == world.witness.of("b").count(Crash())
    assert [Crash()] == [each.message for each in world.kernel.dead_letters]


TOY_MESSAGES: list[Callable[[], object]] = [
    lambda: Add(1),
    lambda: AddAndTell(1, "b", Add(1)),
    lambda: AddAndTell(1, "nobody", Add(1)),
    lambda: Crash(to="b"),
    ApplyBadly,
    lambda: AddLater(SECOND_NS, 1),
    lambda: StopNow("c"),
    lambda: RestartNow("a"),
    lambda: Spawn("child", "counter", 1),
    lambda: WatchFor("c"),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(range(len(TOY_MESSAGES)))),
        max_size=25,
    )
)
def test_sent_is_delivered_and_dead_and_pending_whatever_happens(
    script: list[tuple[str, int]],
) -> None:
    world = strategy_world(Strategy.ONE_FOR_ONE)
    world.kernel.kinds = {"counter": lambda _settings: Counter(world.witness)}

    for to, number in script:
        world.post(to, TOY_MESSAGES[number]())
    world.run_until(lambda: world.host.queued() == 0 and world.is_quiet())

    assert world.is_quiet()
