"""Chaos: one run of a workload: trouble, then healing, then demanded convergence.

Owns the run and its report. The same workload gives the same journal bytes. While it runs, every
invariant is checked after every step; when all trouble is over, the engine has `HEAL_STEPS_MAX`
steps of virtual time for what `scenarios/convergence.py` demands, and then a flatten must leave
nothing behind.
Source: TigerBeetle's VOPR, whose runs have the same two phases.
"""

from collections.abc import Callable
from functools import partial

from attrs import define, evolve, field

from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from ..actors.runtime.hosting import InjectedCrash
from ..actors.settings import Settings
from ..messages.intake import FlattenPositions, HostCommand
from .convergence import still_open, unconverged
from .crash_points import Boundaries, CrashPoint, PowerCut
from .disk import DiskFaults, SimulatedDisk
from .drawn_algorithms import drawn_algorithms
from .invariants import CHECKS, Checker, MakeCheck, Violation
from .planned import ManualRequest
from .simulated_engine import SimulatedEngine
from .sometimes import Sometimes
from .surroundings import make_engine
from .venue.faults import Faults
from .workload import (
    MS,
    START_NS,
    ActorCrash,
    EngineCrash,
    Workload,
    command_of,
    submit,
)

AGAIN_MS = 500
"""How long until a start that the disk did not allow, or a word to nobody, is tried again."""
HEAL_STEP_S = 15
HEAL_STEPS_MAX = 80
"""Twenty minutes of virtual time: longer than the longest backoff and the longest first ban."""
FLATTEN_STEP_S = 2
FLATTEN_STEPS_MAX = 60
"""Two minutes on a healed venue: an exit in several orders, thin books and a few retries."""


@define
class Report:
    """What came of a run."""

    workload: Workload
    violations: list[Violation]
    violation_count: int
    unconverged: list[str]
    """What the healed engine still owes; empty when it converged."""
    sometimes: dict[str, int]
    faults: dict[str, int]
    """What happened of each kind of trouble; kinds that did not are left out."""
    steps: int
    healed_after_s: int
    engine: SimulatedEngine

    @property
    def is_clean(self) -> bool:
        """True when nothing was violated and all is settled."""
        return not self.violation_count and not self.unconverged

    def __str__(self) -> str:
        lines = [f"workload: {self.workload}"]
        lines += [f"violation: {violation}" for violation in self.violations]
        lines += [f"unsettled: {what}" for what in self.unconverged]
        return "\n".join(lines)


