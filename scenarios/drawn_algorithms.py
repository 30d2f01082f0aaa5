"""DrawnAlgorithms: signals to be carried out in slices, drawn from one seed for a soak.

Owns which plans there are and what is said of them in their midst: some are cancelled, and some
meet a halt. They come from a generator of their own, so that no other seed changes by them.
"""

from decimal import Decimal
from random import Random

from attrs import evolve

from ..messages.intake import (
    CancelOrder,
    ExecuteAlgorithm,
    HaltTrading,
    HostCommand,
    ResumeTrading,
    SubmitSignal,
)
from ..messages.plans import Bracket, Chase, Iceberg, Oco, Plan, TrailingStop, Twap, Vwap
from ..messages.values import OrderType, SignalType, TimeInForce
from .workload import MS, PRICES, START_NS, SYMBOLS

CANCELLED_SHARE = 0.2
HALTED_SHARE = 0.1
LIMIT_SHARE = 0.3
TRAILING_SHARE = 0.6
"""Of the brackets, those that are followed."""


def drawn_algorithms(seed: int, count: int, duration_ms: int) -> list[tuple[int, HostCommand]]:
    """Return so many algorithms, and what is said of some of them, with their times."""
    random, told = Random(f"{seed}/algorithms"), list[tuple[int, HostCommand]]()
    for number in range(count):
        at_ms = random.randrange(2_000, duration_ms - 8_000)
        told.append((at_ms, _command(random, number, at_ms)))
        later_ms = at_ms + random.randrange(1, 6_000)
        luck = random.random()
        if luck < CANCELLED_SHARE:
            told.append((later_ms, CancelOrder(f"ca{number}", f"a{number}")))
        elif luck > 1 - HALTED_SHARE:
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
        show = (signal.quantity or Decimal(0)) / random.choice((2, 3, 4))
        return ExecuteAlgorithm(resting, evolve(plan, show=show))
    if isinstance(plan, Oco):
        below, beyond = (random.choice((-2, 0, 5, 15)), random.choice((1, 4, 20)))
        bought, stopped = (
            _tick(price * (10_000 + sign * each) / 10_000) for each in (-below, below + beyond)
        )
        resting = evolve(signal, order_type=OrderType.LIMIT, price=bought)
        return ExecuteAlgorithm(resting, Oco(stopped))
    stop, target = (_tick(price * (1_000 - sign * far) / 1_000) for far in (4, -8))
    held = evolve(signal, stop_loss=stop, take_profit=target)
    return ExecuteAlgorithm(_followed(random, held, price, sign), plan)


def _followed(random: Random, signal: SubmitSignal, price: Decimal, sign: int) -> SubmitSignal:
    """Let some positions be followed beside their target, or instead of it."""
    if random.random() > TRAILING_SHARE:
        return signal
    bps = random.choice((None, -2, 3, 20))
    activate = None if bps is None else _tick(price * (10_000 + sign * bps) / 10_000)
    trailing = TrailingStop(Decimal(random.choice(("0.1", "0.2", "1"))), activate)
    target = signal.take_profit if random.random() < 0.5 else None
    return evolve(signal, take_profit=target, trailing=trailing)


def _tick(price: Decimal) -> Decimal:
    return price.quantize(Decimal("0.1"))


def _signal(random: Random, number: int, at_ms: int) -> SubmitSignal:
    kind = random.choices(list(SignalType), (4, 4, 1, 1, 0))[0]
    symbol = random.choice(SYMBOLS)
    figures = ("0.030", "0.057", "0.090") if symbol == "ETHUSDT" else ("0.004", "0.007")
    signal = SubmitSignal(
        signal_id=f"a{number}",
        at_ms=START_NS // MS + at_ms,
        signal=kind,
        symbol=symbol,
        quantity=Decimal(random.choice(figures)),
        confidence=Decimal("0.9"),
    )
    if not kind.is_entry or random.random() > LIMIT_SHARE:
        return signal
    bps = random.choice((0, 5, 20)) * (1 if kind is SignalType.LONG_ENTRY else -1)
    price = _tick(PRICES[symbol] * (10_000 + bps) / 10_000)
    return evolve(signal, order_type=OrderType.LIMIT, price=price)


def _plan(random: Random) -> Plan:
    slices = random.randint(2, 6)
    every_ms = random.choice((500, 2_000, 5_000))
    volumes = tuple(Decimal(random.randint(0, 3)) for _ in range(slices))
    plans: tuple[Plan, ...] = (
        Twap(slices * every_ms, slices, jitter_pct=Decimal(random.choice((0, 50)))),
        Vwap(slices * every_ms, volumes, Decimal(50)),
        Iceberg(Decimal(1), variance_pct=Decimal(random.choice((0, 30)))),
        Bracket(),
        Chase(random.choice((0, 2, 10)), Decimal(random.choice((5, 50))), random.random() < 0.5),
        Oco(Decimal(1)),
    )
    return random.choice(plans)
