"""Workloads: Hypothesis strategies for runs of the whole engine.

Everything is drawn before a run begins, and shrinks towards a run in which nothing goes wrong.
Each kind of trouble is off in most examples: all of it at once hides what one alone would show.
"""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from ...messages.values import SignalType
from ..crash_points import Boundary, CrashPoint
from ..disk import NO_LIMIT, DiskFaults
from ..drawn import (
    COMMANDS,
    CRASHABLE,
    NETWORKS,
    OFTEN,
    PRIORITY_CHANGES_MAX,
    SELDOM,
    SETTLED,
    TURBULENCES,
)
from ..schedules import Deferral, Schedule
from ..simulation import Delivery
from ..venue.faults import Fault, Faults
from ..workload import (
    SYMBOLS,
    ActorCrash,
    Command,
    EngineCrash,
    Network,
    Signal,
    Workload,
)

Item = TypeVar("Item")

SIGNALS_MAX = 12
DURATION_MS = 120_000
TROUBLE_FROM_MS = 1_000
SETTLING_MS = 5_000
CHANNELS_MAX = 60
STEPS_MAX = 3_000
"""About as many as a run of twelve signals takes."""
OTHERS = tuple(fault for fault in SETTLED if fault not in (*OFTEN, *SELDOM))
SEEDS = st.integers(0, 2**32 - 1)
MOMENTS = st.integers(TROUBLE_FROM_MS, DURATION_MS - SETTLING_MS)
RATES = st.sampled_from((0.02, 0.1, 0.3))
SELDOM_RATES = st.sampled_from((0.005, 0.02))


def signals() -> st.SearchStrategy[Signal]:
    """Draw a signal."""
    return st.builds(
        Signal,
        at_ms=MOMENTS,
        kind=st.sampled_from(SignalType),
        symbol=st.sampled_from(SYMBOLS),
        limit_bps=st.sampled_from((None, None, -5, 2, 10, 40)),
        stop_bps=st.sampled_from((None, None, 20, 60, 150)),
        target_bps=st.sampled_from((None, None, 30, 100)),
        repeats=st.sampled_from((0, 0, 0, 1, 2)),
    )


def commands() -> st.SearchStrategy[Command]:
    """Draw a cancel, an amendment, a halt, a resume or a flatten."""
    return st.builds(
        Command,
        at_ms=MOMENTS,
        kind=st.sampled_from(COMMANDS),
        signal=st.integers(0, SIGNALS_MAX - 1),
    )


def _sizes() -> st.SearchStrategy[Faults]:
    return st.builds(
        Faults,
        request_late_ms=st.sampled_from((1_500, 300, 2_400)),
        answer_late_ms=st.sampled_from((8_000, 500, 20_000)),
        stream_gap_ms=st.sampled_from((3_000, 500, 15_000)),
        stream_reorder_ms=st.sampled_from((50, 5, 500)),
        clock_skew_ms=st.sampled_from((300, 2_000, 6_000)),
        reads_lag_ms=st.sampled_from((500, 50, 2_000)),
        order_expired_ms=st.sampled_from((1_000, 5, 10_000)),
        maintenance_ms=st.sampled_from((20_000, 2_000)),
        stream_stall_ms=st.sampled_from((20_000, 2_000, 90_000)),
        executed_share=st.sampled_from((0.5, 0.0, 1.0)),
    )


def _chances(
    kinds: Sequence[Fault], rates: st.SearchStrategy[float], most: int
) -> st.SearchStrategy[dict[Fault, float]]:
    return st.dictionaries(st.sampled_from(kinds), rates, max_size=most)


def _having(
    sized: Faults,
    often: dict[Fault, float],
    seldom: dict[Fault, float],
    others: dict[Fault, float],
) -> Faults:
    return sized.having({**often, **seldom, **others})


