"""DrawnTrades: signals that follow one another as a strategy's do, most of them.

Owns what a strategy would send next, by the position that its own signals should have made: a flat
symbol is entered, in one direction mostly, an open one is closed or halved. Freely drawn signals
are mostly refused, since there is nothing to close; those that fit are carried out, and can go
wrong.
"""

from collections.abc import Iterator
from random import Random

from attrs import evolve

from ..messages.values import SignalType
from .workload import SYMBOLS, Command, Signal, Workload

FIRST_MS = 3_000
SETTLING_MS = 4_000
BURST_SHARE = 0.3
UNDER_WAY_MS = 60
UNFIT_SHARE = 0.15
"""So many signals are drawn freely, as a confused strategy's would be."""
AGAIN_SHARE = 0.3
"""So often an entry is sent again, since the first may have been refused."""
CLOSES = {
    SignalType.LONG_ENTRY: SignalType.CLOSE_LONG,
    SignalType.SHORT_ENTRY: SignalType.CLOSE_SHORT,
}
WAYS_MS = (UNDER_WAY_MS, 1_500)
"""How long after its signal a command comes: in the midst of it, or while something is unclear."""
KINDS = ("cancel", "amend", "halt", "flatten")
HALTED_MS = (50, 1_000, 5_000)
LIMITS_BPS = (None, None, None, -5, -5, 2, 10)
"""Most orders meet the market at once."""
STOPS_AND_TARGETS_BPS = ((None, None), (None, None), (30, None), (60, None), (30, 100), (60, 150))


def with_trades(workload: Workload, count: int, commands_max: int) -> Workload:
    """Return the workload with so many signals, and commands that speak of them."""
    random = Random(f"{workload.seed}/trades")
    signals = _trades(random, count, workload.duration_ms)
    commands: list[Command] = []
    for _ in range(random.randint(0, commands_max)):
        commands += _commands(random, signals, workload.duration_ms)
    return evolve(workload, signals=signals, commands=tuple(commands))


def _trades(random: Random, count: int, duration_ms: int) -> tuple[Signal, ...]:
    """Draw signals in the order of their times."""
    held: dict[str, bool] = {}
    trends = {symbol: random.choice(list(CLOSES)) for symbol in SYMBOLS}
    signals: list[Signal] = []
    for at_ms in _times(random, count, duration_ms):
        is_burst = bool(signals) and at_ms - signals[-1].at_ms < UNDER_WAY_MS
        symbol = random.choice(SYMBOLS)
        if is_burst and random.random() > UNFIT_SHARE:
            symbol = next(each for each in SYMBOLS if each != signals[-1].symbol)
        kind = _next(random, trends[symbol], is_open=symbol in held)
        if kind in CLOSES:
            held[symbol] = True
        elif kind is CLOSES[trends[symbol]]:
            held.pop(symbol, None)
        signals.append(_signal(random, at_ms, kind, symbol))
    return tuple(signals)


def _commands(random: Random, signals: tuple[Signal, ...], duration_ms: int) -> Iterator[Command]:
    """Draw a command while a signal's order is under way; a halt is followed by a resume."""
    place = random.randrange(len(signals))
    at_ms = signals[place].at_ms + random.randrange(random.choice(WAYS_MS))
    kind = random.choice(KINDS)
    yield Command(at_ms, kind, place)
    if kind == "halt":
        yield Command(min(at_ms + random.choice(HALTED_MS), duration_ms), "resume")


def _times(random: Random, count: int, duration_ms: int) -> list[int]:
    """Draw times, some of them in bursts: two lanes' worth of orders at once."""
    times: list[int] = []
    for _ in range(count):
        at_ms = random.randrange(FIRST_MS, duration_ms - SETTLING_MS)
        if times and random.random() < BURST_SHARE:
            at_ms = times[-1] + random.randrange(UNDER_WAY_MS)
        times.append(at_ms)
    return sorted(times)


def _signal(random: Random, at_ms: int, kind: SignalType, symbol: str) -> Signal:
    repeats = random.choice((0, 0, 0, 1))
    if kind not in CLOSES:
        return Signal(at_ms, kind, symbol, repeats=repeats)
    limit_bps = random.choice(LIMITS_BPS)
    stop_bps, target_bps = random.choice(STOPS_AND_TARGETS_BPS)
    return Signal(at_ms, kind, symbol, limit_bps, stop_bps, target_bps, repeats)


def _next(random: Random, entry: SignalType, *, is_open: bool) -> SignalType:
    """Draw what comes next where an entry of one direction is open, or not."""
    if random.random() < UNFIT_SHARE:
        return random.choice(list(SignalType))
    if not is_open or random.random() < AGAIN_SHARE:
        return entry
    return SignalType.REDUCE_50 if random.random() < UNFIT_SHARE else CLOSES[entry]
