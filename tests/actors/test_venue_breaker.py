"""Test of the venue breaker: it opens by failures, and closes by itself after a probe."""

from attrs import evolve

from callboard.messages.control import (
    TradingStateChanged,
)
from callboard.messages.events import AlertRaised
from callboard.messages.failure import VenueAnswered
from callboard.messages.values import ErrorKind, Severity, TradingState
from support.breakers import DOWN, breaker, told
from support.steps import SECOND, Step, StepRunner

ACTIVE = TradingState.ACTIVE


def fail(steps: StepRunner, times: int, *, every_ns: int = SECOND) -> Step:
    """Let the venue fail so many times; return the last step."""
    return [steps.tell(DOWN, after_ns=every_ns) for _ in range(times)][-1]


def test_a_venue_that_fails_often_takes_no_entries_for_a_while() -> None:
    steps = breaker()
    fourth = fail(steps, 4)

    fifth = fail(steps, 1)

    assert () == fourth.tells
    assert TradingStateChanged(ACTIVE, 1, "503", venue_open=False) == told(fifth)
    assert [AlertRaised(Severity.CRITICAL, "venue_down", "venue", "503")] == fifth.to("event_bus")
    assert [("probe", 30 * SECOND)] == [(key, delay) for key, delay, _ in fifth.timers]


def test_failures_that_lie_far_apart_are_no_outage() -> None:
    assert () == fail(breaker(), 9, every_ns=16 * SECOND).tells


def test_one_answer_in_between_begins_the_count_again() -> None:
    steps = breaker()
    fail(steps, 4)
    steps.tell(VenueAnswered())

    assert () == fail(steps, 4).tells


def test_a_ban_is_an_outage_at_once() -> None:
    step = breaker().tell(evolve(DOWN, kind=ErrorKind.BANNED))

    assert not told(step).venue_open


def test_after_a_while_the_venue_is_tried_again() -> None:
    steps = breaker()
    fail(steps, 5)

    assert told(steps.fire("probe")).venue_open


def test_the_first_failure_of_a_probe_closes_the_venue_again() -> None:
    steps = breaker()
    fail(steps, 5, every_ns=14 * SECOND)
    steps.fire("probe")

    step = steps.tell(DOWN, after_ns=29 * SECOND)

    assert not told(step).venue_open
    assert "probe" in steps.timers


def test_an_answer_to_a_probe_ends_the_outage() -> None:
    steps = breaker()
    fail(steps, 5)
    steps.fire("probe")

    step = steps.tell(VenueAnswered())

    assert () == step.tells
    assert () == fail(steps, 4).tells


def test_an_answer_before_the_probe_ends_the_outage_and_the_wait() -> None:
    steps = breaker()
    fail(steps, 5)

    step = steps.tell(VenueAnswered())

    assert told(step).venue_open
    assert ("probe",) == step.cancelled


def test_answers_of_a_venue_that_works_are_no_news() -> None:
    step = breaker().tell(VenueAnswered())

    assert ((), ()) == (step.facts, step.tells)


def test_an_outage_survives_a_restart_and_is_tried_again() -> None:
    steps = breaker()
    fail(steps, 5)
    steps.timers.clear()

    again = steps.start()

    assert not told(again).venue_open
    assert "probe" in steps.timers
