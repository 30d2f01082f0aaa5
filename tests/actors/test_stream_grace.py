"""Stream grace: resting entries are kept without the stream, or taken back after a while."""

import pytest

from callboard.actors.exchange_settings import StreamSettings
from callboard.actors.user_stream import UserStream
from callboard.messages.events import AlertRaised
from callboard.messages.orders import CancelEntries
from callboard.messages.stream import BackfillDone, BackfillNeeded, UserStreamChanged
from support.steps import SECOND, StepRunner

OPEN = UserStreamChanged(connected=True, reason="opened")
LOST = UserStreamChanged(connected=False, reason="closed")


def _stream(on_disconnect: str) -> StepRunner:
    settings = StreamSettings(on_disconnect=on_disconnect, disconnect_ms=20_000)
    steps = StepRunner(UserStream(settings), name="user_stream")
    steps.start()
    return steps


def _heal(steps: StepRunner) -> None:
    (needed,) = steps.tell(OPEN).told(BackfillNeeded)
    steps.tell(BackfillDone(needed.since_ms))


def test_by_default_entries_rest_whatever_becomes_of_the_stream() -> None:
    steps = _stream("keep")
    _heal(steps)

    steps.tell(LOST)

    assert "grace" not in steps.timers


@pytest.mark.parametrize("was_healthy", [True, False])
def test_entries_are_taken_back_when_the_stream_stays_away(was_healthy: bool) -> None:
    steps = _stream("cancel")
    if was_healthy:
        _heal(steps)
        assert "grace" not in steps.timers
        steps.tell(LOST)
    assert 20 * SECOND == steps.timers["grace"].due_ns - steps.now_ns

    step = steps.fire("grace")

    assert [False] == [cancel.flattens for cancel in step.told(CancelEntries)]
    assert ["entries_taken_back"] == [alert.alert for alert in step.told(AlertRaised)]
    assert [("risk_gate", CancelEntries)] == [
        (to, type(each)) for to, each in step.tells if isinstance(each, CancelEntries)
    ]


def test_a_stream_that_is_whole_in_time_takes_nothing_back() -> None:
    steps = _stream("cancel")
    _heal(steps)
    steps.tell(LOST)

    _heal(steps)

    assert "grace" not in steps.timers
