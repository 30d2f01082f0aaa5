"""SimulatedLimits: where a simulation begins and ends, and what it leaves behind."""

import gc
import queue
import random
import selectors
import subprocess
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pykka
import pytest

from callboard.scenarios.programs.hooks import OutsideActor
from callboard.scenarios.programs.simulation import NestedSimulation, StillRunning, simulated
from support.simulated_runs import simulate

PATCHED = (time, threading, queue, uuid, threading.Thread, pykka.Actor, pykka.ThreadingActor)
MORE_PATCHED = (
    pykka.ThreadingFuture,
    pykka.ActorRef,
    pykka.ActorRegistry,
    selectors.DefaultSelector,
)


class Keeper(pykka.ThreadingActor):
    """Keeps what it is told, and whether it was stopped."""

    def __init__(self, kept: list[Any] | None = None) -> None:
        super().__init__()
        self.kept = [] if kept is None else kept

    def on_receive(self, message: Any) -> Any:
        self.kept.append(message)
        return len(self.kept)

    def sleep(self, seconds: float) -> None:
        try:
            while True:
                time.sleep(seconds)
        finally:
            self.kept.append("woken")

    def on_stop(self) -> None:
        self.kept.append("stopped")


@pytest.fixture
def outside() -> Iterator[pykka.ActorRef[Keeper]]:
    """Give an actor on a real thread."""
    ref = Keeper.start()
    yield ref
    ref.stop()


def everything() -> list[dict[str, Any]]:
    """Return all names that a simulation might change."""
    return [dict(vars(each)) for each in (*PATCHED, *MORE_PATCHED)]


def program(error: BaseException | None = None) -> None:
    """Use a little of everything, and fail if told so."""
    random.random()
    ref = Keeper.start()
    ref.ask("anything")
    time.sleep(1)
    if error is not None:
        raise error


@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt(), GeneratorExit()])
def test_everything_is_as_it_was_afterwards(error: BaseException | None) -> None:
    before, state = everything(), random.getstate()

    with suppress(ValueError, KeyboardInterrupt, GeneratorExit):
        simulate(lambda: program(error))

    assert (before, state) == (everything(), random.getstate())
    assert [] == pykka.ActorRegistry.get_all()


def test_the_four_names_of_pykka_that_are_no_public_ones_are_still_there() -> None:
    # The simulation stands on them: a release that renames one must be read before it is used.
    assert {"_create_actor_inbox", "_start_actor_loop"} <= set(vars(pykka.ThreadingActor))
    assert {"_handle_receive", "_handle_failure"} <= set(vars(pykka.Actor))


def test_without_greenlet_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['greenlet'] = None; from callboard.scenarios import simulated"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert "simulated() needs greenlet, which comes with: pip install" in done.stderr


def test_a_simulation_inside_another_is_refused_and_harms_it_not() -> None:
    with simulated(seed=1):
        with pytest.raises(NestedSimulation, match="leave it first"):
            simulate(program)

        assert 1 == Keeper.start().ask("still simulated")


