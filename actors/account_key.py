"""Account key: people are told when the venue refuses the key, and when it takes it again.

Account's tool, bound to one message. Reads are the first that a venue is asked, so a wrong key or
secret shows there before any order; without a word the engine would only never be ready. What an
order is refused for goes its own way, by the error table.
"""

from ..messages.events import AlertRaised
from ..messages.values import ErrorKind, Severity
from ..messages.venue import AttemptEnded
from .account_facts import AccountState, KeyJudged
from .names import EVENT_BUS
from .policies.error_table import classify
from .runtime.actor import Context

INVALID_SIGNATURE = -1022
"""What a wrong secret comes to."""


def judge_key(state: AccountState, answer: AttemptEnded, ctx: Context) -> None:
    """Alert once where an answer is about the key, and once when a read succeeds after that."""
    fault = key_fault(answer)
    if fault == state.key_fault or (answer.result is None and not fault):
        return
    ctx.record(KeyJudged(fault))
    alert = AlertRaised(
        severity=Severity.CRITICAL if fault else Severity.INFO,
        alert="key_refused" if fault else "key_accepted",
        subject="account",
        text=fault or "the venue takes the key again",
    )
    ctx.tell(EVENT_BUS, alert)


def key_fault(answer: AttemptEnded) -> str:
    """Return what the venue has against the key, empty where it says nothing of it."""
    if answer.result is not None:
        return ""
    code = answer.code or None
    verdict = classify(answer.operation, answer.phase, answer.status, code, answer.text)
    if verdict.kind is not ErrorKind.AUTH and code != INVALID_SIGNATURE:
        return ""
    return f"{code or answer.status}: {answer.text}".strip()
