"""Test of Reading: a read that was left out, whoever asked for it."""

import pytest

from callboard.actors.account import Account
from callboard.actors.instruments import Instruments
from callboard.actors.runtime.actor import Actor
from callboard.actors.settings import AccountSettings, ClockSettings, InstrumentSettings
from callboard.actors.venue_clock import VenueClock
from callboard.messages.venue import Fenced, RequestPermit
from support.steps import StepRunner

READERS = {
    "account/ReadAccount": Account(AccountSettings()),
    "instruments/ReadInstruments": Instruments(InstrumentSettings(), 86_400_000),
    "venue_clock/ReadTime": VenueClock(ClockSettings()),
}


@pytest.mark.parametrize(("token", "reader"), READERS.items(), ids=READERS)
def test_a_read_whose_permit_grew_old_at_the_lane_is_asked_for_anew(
    token: str, reader: Actor
) -> None:
    steps = StepRunner(reader, name=token.partition("/")[0])
    first = [each for each in steps.start().told(RequestPermit) if each.token == token]

    step = steps.tell(Fenced(token, 0, "permit_expired"))

    assert first == step.told(RequestPermit)
    assert "read_left_out" in [name for name, _ in step.logs]
