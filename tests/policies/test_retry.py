"""Retry: a directive for every kind of error, and the bounds that no directive passes."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.error_codes import CODES, KINDS
from callboard.actors.policies.error_table import Verdict, classify
from callboard.actors.policies.retry import (
    POLICIES,
    RULES,
    Directive,
    RetrySettings,
    decide,
)
from callboard.messages.values import (
    Action,
    ErrorKind,
    ErrorType,
    EscalationLevel,
    Fix,
    Leg,
    Operation,
    Outcome,
    Phase,
)

EXACT = RetrySettings(jitter=False)
NOW_MS = 1_000_000


def verdict_of(kind: ErrorKind, *, error_type: ErrorType | None = None) -> Verdict:
    """Build what the table says of the kind."""
    usual = KINDS[kind]
    return Verdict(
        kind=kind,
        outcome=usual.outcome,
        error_type=error_type or usual.error_type,
        severity=usual.severity,
        rule="test",
    )


def verdict_of_code(code: int, operation: Operation = Operation.PLACE) -> Verdict:
    """Build what the table says of the code."""
    return classify(operation, Phase.ANSWERED, 400, code, "")


def decide_entry(
    verdict: Verdict,
    *,
    attempt: int = 1,
    send_by_ms: int | None = None,
    deadline_ms: int | None = None,
    budget_left: int = 100,
    not_before_ms: int | None = None,
    fixes_tried: tuple[Fix, ...] = (),
    uniform: float = 0.5,
    settings: RetrySettings = EXACT,
) -> Directive:
    """Decide for an entry, without jitter and without bounds unless named."""
    return decide(
        verdict,
        attempt=attempt,
        is_reducing=False,
        leg=Leg.ENTRY,
        now_ms=NOW_MS,
        send_by_ms=send_by_ms,
        deadline_ms=deadline_ms,
        budget_left=budget_left,
        uniform=uniform,
        settings=settings,
        not_before_ms=not_before_ms,
        fixes_tried=fixes_tried,
    )


def decide_exit(
    verdict: Verdict, *, leg: Leg = Leg.EXIT, send_by_ms: int | None = None
) -> Directive:
    """Decide for a reducing order, without jitter."""
    return decide(
        verdict,
        attempt=1,
        is_reducing=True,
        leg=leg,
        now_ms=NOW_MS,
        send_by_ms=send_by_ms,
        deadline_ms=None,
        budget_left=100,
        uniform=0.5,
        settings=EXACT,
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("NETWORK", (Action.REDELIVER, 2_000, None, None)),
        ("OVERLOAD", (Action.REDELIVER, 1_000, None, None)),
        ("RATE_LIMITED", (Action.REDELIVER, 60_000, None, None)),
        ("ORDER_LIMITED", (Action.REDELIVER, 60_000, None, None)),
        ("BANNED", (Action.REDELIVER, 60_000, EscalationLevel.VENUE, None)),
        ("VENUE_DOWN", (Action.REDELIVER, 1_000, EscalationLevel.VENUE, None)),
        ("UNKNOWN_OUTCOME", (Action.QUERY, 0, None, None)),
        ("CLOCK", (Action.FIX_AND_REDELIVER, 0, None, Fix.RESYNC_CLOCK)),
        ("STALE_FILTERS", (Action.FIX_AND_REDELIVER, 0, None, Fix.REFRESH_FILTERS)),
        ("WRONG_ROUTE", (Action.FIX_AND_REDELIVER, 0, None, Fix.REROUTE)),
        ("MODE_MISMATCH", (Action.FIX_AND_REDELIVER, 0, None, Fix.REFRESH_MODE)),
        ("INVALID", (Action.END, 0, None, None)),
        ("MARKET_REFUSAL", (Action.END, 0, None, None)),
        ("WOULD_TRIGGER", (Action.END, 0, None, None)),
        ("REDUCE_ONLY_REFUSED", (Action.END, 0, None, None)),
        ("NO_MARGIN", (Action.END, 0, None, None)),
        ("TOO_MANY_OPEN", (Action.END, 0, None, None)),
        ("DUPLICATE_ID", (Action.QUERY, 0, None, None)),
        ("NOT_FOUND", (Action.QUERY, 1_000, None, None)),
        ("CANCEL_REFUSED", (Action.QUERY, 0, None, None)),
        ("ALREADY_SO", (Action.END, 0, None, None)),
        ("SYMBOL_RESTRICTED", (Action.END, 0, EscalationLevel.SYMBOL, None)),
        ("ACCOUNT_RESTRICTED", (Action.END, 0, EscalationLevel.ACCOUNT, None)),
        ("LIQUIDATION", (Action.END, 0, EscalationLevel.ENGINE, None)),
        ("STATE_CONFLICT", (Action.END, 0, None, None)),
        ("CLOSE_POSITION_EXISTS", (Action.END, 0, None, None)),
        ("AUTH", (Action.END, 0, EscalationLevel.ACCOUNT, None)),
        ("BUG", (Action.PARK, 0, EscalationLevel.SYMBOL, None)),
    ],
)
def test_each_kind_has_its_directive(
    kind: str, expected: tuple[Action, int, EscalationLevel | None, Fix | None]
) -> None:
    directive = decide_entry(verdict_of(ErrorKind(kind)))

    assert expected == (directive.action, directive.delay_ms, directive.escalate, directive.fix)


def test_every_kind_has_a_rule() -> None:
    assert set(ErrorKind) == set(RULES)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        (-2023, EscalationLevel.ENGINE),
        (-4087, EscalationLevel.ACCOUNT),
        (-4400, EscalationLevel.ACCOUNT),
        (-4401, EscalationLevel.ACCOUNT),
        (-4140, EscalationLevel.SYMBOL),
        (-4141, EscalationLevel.SYMBOL),
        (-1122, EscalationLevel.SYMBOL),
        (-2015, EscalationLevel.ACCOUNT),
    ],
)
def test_a_restriction_ends_the_order_and_tells_whom_it_binds(
    code: int, level: EscalationLevel
) -> None:
    directive = decide_entry(verdict_of_code(code))

    assert (Action.END, level) == (directive.action, directive.escalate)


def test_the_last_repetition_of_a_type_is_followed_by_the_end() -> None:
    last = decide_entry(verdict_of(ErrorKind.OVERLOAD), attempt=3)
    after = decide_entry(verdict_of(ErrorKind.OVERLOAD), attempt=4)

    assert (Action.REDELIVER, 4_000) == (last.action, last.delay_ms)
    reason = "the venue is overloaded and did nothing; 3 repetitions did not help"
    assert Directive(Action.END, 0, reason, EscalationLevel.ORDER) == after


def test_the_last_of_the_budget_is_used() -> None:
    directive = decide_entry(verdict_of(ErrorKind.OVERLOAD), budget_left=1)

    assert Action.REDELIVER is directive.action


@pytest.mark.parametrize(("uniform", "wait_ms"), [(0.0, 750), (1.0, 1_250)])
def test_the_wait_of_a_directive_is_spread_where_the_settings_say_so(
    uniform: float, wait_ms: int
) -> None:
    directive = decide_entry(
        verdict_of(ErrorKind.OVERLOAD), uniform=uniform, settings=RetrySettings()
    )

    assert wait_ms == directive.delay_ms


def test_no_question_escalates() -> None:
    asked = [rule for rule in RULES.values() if rule.action is Action.QUERY]

    assert {None} == {rule.escalate for rule in asked}


def test_an_empty_budget_ends_the_order_and_keeps_the_wider_escalation() -> None:
    directive = decide_entry(verdict_of(ErrorKind.VENUE_DOWN), budget_left=0)

    reason = "the venue is unavailable; the retry budget is spent"
    assert Directive(Action.END, 0, reason, EscalationLevel.VENUE) == directive


def test_a_deadline_before_the_next_attempt_ends_the_order() -> None:
    verdict = verdict_of(ErrorKind.OVERLOAD)

    in_time = decide_entry(verdict, deadline_ms=NOW_MS + 1_000)
    too_late = decide_entry(verdict, deadline_ms=NOW_MS + 999)

    assert Action.REDELIVER is in_time.action
    reason = "the venue is overloaded and did nothing; the deadline comes first"
    assert Directive(Action.END, 0, reason, EscalationLevel.ORDER) == too_late


def test_a_deadline_keeps_the_wider_escalation_of_its_kind() -> None:
    directive = decide_entry(verdict_of(ErrorKind.VENUE_DOWN), deadline_ms=NOW_MS)

    assert (Action.END, EscalationLevel.VENUE) == (directive.action, directive.escalate)


def test_an_approval_that_ages_out_goes_back_to_the_gate() -> None:
    verdict = verdict_of(ErrorKind.OVERLOAD)

    in_time = decide_entry(verdict, send_by_ms=NOW_MS + 1_000)
    too_late = decide_entry(verdict, send_by_ms=NOW_MS + 999)

    assert Action.REDELIVER is in_time.action
    ages_out = "the approval ages out before the next attempt"
    reason = f"the venue is overloaded and did nothing; {ages_out}"
    assert Directive(Action.REAPPROVE, 1_000, reason) == too_late


def test_a_venue_that_is_down_is_told_whatever_becomes_of_the_order() -> None:
    verdict = verdict_of(ErrorKind.VENUE_DOWN)

    asked_again = decide_entry(verdict, send_by_ms=NOW_MS)

    assert (Action.REAPPROVE, EscalationLevel.VENUE) == (asked_again.action, asked_again.escalate)


def test_a_reducing_order_does_not_wait_for_the_gate() -> None:
    directive = decide_exit(verdict_of(ErrorKind.OVERLOAD), send_by_ms=NOW_MS - 1)

    assert Action.REDELIVER is directive.action


def test_the_end_of_a_pause_replaces_the_backoff() -> None:
    verdict = verdict_of(ErrorKind.ORDER_LIMITED)

    ahead = decide_entry(verdict, not_before_ms=NOW_MS + 4_877)
    passed = decide_entry(verdict, not_before_ms=NOW_MS - 1)

    assert [4_877, 0] == [ahead.delay_ms, passed.delay_ms]


def test_a_fix_is_tried_once() -> None:
    verdict = verdict_of_code(-1021)

    second = decide_entry(verdict, attempt=2, fixes_tried=(Fix.RESYNC_CLOCK,))
    other = decide_entry(verdict, attempt=2, fixes_tried=(Fix.REFRESH_FILTERS,))

    reason = f"the clock is off the venue's; {Fix.RESYNC_CLOCK} did not help"
    assert Directive(Action.END, 0, reason, EscalationLevel.ORDER) == second
    assert Action.FIX_AND_REDELIVER is other.action


def test_a_fix_after_the_approval_aged_out_goes_back_to_the_gate_with_its_fix() -> None:
    directive = decide_entry(verdict_of_code(-1111), send_by_ms=NOW_MS - 1)

    assert (Action.REAPPROVE, 0, Fix.REFRESH_FILTERS) == (
        directive.action,
        directive.delay_ms,
        directive.fix,
    )


def test_an_order_in_the_wrong_state_is_looked_at_and_a_setting_is_refused() -> None:
    firing = decide_entry(verdict_of_code(-4117, Operation.CANCEL))
    still_firing = decide_entry(verdict_of_code(-4117, Operation.CANCEL), attempt=4)
    setting = decide_entry(verdict_of_code(-4047, Operation.CONFIGURE))

    reason = "the venue's state does not allow it now"
    assert Directive(Action.QUERY, 1_000, reason) == firing
    assert Directive(Action.END, 0, reason) == still_firing == setting


def test_a_state_that_does_not_allow_it_is_looked_at_as_often_as_its_type_repeats() -> None:
    last = decide_entry(verdict_of_code(-4117, Operation.CANCEL), attempt=3)

    assert Action.QUERY is last.action


def test_a_lost_answer_is_asked_for_however_often_that_told_nothing() -> None:
    directive = decide_entry(verdict_of(ErrorKind.NOT_FOUND), attempt=99)

    assert Action.QUERY is directive.action


def test_the_reason_fits_the_part_of_the_order() -> None:
    refused = verdict_of(ErrorKind.MARKET_REFUSAL)
    passed = verdict_of(ErrorKind.WOULD_TRIGGER)

    reasons = [
        decide_entry(refused).reason,
        decide_exit(refused).reason,
        decide_exit(passed, leg=Leg.STOP).reason,
        decide_exit(passed, leg=Leg.TARGET).reason,
    ]

    assert [
        "the market does not take the order",
        "the market does not take the exit now; it is tried again",
        "the stop price is already passed; the position is closed at market",
        "the trigger price is already passed",
    ] == reasons


def test_an_unknown_outcome_is_queried_whatever_kind_claims_it() -> None:
    claimed = evolve(verdict_of(ErrorKind.OVERLOAD), outcome=Outcome.UNKNOWN)

    directive = decide_entry(claimed)

    assert (Action.QUERY, 0) == (directive.action, directive.delay_ms)
    assert RULES[ErrorKind.UNKNOWN_OUTCOME].reason == directive.reason


RESENDS = (Action.REDELIVER, Action.FIX_AND_REDELIVER, Action.REAPPROVE)
times_ms = st.none() | st.integers(NOW_MS - 10_000, NOW_MS + 400_000)


@given(
    operation=st.sampled_from(Operation),
    phase=st.sampled_from(Phase),
    status=st.integers(0, 999),
    code=st.none() | st.sampled_from(sorted(CODES)) | st.integers(-9_999, 0),
    text=st.sampled_from(["", "Service Unavailable.", "timed out"]),
    attempt=st.integers(1, 12),
    is_reducing=st.booleans(),
    leg=st.sampled_from(Leg),
    send_by_ms=times_ms,
    deadline_ms=times_ms,
    budget_left=st.integers(0, 3),
    uniform=st.floats(0, 1),
    not_before_ms=times_ms,
    fixes_tried=st.lists(st.sampled_from(Fix), unique=True).map(tuple),
)
def test_no_directive_resends_an_unknown_outcome_or_passes_a_bound(
    operation: Operation,
    phase: Phase,
    status: int,
    code: int | None,
    text: str,
    attempt: int,
    is_reducing: bool,
    leg: Leg,
    send_by_ms: int | None,
    deadline_ms: int | None,
    budget_left: int,
    uniform: float,
    not_before_ms: int | None,
    fixes_tried: tuple[Fix, ...],
) -> None:
    verdict = classify(operation, phase, status, code, text)

    directive = decide(
        verdict,
        attempt=attempt,
        is_reducing=is_reducing,
        leg=leg,
        now_ms=NOW_MS,
        send_by_ms=send_by_ms,
        deadline_ms=deadline_ms,
        budget_left=budget_left,
        uniform=uniform,
        settings=RetrySettings(),
        not_before_ms=not_before_ms,
        fixes_tried=fixes_tried,
    )

    assert directive.delay_ms >= 0
    assert directive.reason
    if verdict.outcome is Outcome.UNKNOWN:
        assert Action.QUERY is directive.action
    if directive.action in RESENDS:
        due_ms = NOW_MS + directive.delay_ms
        assert verdict.outcome in (Outcome.NOT_EXECUTED, Outcome.REJECTED)
        assert budget_left > 0
        assert deadline_ms is None or due_ms <= deadline_ms
        assert directive.fix not in fixes_tried
        assert directive.fix is not None or attempt <= POLICIES[verdict.error_type].retries_max
    if directive.action in (Action.REDELIVER, Action.FIX_AND_REDELIVER) and not is_reducing:
        assert send_by_ms is None or NOW_MS + directive.delay_ms <= send_by_ms
