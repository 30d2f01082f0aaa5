"""Stateful: a state machine of Hypothesis that leads a whole engine rule by rule.

Owns the rules: signals and commands, faults on and off, crashes of actors and of the engine, time
that passes. What must hold is mixed in: a class with `checks`, of which each looks after every
step, or with invariants of its own (`@invariant()`), which see `self.world`. At the end all trouble
is taken away, and everything must settle and be closed. Needs the extra `testing`.
"""

from importlib.util import find_spec
from typing import Any, ClassVar

if find_spec("hypothesis") is None:
    raise ImportError(f"{__name__} needs Hypothesis: pip install 'callboard[testing]'")

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .drawn import CRASHABLE, NETWORKS, OFTEN, SETTLED, TURBULENCES
from .invariants import CHECKS, MakeCheck
from .simulation import Delivery
from .strategies import commands, signals
from .venue.faults import Fault, Faults
from .workload import Command, Network, Signal, Workload
from .world import World

READY_S = 15
"""Enough for an engine to get ready on the slowest network."""


class EveryInvariant:
    """Mix-in: all that Callboard demands of itself."""

    checks: ClassVar[tuple[MakeCheck, ...]] = CHECKS


class WorldMachine(RuleBasedStateMachine):
    """An engine in its surroundings; mix invariants in, add rules, and run its `TestCase`."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._faults = Faults()

    @initialize(
        seed=st.integers(0, 2**32 - 1),
        delivery=st.sampled_from(Delivery),
        network=st.sampled_from((Network(), *NETWORKS)),
        turbulence_ticks=st.sampled_from(TURBULENCES),
    )
    def begin(self, seed: int, **surroundings: Any) -> None:
        """Start an engine on a market, and let it get ready."""
        self.world = World(
            seed, workload=Workload(seed, **surroundings), invariants=self.all_checks()
        )
        self.world.start()
        self.world.run_for(READY_S)

    @rule(signal=signals())
    def send(self, signal: Signal) -> None:
        """Send a signal."""
        self.world.send(signal)

    @rule(command=commands())
    def give(self, command: Command) -> None:
        """Cancel, amend, halt, resume or flatten."""
        self.world.give(command)

    @rule(fault=st.sampled_from([*OFTEN, *SETTLED]), rate=st.sampled_from((0.1, 0.5, 1.0)))
    def fault_on(self, fault: Fault, rate: float) -> None:
        """Switch a kind of fault on."""
        self._faults = self._faults.having({fault: rate})
        self.world.set_faults(self._faults)

    @rule()
    def faults_off(self) -> None:
        """Switch all faults off."""
        self._faults = Faults()
        self.world.set_faults(self._faults)

    @rule(actor=st.sampled_from(CRASHABLE))
    def crash_actor(self, actor: str) -> None:
        """Let an actor crash at its next message."""
        self.world.crash_actor(actor)

    @rule(down_ms=st.sampled_from((500, 0, 5_000)), torn=st.booleans())
    def crash(self, down_ms: int, *, torn: bool) -> None:
        """Kill the engine."""
        self.world.crash(down_ms=down_ms, torn=torn)

    @rule(seconds=st.sampled_from((0.02, 0.2, 2.0, 20.0)))
    def time_passes(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.world.run_for(seconds)

    @invariant()
    def nothing_is_violated(self) -> None:
        """Demand what was mixed in."""
        if self._is_begun():
            assert not self.world.violations, "\n".join(map(str, self.world.violations))

    def teardown(self) -> None:
        """Demand that everything settles and can be closed once all trouble is over."""
        if self._is_begun():
            left = self.world.settle() or self.world.close()
            assert not left, "\n".join(left)
            self.nothing_is_violated()

    @classmethod
    def all_checks(cls) -> tuple[MakeCheck, ...]:
        """Return the checks of all mix-ins, each once."""
        mixed = (vars(kind).get("checks", ()) for kind in cls.__mro__)
        return tuple(dict.fromkeys(check for checks in mixed for check in checks))

    def _is_begun(self) -> bool:
        return hasattr(self, "world")
