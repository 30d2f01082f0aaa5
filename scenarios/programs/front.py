"""PykkaFront: the front of a simulated engine, for a Pykka program in the same simulation.

The ref takes the commands, queries and subscriptions that `ExecutionSystem.start`'s ref takes, and
stopping it stops the engine; the engine itself runs in the scheduler's steps, with its simulated
venue and disk, so that checkers and faults work as ever. It is the front of one life: when the
engine is killed, it refuses from then on, and what it was asked is never answered.
"""

import decimal

import pykka
from attrs import frozen

from ...actors.errors import Refused
from ...actors.ports import Clock
from ...actors.runtime.front import Door, Front
from ...actors.runtime.step import ENGINE_DECIMALS
from ...actors.system import ROUTES
from ..simulated_engine import Life, SimulatedEngine, VirtualClock

KILLED = "the engine was killed"


@frozen(eq=False)
class SimulatedCore:
    """What the front needs to know of the life behind it."""

    clock: Clock
    engine: SimulatedEngine
    life: Life

    def depth(self) -> int:
        """Count the messages that wait for the core; raises `Refused` when it was killed."""
        if self.engine.life is not self.life:
            raise Refused(KILLED)
        return self.life.host.queued() + self.life.kernel.pending()


def front_of(engine: SimulatedEngine) -> pykka.ActorRef[Front]:
    """Start an engine and return the ref of its front; inside a simulation of the same time."""
    life = engine.start()

    def shutdown() -> None:
        if engine.life is life:
            with decimal.localcontext(ENGINE_DECIMALS):
                engine.stop()

    core = SimulatedCore(VirtualClock(engine.simulation), engine, life)
    return Front.start(Door(life.kernel, core, ROUTES, shutdown, engine.settings.inbox_max))
