"""Long runs: the whole engine over hours of a market of three symbols, scene after scene.

A run remembers in which scene each guard first refused and each final state was first reached. The
limits are the defaults; a scene that needs others changes them by policy and puts them back.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from attrs import define, evolve, field

from callboard.actors import names
from callboard.actors.exchange_settings import MarketSettings, ReconcilerSettings
from callboard.actors.order_facts import OrderMoved
from callboard.actors.policies.host_rules import ProposedEntry, named
from callboard.actors.policies.refusal import Refusal
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.settings import RiskSettings, Settings, StrategyLimits
from callboard.messages.events import CommandRefused, OrderRefused
from callboard.messages.intake import ExecuteAlgorithm, HostCommand, PolicyChanged, SubmitSignal
from callboard.messages.market import MarkChanged
from callboard.messages.plans import Plan
from callboard.messages.values import TERMINAL_STATES, OrderState, OrderType, SignalType
from callboard.scenarios.disk import DiskFaults, SimulatedDisk
from callboard.scenarios.invariants import Checker
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.simulation import Simulation
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.venue.seeded_market import SeededMarket, SeededMarketSettings, Walk
from callboard.scenarios.venue.settings import (
    BTCUSDT,
    ETHUSDT,
    PAPER_LEVERAGE,
    SOLUSDT,
    VenueSettings,
)
from callboard.scenarios.venue.venue import Venue

START_NS = 1_700_006_400_000_000_000
"""Midnight UTC."""
SECOND_NS = 1_000_000_000
MS = 1_000_000
ETH, BTC, SOL = "ETHUSDT", "BTCUSDT", "SOLUSDT"
SYMBOLS = (ETH, BTC, SOL)
WALKS = (
    Walk(ETH, Decimal("2600.00"), Decimal("0.01"), volatility_ticks=20.0),
    Walk(BTC, Decimal("60000.00"), Decimal("0.10"), volatility_ticks=20.0),
    Walk(SOL, Decimal("150.0000"), Decimal("0.0100"), volatility_ticks=1.0),
)
RULES = (
    ETHUSDT,
    evolve(BTCUSDT, orders_max=2),
    evolve(
        SOLUSDT,
        quantity_min=Decimal("0.05"),
        quantity_max=Decimal(100),
        market_quantity_max=Decimal(50),
    ),
)
STRATEGIES = (
    StrategyLimits("narrow", symbols=(BTC,)),
    StrategyLimits("small", position_size_pct_max=Decimal(1)),
    StrategyLimits("thin", gross_exposure_pct_max=Decimal(1)),
    StrategyLimits("idle", positions_max=0),
    StrategyLimits("silent", executions_per_day_max=0),
    StrategyLimits("slow", cooldown_ms=86_400_000),
)
"""Each has one limit of its own; a signal names no strategy where none is meant."""
RISK = RiskSettings(symbols=SYMBOLS, strategies=STRATEGIES)
LONG, SHORT = SignalType.LONG_ENTRY, SignalType.SHORT_ENTRY
CLOSE_LONG, CLOSE_SHORT = SignalType.CLOSE_LONG, SignalType.CLOSE_SHORT
HALF = SignalType.REDUCE_50


def of_a_sound_strategy(entry: ProposedEntry) -> Refusal | None:
    """A host's own rule, with a mistake: a strategy without a name makes it raise."""
    if entry.signal.strategy[0] != "x":
        return None
    return Refusal("of_a_sound_strategy", entry.signal.strategy, "any other")


PLACE = ("POST", "/fapi/v1/order")


