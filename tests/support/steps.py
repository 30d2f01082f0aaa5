"""Step runner: one actor, one message at a time, without a host.

Owns a virtual time and the actor's armed timers. A step's effects come back as values; nothing is
delivered. After each step of a core actor three things are checked: the fold of all facts so far
equals the live state, the state survives a snapshot, and every fact, told message and timer
survives the codec. A handler that raises fails the test with its own exception.
"""

import copy
import random
from decimal import localcontext
from typing import Any, TypeVar

from attrs import frozen

from callboard.actors.runtime.actor import Actor, EdgeActor, private_tag
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.step import ENGINE_DECIMALS, StepContext, run_step
from callboard.messages.codec import Codec, dumps, loads
from callboard.messages.lifecycle import ActorStarted

Told = TypeVar("Told")

MS = 1_000_000
SECOND = 1_000_000_000
START_NS = 1_800_000_000_000_000_000
"""Engine time of the first step, in 2027."""


@frozen
class Step:
    """The effects of one step, in the order in which the handler asked for them."""

    facts: tuple[Any, ...]
    tells: tuple[tuple[str, Any], ...]
    urgent: tuple[tuple[str, Any], ...]
    """Those of `tells` that overtake others."""
    timers: tuple[tuple[str, int, Any], ...]
    """(key, delay in ns, message) of every timer that was armed."""
    cancelled: tuple[str, ...]
    replies: tuple[Any, ...]
    logs: tuple[tuple[str, dict[str, object]], ...]
    others: tuple[Any, ...]

    def to(self, receiver: str) -> list[Any]:
        """List what one receiver was told."""
        return [message for to, message in self.tells if to == receiver]

    def told(self, kind: type[Told]) -> list[Told]:
        """List the told messages of one class, whoever receives them."""
        return [message for _, message in self.tells if isinstance(message, kind)]


@frozen
class Armed:
    """One armed timer of the actor."""

    due_ns: int
    message: Any
    correlation: str = ""


class StepRunner:
    """Runs one actor by hand; `name` is its address."""

    def __init__(
        self, actor: Actor | EdgeActor, *, name: str = "subject", now_ns: int = START_NS
    ) -> None:
        self.actor: Any = actor
        self.name = name
        self.now_ns = now_ns
        self.timers: dict[str, Armed] = {}
        self.facts: list[Any] = []
        self._first = copy.deepcopy(actor.state) if isinstance(actor, Actor) else None
        private = actor.private if isinstance(actor, Actor) else ()
        self._codec = Codec([(private_tag(name, cls), cls) for cls in private])
        self._context = StepContext(name, random.Random(name))
        self._count = 0

    def start(self) -> Step:
        """Deliver the first message of the actor's life; it runs `resume`."""
        return self.tell(ActorStarted(1))

    def tell(
        self, message: object, *, sender: str = "test", correlation: str = "", after_ns: int = 0
    ) -> Step:
        """Deliver one message, `after_ns` later than the step before."""
        self.now_ns += after_ns
        self._count += 1
        envelope = Envelope(self.name, message, sender, self._count, 0, correlation)
        with localcontext(ENGINE_DECIMALS):
            error = run_step(self.actor, self._context, envelope, self.now_ns)
        if error is not None:
            raise error
        step = self._collect()
        self._keep_timers(step, correlation)
        self._check(step)
        return step

    def fire(self, key: str) -> Step:
        """Let the time of one armed timer come, and deliver it."""
        timer = self.timers.pop(key)
        self.now_ns = max(self.now_ns, timer.due_ns)
        return self.tell(timer.message, sender=self.name, correlation=timer.correlation)

    def _collect(self) -> Step:
        context = self._context
        return Step(
            facts=tuple(context.facts),
            tells=tuple((to, message) for to, message, _ in context.tells),
            urgent=tuple((to, message) for to, message, urgent in context.tells if urgent),
            timers=tuple((key, delay, told) for delay, told, key in context.timers if delay >= 0),
            cancelled=tuple(key for delay, _, key in context.timers if delay < 0),
            replies=tuple(context.replies),
            logs=tuple(context.logs),
            others=tuple(context.others),
        )

    def _keep_timers(self, step: Step, correlation: str) -> None:
        for delay, message, key in self._context.timers:
            if delay < 0:
                self.timers.pop(key, None)
            else:
                self.timers[key] = Armed(self.now_ns + delay, message, correlation)
        assert all(key for key, _, _ in step.timers), "a timer has no key"

    def _check(self, step: Step) -> None:
        if self._first is None:
            return
        self.facts.extend(step.facts)
        for _, message in (*step.tells, *((key, told) for key, _, told in step.timers)):
            self._check_codec(message)
        for message in (*step.facts, *step.replies):
            self._check_codec(message)
        self._check_fold()

    def _check_codec(self, message: Any) -> None:
        decoded = self._codec.decode(loads(dumps(self._codec.encode(message))))
        assert message == decoded, f"{message!r} does not survive the codec"

    def _check_fold(self) -> None:
        # Beside its state a core actor holds only settings, which nothing changes.
        folded = copy.copy(self.actor)
        folded.state = copy.deepcopy(self._first)
        with localcontext(ENGINE_DECIMALS):
            for fact in self.facts:
                folded.apply(fact)
        assert folded.state == self.actor.state, "the fold of the facts is not the live state"
        data = loads(dumps(self._codec.encode_state(self.actor.state)))
        restored = self._codec.decode_state(data, self.actor.State)
        assert restored == self.actor.state, "the state does not survive a snapshot"
