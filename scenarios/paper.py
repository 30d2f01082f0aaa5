"""Paper: a whole run on the built-in venue in virtual time, from signals to a summary.

Owns the surroundings of one run: market, venue, journal folder, signals and the end. The run ends
when the tape does, after `for_ns`, or with the signals, and then settles: until nothing is on its
way any more, for at most `SETTLE_NS_MAX`. The same options give the same journal bytes and the same
summary. The journal's folder is claimed for the time of the run; `FolderInUse` when another process
has it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from ..actors import names
from ..actors.adapters.disk import Disk
from ..actors.adapters.records.views import FollowedViews, views_of
from ..actors.order_state import OrdersState
from ..actors.position_state import PositionsState
from ..actors.position_views import position_view
from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from ..actors.runtime.hosting import LogSink
from ..actors.settings import Settings
from ..actors.system import make_codec
from ..messages.values import TERMINAL_STATES, OrderState, TradingState
from .invariants import Checker, StepHook
from .running.feeder import CommandSource, Feeder, feed
from .running.host import start as start  # noqa: PLC0414 - offered here, to hosts
from .running.market import OpenedMarket
from .running.summary import EngineView, Lines, Run, summary
from .sabotage import PlannedCrashes
from .simulated_engine import SimulatedEngine
from .simulation import Delivery, Simulation
from .tally import Tally
from .venue.faults import Faults
from .venue.settings import VenueSettings
from .venue.tape import TapeError
from .venue.venue import Venue

SECOND_NS = 1_000_000_000
SLICE_NS = SECOND_NS
"""Virtual time between two looks at the outside: the end, the operator, the progress."""
SETTLE_NS_MAX = 120 * SECOND_NS
FOR_NS_DEFAULT = 60 * SECOND_NS
"""How long an endless market runs when nobody says how long, beyond the last signal."""
LOOK_SECONDS = 0.1
"""Wall time between two looks at the operator's commands."""
JOURNAL = "journal"
RESTING = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED, OrderState.PARKED)
"""States of an open order in which only the market, or a person, moves it."""


@frozen
class PaperOptions:
    """What a run is made of."""

    settings: Settings
    market: OpenedMarket
    data_dir: Path
    feeder: CommandSource | None = None
    for_ns: int = 0
    """Virtual time from the start; 0 for as long as the tape, or the signals."""
    faults: Faults = field(factory=Faults)
    crashes: PlannedCrashes | None = None
    venue: VenueSettings = field(factory=VenueSettings)
    strict: bool = False
    is_checked: bool = True
    """Whether every step is checked against the invariants."""
    delivery: Delivery = Delivery.FIFO

    def venue_settings(self) -> VenueSettings:
        """Return what the venue is opened with."""
        return evolve(
            self.venue,
            leverage=self.settings.risk.leverage,
            symbols=self.market.rules,
            clock_skew_ms=self.venue.clock_skew_ms + self.market.skew_ms,
            hedge_mode=self.settings.accounts.hedge_mode,
            faults=self.faults,
        )


@frozen
class Progress:
    """How far a run is."""

    virtual_ns: int
    tally: Tally
    done: bool = False


@frozen
class PaperResult:
    """How a run ended."""

    summary: dict[str, Any]
    bad_line: str = ""
    """The line that stopped a strict run."""
    fatal: str = ""
    """Why the engine gave up, if it did."""
    stopped: str = ""
    """Who stopped the run before its end."""
    state: TradingState = TradingState.ACTIVE
    venue_gone: bool = False
    """The venue, which should have told its truth at the end, answered no more."""
    left: tuple[str, ...] = ()
    """What the venue goes on with after somebody stopped the run, a line each."""


Operator = Callable[[SimulatedEngine], str]
"""Looks at what people want of a running engine; a text that is not empty stops the run."""


def run(
    options: PaperOptions,
    *,
    log: LogSink | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    operator: Operator | None = None,
) -> PaperResult:
    """Run to the end in virtual time and return what happened.

    Raises:
        FolderInUse: Another process runs on the data directory.
    """
    disk = Disk(options.data_dir / JOURNAL)
    disk.lock()
    try:
        paper = _Paper(options, disk, log, on_progress, operator)
        return paper.run()
    finally:
        options.market.close()
        disk.close()


