"""Invariants: what must hold at every step of a whole engine, watched from outside it.

Owns the list of checks (one class each in `scenarios/checks`) and what they found. A `Checker` is
made for a `SimulatedEngine` before its first start; from then on it looks at every step of the
core, at every request and answer, at what the venue books, and between instants once a second of
virtual time. It changes nothing. Bound: the first `kept_max` violations are kept, all are counted.
`is_thorough` looks between instants four times as often, and adds the fold, which applies every
fact a second time and compares states.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from ..actors.ports import VenueAnswer, VenueRequest
from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from .checks.cancels import CancelsAreFew
from .checks.clocks import ClockIsFollowed
from .checks.exits import ExitsOnlyReduce, FiltersAreKept, FlatKeepsNothing, StopsCoverPositions
from .checks.failures import NobodyFails
from .checks.ground import Ground, Hooks
from .checks.limits import LimitsHold, PausesAreKept
from .checks.lives import LivesAreLegal, OneTerminalEvent
from .checks.machinery import EffectsHaveCauses, MemoryIsBounded, NoMessageIsLost, StateIsFold
from .checks.permits import PermitsAreFresh
from .checks.positions import NumbersAreExact, PositionsAreFills, PositionsAreGuarded
from .checks.protection import StopsAreBelieved, StopsComeFirst
from .checks.risk import ExposureIsReserved, NothingOpensAfterHalt
from .checks.sending import (
    NeverMoreThanIntended,
    NoBlindResend,
    OneOrderPerIntent,
    RecordBeforeRequest,
)
from .checks.starts import OneOwner, StartsCloseNothing
from .checks.views import GapsAreClosed, ViewsAgree
from .checks.wishes import (
    EntriesOnlyOpen,
    ExitsKeepTheirWish,
    NothingOpensLate,
    ReducingIsNotHeld,
)
from .simulated_engine import SimulatedEngine

QUIET_EVERY_NS = 1_000_000_000
THOROUGH_EVERY_NS = 250_000_000
VIOLATIONS_KEPT = 20

Hook = TypeVar("Hook")
StepHook = Callable[[Cell, Envelope], None]


class Check(Protocol):
    """One invariant."""

    def hooks(self) -> Hooks:
        """Say when it wants to look."""
        ...


MakeCheck = Callable[[Ground], Check]

CHECKS: tuple[MakeCheck, ...] = (
    OneOrderPerIntent,
    NeverMoreThanIntended,
    ExposureIsReserved,
    NothingOpensAfterHalt,
    LimitsHold,
    PausesAreKept,
    LivesAreLegal,
    OneTerminalEvent,
    PositionsAreFills,
    NumbersAreExact,
    EffectsHaveCauses,
    RecordBeforeRequest,
    NoBlindResend,
    MemoryIsBounded,
    NoMessageIsLost,
    PositionsAreGuarded,
    StopsCoverPositions,
    FlatKeepsNothing,
    ExitsOnlyReduce,
    FiltersAreKept,
    NothingOpensLate,
    EntriesOnlyOpen,
    ExitsKeepTheirWish,
    ReducingIsNotHeld,
    OneOwner,
    StartsCloseNothing,
    ClockIsFollowed,
    StopsComeFirst,
    StopsAreBelieved,
    PermitsAreFresh,
    ViewsAgree,
    GapsAreClosed,
    CancelsAreFew,
    NobodyFails,
)


@frozen
class Violation:
    """One invariant that did not hold; `sequence` is that of the core's last record."""

    invariant: str
    at_ns: int
    sequence: int
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at_ns} ns, record {self.sequence}: {self.text}"


