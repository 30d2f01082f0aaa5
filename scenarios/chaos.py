"""Chaos: one run of a workload: trouble, then healing, then demanded convergence.

Owns the run and its report. The same workload gives the same journal bytes. While it runs, every
invariant is checked after every step; when all trouble is over, the engine has `HEAL_STEPS_MAX`
steps of virtual time for what `scenarios/convergence.py` demands, and then a flatten must leave
nothing behind.
Source: TigerBeetle's VOPR, whose runs have the same two phases.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from random import Random

from attrs import define, evolve, field

from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from ..actors.runtime.hosting import InjectedCrash
from ..actors.settings import (
    AccountSettings,
    JournalSettings,
    MarketSettings,
    RiskSettings,
    Settings,
)
from ..messages.intake import FlattenPositions, HostCommand
from .convergence import still_open, unconverged
from .crash_points import Boundaries, CrashPoint, PowerCut
from .disk import DiskFaults, SimulatedDisk
from .invariants import Checker, Violation
from .moved_market import MovedMarket
from .planned import ManualRequest
from .schedules import chooser_of
from .simulated_engine import SimulatedEngine
from .simulation import Simulation
from .sometimes import Sometimes
from .venue.faults import Faults, FaultScript
from .venue.market import Market
from .venue.seeded_market import SeededMarket, SeededMarketSettings, Walk
from .venue.settings import BTCUSDT, ETHUSDT, PAPER_LEVERAGE, AlgoTiming, VenueSettings
from .venue.venue import Venue
from .workload import (
    MS,
    PRICES,
    START_NS,
    SYMBOLS,
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
    on_crash: Callable[[], None]
    is_armed: bool = True
    done: int = field(init=False, default=0)
    _seen: dict[str, int] = field(init=False, factory=dict[str, int])

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise `InjectedCrash` at a planned message."""
        del envelope
        if not self.is_armed:
            return
        count = self._seen[cell.name] = self._seen.get(cell.name, 0) + 1
        for crash in self.crashes:
            if crash.actor == cell.name and crash.nth <= count < crash.nth + crash.times:
                self.done += 1
                self.on_crash()
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
    engine: SimulatedEngine = field(init=False)
    checker: Checker = field(init=False)
    sometimes: Sometimes = field(init=False)
    plan: CrashPlan = field(init=False)
    refused_by_hand: list[str] = field(init=False, factory=list[str])
    """Planned requests of a person that the venue refused."""

    def __attrs_post_init__(self) -> None:
        self.engine = make_engine(self.workload)
        self.engine.boundaries = self._boundaries()
        self.sometimes = Sometimes(self.engine)
        self.engine.on_event = self.sometimes.on_event
        self.checker = Checker(self.engine, is_thorough=self.is_thorough)
        self.plan = CrashPlan(self.workload.crashes, self.sometimes.on_actor_crash)
        self.engine.saboteur = self.plan

    def run(self) -> Report:
        """Chaos, healing, convergence; at last everything is closed by one command."""
        self._start()
        healed_after_s, left = 0, list[str]()
        if self._suffer():
            healed_after_s = self._heal()
            left = self._unsettled()
            if self.on_settled is not None:
                self.on_settled()
            left = left or self._flatten()
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

    def _suffer(self) -> bool:
        """Let all trouble happen in its order; return False when it was enough before its end."""
        for at_ms, action in sorted(self._agenda(), key=lambda entry: entry[0]):
            self._run_until(at_ms)
            if self._is_over():
                return False
            action()
        self._run_until(self.workload.duration_ms)
        return not self._is_over()

    def _is_over(self) -> bool:
        return self.is_enough is not None and self.is_enough()

    def _troubles(self) -> dict[str, int]:
        counts = {fault.value: count for fault, count in self.engine.venue.fault_counts.items()}
        counts |= {"actor_crash": self.plan.done, "engine_crash": self.engine.crashes}
        return {kind: count for kind, count in counts.items() if count}

    def _agenda(self) -> list[tuple[int, Callable[[], None]]]:
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
        agenda += [(crash.at_ms, self._crasher(crash)) for crash in self.workload.engine_crashes]
        return agenda + self._planned()

    def _planned(self) -> list[tuple[int, Callable[[], None]]]:
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
        return lambda: self._tell(command)

    def _tell(self, command: HostCommand) -> None:
        """Tell as soon as there is an engine to tell."""
        if self.engine.life is None:
            self._after(AGAIN_MS, lambda: self._tell(command))
        else:
            self.engine.tell(command)

    def _crasher(self, crash: EngineCrash) -> Callable[[], None]:
        def act() -> None:
            if self.engine.life is not None:
                self._crash(crash)

        return act

    def _boundaries(self) -> Boundaries | None:
        if self.boundaries is None and self.workload.crash_points:
            self.boundaries = Boundaries(self.workload.crash_points)
        if self.boundaries is not None:
            self.boundaries.on_crash = self._crash
        return self.boundaries

    def _crash(self, crash: EngineCrash | CrashPoint) -> None:
        """Kill the engine, at work or at its start, and see to it that it is started again."""
        if self.engine.life is not None:
            self.sometimes.on_engine_crash()
        if isinstance(crash, CrashPoint):
            self.sometimes.on_crash_point()
        disk = self._disk()
        disk.faults = evolve(disk.faults, crash_keeps_tail=1.0 if crash.torn else 0.0)
        self.engine.crash()
        self._after(crash.down_ms, self._start)

    def _after(self, delay_ms: int, action: Callable[[], None]) -> None:
        simulation = self.engine.simulation
        simulation.at(simulation.now_ns + delay_ms * MS, action)

    def _start(self) -> None:
        """Start the engine, again and again while the disk does not let it."""
        try:
            self.engine.start()
        except PowerCut:
            return  # who cut it sees to the next start
        except OSError:
            self._after(AGAIN_MS, self._start)

    def _disk(self) -> SimulatedDisk:
        disk = self.engine.disk
        assert isinstance(disk, SimulatedDisk)
        return disk

    def _run_until(self, at_ms: int) -> None:
        until_ns = max(START_NS + at_ms * MS, self.engine.simulation.now_ns)
        self.engine.simulation.run(until_ns, self.is_enough)
        if self.engine.life is not None:
            self.sometimes.look()

    def _heal(self) -> int:
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
            if not self._unsettled():
                return waited * HEAL_STEP_S
            self.engine.run_for(HEAL_STEP_S)
        return HEAL_STEPS_MAX * HEAL_STEP_S

    def _flatten(self) -> list[str]:
        """Close everything by command; return what is still open, or is not settled then."""
        self.engine.tell(FlattenPositions("the end"))
        left: list[str] = []
        for _ in range(FLATTEN_STEPS_MAX):
            self.engine.run_for(FLATTEN_STEP_S)
            left = still_open(self.engine, self.checker.ground) or self._unsettled()
            if not left:
                break
        return left

    def _unsettled(self) -> list[str]:
        return unconverged(self.engine, self.checker.ground, self.sometimes.ended)


