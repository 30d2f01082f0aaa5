"""Step: both or neither, in our own decimals."""

import decimal
import random
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, frozen

from callboard.actors.runtime.actor import Actor, Context
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.step import (
    ENGINE_DECIMALS,
    HandlerAborted,
    Restart,
    Spawn,
    StepContext,
    Stop,
    Watch,
    run_step,
)
from callboard.messages.lifecycle import ActorStarted


@frozen
class Grew:
    """Fact."""

    by: int


@define
class Size:
    """State."""

    value: int = 0


class Recorder(Actor):
    """Does what a function says."""

    State = Size

    def receive(self, message: Any, ctx: Context) -> None:
        """Call the message."""
        message(self, ctx)

    def apply(self, fact: Grew) -> None:
        """Grow, but never below zero."""
        if self.state.value + fact.by < 0:
            raise ArithmeticError("below zero")
        self.state.value += fact.by

    def resume(self, ctx: Context) -> None:
        """Say that we run."""
        ctx.tell("parent", "running")


Handler = Callable[[Recorder, Context], object]


def given_step(
    message: Handler | ActorStarted, *, now: int = 7, actor: Recorder | None = None
) -> tuple[Recorder, StepContext, Exception | None]:
    """Run one message through a recorder."""
    recorder = actor or Recorder()
    context = StepContext("me", random.Random(1))
    envelope = Envelope("me", message, "friend", 41, 2, "order 9")
    with decimal.localcontext(ENGINE_DECIMALS):
        error = run_step(recorder, context, envelope, now)
    return recorder, context, error


def test_a_handler_sees_its_envelope_and_the_time_of_the_step() -> None:
    seen: list[tuple[object, ...]] = []

    def handler(_actor: Recorder, ctx: Context) -> None:
        seen.append((ctx.now, ctx.me, ctx.sender, ctx.message_id, ctx.correlation))

    given_step(handler)

    assert [(7, "me", "friend", "41.2", "order 9")] == seen


def test_facts_are_applied_after_the_handler_has_returned() -> None:
    during: list[int] = []

    def handler(actor: Recorder, ctx: Context) -> None:
        ctx.record(Grew(5))
        during.append(actor.state.value)

    actor, context, error = given_step(handler)

    assert (None, [0], 5) == (error, during, actor.state.value)
    assert [Grew(5)] == context.facts


def test_a_handler_that_raises_applies_no_fact() -> None:
    def handler(_actor: Recorder, ctx: Context) -> None:
        ctx.record(Grew(5))
        raise ValueError("no")

    actor, _, error = given_step(handler)

    assert isinstance(error, ValueError)
    assert 0 == actor.state.value


def test_an_apply_that_raises_counts_as_a_failure() -> None:
    _, _, error = given_step(lambda _actor, ctx: ctx.record(Grew(-1)))

    assert isinstance(error, ArithmeticError)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_becomes_one_and_names_its_kind(kind: type[BaseException]) -> None:
    def handler(_actor: Recorder, _ctx: Context) -> None:
        raise kind("stop everything")

    _, _, error = given_step(handler)

    assert isinstance(error, HandlerAborted)
    assert f"{kind.__name__}: stop everything" == str(error)


def test_the_first_message_of_a_life_is_answered_by_resume() -> None:
    _, context, error = given_step(ActorStarted(1))

    assert (None, [("parent", "running", False)]) == (error, context.tells)


def test_effects_are_values_in_the_order_in_which_they_were_asked_for() -> None:
    def handler(_actor: Recorder, ctx: Context) -> None:
        ctx.tell("a", 1)
        ctx.tell("b", 2, urgent=True)
        ctx.after(-5, "tick", key="k")
        ctx.cancel("k")
        ctx.spawn("child", "kind", "settings")
        ctx.watch("child")
        ctx.restart("other", redeliver=True)
        ctx.stop(reason="done")
        ctx.reply("answer")
        ctx.log("said", word="hello")

    _, context, _ = given_step(handler)

    assert [("a", 1, False), ("b", 2, True)] == context.tells
    assert [(0, "tick", "k"), (-1, None, "k")] == context.timers
    assert [
        Spawn(("child", "kind", "settings")),
        Watch(("child",)),
        Restart(("other", True)),
        Stop(("me", "done")),
    ] == context.others
    assert (["answer"], [("said", {"word": "hello"})]) == (context.replies, context.logs)


def test_a_step_forgets_the_effects_of_the_step_before() -> None:
    def busy(_actor: Recorder, ctx: Context) -> None:
        ctx.tell("a", 1)
        ctx.record(Grew(1))
        ctx.after(1, "tick", key="k")
        ctx.reply("answer")
        ctx.random()

    _, context, _ = given_step(busy)
    context.begin(Envelope("me", "next", "", 1, 0, ""), 8)

    left = (context.facts, context.tells, context.timers, context.replies, context.drawn)
    assert ([], [], [], [], []) == left


def test_every_draw_is_noted_and_comes_from_the_seeded_generator() -> None:
    _, context, _ = given_step(lambda _actor, ctx: (ctx.random(), ctx.random()))

    generator = random.Random(1)
    assert [generator.random(), generator.random()] == context.drawn


def test_a_float_beside_a_decimal_is_an_error_inside_a_step() -> None:
    def handler(_actor: Recorder, _ctx: Context) -> None:
        assert decimal.Decimal(1) < 1.5

    _, _, error = given_step(handler)

    assert isinstance(error, decimal.FloatOperation)


def test_an_actor_without_facts_says_so() -> None:
    class Stateless(Actor):
        def receive(self, message: Any, ctx: Context) -> None:
            ctx.record(message)

    context = StepContext("me", random.Random(1))

    error = run_step(Stateless(), context, Envelope("me", Grew(1), "", 1, 0, ""), 0)

    assert isinstance(error, TypeError)
    assert "Stateless has no facts" in str(error)
