"""Test of the venue breaker: it opens by failures, and closes by itself after a probe."""

from attrs import evolve

from callboard.actors.venue_breaker import ProbeDue
from callboard.messages.control import (
    TradingStateChanged,
)
from callboard.messages.events import AlertRaised
from callboard.messages.failure import VenueAnswered
from callboard.messages.stream import BackfillDone, BackfillNeeded
from callboard.messages.values import ErrorKind, Severity, TradingState
from support.breakers import DOWN, breaker, told
from support.steps import MS, SECOND, Step, StepRunner

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


def test_half_of_the_requests_of_a_window_is_an_outage() -> None:
    """C-28: five in a row, or half of a minute's requests."""
    steps = breaker()
    for _ in range(4):
        steps.tell(DOWN, after_ns=SECOND)
        steps.tell(VenueAnswered(), after_ns=SECOND)
    nine = steps.tell(DOWN, after_ns=SECOND)
    steps.tell(VenueAnswered(), after_ns=SECOND)

    eleven = steps.tell(DOWN, after_ns=SECOND)

    assert () == nine.tells
    assert not told(eleven).venue_open


def test_a_smaller_share_of_failures_is_no_outage() -> None:
    steps = breaker()
    for _ in range(20):
        assert () == steps.tell(DOWN, after_ns=SECOND).tells
        steps.tell(VenueAnswered())
        steps.tell(VenueAnswered())


def test_after_a_while_the_venue_is_compared_and_entries_stay_refused() -> None:
    """C-27: half-open is one probe and a clean comparison; nobody resumes it."""
    steps = breaker()
    fail(steps, 5)
    shut_at_ms = steps.now_ns // MS

    step = steps.fire("probe")

    expected = BackfillNeeded(shut_at_ms - 60_000, "the venue was down")
    assert (("reconciler", expected),) == step.tells


def test_a_clean_comparison_ends_the_outage() -> None:
    steps = breaker()
    fail(steps, 5)
    steps.fire("probe")

    step = steps.tell(BackfillDone(0))

    assert told(step).venue_open
    assert ["venue_up"] == [alert.alert for alert in step.told(AlertRaised)]
    assert () == fail(steps, 4).tells


def test_a_comparison_that_the_breaker_did_not_ask_for_ends_no_outage() -> None:
    steps = breaker()
    fail(steps, 5)

    assert () == steps.tell(BackfillDone(0)).tells


def test_a_failure_while_half_open_opens_it_for_another_while() -> None:
    steps = breaker()
    fail(steps, 5, every_ns=14 * SECOND)
    steps.fire("probe")

    step = steps.tell(DOWN, after_ns=29 * SECOND)
    late = steps.tell(BackfillDone(0))

    assert ((), ()) == (step.tells, late.tells)
    assert "probe" in steps.timers


def test_an_answer_alone_ends_no_outage() -> None:
    steps = breaker()
    fail(steps, 5)

    step = steps.tell(VenueAnswered())

    assert () == step.tells
    assert "probe" in steps.timers


def test_a_probe_after_the_end_of_an_outage_asks_for_nothing() -> None:
    steps = breaker()
    fail(steps, 5)
    steps.fire("probe")
    steps.tell(BackfillDone(0))

    assert () == steps.tell(ProbeDue()).tells


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