def run_workload(workload: Workload, *, is_thorough: bool = True) -> Report:
    """Run a workload from its first message to its last."""
    return Run(workload, is_thorough).run()


def make_engine(workload: Workload, script: FaultScript | None = None) -> SimulatedEngine:
    """Return the surroundings of a workload; the engine is not started.

    `script` adds planned faults to those of the workload.
    """
    seed = workload.seed
    chooser = chooser_of(seed, workload.schedule, workload.priority_changes, workload.deferrals)
    simulation = Simulation(seed, START_NS, workload.delivery, chooser)
    timing = AlgoTiming(child_to_triggered_frame_ms=workload.child_frame_late_ms)
    venue = Venue(
        VenueSettings(
            symbols=(ETHUSDT, BTCUSDT),
            leverage=PAPER_LEVERAGE,
            faults=workload.faults,
            script=_script(workload, script),
            hedge_mode=workload.is_hedged,
            trade_lite=workload.trade_lite,
            algo_timing=timing,
        ),
        _market(workload),
        seed=seed,
        start_ns=START_NS,
    )
    disk = SimulatedDisk(Random(f"{seed}/disk"), workload.disk)
    return SimulatedEngine(simulation, venue, _settings(workload), disk)


def _script(workload: Workload, script: FaultScript | None) -> FaultScript:
    planned = () if script is None else script.planned
    from_start = (each for each in workload.planned_faults if not each.at_ms)
    return FaultScript((*planned, *(fault for each in from_start for fault in each.scripted())))


def _market(workload: Workload) -> Market:
    drawn = SeededMarket(_walks(workload), seed=workload.seed, start_ns=START_NS)
    if not workload.price_moves:
        return drawn
    ticks = {rules.symbol: rules.tick for rules in (ETHUSDT, BTCUSDT)}
    return MovedMarket(drawn, workload.price_moves, START_NS, PRICES, ticks=ticks)


def _walks(workload: Workload) -> SeededMarketSettings:
    ticks = float(workload.turbulence_ticks)
    touch = Decimal("0.030") if workload.is_thin else Decimal(5)
    levels = 2 if workload.is_thin else 20
    deep = Decimal("0.020") if workload.is_thin else Decimal(10)
    eth = Walk(
        "ETHUSDT",
        PRICES["ETHUSDT"],
        Decimal("0.01"),
        volatility_ticks=ticks,
        touch_quantity=touch,
        levels=levels,
        level_quantity=deep,
    )
    btc = Walk("BTCUSDT", PRICES["BTCUSDT"], Decimal("0.10"), volatility_ticks=2 * ticks)
    return SeededMarketSettings(walks=(eth, btc), tick_every_ms=400, tick_jitter_ms=200)


def _settings(workload: Workload) -> Settings:
    return Settings(
        seed=workload.seed,
        accounts=AccountSettings(hedge_mode=workload.is_hedged),
        risk=RiskSettings(
            symbols=SYMBOLS,
            cooldown_ms=0,
            executions_per_day_max=10_000,
            stop_loss_pct_default=Decimal("0.5"),
        ),
        market=MarketSettings(interval_ms=1_000, move_bps=Decimal(20)),
        journal=JournalSettings(snapshot_every=2_000, segment_bytes_max=4 * 1024 * 1024),
    )
