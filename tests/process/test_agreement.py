"""Test of the agreement: which signals have an end."""

from typing import Any

from support.agreement import ends

TAKEN: dict[str, Any] = {
    "t": "execution_system/CommandTaken.v1",
    "command_id": "s1",
    "intent_id": "1",
}
ENDED: dict[str, Any] = {"t": "execution_system/SignalEnded.v1", "signal_id": "s1"}
INTENDED: dict[str, Any] = {
    "t": "order_manager/OrderIntended.v1",
    "approved": {"leg": "e", "client_order_id": "cb1-1-e1", "signal_id": "s1"},
}


def test_a_signal_that_was_taken_ends_once() -> None:
    assert [] == list(ends([TAKEN, INTENDED, ENDED], ()))
    assert ["s1 was taken 1 times, and ended 0"] == list(ends([TAKEN, INTENDED], ()))
    assert ["s1 was taken 1 times, and ended 2"] == list(ends([TAKEN, ENDED, ENDED], ()))
    assert ["s1 was taken 0 times, and ended 1"] == list(ends([ENDED], ()))


def test_a_signal_whose_entry_rests_has_not_ended_and_need_not() -> None:
    assert [] == list(ends([TAKEN, INTENDED], ("cb1-1-e1",)))
    assert ["s1 was taken 1 times, and ended 2"] == list(
        ends([TAKEN, INTENDED, ENDED], ("cb1-1-e1",))
    )
