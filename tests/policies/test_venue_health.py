"""Venue health: five in a row or half of a minute's requests, and nothing older than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.venue_health import (
    COUNTED_MAX,
    HealthLimits,
    VenueHealth,
    forget_all,
    is_down,
    is_silent,
    note_answer,
    note_failure,
)
from callboard.messages.values import Phase

LIMITS = HealthLimits()
SECOND_NS = 1_000_000_000


def heard(word: str, *, every_ns: int = SECOND_NS) -> VenueHealth:
    """Return what is counted after failures (F) and answers (A) in this order."""
    health = VenueHealth()
    for number, letter in enumerate(word, start=1):
        note = note_failure if letter == "F" else note_answer
        note(health, LIMITS, number * every_ns)
    return health


@pytest.mark.parametrize(
    ("word", "down"),
    [
        ("FFFF", False),
        ("FFFFF", True),
        ("FFFFAF", False),
        ("FFFFAFFF", False),
        ("FAFAFAFA", False),
        ("FAFAFAFAFA", True),
        ("FAAFAAFAAFAA", False),
        ("AAAAAAAAAAAAAAAFFFF", False),
        ("", False),
    ],
)
def test_what_makes_an_outage(word: str, *, down: bool) -> None:
    """C-28: five in a row, or half of at least ten requests."""
    assert down is is_down(heard(word), LIMITS)


def test_failures_that_lie_far_apart_are_no_outage() -> None:
    assert not is_down(heard("F" * 20, every_ns=13 * SECOND_NS), HealthLimits(in_row_max=6))


def test_answers_alone_are_not_even_counted() -> None:
    assert VenueHealth() == heard("AAAA")


def test_what_happens_in_one_instant_is_counted_whole() -> None:
    assert is_down(heard("FAFAFAFAFA", every_ns=0), LIMITS)


@pytest.mark.parametrize("word", ["F" * 600, "F" + "A" * 600])
def test_of_a_long_run_only_the_newest_are_remembered(word: str) -> None:
    health = heard(word, every_ns=1)

    newest = list(range(len(word) - COUNTED_MAX + 1, len(word) + 1))
    assert newest == (health.answered_at_ns or health.failed_at_ns)
    assert health.in_row <= len(health.failed_at_ns)


def test_an_outage_that_is_over_is_forgotten() -> None:
    health = heard("FFFFF")

    forget_all(health)

    assert VenueHealth() == health


@pytest.mark.parametrize(
    ("phase", "status", "silent"),
    [
        (Phase.NOT_CONNECTED, 0, True),
        (Phase.MAYBE_SENT, 0, True),
        (Phase.NOT_SENT, 0, False),
        (Phase.ANSWERED, 499, False),
        (Phase.ANSWERED, 500, True),
    ],
)
def test_a_venue_is_silent_that_does_not_answer_or_is_broken(
    phase: Phase, status: int, *, silent: bool
) -> None:
    assert silent is is_silent(phase, status)


@given(word=st.text("FA", max_size=80), gap_s=st.integers(0, 70))
def test_what_is_counted_lies_in_the_window_and_is_bounded(word: str, gap_s: int) -> None:
    health = heard(word, every_ns=gap_s * SECOND_NS)
    now_ns = len(word) * gap_s * SECOND_NS

    assert all(now_ns - at < 60 * SECOND_NS for at in health.failed_at_ns)
    assert health.in_row <= len(health.failed_at_ns) <= COUNTED_MAX
    assert len(health.answered_at_ns) <= COUNTED_MAX
