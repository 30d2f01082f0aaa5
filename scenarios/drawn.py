"""Drawn: a workload from one seed, for a soak of many seeds.

Owns how likely each kind of trouble is. Swarm testing: every seed first draws which kinds are on at
all, since trouble of every kind at once hides what one kind alone would find. The same seed gives
the same workload for ever, so that a failing soak is one integer; `search/shrinking.py` makes it
a small one. Source: Groce et al., Swarm Testing, ISSTA 2012.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from attrs import evolve, frozen

from ..actors import names
from ..messages.values import SignalType
from .crash_points import Boundary, CrashPoint
from .disk import NO_LIMIT, DiskFaults
from .drawn_trades import with_trades
from .schedules import Schedule
from .simulation import Delivery
from .venue.faults import Fault, Faults
from .workload import SYMBOLS, ActorCrash, Command, EngineCrash, Network, Signal, Workload

Item = TypeVar("Item")

CRASHABLE = (
    names.EXECUTION_SYSTEM,
    names.RISK_GATE,
    names.CIRCUIT_BREAKER,
    names.RATE_LIMITER,
    names.ORDER_QUEUE,
    names.ORDER_MANAGER,
    names.ERROR_CLASSIFIER,
    names.POSITION_MONITOR,
    names.RECONCILER,
    names.USER_STREAM,
    names.MARKET_DATA,
    names.VENUE_CLOCK,
    names.ACCOUNT,
    names.INSTRUMENTS,
)
COMMANDS = ("cancel", "amend", "halt", "resume", "flatten")
NETWORKS = (
    Network(1, 1, 1, 0),
    Network(100, 100, 100, 100),
    Network(250, 250, 250, 250),
    Network(400, 50, 800, 100),
)
"""In the same hall, over a sea, over a bad line, and with a stream that lags behind answers."""
DURATIONS_MS = (30_000, 60_000, 120_000, 240_000)
TURBULENCES = (10, 50, 100, 300)
KIND_WEIGHTS = tuple(4 if "ENTRY" in kind.value else 2 for kind in SignalType)
BURST_SHARE = 0.3
UNDER_WAY_MS = 60
"""For about so long an order is between its signal and its stop, when nothing goes wrong."""
WAYS_MS = (UNDER_WAY_MS, 1_500)
"""How long after a signal trouble may come: in the midst of it, or while something is unclear."""
RATES = (0.02, 0.1, 0.3)
SELDOM_RATES = (0.005, 0.02)
PRIORITY_CHANGES_MAX = 4
"""Orders of messages that take more turns than these to go wrong are left to the random walk."""
SETTLED: tuple[Fault, ...] = tuple(fault for fault in Fault if fault is not Fault.TRADED_BY_HAND)
"""Faults after which everything can be settled; what a person opens is left to that person."""
OFTEN = (
    Fault.REQUEST_LOST_BEFORE_EXECUTION,
    Fault.REQUEST_LATE,
    Fault.ANSWER_LOST_AFTER_EXECUTION,
    Fault.ANSWER_LATE,
    Fault.CONNECTION_REFUSED,
    Fault.CONNECTION_RESET,
    Fault.HTTP_503_UNKNOWN,
    Fault.HTTP_503_SERVICE_UNAVAILABLE,
    Fault.HTTP_503_INTERNAL,
    Fault.THROTTLED_1008,
    Fault.HTTP_429,
    Fault.CLOCK_SKEW,
    Fault.STREAM_GAP,
    Fault.STREAM_DUPLICATE,
    Fault.STREAM_REORDER,
)
"""What every network does, and Binance on a bad day."""
BOUNDARIES_OFTEN: dict[Boundary, int] = {
    Boundary.BEFORE_COMMIT: 2_000,
    Boundary.AFTER_COMMIT: 2_000,
    Boundary.BEFORE_FILE: 6,
    Boundary.AFTER_FILE: 6,
    Boundary.BEFORE_SNAPSHOT: 1,
    Boundary.AFTER_SNAPSHOT: 1,
}
"""About how often a run reaches them; the others `BOUNDARY_OFTEN` times."""
BOUNDARY_OFTEN = 100
OFTEN_IS = 6
"""So many times as likely as what happens to few."""
SELDOM = (
    *(fault for fault in SETTLED if fault.is_incident),
    Fault.HTTP_418,
    Fault.HTTP_418_BARE,
    Fault.HTTP_403,
    Fault.STREAM_STALL,
    Fault.STREAM_STORM,
)
"""What keeps everything else away for a while, hits seldom."""


@frozen
class Odds:
    """What may be drawn at all."""

    signals_max: int = 12
    commands_max: int = 4
    crashes_max: int = 4
    engine_crashes_max: int = 2
    crash_points_max: int = 2
    disk_share: float = 0.15
    """How likely each kind of trouble of the disk is switched on."""
    fault_share: float = 0.2
    """How likely each kind of fault that befalls everybody is switched on."""
    trades: int = 0
    """More than 0 draws exactly so many signals, most of which follow from those before."""
    fault_kinds: int = 0
    """More than 0 switches on exactly so many kinds of fault, whatever their shares."""
    durations_ms: tuple[int, ...] = DURATIONS_MS
    priorities_share: float = 0.0
    """How likely the schedule is one of priorities instead of a random walk."""
    network_share: float = 0.0
    """How likely the network is not the usual one."""
    orders_pct: int = 100
    """How much of its usual order limits the venue grants."""
    algorithms: int = 0
    """How many algorithms there are."""


STANDARD = Odds(
    trades=32,
    commands_max=3,
    crashes_max=2,
    engine_crashes_max=1,
    crash_points_max=1,
    disk_share=0.03,
    fault_kinds=3,
    durations_ms=(30_000, 60_000),
    priorities_share=0.4,
    network_share=0.25,
)
"""Some twenty orders, of 32 signals, and three kinds of fault: dense, so that seeds cost little."""
WIDE = Odds(priorities_share=0.4, network_share=0.25)
SCARCE = evolve(STANDARD, orders_pct=3, commands_max=0)
"""As the standard one, where the venue grants nine orders in ten seconds."""
ALGORITHMS = evolve(STANDARD, trades=0, signals_max=4, algorithms=5)
"""As the standard one, with few signals, and orders that are carried out in slices."""
MIXES: dict[str, Odds] = {
    "standard": STANDARD,
    "wide": WIDE,
    "scarce": SCARCE,
    "algorithms": ALGORITHMS,
}
"""What a search may draw from, by name."""


def drawn(seed: int, odds: Odds = Odds()) -> Workload:
    """Return the workload of a seed."""
    random = Random(f"{seed}/workload")
    duration_ms = random.choice(odds.durations_ms)
    signals = _signals(random, odds.signals_max, duration_ms)

    def moment() -> int:
        return _moment(random, signals, duration_ms)

    changes = _priority_changes(seed, odds.priorities_share)
    workload = Workload(
        seed=seed,
        delivery=random.choice(list(Delivery)),
        duration_ms=duration_ms,
        signals=signals,
        commands=_several(random, odds.commands_max, lambda: _command(random, moment())),
        faults=_faults(random, odds),
        crashes=_several(random, odds.crashes_max, lambda: _actor_crash(random)),
        engine_crashes=_engine_crashes(random, odds, moment),
        crash_points=_crash_points(seed, odds.crash_points_max),
        disk=_disk_faults(seed, odds.disk_share),
        turbulence_ticks=random.choice(TURBULENCES),
        is_thin=random.random() < 0.3,
        is_hedged=random.random() < 0.2,
        trade_lite=random.random() < 0.3,
        child_frame_late_ms=random.choice((0, 0, 40)),
        network=_network(seed, odds.network_share),
        orders_pct=odds.orders_pct,
        algorithms=odds.algorithms,
        schedule=Schedule.RANDOM if changes is None else Schedule.PRIORITIES,
        priority_changes=changes or 0,
    )
    return with_trades(workload, odds.trades, odds.commands_max) if odds.trades else workload


def _network(seed: int, share: float) -> Network:
    random = Random(f"{seed}/network")
    network = random.choice(NETWORKS)
    return network if random.random() < share else Network()


def _priority_changes(seed: int, share: float) -> int | None:
    """Draw how often priorities change; None for a random walk."""
    random = Random(f"{seed}/scheduler")
    changes = random.randrange(PRIORITY_CHANGES_MAX + 1)
    return changes if random.random() < share else None


def _several(random: Random, most: int, make: Callable[[], Item]) -> tuple[Item, ...]:
    return tuple(make() for _ in range(random.randint(0, most)))


def _signals(random: Random, most: int, duration_ms: int) -> tuple[Signal, ...]:
    """Draw signals, some of them in bursts: two lanes' worth of orders at once."""
    signals: list[Signal] = []
    for _ in range(random.randint(0, most)):
        at_ms = random.randrange(2_000, duration_ms - 5_000)
        if signals and random.random() < BURST_SHARE:
            at_ms = signals[-1].at_ms + random.randrange(UNDER_WAY_MS)
        signals.append(_signal(random, at_ms))
    return tuple(signals)


