"""Machinery: S10, S13, S14 and the fold, about the runtime under the actors.

S10 remembers which effects each kept step had, and lets each be delivered once; its memory is
bounded by `STEPS_KEPT`. The fold applies every fact a second time, to actors of its own, after a
way through the codec, and compares whole states: it is thorough and dear.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import define, field

from ...actors import names
from ...actors.runtime.actor import Actor
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...actors.system import core_makers
from ...messages.lifecycle import ActorFailed, ActorStarted
from .ground import Ground, Hooks

STEPS_KEPT = 100_000
WAITING_MAX = 5_000
GUARD_LEGS_MAX = 64
TIMER_LEFT_NS = 30_000_000_000
"""Longer than any wait that an answer may still arm for an order that has just ended."""


@define(eq=False)
class EffectsHaveCauses:
    """S10: each message that is delivered is one effect of one step that was kept.

    A timer, too: and it goes with the life of the actor that armed it.
    """

    ground: Ground
    _effects: dict[int, int] = field(init=False, factory=dict[int, int])
    """Sequence of a step -> how many effects it had, those of the oldest first."""
    _taken: dict[tuple[int, int], bool] = field(init=False, factory=dict[tuple[int, int], bool])
    _armed: dict[int, tuple[int, int]] = field(init=False, factory=dict[int, tuple[int, int]])
    """Sequence of a step that armed timers -> the number of the first, and its actor's life."""
    _failed: dict[str, bool] = field(init=False, factory=dict[str, bool])
    """Messages that an actor failed on: they are delivered again to its next life."""
    _oldest: int = field(init=False, default=0)
    name: ClassVar[str] = "S10"

    def hooks(self) -> Hooks:
        """Look at every step."""
        return Hooks(every_step=self.on_step, life=self.on_life)

    def on_life(self) -> None:
        """Effects of a killed process are gone; only its record is handed on."""
        self._effects.clear()
        self._armed.clear()
        self._failed.clear()
        self._taken.clear()
        self._oldest = self.ground.engine.kernel.sequence + 1

    def on_step(self, cell: Cell, envelope: Envelope) -> None:
        """Let the message be an effect of its cause, once; note this step's effects."""
        origin = envelope.origin
        if type(origin) is int and origin >= self._oldest:
            self._take(origin, envelope)
            if origin in self._armed:
                self._compare_lives(cell, envelope, *self._armed[origin])
        context = cell.context
        count = len(context.tells) + len(context.timers) + len(context.others)
        if count:
            sequence = self.ground.engine.kernel.sequence
            self._effects[sequence] = count
            if context.timers:
                self._armed[sequence] = (len(context.tells), cell.generation)
            if len(self._effects) > STEPS_KEPT:
                oldest = next(iter(self._effects))
                del self._effects[oldest]
                self._armed.pop(oldest, None)
                self._oldest = oldest + 1
        if len(self._taken) > 4 * STEPS_KEPT:
            self._forget()

    def _take(self, origin: int, envelope: Envelope) -> None:
        # A failure's own report, and a rebuilt actor's start, come from steps that were not kept.
        if isinstance(envelope.message, ActorFailed):
            self._failed[envelope.message.message_id] = True
        if isinstance(envelope.message, ActorFailed | ActorStarted):
            return
        taken = (origin, envelope.number)
        if taken in self._taken:
            self.ground.report(self.name, f"message {envelope.id} is delivered twice")
        if envelope.number >= self._effects.get(origin, 0):
            self.ground.report(self.name, f"message {envelope.id} has no kept step behind it")
        self._taken[taken] = True

    def _compare_lives(self, cell: Cell, envelope: Envelope, first: int, generation: int) -> None:
        is_timer = envelope.number >= first and envelope.sender == cell.name
        if is_timer and cell.generation != generation and envelope.id not in self._failed:
            text = f"{envelope.id} of life {generation} fires in life {cell.generation}"
            self.ground.report(self.name, f"timer {text} of {cell.name}")

    def _forget(self) -> None:
        self._taken = {taken: True for taken in self._taken if taken[0] >= self._oldest}


