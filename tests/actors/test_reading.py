"""Test of Reading: a read that was left out, whoever asked for it."""

import pytest

from callboard.actors.exchange_settings import ClockSettings, InstrumentSettings
from callboard.actors.instruments import Instruments
from callboard.actors.runtime.actor import Actor
from callboard.actors.venue_clock import VenueClock
from callboard.messages.venue import Fenced, RequestPermit
from support.steps import StepRunner

READERS = {
    "instruments/ReadInstruments": Instruments(InstrumentSettings(), 86_400_000),
    "venue_clock/ReadTime": VenueClock(ClockSettings()),
}


@pytest.mark.parametrize(("token", "reader"), READERS.items(), ids=READERS)
def test_a_read_whose_permit_grew_old_at_the_lane_gives_way_and_is_asked_for_soon(
    token: str, reader: Actor
) -> None:
    steps = StepRunner(reader, name=token.partition("/")[0])
    steps.start()
    due_ns = steps.timers["tick"].due_ns

    left_out = steps.tell(Fenced(token, 0, "permit_expired"))
    sooner_ns = steps.timers["tick"].due_ns
    later = steps.fire("tick")

    assert [] == left_out.told(RequestPermit)
    assert ["read_left_out"] == [name for name, _ in left_out.logs]
    assert sooner_ns < due_ns
    assert [token] == [each.token for each in later.told(RequestPermit)]