@define(eq=False)
class LongRun:
    """One engine on one market, and what came of its scenes."""

    seed: int = 1
    has_disk: bool = False
    """Whether there is a journal, so that the engine can be killed."""
    refused: dict[str, str] = field(init=False, factory=dict[str, str])
    """Guard -> the scene in which it first refused."""
    ended: dict[OrderState, str] = field(init=False, factory=dict[OrderState, str])
    """Final state -> the scene in which an order first reached it."""
    commands_refused: list[CommandRefused] = field(init=False, factory=list[CommandRefused])
    world: SimulatedEngine = field(init=False)
    checker: Checker = field(init=False)
    _scene: str = field(init=False, default="")
    _signals: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        simulation = Simulation(seed=self.seed, now_ns=START_NS)
        market = SeededMarket(
            SeededMarketSettings(walks=WALKS, tick_every_ms=4_000, tick_jitter_ms=200),
            seed=self.seed,
            start_ns=START_NS,
        )
        venue = Venue(
            VenueSettings(symbols=RULES, leverage=PAPER_LEVERAGE),
            market,
            seed=self.seed,
            start_ns=START_NS,
        )
        settings = Settings(
            seed=self.seed,
            risk=RISK,
            market=MarketSettings(interval_ms=4_000),
            reconciler=ReconcilerSettings(interval_ms=60_000),
        )
        disk = SimulatedDisk(Random(self.seed), DiskFaults()) if self.has_disk else None
        self.world = SimulatedEngine(
            simulation, venue, settings, disk=disk, on_event=self._on_event
        )
        self.world.rules = named((of_a_sound_strategy,))
        self.checker = Checker(self.world)
        judged = self.checker.on_step

        def on_step(cell: Cell, envelope: Envelope) -> None:
            judged(cell, envelope)
            if cell.name == names.ORDER_MANAGER:
                self._note_ends(cell)

        self.world.on_step = on_step

    def play(self, *scenes: "Scene") -> "LongRun":
        """Play scenes one after the other, each from where the last one left off."""
        for scene in scenes:
            self._scene = scene.__name__
            scene(self)
        return self

    def wait(self, seconds: float) -> None:
        """Let the market go on."""
        self.world.run_for(seconds)

    def wait_until(self, hour: float) -> None:
        """Let the market go on until an hour of the day."""
        until_ns = START_NS + int(hour * 3_600) * SECOND_NS
        assert until_ns >= self.world.simulation.now_ns, f"{hour} is over"
        self.world.simulation.run(until_ns)

    def tell(self, command: HostCommand, seconds: float | None = 3) -> None:
        """Give the engine a command, and some seconds; None leaves it undelivered."""
        self.world.tell(command)
        if seconds is not None:
            self.wait(seconds)

    def wish(
        self, kind: SignalType, symbol: str = ETH, *, seconds: float | None = 3, **more: Any
    ) -> str:
        """Send a confident signal, wait some seconds, and return its id."""
        self._signals += 1
        signal_id = f"w{self._signals}"
        is_limit = more.get("price") is not None and "order_type" not in more
        fields: dict[str, Any] = {
            "order_type": OrderType.LIMIT if is_limit else OrderType.MARKET,
            "confidence": Decimal("0.9"),
            **more,
        }
        self.tell(SubmitSignal(signal_id, self.now_ms, kind, symbol, **fields), seconds)
        return signal_id

    def slice(self, plan: Plan) -> None:
        """Send a wish that is carried out by a plan, in slices of some size."""
        self._signals += 1
        quantity = Decimal("0.02")
        wish = SubmitSignal(
            f"w{self._signals}",
            self.now_ms,
            LONG,
            ETH,
            quantity=quantity,
            confidence=Decimal("0.9"),
        )
        self.tell(ExecuteAlgorithm(wish, plan), 0.5)

    def policy(self, **values: Any) -> None:
        """Change settings of the gate by policy, at once."""
        for key, value in values.items():
            text = ",".join(value) if isinstance(value, tuple) else str(value).lower()  # pyright: ignore[reportUnknownArgumentType] - of strings
            self.tell(PolicyChanged(key, text, "drill", self.now_ms), 0.5)

    def under(self, change: Mapping[str, object], act: Callable[[], object]) -> None:
        """Act under another policy, and put the defaults back."""
        self.policy(**change)
        act()
        self.policy(**{key: getattr(RISK, key) for key in reversed(list(change))})

    def plan(self, method: str, path: str, fault: Fault, count: int = 1, **more: Any) -> None:
        """Let the next requests of a kind meet a fault."""
        for nth in range(1, count + 1):
            self.world.venue.plan_fault(ScriptedFault(method, path, nth, fault, **more))

    def mark(self, symbol: str) -> MarkChanged:
        """Return what the gate last heard of a symbol's prices."""
        told: MarkChanged = self.world.state(names.RISK_GATE).marks[symbol]
        return told

    def set_status(self, symbol: str, status: str) -> None:
        """Let the venue close a symbol, or open it again."""
        core = self.world.venue.core
        core.change_rules(evolve(core.rules(symbol), status=status))

    def restart(self, **risk: Any) -> None:
        """Kill the engine, all it wrote being durable, and start it with other limits."""
        assert self.world.life is not None
        assert self.world.life.journal is not None
        self.world.life.journal.sync()
        self.world.crash()
        self.world.settings = evolve(self.world.settings, risk=evolve(RISK, **risk))
        self.world.start()
        self.wait(150)

    def step_until(self, is_met: Callable[[Cell], bool]) -> None:
        """Let the engine go on to the end of the next step that meets a condition."""
        met: list[Cell] = []
        usual = self.world.kernel.on_step
        assert usual is not None

        def on_step(cell: Cell, envelope: Envelope) -> None:
            usual(cell, envelope)
            if is_met(cell):
                met.append(cell)

        self.world.kernel.on_step = on_step
        self.world.simulation.run(stop=lambda: bool(met))
        self.world.kernel.on_step = usual

    def price(self, symbol: str, percent: str = "0") -> Decimal:
        """Return a price so many percent away from the mark, on the grid."""
        mark = self.mark(symbol).mark
        tick = self.world.venue.core.account.rules[symbol].tick
        moved = mark * (1 + Decimal(percent) / 100)
        return (moved / tick).quantize(Decimal(1)) * tick

    @property
    def signals(self) -> int:
        """How many signals were sent: the last one is `w` and this number."""
        return self._signals

    @property
    def now_ms(self) -> int:
        """Virtual time."""
        return self.world.simulation.now_ns // MS

    def _on_event(self, event: object) -> None:
        if isinstance(event, OrderRefused):
            self.refused.setdefault(event.guard, self._scene)
        elif isinstance(event, CommandRefused):
            self.commands_refused.append(event)

    def _note_ends(self, cell: Cell) -> None:
        for fact in cell.context.facts:
            if isinstance(fact, OrderMoved):
                order = cell.actor.state.find(fact.client_order_id)
                if order is not None and order.state in TERMINAL_STATES:
                    self.ended.setdefault(order.state, self._scene)


Scene = Callable[[LongRun], None]
