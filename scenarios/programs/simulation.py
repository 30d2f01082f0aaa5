"""PykkaSimulation: an unchanged Pykka program on one thread in virtual time, by a seed.

    with simulated(seed=7) as run:
        counter = Counter.start().proxy()
        ...

Owns the life of one run. Inside the block actors, threads, timers, locks and sleeps are simulated:
the same seed gives the same trace, another one may let others go first, a wait takes no time, a
deadlock is told, and an exception that nobody took is raised at the end. An actor started before
cannot be reached, and is as it was afterwards; one that is still alive at the end is stopped.
Nothing else in this package patches anything. Source: Pykka 4.4.2 to 4.5.0.
"""

import inspect
import random
from collections.abc import Callable, Iterable
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pykka

from ..mailboxes import PairMailboxes
from ..schedules import Chooser, Deferral, RandomWalk, Schedule, chooser_of
from ..simulation import Delivery, Simulation
from .deadlock import Deadlock, Watch
from .fibers import SECOND_NS, Fiber, Fibers
from .hooks import Hooks, OutsideActor
from .names import TakenNames
from .patches import (
    Patches,
    Threads,
    patch_chance,
    patch_doors,
    patch_event_loops,
    patch_locks,
    patch_time,
)
from .post import Failure, Handled, Post

if TYPE_CHECKING:
    from ...actors.runtime.front import Front
    from ..simulated_engine import SimulatedEngine
    from ..world import World

START_NS = 1_767_225_600 * SECOND_NS
"""When a run begins that is given no simulation: 2026-01-01T00:00:00Z."""
STOP_SECONDS = 60.0
"""Virtual time that an actor has to stop at the end."""
PRIORITY_CHANGES = 3
TRACE_MAX = 100_000
TURNS_MAX = 10_000_000
TOLD_OF_TRACE = 10
"""Lines of the trace that an error carries."""

_ALONE = Lock()
"""Held by the one simulation of this process: it changes what the whole process sees."""


class NestedSimulation(RuntimeError):
    """There is a simulation in this process already."""


class StillRunning(RuntimeError):
    """An actor did not stop at the end of the run."""


