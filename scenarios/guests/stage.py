"""Stage: one play of a guest system in virtual time, watched after every step.

Owns the actors' lives, what was told beyond the system, and the trace. The first violation ends a
play: what comes after it is its consequence. Bound: the last `TRACE_MAX` lines are kept.
"""

import decimal
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any

from attrs import Factory, define, field

from ...actors.runtime.actor import Actor, Context, EdgeActor
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...actors.runtime.kernel import Kernel
from ...messages.codec import Codec
from ...messages.lifecycle import ActorFailed, ActorStarted
from ..outcome import Outcome
from ..sabotage import PlannedCrashes
from ..schedules import Chooser, chooser_of
from ..simulation import NoProgress, Simulation, SimulationHost
from .guest import Attendant, inner_of, is_planned, welcome
from .mishaps import MS_NS, TroubledMailboxes, way_of
from .play import Mishap, Play
from .system import ATTENDANT, ActorSystem
from .watching import Look, Watcher, watchers_of

TRACE_MAX = 40


class Beyond(EdgeActor):
    """An address outside the system; keeps what it is told."""

    def __init__(self, told: list[tuple[str, Any]]) -> None:
        self._told = told

    def receive(self, message: Any, ctx: Context) -> None:
        """Keep it."""
        self._told.append((ctx.me, message))


def _chooser(stage: "Stage") -> Chooser:
    play = stage.play
    return chooser_of(play.seed, play.schedule, deferrals=play.deferrals)


@define(eq=False)
class Stage:
    """One play under way; what an invariant is given to look at."""

    system: ActorSystem
    play: Play
    chooser: Chooser = field(default=Factory(_chooser, takes_self=True))
    """Says which message is next."""
    told: list[tuple[str, Any]] = field(init=False, factory=list[tuple[str, Any]])
    """(address, message) of everything told beyond the system."""
    simulation: Simulation = field(init=False)
    kernel: Kernel = field(init=False)
    _decimals: decimal.Context = field(init=False, factory=lambda: decimal.getcontext().copy())
    _violations: list[str] = field(init=False, factory=list[str])
    _trace: deque[str] = field(init=False, factory=lambda: deque[str](maxlen=TRACE_MAX))
    _befell: list[str] = field(init=False, factory=list[str])
    """Mishaps of messages whose sender's step is not in the trace yet."""
    _watchers: tuple[Watcher, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        play = self.play
        self.simulation = Simulation(play.seed, 0, play.delivery, self.chooser)
        host = self.simulation.host()
        host.mailboxes = TroubledMailboxes(host.mailboxes, self.simulation, play, self._on_mishap)
        self._watchers = watchers_of(self.system.invariants)
        self.kernel = self._kernel(host)
        self._populate()

    @property
    def actors(self) -> Mapping[str, Any]:
        """The actors as they were made, by address; those that were spawned too."""
        cells = self.kernel.cells.values()
        return {cell.name: inner_of(cell.actor) for cell in cells if self._is_guest(cell)}

    @property
    def now_ms(self) -> int:
        """Virtual time since the play began."""
        return self.simulation.now_ns // MS_NS

    def run(self) -> Outcome:
        """Play to the end, or to the first violation."""
        for cell in tuple(self.kernel.cells.values()):
            self.kernel.start_cell(cell)
        for send in self.play.sends:
            post = partial(self.kernel.post, send.to, send.message)
            self.simulation.at(send.at_ms * MS_NS, post)
        last_ms = max((send.at_ms for send in self.play.sends), default=0)
        until_ns = (last_ms + self.system.settle_ms) * MS_NS
        try:
            self.simulation.run(until_ns, stop=lambda: bool(self._violations))
        except NoProgress as error:
            self._violate(f"no progress: {error}")
        self._look(watcher.at_end for watcher in self._watchers)
        return Outcome(tuple(self._violations), tuple(self._trace), self.simulation.steps)

    def _kernel(self, host: SimulationHost) -> Kernel:
        kernel = Kernel(
            _codec(),
            host,
            str(self.play.seed),
            supervisor=ATTENDANT,
            kinds={kind: self._welcomed(make) for kind, make in self.system.kinds.items()},
            saboteur=_crashes(self.play),
            on_step=self._on_step,
        )
        host.kernel = kernel
        return kernel

    def _populate(self) -> None:
        self.kernel.add(ATTENDANT, lambda: Attendant(self._on_failure))
        for name, make in self.system.actors.items():
            self.kernel.add(name, self._welcomed(make))
        for name in self.system.outside:
            self.kernel.add(name, lambda: Beyond(self.told))

    def _welcomed(self, make: Callable[..., Any]) -> Callable[..., Actor]:
        return lambda *settings: welcome(make(*settings), self._decimals)

    def _is_guest(self, cell: Cell) -> bool:
        return cell.name != ATTENDANT and cell.name not in self.system.outside

    def _on_step(self, cell: Cell, envelope: Envelope) -> None:
        if not self._is_guest(cell):
            return
        if not isinstance(envelope.message, ActorStarted):
            self._note(f"{way_of(envelope)}: {envelope.message}")
        while self._befell:
            self._note(self._befell.pop(0))
        for to, message, _ in cell.context.tells:
            if to not in self.kernel.cells:
                self._violate(f"{cell.name} tells {to!r}, where nobody is: {message}")
        self._look(watcher.after_step for watcher in self._watchers)

    def _on_mishap(self, envelope: Envelope, what: str) -> None:
        said = f"{way_of(envelope)}: {envelope.message} {what}"
        if envelope.sender:
            self._befell.append(said)
        else:
            self._note(said)

    def _on_failure(self, failed: ActorFailed) -> bool:
        if is_planned(failed):
            self._note(f"{failed.actor} crashes in place of handling {failed.message}")
            return self.system.redelivers
        said = f"{failed.actor} raises {failed.error} at {failed.message}: {failed.text}"
        self._note(said)
        if failed.error not in [kind.__name__ for kind in self.system.raises]:
            self._violate(said)
        return False

    def _look(self, looks: Iterable[Look]) -> None:
        for look in looks:
            if not self._violations and (wrong := look(self)):
                self._violate(wrong)

    def _note(self, text: str) -> None:
        self._trace.append(f"{self.now_ms:7} ms  {text}")

    def _violate(self, text: str) -> None:
        self._violations.append(text)


@cache
def _codec() -> Codec:
    """Return the codec that kernels want; without a journal no message is ever encoded."""
    return Codec()


def _crashes(play: Play) -> PlannedCrashes:
    plan: dict[str, tuple[int, ...]] = {}
    for trouble in play.troubles:
        if trouble.kind is Mishap.CRASH:
            plan[trouble.actor] = (*plan.get(trouble.actor, ()), trouble.nth)
    return PlannedCrashes(plan)
