"""Test of a trip's sequence: entries off, hooks, closes, hooks, whatever the hooks do."""

from decimal import Decimal

from attrs import evolve

from callboard.actors.circuit_breaker import LISTENERS
from callboard.actors.settings import BreakerSettings
from callboard.messages.account import AccountChanged
from callboard.messages.control import RunTripHooks, TradingStateChanged, TripHooksEnded
from callboard.messages.events import AlertRaised
from callboard.messages.intake import HaltTrading
from callboard.messages.positions import FlattenAll, OpenReported, ReportOpen
from callboard.messages.values import HookPhase, TradingState
from support.breakers import breaker
from support.entries import ACCOUNT
from support.steps import MS, SECOND, Step, StepRunner

BEFORE, AFTER = HookPhase
HALT = HaltTrading("h1", "drill", by="ada")
LOSS: AccountChanged = evolve(ACCOUNT, equity=Decimal(9500))
HALTED = TradingState.HALTED


def alerts(step: Step) -> list[str]:
    return [alert.alert for alert in step.told(AlertRaised)]


def tripped() -> StepRunner:
    steps = breaker()
    steps.tell(LOSS)
    return steps


def closing() -> StepRunner:
    steps = tripped()
    steps.tell(TripHooksEnded(BEFORE, 2))
    return steps


def test_entries_are_off_before_the_first_hook_is_asked_to_run() -> None:
    """C-53: the flag goes off first."""
    step = breaker().tell(HALT)

    first = step.tells[: len(LISTENERS)]
    assert list(LISTENERS) == [to for to, _ in first]
    assert all(isinstance(message, TradingStateChanged) for _, message in first)
    run = RunTripHooks(BEFORE, HALTED, 2, "ada: drill", flattens=False, is_flat=False)
    assert [run] == step.to("trip_hooks")


def test_positions_are_closed_when_the_first_hooks_are_over() -> None:
    steps = tripped()

    step = steps.tell(TripHooksEnded(BEFORE, 2))

    close = FlattenAll("circuit_breaker", "", "loss of the day 5.00 %")
    assert [close] == step.to("position_monitor")
    assert ("hooks",) == step.cancelled


def test_hooks_that_do_not_end_delay_nothing_beyond_their_bound() -> None:
    """C-53: a hook is bounded."""
    steps = tripped()
    before_ns = steps.now_ns

    step = steps.fire("hooks")
    late = steps.tell(TripHooksEnded(BEFORE, 2))

    assert 200 * MS == steps.now_ns - before_ns
    assert 1 == len(step.told(FlattenAll))
    assert ["trip_hook_late"] == alerts(step)
    assert () == late.tells


def test_a_hook_that_fails_is_named_and_stops_nothing() -> None:
    """C-53: a failing hook never stops the sequence."""
    step = tripped().tell(TripHooksEnded(BEFORE, 2, ("page: OSError: no line",)))

    assert ["trip_hook_failed"] == alerts(step)
    assert 1 == len(step.told(FlattenAll))


def test_the_last_hooks_run_once_every_position_is_closed() -> None:
    steps = closing()

    asked = steps.fire("flat")
    still = steps.tell(OpenReported(("ETHUSDT/BOTH",)))
    steps.fire("flat")
    done = steps.tell(OpenReported(()))

    assert [ReportOpen()] == asked.to("position_monitor")
    assert () == still.tells
    run = RunTripHooks(AFTER, HALTED, 2, "loss of the day 5.00 %", flattens=True, is_flat=True)
    assert (("trip_hooks", run),) == done.tells


def test_positions_that_do_not_close_are_alarmed_and_the_last_hooks_run_all_the_same() -> None:
    steps = closing()
    steps.fire("flat")

    step = steps.tell(OpenReported(("ETHUSDT/BOTH",)), after_ns=60 * SECOND)

    assert ["flatten_slow"] == alerts(step)
    assert [False] == [run.is_flat for run in step.told(RunTripHooks)]


def test_a_trip_that_closes_nothing_runs_the_last_hooks_at_once() -> None:
    steps = breaker()
    steps.tell(HALT)

    step = steps.tell(TripHooksEnded(BEFORE, 2))

    assert [AFTER] == [run.phase for run in step.told(RunTripHooks)]


def test_a_stricter_trip_begins_again_and_still_closes() -> None:
    steps = breaker(BreakerSettings(daily_reduce_pct=Decimal(1)))
    steps.tell(evolve(ACCOUNT, equity=Decimal(9850)))
    steps.tell(LOSS)

    old = steps.tell(TripHooksEnded(BEFORE, 2))
    new = steps.tell(TripHooksEnded(BEFORE, 3))

    assert () == old.tells
    assert 1 == len(new.told(FlattenAll))


def test_a_halt_while_positions_are_being_closed_goes_on_closing_them() -> None:
    steps = closing()
    steps.tell(evolve(LOSS, equity=Decimal(10000)))

    step = steps.tell(LOSS, after_ns=SECOND)
    again = steps.tell(TripHooksEnded(BEFORE, 2))

    assert [True] == [run.flattens for run in step.told(RunTripHooks)]
    assert 1 == len(again.told(FlattenAll))


def test_a_restart_before_the_closes_closes_without_running_a_hook_twice() -> None:
    steps = tripped()

    step = steps.start()

    assert [] == step.told(RunTripHooks)
    assert 1 == len(step.told(FlattenAll))


def test_a_restart_while_positions_are_being_closed_goes_on() -> None:
    steps = closing()
    steps.timers.clear()

    step = steps.start()

    assert 1 == len(step.told(FlattenAll))
    assert "flat" in steps.timers


def test_what_comes_after_the_sequence_is_over_changes_nothing() -> None:
    steps = closing()
    steps.fire("flat")
    steps.tell(OpenReported(()))

    late = [steps.tell(OpenReported(())), steps.tell(TripHooksEnded(AFTER, 2))]

    assert [((), ()), ((), ())] == [(step.facts, step.tells) for step in late]


def test_a_look_after_the_sequence_asks_for_nothing() -> None:
    steps = closing()
    steps.tell(OpenReported(()))

    assert () == steps.fire("flat").tells
