"""Failure: an attempt failed, somebody says what that means and what to do.

OrderManager -> ErrorClassifier (`ClassifyFailure`) -> Supervisor (`FailureClassified`) ->
OrderManager (`RetryDirective`); Supervisor -> CircuitBreaker (`EscalateFailure`). One directive
ends the talk.
"""

from attrs import frozen

from .values import (
    Action,
    ErrorKind,
    ErrorType,
    EscalationLevel,
    Fix,
    Leg,
    Operation,
    Outcome,
    Phase,
    Priority,
    Severity,
)


@frozen
class ClassifyFailure:
    """What the lane saw of an attempt that did not simply succeed."""

    client_order_id: str
    symbol: str
    leg: Leg
    priority: Priority
    attempt: int
    operation: Operation
    phase: Phase
    status: int
    code: int
    text: str
    send_by_ms: int
    deadline_ms: int
    sent_at_ms: int
    fixes_tried: tuple[Fix, ...] = ()
    retry_after_s: int = -1
    """How long the reply asks us to wait; -1 where it says nothing."""


@frozen
class FailureClassified:
    """The same with the classifier's verdict."""

    failure: ClassifyFailure
    kind: ErrorKind
    outcome: Outcome
    error_type: ErrorType
    severity: Severity
    rule: str
    """The row of the error table that decided, for people."""


@frozen
class RetryDirective:
    """What to do with the order now."""

    client_order_id: str
    attempt: int
    operation: Operation
    kind: ErrorKind
    outcome: Outcome
    action: Action
    fix: Fix | None
    delay_ms: int
    reason: str
    error_type: ErrorType
    severity: Severity
    attempts_max: int
    """Calls that its type allows, the first one included."""
    status: int
    code: int
    text: str
    """What the venue said."""


@frozen
class EscalateFailure:
    """An attempt's failure concerns more than its order."""

    level: EscalationLevel
    kind: ErrorKind
    symbol: str
    reason: str


@frozen
class VenueAnswered:
    """A request was answered normally: the venue breaker may close."""
