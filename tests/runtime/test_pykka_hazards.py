"""Pykka's hazards: one test for each, that ours does not suffer from it, or where it lies.

The numbers are those of the list in the README's chapter on Pykka. Some tests show the hazard on
a plain Pykka actor first, so that a release that heals it is noticed.
"""

import asyncio
import gc
import inspect
import threading
from typing import Any

import pykka
import pytest

from callboard.actors import aio
from callboard.actors.errors import Refused
from callboard.actors.runtime.actor import Actor, Context
from callboard.actors.runtime.dispatcher import Dispatcher
from callboard.actors.runtime.front import Front
from callboard.actors.runtime.inbox import Inbox, Work
from callboard.messages.intake import CancelOrder
from callboard.messages.queries import GetStatus
from support.engines import STATUS, Collector, Desk, engine, signal, start_engine
from support.toys import Add, AddAndTell, Counter, Crash, CrashWhileBelow, GetTotal, one_group
from support.worlds import WAIT_SECONDS, World, make_world


class Plain(pykka.ThreadingActor):
    """A host's own actor, as Pykka has it."""

    use_daemon_thread = True

    def on_receive(self, message: Any) -> Any:
        """Raise what it is given, call what can be called."""
        if isinstance(message, BaseException):
            raise message
        return message() if callable(message) else message


def world_of_counters() -> World:
    """Start two supervised counters on threads."""
    world = make_world("shared", tree=one_group("counter", "other"))
    world.kernel.add("counter", lambda: Counter(world.witness))
    world.kernel.add("other", lambda: Counter(world.witness))
    world.start()
    return world


def test_the_one_hook_that_we_use_is_where_it_was() -> None:
    hook = inspect.getattr_static(pykka.Actor, "_create_actor_inbox")
    needed = [name for name in ("put", "get", "empty") if not callable(getattr(Inbox, name, None))]

    assert isinstance(hook, staticmethod), "Pykka changed its inbox hook"
    assert [] == needed
    assert "for implementors of new actor types" in " ".join((hook.__func__.__doc__ or "").split())
    assert all("_create_actor_inbox" in vars(cls) for cls in (Dispatcher, Front))


def test_hazard_1_failure_does_not_depend_on_how_an_actor_was_called() -> None:
    world = world_of_counters()

    world.post("counter", Crash())
    answers = Collector()
    world.kernel.post("counter", Crash(), reply=answers)
    answers.wait_count(1)

    failures = world.kernel.counts.failures
    generation = world.kernel.cells["counter"].generation
    world.stop()
    assert (4, 5) == (failures, generation)  # each was delivered twice, each life ended alike


def test_hazard_2_no_base_exception_in_a_handler_reaches_the_actors_of_the_process() -> None:
    bystander = Plain.start()
    world = world_of_counters()

    for kind in ("SystemExit", "KeyboardInterrupt"):
        world.post("counter", Crash(kind=kind))
    total = world.total()
    world.stop()

    assert 0 == total
    assert 7 == bystander.ask(7, timeout=WAIT_SECONDS)
    bystander.stop(block=True, timeout=WAIT_SECONDS)


def test_hazard_2_nor_does_one_out_of_the_front() -> None:
    bystander = Plain.start()
    with engine() as running:

        class Evil:
            def __eq__(self, _other: object) -> bool:
                raise SystemExit("from a comparison")

            __hash__ = None  # type: ignore[assignment]  # unhashable, as its equality raises

        evil: Any = Evil()
        with pytest.raises(Refused):
            running.ref.ask(signal(evil), timeout=WAIT_SECONDS)

        assert STATUS == running.ref.ask(GetStatus(), timeout=WAIT_SECONDS)
    assert 7 == bystander.ask(7, timeout=WAIT_SECONDS)
    bystander.stop(block=True, timeout=WAIT_SECONDS)


def test_hazard_3_messages_behind_a_crash_are_handled_and_those_behind_a_stop_are_counted() -> None:
    world = world_of_counters()

    world.post("counter", Add(1), Crash(), Add(2), Add(3))
    total = world.total()
    world.stop()
    world.post("counter", Add(4))

    assert 6 == total
    assert Add(4) in [each.message for each in world.kernel.dead_letters]


def test_hazard_4_an_ask_that_races_a_stop_is_always_answered() -> None:
    for _ in range(20):
        running = start_engine()
        begin = threading.Barrier(3)
        futures: list[pykka.Future[Any]] = []

        def ask(begin: threading.Barrier = begin, ref: Any = running.ref) -> None:
            begin.wait(WAIT_SECONDS)
            futures.extend(ref.ask(GetStatus(), block=False) for _ in range(50))  # noqa: B023

        askers = [threading.Thread(target=ask) for _ in range(2)]
        for asker in askers:
            asker.start()
        begin.wait(WAIT_SECONDS)
        running.ref.stop(block=True, timeout=WAIT_SECONDS)
        for asker in askers:
            asker.join(WAIT_SECONDS)

        assert 100 == len(futures)
        for future in futures:
            try:
                assert STATUS == future.get(timeout=WAIT_SECONDS)
            except (pykka.ActorDeadError, Refused):
                continue


