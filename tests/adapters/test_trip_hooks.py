"""Test of TripHooks: every hook of a phase runs, on a thread of its own."""

from collections.abc import Callable
from threading import Event

from callboard.actors.adapters.trip_hooks import RUNNING_MAX, Hook, Hooks, TripHooks, on_a_thread
from callboard.messages.control import RunTripHooks, TripHooksEnded
from callboard.messages.values import HookPhase, TradingState
from support.steps import Step, StepRunner

RUN = RunTripHooks(HookPhase.BEFORE, TradingState.HALTED, 2, "drill", flattens=False, is_flat=False)


class Bench:
    """Hooks that run when the test says so; what they post is delivered at once."""

    def __init__(self, *hooks: Hook, after: tuple[Hook, ...] = ()) -> None:
        self.started: list[Callable[[], None]] = []
        self.steps_posted: list[Step] = []
        actor = TripHooks(
            Hooks(hooks, after), self.post, name="trip_hooks", start=self.started.append
        )
        self.steps = StepRunner(actor, name="trip_hooks")

    def post(
        self,
        to: str,
        message: object,
        *,
        sender: str = "",
        correlation: str = "",
        cause: str = "",
    ) -> None:
        assert ("trip_hooks", "trip_hooks") == (to, sender), correlation + cause
        self.steps_posted.append(self.steps.tell(message))

    def run_all(self) -> list[TripHooksEnded]:
        while self.started:
            self.started.pop(0)()
        return [each for step in self.steps_posted for each in step.told(TripHooksEnded)]


def fine(run: RunTripHooks) -> None:
    assert run is RUN


def broken(run: RunTripHooks) -> None:
    raise OSError(run.reason)


def test_a_phase_without_hooks_is_over_at_once() -> None:
    step = Bench().steps.tell(RUN)

    assert (("circuit_breaker", TripHooksEnded(HookPhase.BEFORE, 2)),) == step.tells


def test_a_phase_is_over_with_its_last_hook() -> None:
    bench = Bench(fine, fine)
    bench.steps.tell(RUN)
    bench.started.pop()()

    assert [TripHooksEnded(HookPhase.BEFORE, 2)] == bench.run_all()


def test_a_hook_that_raises_is_named() -> None:
    bench = Bench(fine, broken)
    bench.steps.tell(RUN)

    assert [("broken: OSError: drill",)] == [ended.failed for ended in bench.run_all()]


def test_only_the_hooks_of_the_phase_run() -> None:
    bench = Bench(fine, after=(fine, fine))

    bench.steps.tell(RUN)

    assert 1 == len(bench.started)


def test_a_run_that_is_told_twice_is_run_once() -> None:
    bench = Bench(fine)
    bench.steps.tell(RUN)
    bench.steps.tell(RUN)

    assert 1 == len(bench.started)


def test_more_hooks_than_may_run_are_named_and_not_run() -> None:
    bench = Bench(*[fine] * (RUNNING_MAX + 1))

    bench.steps.tell(RUN)
    (ended,) = bench.run_all()

    assert ("fine: 32 hooks still run",) == ended.failed


def test_a_thread_of_its_own_runs_a_hook() -> None:
    ran = Event()

    on_a_thread(ran.set)

    assert ran.wait(10)
