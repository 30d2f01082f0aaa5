"""Intake: what a host's commands say of themselves."""

from callboard.messages.intake import ExecuteAlgorithm, SubmitSignal
from callboard.messages.plans import Twap
from callboard.messages.values import SignalType


def test_an_algorithm_repeated_is_one_by_the_id_of_its_signal() -> None:
    wish = SubmitSignal("s1", 0, SignalType.LONG_ENTRY, "ETHUSDT")

    assert "s1" == ExecuteAlgorithm(wish, Twap(60_000, 3)).command_id