@define(eq=False)
class CrashPlan:
    """A saboteur that makes actors crash at planned messages, until it is told to stop."""

    crashes: tuple[ActorCrash, ...]
    on_crash: Callable[[str], None]
    """Takes the name of the actor."""
    is_armed: bool = True
    done: int = field(init=False, default=0)
    _seen: dict[str, int] = field(init=False, factory=dict[str, int])

    def crash_next(self, actor: str, times: int) -> None:
        """Make an actor crash at its next messages, too."""
        nth = self._seen.get(actor, 0) + 1
        self.crashes = (*self.crashes, ActorCrash(actor, nth, times))

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise `InjectedCrash` at a planned message."""
        del envelope
        if not self.is_armed:
            return
        count = self._seen[cell.name] = self._seen.get(cell.name, 0) + 1
        for crash in self.crashes:
            if crash.actor == cell.name and crash.nth <= count < crash.nth + crash.times:
                self.done += 1
                self.on_crash(cell.name)
                raise InjectedCrash(f"planned at message {count}")


@define(eq=False)
class Run:
    """One run under way."""

    workload: Workload
    is_thorough: bool = True
    on_settled: Callable[[], None] | None = None
    """Called when everything is settled, before all positions are closed."""
    boundaries: Boundaries | None = None
    """Those of the workload's crash points, when it is None."""
    is_enough: Callable[[], bool] | None = None
    """Says when trouble need not go on, since what was looked for has been found."""
    checks: tuple[MakeCheck, ...] = CHECKS
    settings: Settings | None = None
    """The engine's, where those that suit the workload are not wanted."""
    engine: SimulatedEngine = field(init=False)
    checker: Checker = field(init=False)
    sometimes: Sometimes = field(init=False)
    plan: CrashPlan = field(init=False)
    refused_by_hand: list[str] = field(init=False, factory=list[str])
    """Planned requests of a person that the venue refused."""
    _agenda: list[tuple[int, Callable[[], None]]] = field(init=False)
    """What is still to happen, the last first."""

    def __attrs_post_init__(self) -> None:
        self.engine = make_engine(self.workload, settings=self.settings)
        self.engine.boundaries = self._boundaries()
        self.sometimes = Sometimes(self.engine)
        self.engine.on_event = self.sometimes.on_event
        self.checker = Checker(self.engine, is_thorough=self.is_thorough, checks=self.checks)
        self.plan = CrashPlan(self.workload.crashes, self.sometimes.on_actor_crash)
        self.engine.saboteur = self.plan
        self._agenda = sorted(self._planned(), key=lambda entry: entry[0])[::-1]

    def run(self) -> Report:
        """Chaos, healing, convergence; at last everything is closed by one command."""
        self.start()
        healed_after_s, left = 0, list[str]()
        last_ms = self._agenda[0][0] if self._agenda else 0
        if self.go_on(max(self.workload.duration_ms, last_ms)):
            healed_after_s = self.heal()
            left = self.unsettled()
            if self.on_settled is not None:
                self.on_settled()
            left = left or self.flatten()
        return self.report(left, healed_after_s)

    def report(self, left: list[str], healed_after_s: int = 0) -> Report:
        """Return what came of it so far; `left` is what is still owed."""
        return Report(
            self.workload,
            self.checker.violations,
            self.checker.count,
            left,
            self.sometimes.counts(),
            self._troubles(),
            self.engine.simulation.steps,
            healed_after_s,
            self.engine,
        )

    def go_on(self, until_ms: int) -> bool:
        """Let all trouble up to a time happen in its order; return False when it was enough."""
        while self._agenda and self._agenda[-1][0] <= until_ms:
            at_ms, action = self._agenda.pop()
            self._run_until(at_ms)
            if self._is_over():
                return False
            action()
        self._run_until(until_ms)
        return not self._is_over()

    def let_happen(self) -> None:
        """Leave all trouble that is still to come to whoever lets the simulation's time pass."""
        while self._agenda:
            at_ms, action = self._agenda.pop()
            self.engine.simulation.at(START_NS + at_ms * MS, action)

    def _is_over(self) -> bool:
        return self.is_enough is not None and self.is_enough()

    def _troubles(self) -> dict[str, int]:
        counts = {fault.value: count for fault, count in self.engine.venue.fault_counts.items()}
        counts |= {"actor_crash": self.plan.done, "engine_crash": self.engine.crashes}
        return {kind: count for kind, count in counts.items() if count}

    def _planned(self) -> list[tuple[int, Callable[[], None]]]:
        """Return all that the workload says will happen, with its times."""
        agenda: list[tuple[int, Callable[[], None]]] = []
        for number, signal in enumerate(self.workload.signals):
            command = submit(signal, number)
            agenda += [
                (signal.at_ms + 1_000 * repeat, self._teller(command))
                for repeat in range(signal.repeats + 1)
            ]
        for number, planned in enumerate(self.workload.commands):
            command_or_none = command_of(planned, number, self.workload.signals)
            if command_or_none is not None:
                agenda.append((planned.at_ms, self._teller(command_or_none)))
        algorithms = drawn_algorithms(
            self.workload.seed, self.workload.algorithms, self.workload.duration_ms
        )
        agenda += [(at_ms, self._teller(command)) for at_ms, command in algorithms]
        agenda += [(crash.at_ms, self._crasher(crash)) for crash in self.workload.engine_crashes]
        return agenda + self._troubles_planned()

    def _troubles_planned(self) -> list[tuple[int, Callable[[], None]]]:
        """Return the planned trouble; faults from the start on stand in the venue's script."""
        workload, venue = self.workload, self.engine.venue
        return [
            *(
                (planned.at_ms, partial(venue.plan_fault, scripted))
                for planned in workload.planned_faults
                if planned.at_ms
                for scripted in planned.scripted()
            ),
            *(
                (each.at_ms, partial(venue.strike, each.fault, each.symbol, each.size_ms))
                for each in workload.incidents
            ),
            *((each.at_ms, partial(self._by_hand, each)) for each in workload.manual_requests),
        ]

    def _by_hand(self, planned: ManualRequest) -> None:
        code = self.engine.venue.perform(planned.act())
        if code:
            self.refused_by_hand.append(f"{planned.request}: refused with {code}")

    def _teller(self, command: HostCommand) -> Callable[[], None]:
        return lambda: self.tell(command)

    def tell(self, command: HostCommand) -> None:
        """Tell as soon as there is an engine to tell."""
        if self.engine.life is None:
            self._after(AGAIN_MS, lambda: self.tell(command))
        else:
            self.engine.tell(command)

    def _crasher(self, crash: EngineCrash) -> Callable[[], None]:
        def act() -> None:
            if self.engine.life is not None:
                self.kill(crash)

        return act

    def _boundaries(self) -> Boundaries | None:
        if self.boundaries is None and self.workload.crash_points:
            self.boundaries = Boundaries(self.workload.crash_points)
        if self.boundaries is not None:
            self.boundaries.on_crash = self.kill
        return self.boundaries

    def kill(self, crash: EngineCrash | CrashPoint) -> None:
        """Kill the engine, at work or at its start, and see to it that it is started again."""
        if self.engine.life is not None:
            self.sometimes.on_engine_crash()
        if isinstance(crash, CrashPoint):
            self.sometimes.on_crash_point()
        disk = self._disk()
        disk.faults = evolve(disk.faults, crash_keeps_tail=1.0 if crash.torn else 0.0)
        self.engine.crash()
        self._after(crash.down_ms, self.start)

    def _after(self, delay_ms: int, action: Callable[[], None]) -> None:
        simulation = self.engine.simulation
        simulation.at(simulation.now_ns + delay_ms * MS, action)

    def start(self) -> None:
        """Start the engine, again and again while the disk does not let it."""
        try:
            self.engine.start()
        except PowerCut:
            return  # who cut it sees to the next start
        except OSError:
            self._after(AGAIN_MS, self.start)

    def _disk(self) -> SimulatedDisk:
        disk = self.engine.disk
        assert isinstance(disk, SimulatedDisk)
        return disk

    def _run_until(self, at_ms: int) -> None:
        until_ns = max(START_NS + at_ms * MS, self.engine.simulation.now_ns)
        self.engine.simulation.run(until_ns, self.is_enough)
        if self.engine.life is not None:
            self.sometimes.look()

    def heal(self) -> int:
        """Take every fault away, let trading go on, and wait for rest; return the seconds."""
        self.plan.is_armed = False
        if self.boundaries is not None:
            self.boundaries.is_armed = False
        self._disk().faults = DiskFaults()
        self.engine.simulation.run(stop=lambda: self.engine.life is not None)
        self.engine.venue.set_faults(Faults())
        self.engine.venue.forget_planned()
        self.engine.run_for(1)
        for waited in range(HEAL_STEPS_MAX):
            if not self.unsettled():
                return waited * HEAL_STEP_S
            self.engine.run_for(HEAL_STEP_S)
        return HEAL_STEPS_MAX * HEAL_STEP_S

    def flatten(self) -> list[str]:
        """Close everything by command; return what is still open, or is not settled then."""
        self.engine.tell(FlattenPositions("the end"))
        left: list[str] = []
        for _ in range(FLATTEN_STEPS_MAX):
            self.engine.run_for(FLATTEN_STEP_S)
            left = still_open(self.engine, self.checker.ground) or self.unsettled()
            if not left:
                break
        return left

    def unsettled(self) -> list[str]:
        """Return what the engine owes before it counts as settled."""
        return unconverged(self.engine, self.checker.ground, self.sometimes.ended)


def run_workload(workload: Workload, *, is_thorough: bool = True) -> Report:
    """Run a workload from its first message to its last."""
    return Run(workload, is_thorough).run()
