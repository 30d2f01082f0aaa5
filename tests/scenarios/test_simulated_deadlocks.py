"""SimulatedDeadlocks: who waits for whom is told where threads would hang, and only there."""

import threading
import time
from contextlib import suppress
from typing import Any

import pykka
import pytest

from callboard.scenarios.programs.deadlock import Deadlock
from callboard.scenarios.programs.simulation import simulated
from callboard.scenarios.simulation import Delivery, NoProgress
from support.simulated_runs import simulate


class Caller(pykka.ThreadingActor):
    """Calls whom it is told to, who may call on."""

    def __init__(self) -> None:
        super().__init__()
        self._in_future: Any = self.actor_ref.proxy()

    def call(self, *chain: Any, timeout: float | None = None) -> str:
        if not chain:
            return "reached"
        following, *rest = chain
        answer: str = following.call(*rest, timeout=timeout).get(timeout=timeout)
        return answer

    def call_myself(self) -> Any:
        return self._in_future.call().get()

    def hang(self, future: pykka.Future[Any]) -> Any:
        return future.get()

    def nap(self) -> str:
        time.sleep(1)
        return "rested"


def callers(count: int) -> list[Any]:
    return [Caller.start().proxy() for _ in range(count)]


@pytest.mark.parametrize("delivery", Delivery)
@pytest.mark.parametrize("seed", range(5))
def test_a_mutual_ask_is_told_as_a_deadlock(seed: int, delivery: Delivery) -> None:
    def program() -> None:
        alice, bob = callers(2)
        alice.call(bob, alice)
        while True:
            time.sleep(1)

    with pytest.raises(Deadlock) as caught:
        simulate(program, seed=seed, delivery=delivery)

    said = {(wait.who, wait.handling, wait.awaits, wait.message) for wait in caught.value.waits}
    assert {
        ("Caller-1", "call() from main", "Caller-2", "call()"),
        ("Caller-2", "call() from Caller-1", "Caller-1", "call()"),
    } == said


def test_a_deadlock_is_told_in_words() -> None:
    def program() -> None:
        alice, bob = callers(2)
        alice.call(bob, alice).get()

    with pytest.raises(Deadlock) as caught:
        simulate(program)

    text = str(caught.value)
    assert "nobody can go on at 0.000 s" in text
    assert "Caller-1, handling call() from main, waits for Caller-2 to answer call()" in text
    assert "simulated(seed=1, delivery='outbox')" in caught.value.__notes__[0]


def test_a_circle_of_three_is_told_with_all_three() -> None:
    def program() -> None:
        first, second, third = callers(3)
        first.call(second, third, first).get()

    with pytest.raises(Deadlock) as caught:
        simulate(program)

    assert {"Caller-1", "Caller-2", "Caller-3"} == {wait.who for wait in caught.value.waits}


def test_an_ask_to_itself_is_told() -> None:
    with pytest.raises(Deadlock) as caught:
        simulate(lambda: callers(1)[0].call_myself().get())

    (wait,) = caught.value.waits
    assert ("Caller-1", "Caller-1", "call()") == (wait.who, wait.awaits, wait.message)


def test_an_ask_that_nobody_can_answer_is_told_with_who_waits_for_what() -> None:
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()

    with pytest.raises(Deadlock) as caught:
        simulate(lambda: callers(1)[0].hang(future).get())

    assert ["main waits for Caller-1 to answer hang()", HANGING] == [
        str(wait) for wait in caught.value.waits
    ]


HANGING = "Caller-1, handling hang() from main, waits for a future that nobody has set"


def test_an_event_that_nobody_sets_is_told() -> None:
    with pytest.raises(Deadlock, match="main waits for a lock, an event or a queue"):
        simulate(lambda: threading.Event().wait())


def test_locks_taken_crosswise_are_told() -> None:
    class Taker(pykka.ThreadingActor):
        def take(self, *locks: Any) -> None:
            with locks[0]:
                time.sleep(1)
                with locks[1]:
                    raise AssertionError("both cannot have both")

    def program() -> None:
        left, right = threading.Lock(), threading.RLock()
        takers: list[Any] = [Taker.start().proxy() for _ in range(2)]
        pykka.get_all([takers[0].take(left, right), takers[1].take(right, left)])

    with pytest.raises(Deadlock) as caught:
        simulate(program)

    assert ["main", "Taker-1", "Taker-2"] == [wait.who for wait in caught.value.waits]


@pytest.mark.parametrize("seed", range(30))
def test_who_is_asked_while_it_waits_itself_is_in_no_deadlock(seed: int) -> None:
    # First one waits, then another one for it, and the first is answered first: that cannot be
    # had on one stack, where who waited last must go on first.
    with simulated(seed=seed):
        first, second, third = callers(3)
        answers = pykka.get_all([first.call(third), second.call(first), third.call()])

    assert ["reached"] * 3 == answers


def test_a_circle_with_a_timeout_ends_by_itself() -> None:
    with simulated(seed=1) as run:
        alice, bob = callers(2)
        with pytest.raises(pykka.Timeout):
            alice.call(bob, alice, timeout=5).get()

    assert 5 == run.seconds


def test_who_waits_for_a_sleeper_is_in_no_deadlock() -> None:
    with simulated(seed=1):
        alice, bob = callers(2)
        rest = bob.nap()

        assert ["rested", "reached"] == [alice.hang(rest).get(), alice.call(bob).get()]


def test_a_deadlock_among_actors_is_told_at_the_end_when_nobody_waited_for_them() -> None:
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()

    with pytest.raises(Deadlock, match="waits for a future that nobody has set"):
        simulate(lambda: callers(1)[0].hang(future))


def test_a_program_that_catches_a_deadlock_does_not_hide_it() -> None:
    def program() -> None:
        (caller,) = callers(1)
        with suppress(RuntimeError):
            caller.call_myself().get()
        caller.call()

    with pytest.raises(Deadlock):
        simulate(program)


def test_actors_that_keep_each_other_busy_without_time_passing_are_told() -> None:
    class Echo(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> None:
            message.tell(self.actor_ref)

    def program() -> None:
        Echo.start().tell(Echo.start())
        time.sleep(1)

    with pytest.raises(NoProgress):
        simulate(program, turns_max=1_000)