@define(eq=False)
class _Paper:
    options: PaperOptions
    disk: Disk
    log: LogSink | None
    on_progress: Callable[[Progress], None] | None
    operator: Operator | None
    tally: Tally = field(init=False, factory=Tally)
    venue: Venue = field(init=False)
    engine: SimulatedEngine = field(init=False)
    checker: Checker | None = field(init=False, default=None)
    views: FollowedViews = field(init=False)
    bad_line: str = field(init=False, default="")
    stopped: str = field(init=False, default="")
    _looked_at: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        options = self.options
        seed, start_ns = options.settings.seed, options.market.start_ns
        simulation = Simulation(seed=seed, now_ns=start_ns, delivery=options.delivery)
        settings = options.venue_settings()
        self.venue = Venue(settings, options.market.market, seed=seed, start_ns=start_ns)
        self.engine = SimulatedEngine(
            simulation,
            self.venue,
            options.settings,
            disk=self.disk,
            on_event=self.tally.note_event,
            on_step=self.tally.note_step,
            log=self.log,
            saboteur=options.crashes,
        )
        self.views = FollowedViews(
            views_of(options.settings.records, options.data_dir, self.disk, make_codec())
        )
        if options.is_checked:
            self.checker = Checker(self.engine)
            self.engine.on_step = _both(self.checker.on_step, self.tally.note_step)

    def run(self) -> PaperResult:
        """Start, run to the end, settle, stop and sum up."""
        self.engine.start()
        self._note_findings()
        # Virtual time stands still while a line is waited for: only a file or a pipe to its end.
        if isinstance(self.options.feeder, Feeder):
            feed(self.options.feeder, at=self.engine.simulation.at, tell=self.engine.tell)
        try:
            self._run_slices(self._is_over)
            settle_until = self._now() + SETTLE_NS_MAX
            self._run_slices(lambda: self._is_settled() or self._now() >= settle_until)
        except TapeError as error:
            self.bad_line = str(error)
        return self._end()

    def _run_slices(self, is_over: Callable[[], bool]) -> None:
        while not (is_over() or self.stopped or self.bad_line or self._fatal()):
            self.engine.simulation.run(self._now() + SLICE_NS)
            self._look()

    def _look(self) -> None:
        feeder = self.options.feeder
        if self.options.strict and feeder is not None and feeder.lines.faults:
            self.bad_line = str(feeder.lines.faults[0])
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        self._note_views(self.views.look())
        if self.operator is not None:
            self.stopped = self.operator(self.engine)
        if self.on_progress is not None:
            self.on_progress(Progress(self._virtual_ns(), self.tally))

    def _is_over(self) -> bool:
        for_ns = self.options.for_ns
        if for_ns:
            return self._virtual_ns() >= for_ns or self._market_is_over()
        if not self.options.market.is_endless:
            return self._market_is_over()
        feeder = self.options.feeder
        if feeder is None:
            return self._virtual_ns() >= FOR_NS_DEFAULT
        return feeder.is_over

    def _market_is_over(self) -> bool:
        return not self.options.market.is_endless and self.venue.market_over

    def _is_settled(self) -> bool:
        """True when every order rests or has ended, and nothing waits to be run."""
        orders: OrdersState = self.engine.state(names.ORDER_MANAGER)
        intake = self.engine.state(names.EXECUTION_SYSTEM)
        moving = (each for each in orders.orders.values() if each.state not in RESTING)
        return bool(intake.ready) and not intake.deferred and next(moving, None) is None

    def _end(self) -> PaperResult:
        if self.on_progress is not None:
            self.on_progress(Progress(self._virtual_ns(), self.tally, done=True))
        fatal, virtual_ns = self._fatal(), self._virtual_ns()
        kernel = self.engine.kernel
        view = _engine_view(self.engine)
        self.engine.stop()
        self._note_views(self.views.finish())
        view = evolve(view, records=kernel.sequence, head=kernel.chain.head)
        run = Run(
            mode=self.options.settings.mode,
            seed=self.options.settings.seed,
            market=self.options.market.name,
            mark_is_mid=self.options.market.mark_is_mid(),
            virtual_ns=virtual_ns,
            tally=self.tally,
            engine=view,
            venue=self.venue.ledger(),
            lines=lines_of_run(self.options),
            faults={fault.value: count for fault, count in self.venue.fault_counts.items()},
            violations=None if self.checker is None else self.checker.count,
            first_violations=self._first_violations(),
        )
        return PaperResult(
            summary(run), self.bad_line, fatal, self.stopped, self.tally.trading_state
        )

    def _first_violations(self) -> tuple[str, ...]:
        kept = () if self.checker is None else self.checker.violations
        return tuple(str(violation) for violation in kept)

    def _note_findings(self) -> None:
        life = self.engine.life
        recovered = None if life is None else life.recovered
        for finding in () if recovered is None else recovered.findings:
            if self.log is not None:
                fields = {
                    "segment": finding.segment,
                    "record": finding.record,
                    "what": finding.what,
                }
                self.log(JOURNAL, "journal_finding", fields)

    def _note_views(self, notes: list[tuple[str, str]]) -> None:
        for name, text in notes:
            if self.log is not None:
                self.log(name, "view_note", {"text": text})

    def _now(self) -> int:
        return self.engine.simulation.now_ns

    def _virtual_ns(self) -> int:
        return self._now() - self.options.market.start_ns

    def _fatal(self) -> str:
        life = self.engine.life
        return "" if life is None else life.host.fatal_reason


def _both(first: StepHook, second: StepHook) -> StepHook:
    def look(cell: Cell, envelope: Envelope) -> None:
        first(cell, envelope)
        second(cell, envelope)

    return look


def _engine_view(engine: SimulatedEngine) -> EngineView:
    positions: PositionsState = engine.state(names.POSITION_MONITOR)
    orders: OrdersState = engine.state(names.ORDER_MANAGER)
    return EngineView(
        positions=tuple(position_view(positions, guard) for _, guard in positions.open_guards()),
        open_orders=tuple(
            order.state for order in orders.orders.values() if order.state not in TERMINAL_STATES
        ),
        longest_unprotected_ms=positions.longest_unprotected_ms,
        realised_pnl=positions.realised_pnl,
        fees=positions.fees,
        crashes=engine.kernel.counts.failures,
    )


def lines_of_run(options: PaperOptions) -> Lines:
    """Return what became of the lines of a run that is over; reads what is left of the signals."""
    tape, feeder = options.market.tape, options.feeder
    first = [str(fault) for fault in (() if tape is None else tape.faults)]
    if feeder is None:
        return Lines(bad_tape=options.market.bad_lines(), first_bad=tuple(first))
    told, not_told = feeder.told, feeder.drain()
    return Lines(
        told=told,
        not_told=not_told,
        bad_signals=feeder.lines.fault_count,
        bad_tape=options.market.bad_lines(),
        first_bad=(*(str(fault) for fault in feeder.lines.faults), *first),
    )
