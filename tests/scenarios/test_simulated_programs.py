"""SimulatedPrograms: ordinary Pykka programs run unchanged in a simulation, alike by seed."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callboard.scenarios.programs.simulation import simulated
from callboard.scenarios.simulation import Delivery
from support.pykka_programs import PROGRAMS, producers_and_consumer, worker_pool

ALL_ITEMS = [[100 * number + item for item in range(5)] for number in range(3)]

programs = pytest.mark.parametrize("program", PROGRAMS)


def threads() -> list[str]:
    """Name the threads that the operating system runs for this process."""
    return [task.name for task in Path("/proc/self/task").iterdir()]


@programs
@pytest.mark.parametrize("delivery", Delivery)
def test_a_program_runs_twice_with_the_same_trace(
    program: Callable[[], Any], delivery: Delivery
) -> None:
    with simulated(seed=7, delivery=delivery) as first:
        found_first = program()
    with simulated(seed=7, delivery=delivery) as second:
        found_second = program()

    assert first.trace == second.trace
    assert (found_first, first.seconds) == (found_second, second.seconds)


@programs
def test_a_program_finds_in_a_simulation_what_it_finds_on_threads(
    program: Callable[[], Any],
) -> None:
    on_threads = program()

    with simulated(seed=3):
        in_simulation = program()

    assert on_threads == in_simulation


@given(seed=st.integers(0, 2**32), delivery=st.sampled_from((Delivery.OUTBOX, Delivery.FIFO)))
@settings(max_examples=30, deadline=None)
def test_whatever_the_seed_the_result_is_the_same(seed: int, delivery: Delivery) -> None:
    with simulated(seed=seed, delivery=delivery):
        found = producers_and_consumer()

    assert ALL_ITEMS == found


def test_as_across_hosts_a_question_may_overtake_what_others_have_sent() -> None:
    found: list[Any] = []

    for seed in range(200):
        with simulated(seed=seed, delivery=Delivery.PAIR):
            found.append(producers_and_consumer())

    assert ALL_ITEMS in found
    assert [] != [each for each in found if each != ALL_ITEMS]


def test_another_seed_may_let_others_go_first() -> None:
    orders: set[tuple[str, ...]] = set()

    for seed in range(20):
        with simulated(seed=seed) as run:
            producers_and_consumer()
        orders.add(tuple(handled.sender for handled in run.trace))

    assert len(orders) > 10


def test_without_drawing_every_seed_gives_the_same_trace() -> None:
    with simulated(seed=1, delivery="fifo") as first:
        worker_pool()
    with simulated(seed=2, delivery="fifo") as second:
        worker_pool()

    assert first.trace == second.trace


def test_a_run_starts_no_thread_and_leaves_no_actor() -> None:
    before = len(threads())

    with simulated(seed=1):
        worker_pool()
        during = len(threads())

    assert (before, []) == (during, pykka.ActorRegistry.get_all())


def test_afterwards_actors_have_threads_again() -> None:
    with simulated(seed=1):
        worker_pool()
    before = threading.active_count()

    ref = pykka.ThreadingActor.start()
    during = threading.active_count()
    ref.stop()

    assert before + 1 == during


def test_a_trace_says_when_who_handled_what_from_whom() -> None:
    with simulated(seed=1) as run:
        producers_and_consumer()

    first = next(str(each) for each in run.trace if each.message == "produce()")
    assert "0.000 s  main -> Producer-" in first
    assert first.endswith(": produce()")
    assert {"main", "Producer-1", "Producer-2", "Producer-3"} == {each.sender for each in run.trace}
    assert len(run.trace) == run.handled


def test_a_trace_keeps_the_last_messages_when_it_is_full() -> None:
    with simulated(seed=1) as whole:
        worker_pool()
    with simulated(seed=1, trace_max=5) as short:
        worker_pool()

    assert (whole.trace[-5:], whole.handled) == (short.trace, short.handled)
