"""Test of ErrorClassifier: every failure gets a meaning, and the supervisor hears all of it."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from callboard.actors.error_classifier import ErrorClassifier
from callboard.messages.events import AlertRaised
from callboard.messages.failure import ClassifyFailure, FailureClassified
from callboard.messages.values import (
    ErrorKind,
    ErrorType,
    Operation,
    Outcome,
    Phase,
    Severity,
)
from callboard.scenarios.strategies import messages
from support import venue_samples
from support.steps import StepRunner

FAILURE = evolve(
    venue_samples.FAILURE,
    phase=Phase.ANSWERED,
    status=400,
    code=-2019,
    text="Margin is insufficient.",
    send_by_ms=1,
    deadline_ms=2,
    sent_at_ms=3,
    retry_after_s=4,
)


def classified(failure: ClassifyFailure) -> FailureClassified:
    """Return what the supervisor is told, and nobody else."""
    steps = StepRunner(ErrorClassifier(), name="error_classifier")
    step = steps.tell(failure)
    (message,) = step.to("supervisor")
    assert isinstance(message, FailureClassified)
    return message


def test_a_code_that_the_table_lacks_is_unknown_and_told_to_people_once() -> None:
    """C-48: what is not known is an unknown outcome, which is asked for, and never a guess."""
    steps = StepRunner(ErrorClassifier(), name="error_classifier")
    strange = evolve(FAILURE, code=-9_876, text="Something new.")

    first, second, other = (
        steps.tell(failure) for failure in (strange, strange, evolve(strange, code=-9_877))
    )

    alerts = [
        [alert.subject for alert in step.told(AlertRaised)] for step in (first, second, other)
    ]
    assert [["-9876"], [], ["-9877"]] == alerts
    assert [Outcome.UNKNOWN] == [each.outcome for each in first.told(FailureClassified)]


def test_known_codes_and_answers_without_one_are_no_news() -> None:
    steps = StepRunner(ErrorClassifier(), name="error_classifier")

    told = [steps.tell(evolve(FAILURE, code=code)).told(AlertRaised) for code in (-2019, 0)]

    assert [[], []] == told


def test_the_failure_is_passed_on_whole_with_the_table_s_verdict() -> None:
    verdict = FailureClassified(
        failure=FAILURE,
        kind=ErrorKind.NO_MARGIN,
        outcome=Outcome.REJECTED,
        error_type=ErrorType.INSUFFICIENT_BALANCE,
        severity=classified(FAILURE).severity,
        rule="code -2019 MARGIN_NOT_SUFFICIENT",
    )

    assert verdict == classified(FAILURE)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"phase": Phase.NOT_CONNECTED}, Outcome.NOT_EXECUTED),
        ({"phase": Phase.NOT_SENT}, Outcome.NOT_EXECUTED),
        ({"phase": Phase.MAYBE_SENT}, Outcome.UNKNOWN),
        ({"code": -1007, "status": 408}, Outcome.UNKNOWN),
        ({"code": -99_999}, Outcome.UNKNOWN),
        ({"code": 0, "status": 502}, Outcome.UNKNOWN),
        ({"code": 0, "status": 503, "text": "Service Unavailable."}, Outcome.NOT_EXECUTED),
    ],
)
def test_a_placement_that_may_have_arrived_is_unknown(
    changes: dict[str, Any], outcome: Outcome
) -> None:
    assert outcome is classified(evolve(FAILURE, **changes)).outcome


def test_no_code_is_no_code_and_not_the_code_zero() -> None:
    verdict = classified(evolve(FAILURE, code=0, status=401))

    assert (ErrorKind.AUTH, "status 401") == (verdict.kind, verdict.rule)


def test_a_lost_answer_to_a_question_is_only_a_bad_connection() -> None:
    verdict = classified(evolve(FAILURE, operation=Operation.READ, phase=Phase.MAYBE_SENT))

    assert (ErrorKind.NETWORK, Outcome.NOT_EXECUTED) == (verdict.kind, verdict.outcome)


@pytest.mark.parametrize(("code", "lines"), [(-2015, 1), (-1008, 0)])
def test_only_critical_failures_are_logged_here(code: int, lines: int) -> None:
    steps = StepRunner(ErrorClassifier(), name="error_classifier")

    step = steps.tell(evolve(FAILURE, code=code))

    assert lines == len(step.logs)
    assert (Severity.CRITICAL in [each.severity for each in step.told(FailureClassified)]) == bool(
        lines
    )


@given(messages(ClassifyFailure))
def test_every_failure_has_a_verdict(failure: ClassifyFailure) -> None:
    verdict = classified(failure)

    assert failure == verdict.failure
    assert verdict.outcome is not Outcome.DONE
