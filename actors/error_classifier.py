"""ErrorClassifier: says what a failed attempt means, and nothing about what to do.

Owns no state; the table is in `policies/error_table.py`. Total: what it does not know is an
unknown outcome for a mutation.
"""

from typing import assert_never

from ..messages.failure import ClassifyFailure, FailureClassified
from ..messages.values import Severity
from .names import SUPERVISOR
from .policies.error_table import classify
from .runtime.actor import Actor, Context

Inbox = ClassifyFailure


class ErrorClassifier(Actor):
    """Between OrderManager, which saw the failure, and Supervisor, which decides."""

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
