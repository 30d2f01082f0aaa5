"""SimulatedWaiting: everything that waits in a simulated program waits in virtual time."""

import asyncio
import queue
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for_all
from threading import Lock as TakenLock
from threading import Timer
from time import monotonic
from time import sleep as taken_sleep
from typing import Any

import pykka
import pytest

from callboard import aio
from callboard.actors.settings import Settings
from callboard.messages.queries import GetStatus
from callboard.scenarios import Deadlock, paper, simulated
from support.simulated_runs import simulate

HOUR = 3_600


def sleep() -> None:
    time.sleep(HOUR)


def event_with_timeout() -> None:
    assert not threading.Event().wait(HOUR)


def event_set_by_a_timer() -> None:
    event = threading.Event()
    threading.Timer(HOUR, event.set).start()
    assert event.wait(2 * HOUR)


def cancelled_timer() -> None:
    timer = threading.Timer(2 * HOUR, pytest.fail, ["it was cancelled"])
    timer.start()
    time.sleep(HOUR)
    timer.cancel()
    timer.join()


def joined_thread() -> None:
    thread = threading.Thread(target=time.sleep, args=[HOUR])
    thread.start()
    thread.join(1)
    assert thread.is_alive()
    thread.join()
    assert not thread.is_alive()


def queue_with_timeout() -> None:
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=HOUR)


def full_queue() -> None:
    items = queue.Queue[int](maxsize=1)
    threading.Timer(HOUR, items.get).start()
    items.put(1)
    items.put(2)


def simple_queue() -> None:
    items = queue.SimpleQueue[int]()
    threading.Timer(HOUR, items.put, [1]).start()
    assert 1 == items.get()


def condition() -> None:
    ready: list[int] = []
    changed = threading.Condition()

    def change() -> None:
        with changed:
            ready.append(1)
            changed.notify_all()

    threading.Timer(HOUR, change).start()
    with changed:
        assert changed.wait_for(lambda: ready, timeout=2 * HOUR)


def semaphore_and_barrier() -> None:
    semaphore, barrier = threading.Semaphore(0), threading.Barrier(2)
    threading.Timer(HOUR, barrier.wait).start()
    barrier.wait()
    assert not semaphore.acquire(timeout=0.5)
    threading.Timer(0.5, semaphore.release).start()
    assert semaphore.acquire()


def thread_pool() -> None:
    with ThreadPoolExecutor(2) as pool:
        naps = [pool.submit(time.sleep, HOUR / 2) for _ in range(4)]
        assert not wait_for_all(naps).not_done


def asked_with_timeout() -> None:
    future: pykka.ThreadingFuture[int] = pykka.ThreadingFuture()
    with pytest.raises(pykka.Timeout):
        future.map(str).get(timeout=HOUR)


def event_loop() -> None:
    async def nap() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(2 * HOUR):
            await asyncio.gather(asyncio.sleep(HOUR), asyncio.to_thread(time.sleep, HOUR))
        return loop.time() - began

    assert HOUR == pytest.approx(asyncio.run(nap()))


WAITS = (
    sleep,
    event_with_timeout,
    event_set_by_a_timer,
    cancelled_timer,
    joined_thread,
    queue_with_timeout,
    full_queue,
    simple_queue,
    condition,
    semaphore_and_barrier,
    thread_pool,
    asked_with_timeout,
    event_loop,
)


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("seed", range(3))
def test_an_hour_of_waiting_takes_an_hour_of_virtual_time(
    wait: Callable[[], None], seed: int
) -> None:
    run = simulate(wait, seed=seed)

    assert HOUR == pytest.approx(run.seconds, abs=1.01)


def clocks() -> list[float]:
    """Read every clock that there is."""
    return [
        time.time(),
        time.monotonic(),
        time.perf_counter(),
        time.clock_gettime(time.CLOCK_MONOTONIC),
        time.time_ns() / 1e9,
        time.monotonic_ns() / 1e9,
        time.perf_counter_ns() / 1e9,
    ]


def test_every_clock_tells_the_same_virtual_time() -> None:
    passed: list[float] = []

    def program() -> None:
        before = clocks()
        time.sleep(1.5)
        passed.extend(now - then for now, then in zip(clocks(), before, strict=True))

    simulate(program)

    assert [pytest.approx(1.5)] * 7 == passed


def test_names_that_the_program_took_before_are_those_of_the_simulation() -> None:
    with simulated(seed=1) as run:
        began = monotonic()
        taken_sleep(HOUR)
        lock = TakenLock()
        with lock:
            Timer(1, lock.release).start()
            lock.acquire()
        passed = monotonic() - began

    assert (HOUR + 1, HOUR + 1) == (passed, run.seconds)
    assert taken_sleep is time.sleep


def test_ids_and_names_are_the_same_in_every_run() -> None:
    found: list[Any] = []

    def program() -> None:
        thread = threading.Thread(target=lambda: names.append(threading.current_thread().name))
        names: list[Any] = [pykka.ThreadingActor.start().actor_urn, uuid.uuid4()]
        thread.start()
        thread.join()
        names += [each.name for each in threading.enumerate()]
        found.append(names)

    for _ in range(2):
        simulate(program)

    assert found[0] == found[1]
    assert "ThreadingActor-1" in found[0]


def test_a_host_on_asyncio_awaits_a_system_in_virtual_time() -> None:
    answers: list[Any] = []

    async def host() -> None:
        system = await asyncio.to_thread(paper.start, Settings(seed=1))
        await asyncio.sleep(60)
        answers.append(await aio.ask(system, GetStatus()))
        await asyncio.to_thread(system.stop)

    run = simulate(lambda: asyncio.run(host()))

    assert 1 == len(answers)
    assert 60 <= run.seconds < 61


def test_an_event_loop_that_waits_for_ever_is_a_deadlock() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock, match="main waits for its event loop"):
        simulate(lambda: asyncio.run(wait()))