def test_an_actor_may_not_simulate_either() -> None:
    class Nester(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> None:
            simulate(program, seed=message)

    with simulated(seed=1):
        ref = Nester.start()
        with pytest.raises(NestedSimulation):
            ref.ask(2)


def test_after_one_that_failed_the_next_simulation_begins() -> None:
    with pytest.raises(ValueError, match="first"):
        simulate(lambda: program(ValueError("first")))

    assert 1 == simulate(program).seconds


def test_an_actor_started_before_cannot_be_reached(outside: pykka.ActorRef[Keeper]) -> None:
    proxy: Any = outside.proxy()

    with simulated(seed=1):
        with pytest.raises(OutsideActor, match="started before the simulation"):
            outside.tell("anything")
        with pytest.raises(OutsideActor):
            outside.ask("anything")
        with pytest.raises(OutsideActor):
            proxy.sleep(1)


def test_an_actor_started_before_is_neither_found_nor_stopped_and_lives_on(
    outside: pykka.ActorRef[Keeper],
) -> None:
    with simulated(seed=1):
        Keeper.start()
        found = len(pykka.ActorRegistry.get_all())
        pykka.ActorRegistry.stop_all()

    assert (1, [outside]) == (found, pykka.ActorRegistry.get_all())
    assert 1 == outside.ask("still alive")


def test_actors_that_are_alive_at_the_end_are_stopped_last_first() -> None:
    stopped: list[int] = []

    class Numbered(pykka.ThreadingActor):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def on_stop(self) -> None:
            stopped.append(self.number)

    with simulated(seed=1) as run:
        refs = [Numbered.start(number) for number in range(3)]

    assert ([2, 1, 0], ("Numbered-1", "Numbered-2", "Numbered-3")) == (stopped, run.left_alive)
    assert [False] * 3 == [ref.is_alive() for ref in refs]


def test_what_was_sent_before_the_end_is_handled_before_it() -> None:
    kept: list[Any] = []

    with simulated(seed=1):
        ref = Keeper.start(kept)
        for number in range(5):
            ref.tell(number)

    assert [0, 1, 2, 3, 4, "stopped"] == kept


def test_an_actor_that_never_comes_to_its_stop_is_named() -> None:
    kept: list[Any] = []

    def program() -> None:
        proxy: Any = Keeper.start(kept).proxy()
        proxy.sleep(1)

    with pytest.raises(StillRunning, match="Keeper-1 did not stop within 60 s"):
        simulate(program)

    assert "woken" in kept


def test_after_an_error_handlers_are_unwound_and_idle_actors_just_end() -> None:
    busy: list[Any] = []
    idle: list[Any] = []

    def program() -> None:
        proxy: Any = Keeper.start(busy).proxy()
        proxy.sleep(1)
        Keeper.start(idle).ask("anything")
        time.sleep(10)
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        simulate(program)

    assert (["woken", "stopped"], ["anything"]) == (busy, idle)


def test_a_ref_of_a_simulation_is_dead_afterwards() -> None:
    with simulated(seed=1):
        ref = Keeper.start()

    with pytest.raises(pykka.ActorDeadError):
        ref.tell("anything")


def test_a_long_run_keeps_nothing_of_what_was_answered() -> None:
    with simulated(seed=1):
        ref = Keeper.start()
        future = ref.ask("anything", block=False)
        future.get()
        forgotten = weakref.ref(future)
        del future
        ref.ask("another, since Pykka's loop holds the last")
        gc.collect()

        assert forgotten() is None


def test_a_long_run_keeps_nothing_of_threads_that_have_ended() -> None:
    with simulated(seed=1):
        thread = threading.Timer(1, time.sleep, [0])
        thread.start()
        thread.join()
        forgotten = weakref.ref(thread)
        del thread
        gc.collect()

        assert forgotten() is None


def test_an_actor_that_nobody_holds_lives_on_as_on_threads() -> None:
    kept: list[Any] = []

    with simulated(seed=1):
        Keeper.start(kept)
        gc.collect()
        pykka.ActorRegistry.broadcast("still there?", Keeper)
        time.sleep(1)

    assert "still there?" in kept


def test_locks_that_outlive_a_simulation_are_ordinary_ones() -> None:
    with simulated(seed=1):
        lock, items = threading.RLock(), queue.Queue[int]()
        with lock:
            items.put(1)

    with lock:
        thread = threading.Thread(target=lambda: items.put(lock.acquire(blocking=False)))
        thread.start()
        thread.join()

    assert [1, False] == [items.get(timeout=60), items.get(timeout=60)]


def test_another_thread_of_the_process_keeps_the_real_time() -> None:
    asked, answers = queue.SimpleQueue[str](), queue.SimpleQueue[float]()

    def tell_time() -> None:
        asked.get()
        answers.put(time.time())

    thread = threading.Thread(target=tell_time, daemon=True)
    thread.start()
    now = time.time()
    with simulated(seed=1):
        asked.put("what time is it?")
        told = answers.get(timeout=60)
        virtual = time.time()
    thread.join()

    assert now <= told
    assert virtual == 1_767_225_600