@define(eq=False)
class Checker:
    """Every invariant over one engine."""

    engine: SimulatedEngine
    is_thorough: bool = False
    kept_max: int = VIOLATIONS_KEPT
    checks: tuple[MakeCheck, ...] = CHECKS
    violations: list[Violation] = field(init=False, factory=list[Violation])
    """The first ones, in the order of their discovery."""
    count: int = field(init=False, default=0)
    on_violation: Callable[[Violation], None] | None = field(init=False, default=None)
    """Called with each violation that is kept."""
    ground: Ground = field(init=False)
    _hooks: tuple[Hooks, ...] = field(init=False)
    _steps: dict[str, tuple[StepHook, ...]] = field(init=False)
    _every_step: tuple[StepHook, ...] = field(init=False)
    _on_event: Callable[[object], None] | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        assert self.engine.life is None, "a checker begins before the engine"
        self.ground = Ground(self.engine, self.report)
        makers = (*self.checks, StateIsFold) if self.is_thorough else self.checks
        self._hooks = tuple(make(self.ground).hooks() for make in makers)
        self._every_step = _present(hooks.every_step for hooks in self._hooks)
        self._steps = self._by_actor()
        self.ground.on_accepted += _present(hooks.accepted for hooks in self._hooks)
        self.ground.on_filled += _present(hooks.filled for hooks in self._hooks)
        self._attach()

    def report(self, invariant: str, text: str) -> None:
        """Count a violation, and keep it while there is room."""
        self.count += 1
        if len(self.violations) < self.kept_max:
            sequence = 0 if self.engine.life is None else self.engine.kernel.sequence
            now_ns = self.engine.simulation.now_ns
            found = Violation(invariant, now_ns, sequence, text)
            self.violations.append(found)
            if self.on_violation is not None:
                self.on_violation(found)

    def on_step(self, cell: Cell, envelope: Envelope) -> None:
        """Look after a step of the core was kept."""
        for look in self._every_step:
            look(cell, envelope)
        for look in self._steps.get(cell.name, ()):
            look(cell, envelope)

    def on_life(self) -> None:
        """Look when an engine was put together, before its first step."""
        for hooks in self._hooks:
            if hooks.life is not None:
                hooks.life()

    def on_request(self, request: VenueRequest) -> None:
        """Look at a request right before it leaves."""
        self.ground.note_request(request)
        for hooks in self._hooks:
            if hooks.request is not None:
                hooks.request(request)

    def on_answer(self, answer: VenueAnswer) -> None:
        """Look at an answer right before it arrives."""
        request = self.ground.note_answer(answer)
        if request is None:
            return
        for hooks in self._hooks:
            if hooks.answer is not None:
                hooks.answer(request, answer)

    def on_event(self, event: object) -> None:
        """Look at an event, then hand it on."""
        for hooks in self._hooks:
            if hooks.event is not None:
                hooks.event(event)
        if self._on_event is not None:
            self._on_event(event)

    def on_quiet(self) -> None:
        """Look when nothing is on its way, and come again."""
        self.ground.calm.look(self.ground.now_ns)
        for hooks in self._hooks:
            if hooks.quiet is not None:
                hooks.quiet()
        self.ground.forget_old()
        self._come_again()

    def _attach(self) -> None:
        engine = self.engine
        self._on_event = engine.on_event
        engine.on_event = self.on_event
        engine.on_step = self.on_step
        engine.on_life = self.on_life
        engine.driver.on_stepped = self.ground.refresh
        engine.driver.on_request = self.on_request
        engine.driver.on_answer = self.on_answer
        self._come_again()

    def _come_again(self) -> None:
        simulation = self.engine.simulation
        every_ns = THOROUGH_EVERY_NS if self.is_thorough else QUIET_EVERY_NS
        simulation.at(simulation.now_ns + every_ns, self.on_quiet)

    def _by_actor(self) -> dict[str, tuple[StepHook, ...]]:
        by_actor: dict[str, tuple[StepHook, ...]] = {}
        for hooks in self._hooks:
            for name, look in hooks.steps:
                by_actor[name] = (*by_actor.get(name, ()), look)
        return by_actor


def _present(hooks: Iterable[Hook | None]) -> tuple[Hook, ...]:
    return tuple(hook for hook in hooks if hook is not None)
