"""Retry: the supervisor's directive for a failed attempt, its delay and its bounds.

Owns two tables of data: how long and how often each error type is repeated, and what each kind
of error calls for. Decides nothing about positions: a refused exit ends here as an order, with
a reason, and the position monitor tries again until the venue shows flat.

Bounds: repetitions per type, the approval's `send_by_ms` (opening orders only, they go back to
the risk gate), the order's deadline, and the retry budget. What may have been executed is never
sent again from here, whatever the bounds say: it is asked for.

The delay is `min(base * factor^(n-1), cap)` and the jitter of 25 % comes after the cap, so that
orders stopped by one cause do not return in one instant.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from attrs import frozen

from ...messages.values import Action, ErrorKind, ErrorType, EscalationLevel, Fix, Leg, Outcome
from ..settings import RetryFigures
from .error_table import Verdict

PERCENT = 100


@frozen
class RetryPolicy:
    """How long to wait before the n-th repetition, and how many there are."""

    base_ms: int
    cap_ms: int
    retries_max: int
    """Repetitions after the first call: 3 are at most 4 calls."""
    factor: Decimal = Decimal(2)
    jitter_share: float = 0.25


NEVER = RetryPolicy(base_ms=1_000, cap_ms=30_000, retries_max=0)
"""What no repetition can help."""


def policies_of(figures: RetryFigures) -> Mapping[ErrorType, RetryPolicy]:
    """Return the repetitions of each error type under these figures."""
    rows = {
        ErrorType.API_ERROR: (figures.api_base_ms, figures.api_cap_ms, figures.api_retries_max),
        ErrorType.NETWORK_ERROR: (
            figures.network_base_ms,
            figures.network_cap_ms,
            figures.network_retries_max,
        ),
        ErrorType.TIMEOUT_ERROR: (
            figures.timeout_base_ms,
            figures.timeout_cap_ms,
            figures.timeout_retries_max,
        ),
        ErrorType.RATE_LIMIT_ERROR: (
            figures.rate_limit_base_ms,
            figures.rate_limit_cap_ms,
            figures.rate_limit_retries_max,
        ),
        ErrorType.UNKNOWN_ERROR: (
            figures.unknown_base_ms,
            figures.unknown_cap_ms,
            figures.unknown_retries_max,
        ),
    }
    share = figures.jitter_pct / PERCENT
    repeated = {kind: RetryPolicy(*row, figures.factor, share) for kind, row in rows.items()}
    return MappingProxyType(
        {ErrorType.INSUFFICIENT_BALANCE: NEVER, ErrorType.INVALID_ORDER: NEVER, **repeated}
    )


POLICIES = policies_of(RetryFigures())
"""The repetitions of each error type, as the requirements of the error handler give them."""

EXIT_POLICY = RetryPolicy(base_ms=1_000, cap_ms=30_000, retries_max=3)
"""How the position monitor spaces its exits; it counts no repetitions, only the flat position."""


@frozen
class RetrySettings:
    """What a host may set; without jitter the delays are exact."""

    jitter: bool = True
    policies: Mapping[ErrorType, RetryPolicy] = POLICIES


@frozen
class Rule:
    """What one kind of error calls for."""

    action: Action
    reason: str
    reason_reducing: str = ""
    """Said instead for a reducing order."""
    reason_stop: str = ""
    """Said instead for a protective stop."""
    escalate: EscalationLevel | None = None
    fix: Fix | None = None
    is_delayed: bool = False
    """A query waits before it is repeated; without it the first question is asked at once."""


RULES: Mapping[ErrorKind, Rule] = MappingProxyType(
    {
        ErrorKind.NETWORK: Rule(Action.REDELIVER, "the request did not reach the venue"),
        ErrorKind.OVERLOAD: Rule(Action.REDELIVER, "the venue is overloaded and did nothing"),
        ErrorKind.RATE_LIMITED: Rule(Action.REDELIVER, "the venue's request limit is reached"),
        ErrorKind.ORDER_LIMITED: Rule(Action.REDELIVER, "the venue's order limit is reached"),
        ErrorKind.BANNED: Rule(
            Action.REDELIVER,
            "the venue refuses this address for a time",
            escalate=EscalationLevel.VENUE,
        ),
        ErrorKind.VENUE_DOWN: Rule(
            Action.REDELIVER, "the venue is unavailable", escalate=EscalationLevel.VENUE
        ),
        ErrorKind.UNKNOWN_OUTCOME: Rule(Action.QUERY, "the request may have been executed"),
        ErrorKind.CLOCK: Rule(
            Action.FIX_AND_REDELIVER, "the clock is off the venue's", fix=Fix.RESYNC_CLOCK
        ),
        ErrorKind.STALE_FILTERS: Rule(
            Action.FIX_AND_REDELIVER,
            "the order breaks a filter of its symbol",
            fix=Fix.REFRESH_FILTERS,
        ),
        ErrorKind.WRONG_ROUTE: Rule(
            Action.FIX_AND_REDELIVER,
            "the venue takes this order type at another address",
            fix=Fix.REROUTE,
        ),
        ErrorKind.MODE_MISMATCH: Rule(
            Action.FIX_AND_REDELIVER,
            "the position side does not match the account's mode",
            fix=Fix.REFRESH_MODE,
        ),
        ErrorKind.INVALID: Rule(Action.END, "the venue finds the request malformed"),
        ErrorKind.MARKET_REFUSAL: Rule(
            Action.END,
            "the market does not take the order",
            reason_reducing="the market does not take the exit now; it is tried again",
        ),
        ErrorKind.WOULD_TRIGGER: Rule(
            Action.END,
            "the trigger price is already passed",
            reason_stop="the stop price is already passed; the position is closed at market",
        ),
        ErrorKind.REDUCE_ONLY_REFUSED: Rule(
            Action.END,
            "the venue sees nothing to reduce",
            reason_reducing="nothing to reduce, or other exits compete; the position is checked",
        ),
        ErrorKind.NO_MARGIN: Rule(Action.END, "the margin does not suffice"),
        ErrorKind.TOO_MANY_OPEN: Rule(Action.END, "too many orders are open at the venue"),
        ErrorKind.DUPLICATE_ID: Rule(
            Action.QUERY, "an earlier attempt lives under this id and is adopted"
        ),
        ErrorKind.NOT_FOUND: Rule(
            Action.QUERY,
            "the venue does not know the order, which proves nothing yet",
            is_delayed=True,
        ),
        ErrorKind.CANCEL_REFUSED: Rule(
            Action.QUERY, "nothing was there to cancel; the order's end is asked for"
        ),
        ErrorKind.ALREADY_SO: Rule(Action.END, "it is already as wished"),
        ErrorKind.SYMBOL_RESTRICTED: Rule(
            Action.END, "the symbol takes no such order now", escalate=EscalationLevel.SYMBOL
        ),
        ErrorKind.ACCOUNT_RESTRICTED: Rule(
            Action.END, "the account may not place it", escalate=EscalationLevel.ACCOUNT
        ),
        ErrorKind.LIQUIDATION: Rule(
            Action.END, "the account is being liquidated", escalate=EscalationLevel.ENGINE
        ),
        ErrorKind.STATE_CONFLICT: Rule(
            Action.QUERY, "the venue's state does not allow it now", is_delayed=True
        ),
        ErrorKind.CLOSE_POSITION_EXISTS: Rule(
            Action.END,
            "an order that closes the position is open already",
            reason_stop="a stop that closes the position lives already; it is looked for",
        ),
        ErrorKind.AUTH: Rule(
            Action.END, "the venue does not accept the key", escalate=EscalationLevel.ACCOUNT
        ),
        ErrorKind.BUG: Rule(
            Action.PARK, "the engine asked for the impossible", escalate=EscalationLevel.SYMBOL
        ),
    }
)
"""What each kind of error calls for, once its outcome is known."""


@frozen
class Directive:
    """What happens to the order next; `delay_ms` is counted from the decision."""

    action: Action
    delay_ms: int
    reason: str
    escalate: EscalationLevel | None = None
    fix: Fix | None = None


def delay_ms(policy: RetryPolicy, retry_number: int, uniform: float, jitter: bool) -> int:
    """Return the wait before a repetition, counted from 1; `uniform` is drawn from [0, 1].

    The cap comes before the jitter, so a wait is at most `cap_ms * (1 + jitter_share)`.
    """
    assert retry_number >= 1, "the first repetition is number 1"
    assert 0.0 <= uniform <= 1.0, "a draw outside [0, 1] leaves the range of the jitter"
    # 2^32 ms are seven weeks, beyond every cap: larger powers are not worth computing.
    exponent = min(retry_number - 1, 32)
    capped_ms = min(int(policy.base_ms * policy.factor**exponent), policy.cap_ms)
    if not jitter:
        return capped_ms
    share = policy.jitter_share
    return round(capped_ms * (1 - share + 2 * share * uniform))


def decide(
    verdict: Verdict,
    *,
    attempt: int,
    is_reducing: bool,
    leg: Leg,
    now_ms: int,
    send_by_ms: int | None,
    deadline_ms: int | None,
    budget_left: int,
    uniform: float,
    settings: RetrySettings,
    not_before_ms: int | None = None,
    fixes_tried: tuple[Fix, ...] = (),
) -> Directive:
    """Decide what follows a failed attempt of an order, a cancel or a query.

    `attempt` counts the calls of this request from 1. Times are ms of the venue's clock, None
    where there is no bound. `budget_left` is how many repetitions the engine's retry budget
    still holds. `not_before_ms` is the end of a pause that the venue asked for and replaces the
    backoff. `fixes_tried` are the fixes that this order has had: none is tried twice.
    """
    is_unknown = verdict.outcome is Outcome.UNKNOWN
    kind = ErrorKind.UNKNOWN_OUTCOME if is_unknown else verdict.kind
    rule = RULES[kind]
    policy = settings.policies[verdict.error_type]
    wait_ms = _wait_ms(policy, attempt, uniform, settings, now_ms, not_before_ms)
    if rule.action is Action.QUERY:
        is_over = kind is ErrorKind.STATE_CONFLICT and attempt > policy.retries_max
        return _query(rule, wait_ms, is_over)
    if rule.action in (Action.END, Action.PARK):
        reason = _reason(rule, is_reducing, leg)
        return Directive(rule.action, 0, reason, escalate=rule.escalate)
    spent = _spent(rule, policy, attempt, budget_left, fixes_tried)
    if spent is not None:
        escalate = rule.escalate or EscalationLevel.ORDER
        return Directive(Action.END, 0, f"{rule.reason}; {spent}", escalate=escalate)
    send_by_of_opening_ms = None if is_reducing else send_by_ms
    return _resend(rule, wait_ms, now_ms, send_by_of_opening_ms, deadline_ms)


def _wait_ms(
    policy: RetryPolicy,
    attempt: int,
    uniform: float,
    settings: RetrySettings,
    now_ms: int,
    not_before_ms: int | None,
) -> int:
    """Wait as long as the venue says, or else for the backoff."""
    if not_before_ms is not None:
        return max(0, not_before_ms - now_ms)
    return delay_ms(policy, attempt, uniform, settings.jitter)


def _query(rule: Rule, wait_ms: int, is_over: bool) -> Directive:
    """Ask the venue for the truth: at once after a lost answer, with backoff when it said no.

    Questions about a lost answer have no last one, since only evidence ends them. A state that
    does not allow the request is looked at as often as its type allows, then it is over.
    """
    if is_over:
        return Directive(Action.END, 0, rule.reason)
    return Directive(Action.QUERY, wait_ms if rule.is_delayed else 0, rule.reason)


def _reason(rule: Rule, is_reducing: bool, leg: Leg) -> str:
    """Choose the sentence that fits the order's part in its position."""
    if leg is Leg.STOP and rule.reason_stop:
        return rule.reason_stop
    if is_reducing and rule.reason_reducing:
        return rule.reason_reducing
    return rule.reason