class simulated:  # noqa: N801 - reads as what it does: `with simulated(seed=7):`
    """Run the Pykka program of a `with` block in a simulation.

    Args:
        seed: Decides every order of events, `uuid.uuid4` and the shared generator of `random`.
        delivery: What may overtake what. `outbox`: what threads can do to messages. `pair`: also
            what hosts can do, FIFO from one sender to one receiver alone. `fifo`: nothing is
            drawn, a handler runs until it waits, and who waits longest goes first.
        schedule: How it is chosen who goes next, see `scenarios/schedules.py`.
        priority_changes: How often a priority changes, where the schedule has priorities.
        deferrals: Actors that are held back for some turns, by name, whatever the schedule.
        simulation: Its time is that of the run, and what is due in it happens in the run.
        trace_max: Messages that the trace keeps, the last ones.
        turns_max: Turns at one instant before the run counts as a loop without delay.

    Raises:
        NestedSimulation: There is one already.
        Deadlock: Nobody can go on.
        NoProgress: Actors keep each other busy and no time passes.
        OutsideActor: A message to an actor that was started before.
        StillRunning: An actor did not stop at the end.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        delivery: Delivery | str = Delivery.OUTBOX,
        schedule: Schedule | str = Schedule.RANDOM,
        priority_changes: int = PRIORITY_CHANGES,
        deferrals: Iterable[Deferral] = (),
        simulation: Simulation | None = None,
        trace_max: int = TRACE_MAX,
        turns_max: int = TURNS_MAX,
    ) -> None:
        self.seed = seed
        self.delivery = Delivery(delivery)
        self.simulation = Simulation(now_ns=START_NS) if simulation is None else simulation
        self._is_shared = simulation is not None
        self._schedule = Schedule(schedule)
        self._priority_changes = priority_changes
        self._deferrals = tuple(deferrals)
        self._trace_max = trace_max
        self._turns_max = turns_max
        self._patches = Patches()
        self._left_alive: tuple[str, ...] = ()
        self._looked_at_failures = False

    @property
    def trace(self) -> tuple[Handled, ...]:
        """What was handled by whom, in order."""
        return tuple(self._post.handled)

    @property
    def handled(self) -> int:
        """How many messages were handled, those that the trace has dropped too."""
        return self._post.handled_count

    @property
    def seconds(self) -> float:
        """How much virtual time has passed."""
        return self._fibers.passed_ns() / SECOND_NS

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Exceptions that nobody took; whoever looks here has them not raised at the end."""
        self._looked_at_failures = True
        return self._post.failures()

    @property
    def lost(self) -> tuple[str, ...]:
        """Told messages that nobody handled: their actor had stopped or failed before."""
        return self._post.lost()

    @property
    def left_alive(self) -> tuple[str, ...]:
        """Actors that the program did not stop, in the order of their start; known at the end."""
        return self._left_alive

    def front(self, where: "SimulatedEngine | World") -> pykka.ActorRef["Front"]:
        """Start a simulated engine and return the ref that takes commands, queries, subscriptions.

        What a world's workload holds happens in its time.

        Raises:
            ValueError: The engine lives in another simulation, which has its own time.
        """
        from ..world import World
        from .front import front_of

        engine = where.engine if isinstance(where, World) else where
        if engine.simulation is not self.simulation:
            raise ValueError("the engine has a time of its own; say simulated(simulation=…)")
        if isinstance(where, World):
            where.let_happen()
        return front_of(engine)

    def __enter__(self) -> Self:
        if not _ALONE.acquire(blocking=False):
            raise NestedSimulation("there is a simulation in this process; leave it first")
        frame = inspect.currentframe()
        caller = frame.f_back if frame is not None else None
        try:
            self._begin("" if caller is None else str(caller.f_globals.get("__name__", "")))
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
            elif isinstance(error, pykka.ActorDeadError):
                # Mostly because of what its actor died of, which says more.
                self._raise_failures()
            if isinstance(error, Exception):
                self._annotate(error)
        except Exception as late:
            self._annotate(late)
            raise
        finally:
            try:
                self._fibers.close()
                self._threads.forget()
                self._bury()
            finally:
                self._restore()

    def _begin(self, module: str) -> None:
        self._random_state: Callable[[], None] | None = None
        self._hidden = pykka.ActorRegistry.get_all()
        for ref in self._hidden:
            pykka.ActorRegistry.unregister(ref)
        self._fibers = fibers = Fibers(
            self.simulation, self._chooser(), self.delivery is not Delivery.FIFO, self._turns_max
        )
        network = None
        if self.delivery is Delivery.PAIR:
            network = PairMailboxes(RandomWalk(random.Random(f"{self.seed}/network")))
        self._post = Post(fibers, network, self._trace_max)
        if self._is_shared:
            # What is due there, a simulated engine's messages above all, has its turns too.
            fibers.add_source("engine", lambda: self.simulation.step(self.simulation.now_ns))
        self._watch = Watch(fibers, self._post)
        fibers.on_escape = self._post.failed
        fibers.on_block = self._watch.look_at
        fibers.on_idle = self._watch.idle
        patch_time(self._patches, self._fibers, self.simulation.now_ns)
        patch_locks(self._patches, self._fibers)
        patch_doors(self._patches)
        self._random_state = patch_chance(self._patches, self.seed)
        patch_event_loops(self._patches, self._fibers)
        self._threads = threads = Threads(self._fibers)
        threads.patch(self._patches)
        names = TakenNames(self._patches)
        names.replace_in(module)
        names.patch()
        outside = frozenset(ref.actor_urn for ref in self._hidden)
        Hooks(self._fibers, self._post, threads, outside).patch(self._patches)

    def _chooser(self) -> Chooser:
        in_turn = self.delivery is Delivery.FIFO
        schedule = Schedule.IN_TURN if in_turn else self._schedule
        return chooser_of(self.seed, schedule, self._priority_changes, self._deferrals)

    def _finish(self) -> None:
        """Let the program end: what is on its way, then the actors that are left."""
        fibers = self._fibers
        fibers.check()
        fibers.drain()
        stuck = self._watch.stuck()
        if stuck is not None:
            raise stuck
        self._stop_all()
        fibers.drain()
        self._raise_failures()

    def _raise_failures(self) -> None:
        failures = self._post.failures()
        if failures and not self._looked_at_failures:
            raise failure_of(failures)

    def _stop_all(self) -> None:
        refs = pykka.ActorRegistry.get_all()
        self._left_alive = tuple(self._name(ref) for ref in refs)
        for ref in reversed(refs):
            try:
                ref.stop(block=True, timeout=STOP_SECONDS)
            except pykka.Timeout:
                name = self._name(ref)
                raise StillRunning(f"{name} did not stop within {STOP_SECONDS:g} s") from None

    def _name(self, ref: pykka.ActorRef[pykka.Actor]) -> str:
        owner: Fiber | None = getattr(ref.actor_inbox, "owner", None)
        return ref.actor_class.__name__ if owner is None else owner.name

    def _bury(self) -> None:
        """Let refs of this run say that their actors are dead."""
        for ref in pykka.ActorRegistry.get_all():
            ref.actor_stopped.set()
            pykka.ActorRegistry.unregister(ref)

    def _restore(self) -> None:
        self._patches.undo()
        if self._random_state is not None:
            self._random_state()
        for ref in self._hidden:
            pykka.ActorRegistry.register(ref)
        _ALONE.release()

    def _annotate(self, error: Exception) -> None:
        """Say with an error how to see it again, and what came before it."""
        how = f"simulated(seed={self.seed!r}, delivery={self.delivery.value!r})"
        last = "\n".join(f"  {each}" for each in list(self._post.handled)[-TOLD_OF_TRACE:])
        error.add_note(f"in {how} at {self.seconds:.3f} s; handled last:\n{last}")
        for failure in self._post.failures():
            if failure.error is not error:
                error.add_note(f"before it failed {failure}")


def failure_of(failures: tuple[Failure, ...]) -> Exception:
    """Return what to raise for exceptions that nobody took."""
    if len(failures) == 1:
        return failures[0].error
    errors = [failure.error for failure in failures]
    return ExceptionGroup(f"{len(errors)} exceptions of handlers that nobody took", errors)


__all__ = ["Deadlock", "NestedSimulation", "OutsideActor", "StillRunning", "simulated"]
