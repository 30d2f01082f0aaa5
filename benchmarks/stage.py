"""Stage: one whole engine on a quiet market, with the orders that the benchmarks send.

Owns the workload: a protected position is held, and one market order a quote, by turns a buy and a
sell of the same small quantity, goes through the shipped pipeline: every actor, the chain and the
record on, Binance's limits at their defaults. Virtual time; durability is `off`, as simulation has
it. Fails with `BenchmarkFailed` when an order is not filled, since a fast refusal is no figure.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count

from attrs import define, evolve, field

from callboard.actors.exchange_settings import StreamSettings
from callboard.actors.ports import FileSystem
from callboard.actors.record_settings import JournalSettings
from callboard.actors.settings import OrderSettings, RiskSettings, Settings
from callboard.messages.events import OrderFilled
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import SignalType
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.simulation import Simulation
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import ETHUSDT, PAPER_LEVERAGE, VenueSettings
from callboard.scenarios.venue.venue import Venue

START_NS = 1_700_000_000_000_000_000
SYMBOL = "ETHUSDT"
QUOTE_EVERY_MS = 100
QUANTITY = Decimal("0.010")
HELD = Decimal("1.000")
STOP = ETH_WALK.start * Decimal("0.99")
"""Of the held position; what is added keeps it, so that no order but those counted is sent."""
WALLET = Decimal(10_000_000)
"""Large enough for a million orders' fees to stay far from every loss limit."""
SETTLE_SECONDS = 5
WARMING = 20
"""Orders before the first that counts."""
CONFIDENCE = Decimal("0.9")
REMEMBERED = 10_000
"""What is over and remembered, of each kind: the engine's default for signals."""


class BenchmarkFailed(RuntimeError):
    """The work that was to be measured was not done."""


@define
class Stage:
    """A started engine that holds a position, and how many of its orders were filled."""

    world: SimulatedEngine
    filled: int = 0
    _orders: Iterator[int] = field(init=False, factory=count)

    def send(self, orders: int) -> None:
        """Send market orders, one a quote, in virtual time."""
        world, numbers = self.world, self._orders
        for _ in range(orders):
            world.tell(market_order(next(numbers)))
            world.run_for(QUOTE_EVERY_MS / 1000)

    def settle(self) -> None:
        """Let what is under way arrive."""
        self.world.run_for(SETTLE_SECONDS)

    def expect_filled(self, orders: int) -> None:
        """Raise `BenchmarkFailed` unless so many orders were filled."""
        if self.filled != orders:
            raise BenchmarkFailed(f"{self.filled} orders of {orders} were filled")

    def note(self, event: object) -> None:
        """Count an event of the engine."""
        self.filled += type(event) is OrderFilled


def market_order(number: int) -> SubmitSignal:
    """Return the order of a number: even ones buy, odd ones sell what was bought."""
    kind = SignalType.CLOSE_LONG if number % 2 else SignalType.LONG_ENTRY
    return signal(f"s{number}", kind, QUANTITY)


def signal(signal_id: str, kind: SignalType, quantity: Decimal) -> SubmitSignal:
    """Return a market order under an id; one that adds has the stop of the held position."""
    stop_loss = STOP if kind is SignalType.LONG_ENTRY else None
    return SubmitSignal(
        signal_id,
        0,
        kind,
        SYMBOL,
        quantity=quantity,
        stop_loss=stop_loss,
        confidence=CONFIDENCE,
    )


def settings(remembered: int = REMEMBERED) -> Settings:
    """Return the engine's settings: the defaults, but for limits on discretionary trading."""
    risk = RiskSettings(
        symbols=(SYMBOL,), cooldown_ms=0, executions_per_day_max=10**9, scale_in=True
    )
    return Settings(
        seed=1,
        risk=risk,
        journal=JournalSettings(durability="off", keep_segments=1),
        signals_kept=remembered,
        orders=OrderSettings(history_max=min(remembered, OrderSettings().history_max)),
        stream=StreamSettings(dedupe_window=min(remembered, StreamSettings().dedupe_window)),
    )


def venue(remembered: int = REMEMBERED) -> Venue:
    """Return a venue whose market hardly moves, so that no stop is ever reached."""
    walk = evolve(ETH_WALK, volatility_ticks=1.0, jump_probability=0.0, trade_probability=0.0)
    pace = SeededMarketSettings(walks=(walk,), tick_every_ms=QUOTE_EVERY_MS, tick_jitter_ms=0)
    market = SeededMarket(pace, seed=1, start_ns=START_NS)
    rules = VenueSettings(
        symbols=(ETHUSDT,),
        leverage=PAPER_LEVERAGE,
        wallet_balance=WALLET,
        history_max=remembered,
    )
    return Venue(rules, market, seed=1, start_ns=START_NS)


def open_stage(disk: FileSystem | None = None, *, remembered: int = REMEMBERED) -> Stage:
    """Return a stage whose engine runs and holds its protected position."""
    world = SimulatedEngine(
        Simulation(seed=1, now_ns=START_NS),
        venue(remembered),
        settings(remembered),
        disk=disk or SimulatedDisk(),
    )
    stage = Stage(world)
    world.on_event = stage.note
    world.start()
    stage.settle()
    world.tell(signal("held", SignalType.LONG_ENTRY, HELD))
    stage.settle()
    # The codec is compiled at its first use, message by message: that is set-up, too.
    stage.send(WARMING)
    stage.settle()
    stage.expect_filled(1 + WARMING)
    stage.filled = 0
    return stage