def _signal(random: Random, at_ms: int) -> Signal:
    is_limit = random.random() < 0.3
    return Signal(
        at_ms=at_ms,
        kind=random.choices(list(SignalType), KIND_WEIGHTS)[0],
        symbol=random.choice(SYMBOLS),
        limit_bps=random.choice((-5, 2, 10, 40)) if is_limit else None,
        stop_bps=random.choice((None, None, 20, 60, 150)),
        target_bps=random.choice((None, None, 30, 100)),
        repeats=random.choice((0, 0, 0, 1, 2)),
    )


def _moment(random: Random, signals: tuple[Signal, ...], duration_ms: int) -> int:
    """Draw a time for trouble: mostly while a signal's order is under way."""
    if signals and random.random() < 0.7:
        return random.choice(signals).at_ms + random.randrange(random.choice(WAYS_MS))
    return random.randrange(1_000, duration_ms - 5_000)


def _command(random: Random, at_ms: int) -> Command:
    return Command(at_ms, random.choice(COMMANDS), random.randrange(12))


def _faults(random: Random, odds: Odds) -> Faults:
    """Draw which kinds of fault are on, how often each of them hits, and how hard."""
    some = _kinds(random, odds.fault_kinds)
    share = odds.fault_share
    chances: dict[Fault, float] = {
        fault: random.choice(SELDOM_RATES if fault in SELDOM else RATES)
        for fault in some or SETTLED
        if some or random.random() < (share if fault in OFTEN else share / OFTEN_IS)
    }
    sizes = Faults(
        request_late_ms=random.choice((300, 1_500, 2_400)),
        answer_late_ms=random.choice((500, 3_000, 8_000, 20_000)),
        stream_gap_ms=random.choice((500, 3_000, 15_000)),
        stream_reorder_ms=random.choice((5, 50, 500)),
        clock_skew_ms=random.choice((300, 2_000, 6_000)),
        reads_lag_ms=random.choice((50, 500, 2_000)),
        order_expired_ms=random.choice((5, 1_000, 10_000)),
        maintenance_ms=random.choice((2_000, 20_000, 60_000)),
        symbol_halted_ms=random.choice((5_000, 30_000)),
        stream_stall_ms=random.choice((2_000, 20_000, 90_000)),
        executed_share=random.choice((0.0, 0.5, 1.0)),
    )
    return sizes.having(chances)