def _spent(
    rule: Rule,
    policy: RetryPolicy,
    attempt: int,
    budget_left: int,
    fixes_tried: tuple[Fix, ...],
) -> str | None:
    """Say which bound forbids another repetition, or None."""
    if budget_left <= 0:
        return "the retry budget is spent"
    if rule.fix is not None:
        return f"{rule.fix} did not help" if rule.fix in fixes_tried else None
    if attempt > policy.retries_max:
        return f"{policy.retries_max} repetitions did not help"
    return None


def _resend(
    rule: Rule, wait_ms: int, now_ms: int, send_by_ms: int | None, deadline_ms: int | None
) -> Directive:
    """Send again after the wait, unless that is too late for the order or for its approval."""
    # A fix takes the time that it takes; there is nothing to wait for besides.
    wait_ms = 0 if rule.fix is not None else wait_ms
    due_ms = now_ms + wait_ms
    if deadline_ms is not None and due_ms > deadline_ms:
        reason = f"{rule.reason}; the deadline comes first"
        return Directive(Action.END, 0, reason, escalate=rule.escalate or EscalationLevel.ORDER)
    if send_by_ms is not None and due_ms > send_by_ms:
        reason = f"{rule.reason}; the approval ages out before the next attempt"
        return Directive(Action.REAPPROVE, wait_ms, reason, escalate=rule.escalate, fix=rule.fix)
    return Directive(rule.action, wait_ms, rule.reason, escalate=rule.escalate, fix=rule.fix)