def test_hazard_4_an_ask_between_the_check_and_the_stop_is_answered_too() -> None:
    running = start_engine()
    inbox: Any = running.ref.actor_inbox
    running.ref.stop(block=True, timeout=WAIT_SECONDS)
    future: pykka.Future[Any] = pykka.ThreadingFuture()

    inbox.put(Work(GetStatus(), future))  # what `ask` does after it has looked: the race itself

    with pytest.raises(pykka.ActorDeadError):
        future.get(timeout=WAIT_SECONDS)


def test_hazard_5_a_handler_has_nothing_to_ask_with() -> None:
    words = [name for name in dir(Context) if not name.startswith("_")]

    assert "tell" in words
    assert not {"ask", "wait", "get", "proxy"} & set(words)


def test_hazard_5_two_actors_that_talk_to_each_other_do_not_wait_for_each_other() -> None:
    world = world_of_counters()
    talk: Any = Add(1)
    for _ in range(20):
        talk = AddAndTell(1, "counter", AddAndTell(1, "other", talk))

    world.post("other", talk)
    world.run_until(lambda: Add(1) in world.witness.of("other"))
    totals = [world.total("counter"), world.total("other")]
    world.stop()

    assert [20, 21] == totals


class BadStart(Actor):
    """Raises in its first start."""

    def __init__(self, starts: list[int]) -> None:
        super().__init__()
        self.starts = starts

    def receive(self, message: Any, ctx: Context) -> None:
        """Answer whatever it is."""
        ctx.reply(message)

    def resume(self, ctx: Context) -> None:
        """Raise once."""
        self.starts.append(ctx.now)
        if len(self.starts) == 1:
            raise OSError("not yet")


def test_hazard_6_a_start_that_raises_is_a_failure_that_supervision_hears_of() -> None:
    starts: list[int] = []
    world = make_world("shared", tree=one_group("late"))
    world.kernel.add("late", lambda: BadStart(starts))
    world.start()

    assert GetTotal() == world.ask("late", GetTotal())
    world.stop()
    assert 2 == len(starts)
    assert ["OSError"] == [failed.error for failed in world.witness.of("supervisor")[-1:]]


def test_hazard_7_an_actor_that_nobody_holds_is_not_collected() -> None:
    world = world_of_counters()

    for _ in range(3):
        gc.collect()
    world.post("counter", Add(1))

    assert 1 == world.total()
    world.stop()


def test_hazard_8_awaiting_a_pykka_future_blocks_the_loop_and_aio_does_not() -> None:
    # The hazard lies in the future itself, which belongs to Pykka: `__await__` ends in a blocking
    # `get`. We cannot take it away from a host that awaits it, so we offer another way.
    async def turns_while(waiting: Any) -> int:
        asking = asyncio.ensure_future(waiting)
        turns = 0
        while not asking.done() and turns < 100:
            await asyncio.sleep(0)
            turns += 1
        running.gate.set()
        await asking
        return turns

    async def by_future() -> int:
        async def wait() -> object:
            return await running.ref.ask(GetStatus(), block=False)

        opener = threading.Timer(0.05, running.gate.set)
        opener.start()
        turns = await turns_while(wait())
        opener.join(WAIT_SECONDS)
        return turns

    async def by_aio() -> int:
        return await turns_while(aio.ask(running.ref, GetStatus(), timeout=WAIT_SECONDS))

    with engine() as running:
        running.gate.clear()
        blocked = asyncio.run(by_future())
        running.gate.clear()
        free = asyncio.run(by_aio())

    assert blocked < 100 == free


def test_hazard_9_nothing_of_a_crashed_handler_is_delivered_and_redelivery_doubles_nothing() -> (
    None
):
    world = world_of_counters()

    world.post("counter", Crash(to="other"), CrashWhileBelow(4))
    totals = [world.total("counter"), world.total("other")]
    world.stop()

    assert [1, 0] == totals


def test_hazard_9b_an_actor_that_never_ends_does_not_hold_up_the_stop() -> None:
    running = start_engine()
    running.gate.clear()
    running.ref.ask(signal(), timeout=WAIT_SECONDS)
    assert running.entered.wait(WAIT_SECONDS)
    ended: list[tuple[str, ...]] = []
    running.door.shutdown = lambda: ended.append(running.host.stop(budget_ms=50))

    pykka.ActorRegistry.stop_all(timeout=WAIT_SECONDS)

    assert [("core",)] == ended
    alive = [thread for thread in running.host.threads() if thread.is_alive()]
    running.gate.set()
    for thread in alive:
        thread.join(WAIT_SECONDS)
    assert [True] == [thread.daemon for thread in alive]
    assert [] == [thread for thread in running.host.threads() if thread.is_alive()]


def test_hazard_10_an_assert_in_a_handler_is_a_failure_that_a_test_can_see() -> None:
    class Doubtful(Desk):
        def receive(self, message: Any, ctx: Context) -> None:
            assert not isinstance(message, CancelOrder), f"{ctx.me} asserted"

    world = make_world("simulation", tree=one_group("doubtful"))
    gate = threading.Event()
    world.kernel.add("doubtful", lambda: Doubtful(world.witness, gate, gate))
    world.start()

    world.post("doubtful", CancelOrder("c1", "s1"))
    world.run_until(lambda: world.host.queued() == 0 and world.kernel.counts.dead == 1)

    assert 2 == world.kernel.counts.failures
    assert ["AssertionError"] * 2 == [each.error for each in world.witness.of("supervisor")]
