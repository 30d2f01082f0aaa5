"""Emergency: a loss in the middle of ten positions, on the whole engine in virtual time."""

from decimal import Decimal

from attrs import evolve

from callboard.actors import names
from callboard.actors.adapters.trip_hooks import Hooks
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.control import RunTripHooks
from callboard.messages.events import PositionClosed, TradingStateReported
from callboard.messages.values import HookPhase, SignalType, TradingState
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.simulation import Simulation
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import ETHUSDT, PAPER_LEVERAGE, VenueSettings
from callboard.scenarios.venue.venue import Venue
from support.eth_stage import START_NS, signal

SYMBOLS = tuple(f"A{letter}USDT" for letter in "ABCDEFGHIJ")
RISK = RiskSettings(symbols=SYMBOLS, cooldown_ms=0, executions_per_day_max=100, positions_max=20)
SECOND_NS = 1_000_000_000


class Emergency:
    """Ten open positions, each with its stop, and what is told since the loss."""

    def __init__(self) -> None:
        self.told: list[tuple[int, object]] = []
        self.hooks: list[tuple[int, RunTripHooks]] = []
        walks = tuple(evolve(ETH_WALK, symbol=symbol) for symbol in SYMBOLS)
        rules = VenueSettings(
            symbols=tuple(evolve(ETHUSDT, symbol=symbol) for symbol in SYMBOLS),
            leverage=PAPER_LEVERAGE,
        )
        market = SeededMarket(SeededMarketSettings(walks=walks), seed=1, start_ns=START_NS)
        self.world = SimulatedEngine(
            Simulation(seed=1, now_ns=START_NS),
            Venue(rules, market, seed=1, start_ns=START_NS),
            Settings(seed=1, risk=RISK),
            on_event=lambda event: self.told.append((self.world.simulation.now_ns, event)),
        )
        self.world.hooks = Hooks((self.note, self.fail), (self.note,))
        self.world.start()
        for symbol in SYMBOLS:
            self.world.tell(signal(f"in-{symbol}", SignalType.LONG_ENTRY, symbol))
        self.world.run_for(10)

    def note(self, run: RunTripHooks) -> None:
        self.hooks.append((self.world.simulation.now_ns, run))

    def fail(self, run: RunTripHooks) -> None:
        raise OSError(run.reason)

    def lose(self) -> int:
        """Lose 5 % of the day's first equity; return when."""
        account = self.world.state(names.RISK_GATE).account
        loss = evolve(account, equity=account.day_start_equity * Decimal("0.95"))
        self.told.clear()
        self.world.kernel.post(names.CIRCUIT_BREAKER, loss)
        return self.world.simulation.now_ns

    def times(self, kind: type) -> list[int]:
        return [at_ns for at_ns, event in self.told if isinstance(event, kind)]


def test_ten_positions_are_closed_within_a_second_of_a_loss() -> None:
    """C-53, S2-009: cancels and closes run in parallel over the symbols."""
    made = Emergency()
    assert 10 == len(made.world.venue.ledger().positions)

    lost_at_ns = made.lose()
    made.world.run_for(5)

    assert () == made.world.venue.ledger().positions
    closed = made.times(PositionClosed)
    assert 10 == len(closed)
    assert max(closed) - lost_at_ns < SECOND_NS


def test_no_position_loses_its_stop_before_it_is_closed() -> None:
    """C-53: protective orders are cancelled only after zero is confirmed."""
    made = Emergency()

    made.lose()
    naked: set[str] = set()
    while made.world.venue.ledger().positions:
        made.world.run_for(0.005)
        ledger = made.world.venue.ledger()
        guarded = {order.symbol for order in ledger.orders if order.is_algo and order.is_open}
        naked |= {position.symbol for position in ledger.positions} - guarded
    made.world.run_for(5)

    assert set() == naked
    assert [] == [order for order in made.world.venue.ledger().orders if order.is_open]


def test_entries_are_off_first_and_hooks_run_before_the_closes_and_after_them() -> None:
    """C-53, S2-005, S2-006: a hook that fails stops nothing."""
    made = Emergency()
    lost_at_ns = made.lose()
    made.world.run_for(5)

    (off,) = made.times(TradingStateReported)
    before, after = made.hooks
    assert lost_at_ns == off == before[0]
    assert (HookPhase.BEFORE, HookPhase.AFTER) == (before[1].phase, after[1].phase)
    assert max(made.times(PositionClosed)) <= after[0]
    assert after[1].is_flat
    assert TradingState.HALTED is after[1].state
