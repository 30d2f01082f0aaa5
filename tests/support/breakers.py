"""Breakers: a CircuitBreaker by hand, and what it tells."""

from callboard.actors.circuit_breaker import LISTENERS, CircuitBreaker
from callboard.actors.settings import BreakerSettings
from callboard.messages.control import TradingStateChanged
from callboard.messages.failure import EscalateFailure
from callboard.messages.queries import EngineStatus, GetStatus
from callboard.messages.values import ErrorKind, EscalationLevel, TradingState
from support.entries import SYMBOL
from support.steps import Step, StepRunner

DOWN = EscalateFailure(EscalationLevel.VENUE, ErrorKind.VENUE_DOWN, SYMBOL, "503")


def breaker(settings: BreakerSettings | None = None) -> StepRunner:
    """Return a breaker, with the settings of the register unless others are given."""
    actor = CircuitBreaker(settings or BreakerSettings())
    steps = StepRunner(actor, name="circuit_breaker")
    steps.start()
    return steps


def state_of(steps: StepRunner) -> TradingState:
    """Ask for the trading state as a host does."""
    (status,) = steps.tell(GetStatus()).replies
    assert isinstance(status, EngineStatus)
    return status.trading_state


def told(step: Step) -> TradingStateChanged:
    """Return the one state that every listener was told urgently."""
    (first, *others) = [message for _, message in step.urgent]
    assert list(LISTENERS) == [to for to, _ in step.urgent]
    assert all(first == other for other in others)
    assert isinstance(first, TradingStateChanged)
    return first
