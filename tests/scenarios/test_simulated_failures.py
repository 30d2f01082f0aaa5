"""SimulatedFailures: what handlers raise comes to the test, whatever Pykka does with it."""

import asyncio
import threading
import time
from typing import Any

import pykka
import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import StopTest

from callboard.scenarios.programs.simulation import simulated
from support.simulated_runs import simulate


class Fragile(pykka.ThreadingActor):
    """Raises what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.hooks: list[str] = []

    def on_receive(self, message: Any) -> str:
        if isinstance(message, BaseException):
            raise message
        return "fine"

    def fail(self, text: str) -> None:
        raise ValueError(text)

    def on_stop(self) -> None:
        self.hooks.append("on_stop")

    def on_failure(self, *error: Any, **_more: Any) -> None:
        self.hooks.append(f"on_failure {error[1]}")


def test_an_assertion_in_a_handler_of_a_told_message_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="seven") as caught, simulated(seed=4):
        Fragile.start().tell(AssertionError("seven"))

    assert "simulated(seed=4, delivery='outbox')" in caught.value.__notes__[0]
    assert "main -> Fragile-1: AssertionError" in caught.value.__notes__[0]


def test_failures_that_the_program_looked_at_are_its_own_affair() -> None:
    with simulated(seed=1) as run:
        ref = Fragile.start()
        ref.tell(ValueError("seven"))
        ref.actor_stopped.wait()
        (failure,) = run.failures

    assert "Fragile-1, handling ValueError: ValueError: seven" == str(failure)


def test_several_failures_are_raised_together() -> None:
    def program() -> None:
        for text in ("one", "two"):
            Fragile.start().tell(ValueError(text))

    with pytest.raises(ExceptionGroup) as caught:
        simulate(program)

    assert {"one", "two"} == {str(error) for error in caught.value.exceptions}


def test_an_exception_that_was_answered_and_never_taken_fails_the_test() -> None:
    def program() -> None:
        proxy: Any = Fragile.start().proxy()
        proxy.fail("unheard")

    with pytest.raises(ValueError, match="unheard"):
        simulate(program)


def test_an_exception_that_the_asker_took_is_the_askers() -> None:
    with simulated(seed=1) as run:
        proxy: Any = Fragile.start().proxy()
        with pytest.raises(ValueError, match="taken"):
            proxy.fail("taken").get()

        assert "fine" == proxy.actor_ref.ask("still alive")

    assert () == run.failures


def test_what_hooks_and_threads_raise_fails_the_test_too() -> None:
    class LateRiser(pykka.ThreadingActor):
        def on_start(self) -> None:
            raise RuntimeError("on_start")

    def work() -> None:
        raise RuntimeError("thread")

    def program() -> None:
        LateRiser.start()
        threading.Thread(target=work).start()

    with pytest.raises(ExceptionGroup) as caught:
        simulate(program)

    assert {"on_start", "thread"} == {str(error) for error in caught.value.exceptions}


def test_an_actor_that_failed_has_had_its_hook_and_is_dead() -> None:
    # In order, so that the program tells all of it before the actor has its turn.
    with simulated(seed=1, delivery="fifo") as run:
        ref = Fragile.start()
        actor: Any = ref.proxy()
        hooks: list[str] = actor.hooks.get()
        ref.tell(ValueError("seven"))
        ref.tell("never handled")
        asked = ref.ask("after it", block=False)
        with pytest.raises(pykka.ActorDeadError):
            asked.get()
        assert 1 == len(run.failures)

    assert ["on_failure seven"] == hooks
    assert ("Fragile-1: 'never handled' from main",) == run.lost
    assert () == run.left_alive


def test_an_error_of_the_program_goes_before_failures_which_are_told_with_it() -> None:
    def program() -> None:
        Fragile.start().tell(ValueError("the cause, perhaps"))
        time.sleep(1)
        raise LookupError("the program's own")

    with pytest.raises(LookupError) as caught:
        simulate(program)

    assert "ValueError: the cause, perhaps" in caught.value.__notes__[1]


def test_what_an_actor_died_of_goes_before_the_word_that_it_is_dead() -> None:
    def program() -> None:
        ref = Fragile.start()
        ref.tell(ValueError("the cause"))
        ref.ask("anything")

    with pytest.raises(ValueError, match="the cause") as caught:
        simulate(program)

    assert isinstance(caught.value.__context__, pykka.ActorDeadError)


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        pytest.fail.Exception("failed"),
        StopTest(1),
    ],
)
def test_a_handlers_base_exception_ends_the_run_and_comes_out_of_it(error: BaseException) -> None:
    hooks: list[str] = []

    def program() -> None:
        bystander: Any = Fragile.start().proxy()
        hooks.extend(bystander.hooks.get())
        Fragile.start().ask(error)

    with pytest.raises(type(error)) as caught:
        simulate(program)

    assert error is caught.value
    assert [] == hooks


def test_a_threads_system_exit_ends_that_thread_alone() -> None:
    def work() -> None:
        raise SystemExit

    with simulated(seed=1):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

        assert "fine" == Fragile.start().ask("still there")


class Doubter(pykka.ThreadingActor):
    """Checks, inside its handlers, what Hypothesis gave it."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, st.DataObject):
            return message.draw(st.integers(0, 9))
        assume(message != 3)
        assert message < 5
        return None


def test_hypothesis_shrinks_a_failure_in_a_handler() -> None:
    def fails(number: int) -> bool:
        try:
            simulate(lambda: Doubter.start().tell(number), seed=number)
        except AssertionError:
            return True
        return False

    assert 5 == find(st.integers(0, 100), fails)


@given(data=st.data(), number=st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_handlers_draw_and_assume_as_the_test_itself(data: st.DataObject, number: int) -> None:
    with simulated(seed=number):
        ref = Doubter.start()
        ref.ask(number)
        drawn: int = ref.ask(data, block=True)

    assert 0 <= drawn <= 9
