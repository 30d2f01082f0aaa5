"""World: an engine and all that surrounds it, from one integer.

Owns a venue with its market and network, a disk, the trouble of a workload, and every invariant,
which looks after each step. `run` plays the workload from its first message to its last; between
`start` and `close` a test can do the same by hand, and more. Virtual time; nothing here sleeps.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import Factory, define, evolve, field

from ..actors.settings import Settings
from ..messages.intake import HostCommand
from ..messages.queries import Query
from .chaos import Report, Run
from .drawn import WIDE, drawn
from .invariants import CHECKS, MakeCheck, Violation
from .simulated_engine import SimulatedEngine
from .simulation import Delivery
from .venue.faults import Faults
from .workload import (
    MS,
    START_NS,
    Command,
    EngineCrash,
    Network,
    Signal,
    Workload,
    command_of,
    submit,
)


def _drawn(world: "World") -> Workload:
    return drawn(world.seed, WIDE)


@define(eq=False)
class World:
    """One world; what is not given is drawn from its seed."""

    seed: int
    workload: Workload = field(default=Factory(_drawn, takes_self=True), kw_only=True)
    """What happens in it; `Workload(seed)` is a quiet one."""
    faults: Faults | None = field(default=None, kw_only=True)
    """In place of the workload's, as the next two."""
    delivery: Delivery | None = field(default=None, kw_only=True)
    network: Network | None = field(default=None, kw_only=True)
    settings: Settings | None = field(default=None, kw_only=True)
    """The engine's; those that suit the workload without them."""
    invariants: tuple[MakeCheck, ...] = field(default=CHECKS, kw_only=True)
    is_thorough: bool = field(default=True, kw_only=True)
    """Also folds every fact a second time, and looks between instants more often."""
    _run: Run = field(init=False)
    _signals: list[Signal] = field(init=False)
    """All that were planned or sent, by their number."""
    _given: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        given = {"faults": self.faults, "delivery": self.delivery, "network": self.network}
        changes: dict[str, Any] = {
            name: value for name, value in given.items() if value is not None
        }
        self.workload = evolve(self.workload, seed=self.seed, **changes)
        self._signals = list(self.workload.signals)
        self._given = len(self.workload.commands)
        self._run = Run(
            self.workload, self.is_thorough, checks=self.invariants, settings=self.settings
        )

    @property
    def engine(self) -> SimulatedEngine:
        """The engine with its venue and its disk; its `life` is None while it is down."""
        return self._run.engine

    @property
    def violations(self) -> Sequence[Violation]:
        """What did not hold so far."""
        return self._run.checker.violations

    @property
    def ended(self) -> Mapping[str, object]:
        """The terminal event of each signal that has ended, by its id."""
        return self._run.sometimes.ended

    @property
    def now_ms(self) -> int:
        """Virtual time since the world began."""
        return (self.engine.simulation.now_ns - START_NS) // MS

    def run(self) -> Report:
        """Play the workload: trouble, then healing, then demanded convergence."""
        return self._run.run()

    def start(self) -> None:
        """Start the engine; the workload happens as time passes."""
        self._run.start()

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass, with all that the workload has for it."""
        self._run.go_on(self.now_ms + round(seconds * 1_000))

    def let_happen(self) -> None:
        """Let the workload happen by itself, while another one lets time pass.

        For a Pykka program that shares this world's simulation, see `simulated`.
        """
        self._run.let_happen()

    def send(self, signal: Signal) -> str:
        """Give the engine a signal now, whatever its own time says; return its id."""
        signal = evolve(signal, at_ms=self.now_ms)
        command = submit(signal, len(self._signals))
        self._signals.append(signal)
        self._run.tell(command)
        return command.signal_id

    def give(self, command: Command) -> None:
        """Give the engine a cancel, an amendment, a halt, a resume or a flatten now."""
        planned = evolve(command, at_ms=self.now_ms)
        told = command_of(planned, self._given, tuple(self._signals))
        self._given += 1
        if told is not None:
            self._run.tell(told)

    def tell(self, command: HostCommand) -> None:
        """Give the engine a command; one that is down hears of it when it is up again."""
        self._run.tell(command)

    def ask(self, query: Query, owner: str) -> Any:
        """Return the answer of an actor."""
        return self.engine.ask(query, owner)

    def crash(self, *, down_ms: int = 500, torn: bool = False) -> None:
        """Kill the engine; it is started again after a while, from what its disk kept."""
        if self.engine.life is not None:
            self._run.kill(EngineCrash(self.now_ms, down_ms, torn))

    def crash_actor(self, actor: str, *, times: int = 1) -> None:
        """Make an actor crash in place of its next messages; its supervisor decides."""
        self._run.plan.crash_next(actor, times)

    def set_faults(self, faults: Faults) -> None:
        """Let other faults befall the requests and streams from now on."""
        self.engine.venue.set_faults(faults)

    def settle(self) -> list[str]:
        """Take all trouble away and wait for rest; return what the engine still owes then."""
        self._run.heal()
        return self._run.unsettled()

    def close(self) -> list[str]:
        """Have every position closed; return what is still open, or is not settled then."""
        return self._run.flatten()