def _kinds(random: Random, count: int) -> tuple[Fault, ...]:
    """Draw different kinds of fault, those that befall everybody more often."""
    kinds = dict.fromkeys(SETTLED, 1) | dict.fromkeys(OFTEN, OFTEN_IS)
    chosen: list[Fault] = []
    for _ in range(count):
        chosen += random.choices(list(kinds), list(kinds.values()))
        del kinds[chosen[-1]]
    return tuple(chosen)


def _actor_crash(random: Random) -> ActorCrash:
    return ActorCrash(random.choice(CRASHABLE), random.randrange(1, 80), random.choice((1, 1, 2)))


def _engine_crashes(
    random: Random, odds: Odds, moment: Callable[[], int]
) -> tuple[EngineCrash, ...]:
    times = sorted(moment() for _ in range(random.randint(0, odds.engine_crashes_max)))
    return tuple(
        EngineCrash(at_ms, random.choice((0, 500, 5_000)), random.random() < 0.5) for at_ms in times
    )


def _crash_points(seed: int, most: int) -> tuple[CrashPoint, ...]:
    """Draw crash points, from a generator of their own; half of the seeds have none."""
    random = Random(f"{seed}/crash points")
    count = random.choice((0, random.randint(0, most)))
    return tuple(_crash_point(random) for _ in range(count))


def _crash_point(random: Random) -> CrashPoint:
    kind = random.choice(list(Boundary))
    nth = random.randint(1, BOUNDARIES_OFTEN.get(kind, BOUNDARY_OFTEN))
    return CrashPoint(kind, nth, random.choice((0, 500, 5_000)), random.random() < 0.5)


def _disk_faults(seed: int, share: float) -> DiskFaults:
    """Draw which kinds of trouble the disk has, from a generator of their own."""
    random = Random(f"{seed}/disk trouble")

    def drawn_or(usual: float, choices: Sequence[float]) -> float:
        value = random.choice(choices)
        return value if random.random() < share else usual

    return DiskFaults(
        append_fails=drawn_or(0.0, (0.01, 0.1)),
        sync_fails=drawn_or(0.0, (0.01, 0.1)),
        latency_ns_max=int(drawn_or(0, (5_000_000, 100_000_000, 500_000_000))),
        capacity_bytes=int(drawn_or(NO_LIMIT, (60_000, 150_000, 300_000, 600_000))),
        hangs=_hangs(seed, share),
    )


def _hangs(seed: int, share: float) -> float:
    """Draw how often a sync hangs, from a generator of its own."""
    random = Random(f"{seed}/hanging disk")
    return random.choice((0.01, 0.1)) if random.random() < share else 0.0