def faults() -> st.SearchStrategy[Faults]:
    """Draw which kinds of fault befall the venue, how often and how hard."""
    return st.builds(
        _having,
        _sizes(),
        _chances(OFTEN, RATES, 5),
        _chances(SELDOM, SELDOM_RATES, 2),
        _chances(OTHERS, RATES, 3),
    )


def actor_crashes() -> st.SearchStrategy[ActorCrash]:
    """Draw a crash of an actor at one of its first messages."""
    return st.builds(
        ActorCrash,
        actor=st.sampled_from(CRASHABLE),
        nth=st.integers(1, 80),
        times=st.sampled_from((1, 1, 2)),
    )


def engine_crashes() -> st.SearchStrategy[EngineCrash]:
    """Draw a kill of the engine at a time."""
    return st.builds(
        EngineCrash, at_ms=MOMENTS, down_ms=st.sampled_from((500, 0, 5_000)), torn=st.booleans()
    )


def crash_points() -> st.SearchStrategy[CrashPoint]:
    """Draw a kill of the engine at a boundary of its effects."""
    return st.builds(
        CrashPoint,
        kind=st.sampled_from(Boundary),
        nth=st.integers(1, 200),
        down_ms=st.sampled_from((500, 0, 5_000)),
        torn=st.booleans(),
    )


def disks() -> st.SearchStrategy[DiskFaults]:
    """Draw a disk, mostly a sound one."""
    return st.builds(
        DiskFaults,
        append_fails=st.sampled_from((0.0, 0.0, 0.01, 0.1)),
        sync_fails=st.sampled_from((0.0, 0.0, 0.01, 0.1)),
        latency_ns_max=st.sampled_from((0, 0, 5_000_000, 300_000_000)),
        capacity_bytes=st.sampled_from((NO_LIMIT, NO_LIMIT, 50_000, 500_000)),
    )


def _deferral(nth: int, from_step: int, steps: int) -> Deferral:
    return Deferral(f"#{nth}", from_step, from_step + steps)


def deferrals() -> st.SearchStrategy[Deferral]:
    """Draw a channel whose messages wait for a while."""
    return st.builds(
        _deferral,
        st.integers(0, CHANNELS_MAX),
        st.integers(0, STEPS_MAX),
        st.sampled_from((3, 30, 300)),
    )


def networks() -> st.SearchStrategy[Network]:
    """Draw how long requests, answers and frames take."""
    return st.sampled_from((Network(), *NETWORKS))


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Draw a workload of at most twelve signals over two virtual minutes."""
    return Workload(
        seed=draw(SEEDS),
        delivery=draw(st.sampled_from(Delivery)),
        duration_ms=DURATION_MS,
        signals=_several(draw, signals(), SIGNALS_MAX),
        commands=_several(draw, commands(), 4),
        faults=draw(faults()),
        crashes=_several(draw, actor_crashes(), 4),
        engine_crashes=_in_turn(_several(draw, engine_crashes(), 2)),
        crash_points=_several(draw, crash_points(), 2),
        disk=draw(disks()),
        network=draw(networks()),
        turbulence_ticks=draw(st.sampled_from(TURBULENCES)),
        is_thin=draw(st.booleans()),
        is_hedged=draw(st.booleans()),
        trade_lite=draw(st.booleans()),
        child_frame_late_ms=draw(st.sampled_from((0, 40))),
        schedule=draw(st.sampled_from((Schedule.IN_TURN, Schedule.RANDOM, Schedule.PRIORITIES))),
        priority_changes=draw(st.integers(0, PRIORITY_CHANGES_MAX)),
        deferrals=_several(draw, deferrals(), 3),
    )


def _several(draw: st.DrawFn, one: st.SearchStrategy[Item], most: int) -> tuple[Item, ...]:
    return tuple(draw(st.lists(one, max_size=most)))


def _in_turn(crashes: tuple[EngineCrash, ...]) -> tuple[EngineCrash, ...]:
    return tuple(sorted(crashes, key=lambda crash: crash.at_ms))
