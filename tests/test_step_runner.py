"""Test of the step runner itself: it notices state that no fact explains, and lost messages."""

from typing import Any

import pytest
from attrs import define, frozen

from callboard.actors.runtime.actor import Actor, Context
from callboard.messages.codec import CodecError
from callboard.messages.queries import GetStatus, GetSummary
from support.steps import SECOND, StepRunner


@frozen
class _Counted:
    """Fact: one more."""


@frozen
class _Tick:
    """A timer of the counter."""


@frozen
class _Stray:
    """A message that no codec knows."""


@define
class CounterState:
    count: int = 0


class Counter(Actor):
    State = CounterState
    private = (_Counted, _Tick)

    def receive(self, message: Any, ctx: Context) -> None:
        match message:
            case GetStatus():
                ctx.record(_Counted())
                ctx.tell("other", GetSummary(), urgent=True)
                ctx.after(SECOND, _Tick(), key="tick")
            case GetSummary():
                self.state.count += 1
            case _Tick():
                ctx.cancel("tick")
                ctx.reply(GetStatus())
            case _Stray():
                ctx.tell("other", message)
            case _:
                raise ValueError(message)

    def apply(self, fact: _Counted) -> None:
        assert isinstance(fact, _Counted)
        self.state.count += 1


def test_the_effects_of_a_step_come_back() -> None:
    steps = StepRunner(Counter())

    step = steps.tell(GetStatus())

    assert (_Counted(),) == step.facts
    assert (("other", GetSummary()),) == step.tells == step.urgent
    assert (("tick", SECOND, _Tick()),) == step.timers
    assert 1 == steps.actor.state.count


def test_a_timer_fires_at_its_time() -> None:
    steps = StepRunner(Counter())
    steps.tell(GetStatus())
    due_ns = steps.timers["tick"].due_ns

    step = steps.fire("tick")

    assert (due_ns, ("tick",), (GetStatus(),)) == (steps.now_ns, step.cancelled, step.replies)
    assert {} == steps.timers


def test_a_change_that_no_fact_explains_is_noticed() -> None:
    with pytest.raises(AssertionError, match="fold of the facts"):
        StepRunner(Counter()).tell(GetSummary())


def test_a_message_that_no_codec_knows_is_noticed() -> None:
    with pytest.raises(CodecError, match="_Stray"):
        StepRunner(Counter()).tell(_Stray())


def test_a_handler_that_raises_fails_the_test_by_its_own_error() -> None:
    with pytest.raises(ValueError, match="7"):
        StepRunner(Counter()).tell(7)