@define(eq=False)
class MemoryIsBounded:
    """S13: inboxes, queues, windows and histories stay inside their bounds."""

    ground: Ground
    name: ClassVar[str] = "S13"

    def hooks(self) -> Hooks:
        """Look between instants."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Measure everything that could grow."""
        life = self.ground.engine.life
        if life is None:
            return
        for what, (size, bound) in self._sizes().items():
            if size > bound:
                self.ground.report(self.name, f"{size} {what}, the bound is {bound}")

    def _sizes(self) -> Mapping[str, tuple[int, int]]:
        engine = self.ground.engine
        settings, state = engine.settings, engine.state
        guards = state(names.POSITION_MONITOR).guards.values()
        intake = state(names.EXECUTION_SYSTEM)
        queued = 0 if engine.life is None else engine.life.host.queued()
        return {
            "messages on their way": (queued, settings.high_water),
            "messages for suspended actors": (engine.kernel.pending(), WAITING_MAX),
            "ended orders": (
                len(state(names.ORDER_MANAGER).history),
                settings.orders.history_max,
            ),
            "waiting orders": (
                len(state(names.ORDER_QUEUE).waiting),
                settings.queue.opening_max + settings.queue.reducing_expected,
            ),
            "waiting permits": (
                len(state(names.RATE_LIMITER).waiting),
                settings.permits_waiting_max,
            ),
            "known frames": (len(state(names.USER_STREAM).seen), settings.stream.dedupe_window),
            "finished signals": (len(intake.finished), settings.signals_kept),
            "legs of a guard": (
                max((len(guard.legs) for guard in guards), default=0),
                GUARD_LEGS_MAX,
            ),
            "timers of orders that are over": (self._left_timers(), 0),
        }

    def _left_timers(self) -> int:
        """Count what is armed for orders that ended long ago; a late fee is waited for."""
        engine, history = self.ground.engine, self.ground.engine.state(names.ORDER_MANAGER).history
        assert engine.life is not None
        left = 0
        for key in engine.life.host.timers.keys_of(names.ORDER_MANAGER):
            what, _, client_order_id = key.partition("/")
            order = history.get(client_order_id)
            if order is not None and what != "settle":
                left += self.ground.now_ns - order.changed_at_ns > TIMER_LEFT_NS
        return left


@define(eq=False)
class NoMessageIsLost:
    """S14: sent = delivered + dead-lettered + waiting."""

    ground: Ground
    name: ClassVar[str] = "S14"

    def hooks(self) -> Hooks:
        """Look between instants, when no message is in a handler's hands."""
        return Hooks(quiet=self.on_quiet)

    def on_quiet(self) -> None:
        """Balance the kernel's counts."""
        life = self.ground.engine.life
        if life is None:
            return
        counts = life.kernel.counts
        waiting = life.host.queued() + life.kernel.pending()
        accounted = counts.delivered + counts.dead + waiting
        if counts.sent != accounted:
            text = f"{counts.sent} sent, {counts.delivered} delivered, {counts.dead} dead, "
            self.ground.report(self.name, text + f"{waiting} waiting")


@define(eq=False)
class StateIsFold:
    """F: after every step the live state is the fold of the facts, read back from the record."""

    ground: Ground
    _shadows: dict[str, Actor] = field(init=False, factory=dict[str, Actor])
    name: ClassVar[str] = "F"

    def hooks(self) -> Hooks:
        """Look at every step."""
        return Hooks(every_step=self.on_step, life=self.on_life)

    def on_life(self) -> None:
        """Begin with what the life began with."""
        engine = self.ground.engine
        self._shadows = {name: make() for name, make in core_makers(engine.settings).items()}
        recovered = None if engine.life is None else engine.life.recovered
        if recovered is None:
            return
        for name, state in recovered.states.items():
            shadow = self._shadows[name]
            shadow.state = engine.codec.decode_state(state, shadow.State)

    def on_step(self, cell: Cell, _envelope: Envelope) -> None:
        """Apply the step's facts once more and compare."""
        shadow = self._shadows[cell.name]
        codec = self.ground.engine.codec
        facts = cell.context.facts
        for fact in facts:
            shadow.apply(codec.decode(codec.encode(fact)))
        if shadow.state != cell.actor.state:
            self.ground.report(self.name, f"{cell.name}: {_difference(shadow, cell.actor)}")
            shadow.state = codec.decode_state(codec.encode_state(cell.actor.state), shadow.State)


def _difference(shadow: Any, actor: Any) -> str:
    """Name the first field in which two states differ."""
    for attribute in shadow.state.__attrs_attrs__:
        left, right = getattr(shadow.state, attribute.name), getattr(actor.state, attribute.name)
        if left != right:
            return f"{attribute.name} folds to {left!r:.200}, is {right!r:.200}"
    return "states differ"
