"""Stage: engine, venue, market and disk of the demo, and the hands that carry out the story.

Owns one engine on a seeded market of four symbols, checked step by step, with its journal in a
folder. Everything happens in virtual time: two runs of one seed leave the same journal, whatever
the pace at which they were shown. `FolderInUse` when another process runs on the folder.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from attrs import define, evolve, field

from ...actors.adapters.disk import Disk
from ...actors.adapters.spool import JOURNAL
from ...actors.errors import ConfigurationError
from ...actors.record_settings import JournalSettings
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...actors.runtime.hosting import InjectedCrash
from ...actors.runtime.segment import segment_numbers
from ...actors.settings import RiskSettings, Settings
from ...messages.intake import FlattenPositions, SubmitSignal
from ...messages.orders import OrderReported
from ...messages.values import SignalType
from ..invariants import Checker
from ..running.market import RULES, WALKS
from ..simulated_engine import SimulatedEngine
from ..simulation import Simulation
from ..tally import Tally
from ..venue.faults import ScriptedFault
from ..venue.seeded_market import SeededMarket, SeededMarketSettings
from ..venue.settings import PAPER_LEVERAGE, VenueSettings
from ..venue.venue import Venue
from .story import START_NS, SYMBOLS, Aim, Beat, Begin, Crash, Deed, Flatten, Send, beats
from .watch import Watch
from .wire import MS_NS

VOLATILITY_TICKS: Mapping[str, float] = MappingProxyType(
    {"BTCUSDT": 60.0, "ETHUSDT": 26.0, "SOLUSDT": 2.0, "XRPUSDT": 0.6}
)
"""About a basis point a tick: a minute shows something, and stays far from stops of 2 %."""
BPS = Decimal(10_000)
STRATEGY = "demo"


@define(eq=False)
class AimedCrash:
    """A saboteur that crashes an actor in place of its next fill, once it is told to."""

    target: str = ""

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise `InjectedCrash` where the aim says so."""
        message = envelope.message
        is_fill = isinstance(message, OrderReported) and message.trade is not None
        if is_fill and cell.name == self.target:
            self.target = ""
            raise InjectedCrash("the demo's own crash")


@define(eq=False)
class Stage:
    """The demo's engine; a context that gives the journal's folder free at its end."""

    seed: int
    data_dir: Path
    story: tuple[Beat, ...] | None = None
    """What happens; None for the story of the seed."""
    disk: Disk = field(init=False)
    engine: SimulatedEngine = field(init=False)
    checker: Checker = field(init=False)
    watch: Watch = field(init=False)
    tally: Tally = field(init=False, factory=Tally)
    _crash: AimedCrash = field(init=False, factory=AimedCrash)

    def __attrs_post_init__(self) -> None:
        self.disk = Disk(self.data_dir / JOURNAL)
        simulation = Simulation(seed=self.seed, now_ns=START_NS)
        settings = _settings(self.seed)
        venue = _venue(self.seed)
        self.engine = SimulatedEngine(
            simulation, venue, settings, disk=self.disk, saboteur=self._crash
        )
        self.checker = Checker(self.engine)
        self.watch = Watch(self.engine, self.tally, START_NS)

    def __enter__(self) -> Self:
        self.disk.lock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disk.close()

    def start(self) -> None:
        """Start the engine and plan every beat of the story.

        Raises:
            ConfigurationError: The folder holds a journal already.
        """
        if segment_numbers(self.disk):
            raise ConfigurationError(f"{self.data_dir}: holds a journal already; choose another")
        self.engine.start()
        for beat in beats(self.seed) if self.story is None else self.story:
            self._plan(beat)

    def advance(self, duration_ms: int) -> None:
        """Let virtual time pass, then ask the engine how it is."""
        simulation = self.engine.simulation
        simulation.run(simulation.now_ns + duration_ms * MS_NS)
        self.watch.ask()

    def stop(self) -> None:
        """Stop the engine in order; the journal is sealed."""
        self.engine.stop()

    def _plan(self, beat: Beat) -> None:
        at_ns = START_NS + beat.at_ms * MS_NS
        self.engine.simulation.at(at_ns, lambda: self._do(beat.deed))

    def _do(self, deed: Deed) -> None:
        match deed:
            case Begin():
                self.watch.begin(deed)
            case Send():
                self.engine.tell(self._signal(deed))
            case Aim():
                fault = ScriptedFault(deed.method, deed.path, 1, deed.fault, size_ms=deed.size_ms)
                self.engine.venue.plan_fault(fault)
            case Crash():
                self._crash.target = deed.actor
            case Flatten():
                self.engine.tell(FlattenPositions("flatten", reason="the demo ends"))

    def _signal(self, send: Send) -> SubmitSignal:
        return SubmitSignal(
            signal_id=send.signal_id,
            at_ms=self.engine.simulation.now_ns // MS_NS,
            signal=send.signal,
            symbol=send.symbol,
            stop_loss=self._price(send, -send.stop_bps),
            take_profit=self._price(send, send.target_bps),
            confidence=Decimal(send.confidence),
            confluence_score=Decimal(5),
            signal_strength=Decimal(1),
            strategy=STRATEGY,
        )

    def _price(self, send: Send, bps: int) -> Decimal | None:
        """Return a price so many bps to the winning side of the mark, None for none."""
        mark = self.watch.marks.get(send.symbol)
        if mark is None or not bps:
            return None
        sign = 1 if send.signal is SignalType.LONG_ENTRY else -1
        tick = RULES[send.symbol].tick
        return (mark * (1 + sign * bps / BPS) / tick).to_integral_value() * tick


def _settings(seed: int) -> Settings:
    """Return the paper settings of the demo: the defaults, but for limits made for hours."""
    risk = RiskSettings(
        symbols=SYMBOLS, cooldown_ms=0, executions_per_day_max=20, positions_max=len(SYMBOLS)
    )
    return Settings(seed=seed, risk=risk, journal=JournalSettings(durability="off"))


def _venue(seed: int) -> Venue:
    walks = tuple(
        evolve(WALKS[symbol], volatility_ticks=VOLATILITY_TICKS[symbol]) for symbol in SYMBOLS
    )
    market = SeededMarket(SeededMarketSettings(walks=walks), seed=seed, start_ns=START_NS)
    rules = tuple(RULES[symbol] for symbol in SYMBOLS)
    settings = VenueSettings(
        symbols=rules, leverage=PAPER_LEVERAGE, wallet_balance=Decimal(100_000)
    )
    return Venue(settings, market, seed=seed, start_ns=START_NS)
