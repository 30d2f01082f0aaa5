"""Fault runs: a busy minute of an engine, in which one kind of fault hits again and again.

Two symbols are entered, halved, closed, turned over, rested at, amended and cancelled, so that each
request that a fault can befall is made several times.
"""

from callboard.messages.values import SignalType
from callboard.scenarios.drawn import SELDOM
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.venue.faults import Fault, Faults
from callboard.scenarios.workload import SYMBOLS, Command, Signal, Workload

RATE, STREAM_RATE, SELDOM_RATE = 0.4, 0.15, 0.08
DURATION_MS = 60_000
ALWAYS = (Fault.AMEND_LOST, Fault.WOULD_MATCH_5022)
"""Faults that can befall very few requests."""
PER_FRAME = (Fault.STREAM_DUPLICATE, Fault.STREAM_REORDER, Fault.STREAM_UNKNOWN_EVENT)
"""Stream faults that lose nothing, so that they may hit as often as those of requests."""

WISHES = (
    (5_000, SignalType.LONG_ENTRY, None, None),
    (14_000, SignalType.CLOSE_LONG, None, None),
    (20_000, SignalType.SHORT_ENTRY, None, 100),
    (25_000, SignalType.REDUCE_50, None, None),
    (29_000, SignalType.CLOSE_SHORT, None, None),
    (33_000, SignalType.LONG_ENTRY, 20, None),
    (42_000, SignalType.LONG_ENTRY, None, 30),
    (52_000, SignalType.CLOSE_LONG, None, None),
)
"""Time, wish, distance of a limit price and of a target."""
SIGNALS = tuple(
    Signal(at_ms, kind, symbol, limit_bps=limit_bps, target_bps=target_bps)
    for at_ms, kind, limit_bps, target_bps in WISHES
    for symbol in SYMBOLS
)
RESTING = (10, 11)
"""The places of the two limit orders among the signals."""
COMMANDS = tuple(
    Command(at_ms, kind, signal)
    for at_ms, kind in ((35_000, "amend"), (38_000, "cancel"))
    for signal in RESTING
)


def busy(fault: Fault, seed: int) -> Workload:
    """Return the minute, with one kind of fault; seeds differ in delivery, mode and market."""
    return Workload(
        seed,
        delivery=list(Delivery)[seed % 3],
        duration_ms=DURATION_MS,
        signals=SIGNALS,
        commands=COMMANDS,
        faults=Faults().having({fault: rate_of(fault)}),
        turbulence_ticks=(10, 100)[seed % 2],
        is_hedged=seed % 4 == 3,
    )


def rate_of(fault: Fault) -> float:
    """Return a high rate, under which the engine can still get something done."""
    if fault in ALWAYS:
        return 1.0
    if fault.is_incident or fault in SELDOM:
        return SELDOM_RATE
    return STREAM_RATE if fault.is_stream and fault not in PER_FRAME else RATE
