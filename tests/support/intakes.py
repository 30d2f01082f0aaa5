"""Intakes: an ExecutionSystem by hand, with one start behind it."""

from callboard.actors.execution_system import ExecutionSystem
from callboard.messages.control import EngineStarted, RecoveryDone
from callboard.messages.values import LastRun, SignalType
from support.entries import entry
from support.steps import StepRunner

TIMEOUT_MS = 7_200_000
CLOSE = entry(signal_id="x1", signal=SignalType.CLOSE_LONG)
HALVE = entry(signal_id="x2", signal=SignalType.REDUCE_50)


def intake(*, ready: bool = True, signals_kept: int = 100) -> StepRunner:
    """Return an intake that was told of its start, and that entries may run."""
    steps = StepRunner(ExecutionSystem(TIMEOUT_MS, signals_kept), name="execution_system")
    steps.start()
    steps.tell(EngineStarted(1, LastRun.NONE))
    if ready:
        steps.tell(RecoveryDone(1))
    return steps
