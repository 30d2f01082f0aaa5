"""ErrorClassifier: says what a failed attempt means, and nothing about what to do.

The table is in `policies/error_table.py`. Total: what it does not know is an unknown outcome for a
mutation, which is asked for at the venue. Owns the codes that the table lacks: a person hears of
each once, with its text, which stays in the record. Bound: `STRANGE_MAX` such codes.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.events import AlertRaised
from ..messages.failure import ClassifyFailure, FailureClassified
from ..messages.values import Severity
from .names import EVENT_BUS, SUPERVISOR
from .policies.error_codes import CODES
from .policies.error_table import classify
from .runtime.actor import Actor, Context

Inbox = ClassifyFailure
STRANGE_MAX = 1_000


@frozen
class CodeMet:
    """Fact: the venue used a code that the table does not know."""

    code: int


@define
class ClassifierState:
    """Codes that people were told of, in the order of their coming."""

    strange: list[int] = field(factory=list[int])


class ErrorClassifier(Actor):
    """Between OrderManager, which saw the failure, and Supervisor, which decides."""

    State = ClassifierState
    private = (CodeMet,)
    state: ClassifierState

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case ClassifyFailure():
                self.on_classify_failure(message, ctx)
            case _:
                assert_never(message)

    def on_classify_failure(self, message: ClassifyFailure, ctx: Context) -> None:
        """Look the failure up and pass it on with its meaning."""
        code = message.code or None
        if code is not None and code not in CODES:
            self._tell_strange(message, ctx)
        verdict = classify(message.operation, message.phase, message.status, code, message.text)
        if verdict.severity is Severity.CRITICAL:
            ctx.log("failure_classified", kind=verdict.kind, rule=verdict.rule, text=message.text)
        ctx.tell(
            SUPERVISOR,
            FailureClassified(
                failure=message,
                kind=verdict.kind,
                outcome=verdict.outcome,
                error_type=verdict.error_type,
                severity=verdict.severity,
                rule=verdict.rule,
            ),
        )

    def apply(self, fact: CodeMet) -> None:
        """Change the state by one fact."""
        self.state.strange.append(fact.code)

    def _tell_strange(self, message: ClassifyFailure, ctx: Context) -> None:
        strange = self.state.strange
        if message.code in strange or len(strange) >= STRANGE_MAX:
            return
        ctx.record(CodeMet(message.code))
        text = (
            f"{message.operation} of {message.symbol} got status {message.status}: {message.text}"
        )
        alert = AlertRaised(Severity.WARNING, "unknown_code", str(message.code), text)
        ctx.tell(EVENT_BUS, alert)
