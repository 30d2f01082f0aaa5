"""Test of ExecutionSystem: signals whose message was given up end, and nothing else does."""

import pytest

from callboard.messages.control import MessageLost
from callboard.messages.events import OrderRefused
from support.entries import entry
from support.intakes import CLOSE, intake


@pytest.mark.parametrize("wish", ["RequestEntry", "RequestClose"])
def test_a_signal_whose_wish_was_lost_is_refused_with_who_lost_it(wish: str) -> None:
    steps = intake()
    steps.tell(CLOSE if wish == "RequestClose" else entry(signal_id="x1"), correlation="x1")

    step = steps.tell(MessageLost("risk_gate", wish), correlation="x1")

    assert [("x1", "message_lost", "risk_gate", wish)] == [
        (each.signal_id, each.guard, each.figure, each.limit) for each in step.told(OrderRefused)
    ]
    assert {} == steps.actor.state.open


def test_it_has_no_second_end() -> None:
    steps = intake()
    steps.tell(CLOSE, correlation="x1")
    steps.tell(MessageLost("position_monitor", "RequestClose"), correlation="x1")

    again = steps.tell(MessageLost("position_monitor", "RequestClose"), correlation="x1")

    assert () == again.tells


@pytest.mark.parametrize(
    ("lost", "subject"), [("OrderReported", "x1"), ("RequestClose", "x2"), ("RequestClose", "")]
)
def test_other_words_and_other_subjects_end_nothing(lost: str, subject: str) -> None:
    steps = intake()
    steps.tell(CLOSE, correlation="x1")

    step = steps.tell(MessageLost("position_monitor", lost), correlation=subject)

    assert ((), ["x1"]) == (step.tells, list(steps.actor.state.open))
