"""Algorithm runs: a quiet world for algorithms, and drawn ones in troubled worlds.

The drawn algorithms come from a generator of their own, so that no seed of a mix changes by them.
"""

from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

from attrs import evolve

from callboard.messages.events import AlgorithmProgressed
from callboard.messages.intake import (
    CancelOrder,
    ExecuteAlgorithm,
    HaltTrading,
    HostCommand,
    ResumeTrading,
    SubmitSignal,
)
from callboard.messages.plans import Bracket, Chase, Iceberg, Plan, Twap, Vwap
from callboard.messages.queries import AlgorithmsView, AlgorithmView, GetAlgorithms
from callboard.messages.values import OrderType, SignalType, TimeInForce
from callboard.scenarios.drawn import STANDARD, WIDE, drawn
from callboard.scenarios.workload import MS, PRICES, START_NS, SYMBOLS, Workload
from callboard.scenarios.world import World

D = Decimal
SIGNAL_ID = "a1"


class Stage:
    """A quiet world with what its algorithms told."""

    def __init__(self, *, seed: int = 1, **workload: Any) -> None:
        quiet = Workload(seed, turbulence_ticks=5, **workload)
        self.world = World(seed, workload=quiet, is_thorough=False)
        self.events: list[Any] = []
        self.world.start()
        self.world.run_for(5)
        watched = self.world.engine.on_event

        def on_event(event: object) -> None:
            self.events.append(event)
            if watched is not None:
                watched(event)

        self.world.engine.on_event = on_event
        self.world.engine.kernel.cells["event_bus"].actor._on_event = on_event

    def tell(self, plan: Plan, **wish: Any) -> None:
        """Have a long entry, or another wish, carried out by a plan."""
        self.world.tell(ExecuteAlgorithm(wished(**wish), plan))

    def progress(self) -> list[tuple[str, str]]:
        """Return each slice and how it ended."""
        told = [each for each in self.events if isinstance(each, AlgorithmProgressed)]
        return [(each.slice_id, each.outcome) for each in told]

    def end(self, signal_id: str = SIGNAL_ID) -> Any:
        """Return the terminal event of a signal, None where there is none yet."""
        return self.world.ended.get(signal_id)

    def view(self) -> AlgorithmView:
        """Return the latest algorithm."""
        found = self.world.ask(GetAlgorithms(), "execution_system")
        assert isinstance(found, AlgorithmsView)
        return found.algorithms[-1]

    def held(self, symbol: str = "ETHUSDT") -> Decimal:
        """Return what the venue's books show of a position."""
        return self.world.engine.venue.core.account.amount((symbol, "BOTH"))

    def close(self) -> list[str]:
        """Return everything that did not hold, or is not settled when all is closed."""
        left = [str(each) for each in self.world.violations]
        return left + self.world.settle() + self.world.close()


def wished(**changes: Any) -> SubmitSignal:
    plain = SubmitSignal(
        signal_id=SIGNAL_ID,
        at_ms=START_NS // MS + 5_000,
        signal=SignalType.LONG_ENTRY,
        symbol="ETHUSDT",
        quantity=D("0.1"),
        confidence=D("0.9"),
        stop_loss=D("2550"),
    )
    return evolve(plain, **changes)


def troubled(seed: int) -> World:
    """Return a world of drawn trouble, a few signals and some algorithms."""
    odds = evolve(STANDARD if seed % 2 else WIDE, trades=0, signals_max=4)
    workload = drawn(seed, odds)
    world = World(seed, workload=workload, is_thorough=False)
    for at_ms, command in _drawn(seed, workload.duration_ms):
        world.engine.simulation.at(START_NS + at_ms * MS, partial(world.tell, command))
    return world


def _drawn(seed: int, duration_ms: int) -> list[tuple[int, HostCommand]]:
    random, told = Random(f"{seed}/algorithms"), list[tuple[int, HostCommand]]()
    for number in range(random.randint(2, 6)):
        at_ms = random.randrange(2_000, duration_ms - 8_000)
        told.append((at_ms, _command(random, number, at_ms)))
        later_ms = at_ms + random.randrange(1, 6_000)
        luck = random.random()
        if luck < 0.2:
            told.append((later_ms, CancelOrder(f"ca{number}", f"a{number}")))
        elif luck > 0.9:
            told.append((later_ms, HaltTrading(f"ha{number}", "drill")))
            told.append((at_ms + 8_000, ResumeTrading(f"ra{number}", "over", ("one",))))
    return told


def _command(random: Random, number: int, at_ms: int) -> ExecuteAlgorithm:
    plan, signal = _plan(random), _signal(random, number, at_ms)
    if isinstance(plan, Twap | Vwap) or not signal.signal.is_entry:
        timed = plan if isinstance(plan, Twap | Vwap) else Twap(4_000, 2)
        return ExecuteAlgorithm(signal, timed)
    price = signal.price or PRICES[signal.symbol]
    sign = 1 if signal.signal is SignalType.LONG_ENTRY else -1
    if isinstance(plan, Chase):
        return ExecuteAlgorithm(signal, plan)
    if isinstance(plan, Iceberg):
        resting = evolve(
            signal,
            order_type=OrderType.LIMIT,
            price=price,
            time_in_force=random.choice((TimeInForce.GTC, TimeInForce.GTX)),
            expires_at_ms=signal.at_ms + 20_000 if random.random() < 0.5 else None,
        )
        show = (signal.quantity or D(0)) / random.choice((2, 3, 4))
        return ExecuteAlgorithm(resting, evolve(plan, show=show))
    stop, target = (_tick(price * (1_000 - sign * far) / 1_000) for far in (4, -8))
    return ExecuteAlgorithm(evolve(signal, stop_loss=stop, take_profit=target), plan)


def _tick(price: Decimal) -> Decimal:
    return price.quantize(D("0.1"))


def _signal(random: Random, number: int, at_ms: int) -> SubmitSignal:
    kind = random.choices(list(SignalType), (4, 4, 1, 1, 0))[0]
    symbol = random.choice(SYMBOLS)
    figures = ("0.030", "0.057", "0.090") if symbol == "ETHUSDT" else ("0.004", "0.007")
    signal = SubmitSignal(
        signal_id=f"a{number}",
        at_ms=START_NS // MS + at_ms,
        signal=kind,
        symbol=symbol,
        quantity=D(random.choice(figures)),
        confidence=D("0.9"),
    )
    if not kind.is_entry or random.random() < 0.7:
        return signal
    bps = random.choice((0, 5, 20)) * (1 if kind is SignalType.LONG_ENTRY else -1)
    price = _tick(PRICES[symbol] * (10_000 + bps) / 10_000)
    return evolve(signal, order_type=OrderType.LIMIT, price=price)


def _plan(random: Random) -> Plan:
    slices = random.randint(2, 6)
    every_ms = random.choice((500, 2_000, 5_000))
    plans: tuple[Plan, ...] = (
        Twap(slices * every_ms, slices, jitter_pct=D(random.choice((0, 50)))),
        Vwap(slices * every_ms, tuple(D(random.randint(0, 3)) for _ in range(slices)), D(50)),
        Iceberg(D(1), variance_pct=D(random.choice((0, 30)))),
        Bracket(),
        Chase(random.choice((0, 2, 10)), D(random.choice((5, 50))), random.random() < 0.5),
    )
    return random.choice(plans)
