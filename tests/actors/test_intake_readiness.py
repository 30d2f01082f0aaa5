"""Test of ExecutionSystem before readiness: entries wait, exits run, and some entries end."""

from decimal import Decimal

import pytest

from callboard.actors import execution_system
from callboard.actors.execution_system import ExecutionSystem
from callboard.messages.control import EngineStarted, RecoveryDone
from callboard.messages.events import (
    CommandRefused,
    EngineReady,
    OrderRefused,
)
from callboard.messages.intake import (
    AmendOrder,
    CancelOrder,
    CancelOrders,
    FlattenPositions,
    SubmitSignal,
)
from callboard.messages.orders import (
    RequestEntry,
)
from callboard.messages.positions import FlattenAll, RequestClose
from callboard.messages.values import LastRun, SignalType
from support.entries import SYMBOL, entry
from support.intakes import CLOSE, HALVE, TIMEOUT_MS, intake
from support.steps import Step, StepRunner


def run_deferred(steps: StepRunner, step: Step) -> list[Step]:
    """Deliver what the intake tells itself until it is silent."""
    done = [step]
    while own := done[-1].to("execution_system"):
        (message,) = own
        done.append(steps.tell(message))
    return done


def test_entries_that_come_before_readiness_run_after_it_in_their_order() -> None:
    steps = intake(ready=False)
    early = [steps.tell(entry(signal_id=name)) for name in ("s1", "s2")]

    later = run_deferred(steps, steps.tell(RecoveryDone(1)))

    assert [(), ()] == [step.tells for step in early]
    assert [EngineReady(1)] == later[0].to("event_bus")
    requested = [each.signal.signal_id for step in later for each in step.told(RequestEntry)]
    assert ["s1", "s2"] == requested


def test_an_entry_that_comes_while_others_run_keeps_its_place() -> None:
    steps = intake(ready=False)
    steps.tell(entry())
    steps.tell(RecoveryDone(1))

    step = steps.tell(entry(signal_id="s2"))

    assert () == step.tells


def test_a_repeated_signal_waits_once() -> None:
    steps = intake(ready=False)
    steps.tell(entry())

    assert ((), ()) == (steps.tell(entry()).facts, steps.tell(entry()).tells)


@pytest.mark.parametrize("signal", [CLOSE, HALVE])
def test_an_exit_does_not_wait_for_readiness(signal: SubmitSignal) -> None:
    step = intake(ready=False).tell(signal)

    assert (("position_monitor", RequestClose("1", signal)),) == step.tells


def test_a_flatten_does_not_wait_and_takes_back_the_entries_that_do() -> None:
    steps = intake(ready=False)
    steps.tell(entry())
    steps.tell(entry(signal_id="s2", symbol="BTCUSDT"))

    step = steps.tell(FlattenPositions("f1", SYMBOL))

    reason = "taken_back: f1 against none"
    assert [OrderRefused("s1", SYMBOL, "taken_back", "f1", "none", reason)] == step.to("event_bus")
    assert [FlattenAll("f1", SYMBOL, "flatten")] == step.to("position_monitor")
    later = run_deferred(steps, steps.tell(RecoveryDone(1)))
    requested = [each.signal.signal_id for step in later for each in step.told(RequestEntry)]
    assert ["s2"] == requested


def test_a_close_takes_back_the_entry_that_would_open_what_it_closes() -> None:
    steps = intake(ready=False)
    steps.tell(entry())
    steps.tell(entry(signal_id="s2", signal=SignalType.SHORT_ENTRY))

    step = steps.tell(CLOSE)

    assert ["s1"] == [event.signal_id for event in step.told(OrderRefused)]
    assert () == steps.tell(entry()).tells


def test_a_cancel_takes_back_a_signal_that_waits() -> None:
    steps = intake(ready=False)
    steps.tell(entry())

    step = steps.tell(CancelOrder("c1", "s1"))

    assert ["taken_back"] == [event.guard for event in step.told(OrderRefused)]
    assert [] == step.told(CommandRefused)


def test_an_amendment_waits_behind_its_signal() -> None:
    steps = intake(ready=False)
    steps.tell(entry())
    steps.tell(AmendOrder("c1", "s1", price=Decimal(1990)))

    later = run_deferred(steps, steps.tell(RecoveryDone(1)))

    receivers = [to for step in later for to, _ in step.tells]
    assert receivers.index("risk_gate") < receivers.index("order_manager")


def test_beyond_the_bound_a_signal_is_refused_for_good_and_a_command_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(execution_system, "DEFERRED_MAX", 2)
    steps = intake(ready=False)
    steps.tell(entry(signal_id="w1"))
    steps.tell(entry(signal_id="w2"))

    refused = steps.tell(entry())
    command = steps.tell(AmendOrder("c1", "w1"))

    reason = "queue_full: 2 against 2"
    assert [OrderRefused("s1", SYMBOL, "queue_full", "2", "2", reason)] == refused.to("event_bus")
    expected = CommandRefused("c1", "too many commands wait for readiness")
    assert [expected] == command.to("event_bus")
    assert () == steps.tell(entry()).tells


def test_the_word_of_an_earlier_start_does_not_make_ready() -> None:
    steps = StepRunner(ExecutionSystem(TIMEOUT_MS, 100), name="execution_system")
    steps.start()
    steps.tell(EngineStarted(2, LastRun.STOPPED))

    late = steps.tell(RecoveryDone(1))

    assert ((), ()) == (late.facts, late.tells)
    assert [EngineReady(2)] == steps.tell(RecoveryDone(2)).to("event_bus")


def test_readiness_is_told_once_a_start() -> None:
    steps = intake()

    assert () == steps.tell(RecoveryDone(1)).tells
    steps.tell(EngineStarted(2, LastRun.STOPPED))
    assert [EngineReady(2)] == steps.tell(RecoveryDone(2)).to("event_bus")


def test_a_new_start_defers_entries_again() -> None:
    steps = intake()

    steps.tell(EngineStarted(2, LastRun.STOPPED))

    assert () == steps.tell(entry()).tells


def test_a_rebuilt_intake_goes_on_with_what_waits() -> None:
    steps = intake(ready=False)
    steps.tell(entry())
    steps.tell(RecoveryDone(1))

    later = run_deferred(steps, steps.start())

    assert ["s1"] == [each.signal.signal_id for step in later for each in step.told(RequestEntry)]


def test_a_cancel_of_all_does_not_wait_and_takes_back_the_entries_that_do() -> None:
    steps = intake(ready=False)
    steps.tell(entry())
    steps.tell(entry(signal_id="s2", symbol="BTCUSDT"))
    command = CancelOrders("k1", SYMBOL)

    step, again = steps.tell(command), steps.tell(command)

    assert ["s1"] == [event.signal_id for event in step.told(OrderRefused)]
    assert [command] == step.to("risk_gate")
    assert ((), ()) == (again.facts, again.tells)
