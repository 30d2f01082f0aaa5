"""Stateful: an engine is led rule by rule, and what is mixed in must hold."""

from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from callboard.actors import names
from callboard.messages.values import SignalType
from callboard.scenarios import CHECKS, LimitsHold, MakeCheck, Signal
from callboard.scenarios.stateful import EveryInvariant, WorldMachine

FEW = settings(max_examples=8, stateful_step_count=12)


class EngineMachine(EveryInvariant, WorldMachine):
    """Under every invariant."""


TestEngine = EngineMachine.TestCase
TestEngine.settings = FEW


class TimeStandsStill:
    """Mix-in: an invariant that every machine breaks."""

    @invariant()
    def no_time_passes(self) -> None:
        assert isinstance(self, WorldMachine)
        assert not hasattr(self, "world") or 0 == self.world.now_ms, "time passed"


class BrokenMachine(TimeStandsStill, WorldMachine):
    """Under that one alone."""


def test_an_invariant_that_is_mixed_in_is_asked_after_every_rule() -> None:
    once = settings(FEW, phases=[Phase.generate], database=None)

    with pytest.raises(AssertionError, match="time passed"):
        run_state_machine_as_test(BrokenMachine, settings=once)


def test_checks_are_gathered_from_all_mix_ins_once() -> None:
    class Limits:
        checks: ClassVar[tuple[MakeCheck, ...]] = (LimitsHold,)

    class Both(Limits, EveryInvariant, WorldMachine):
        """Under all of them."""

    assert (LimitsHold, *(each for each in CHECKS if each is not LimitsHold)) == Both.all_checks()
    assert () == WorldMachine.all_checks()


def test_a_machine_is_led_by_hand_as_hypothesis_leads_it() -> None:
    machine = EngineMachine()
    machine.begin(7)

    machine.send(Signal(0, SignalType.LONG_ENTRY))
    machine.crash_actor(names.ORDER_MANAGER)
    machine.time_passes(2.0)

    assert machine.world.engine.kernel.cells[names.ORDER_MANAGER].generation > 1
    machine.teardown()
