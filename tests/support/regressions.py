"""Regressions: runs that once went wrong, shrunk, by what was wrong in the engine.

Those of the second list went wrong under an engine that was changed on purpose, or stand where a
mistake would be dear: they keep the roads open on which such a mistake would be found.
"""

from callboard.messages.values import SignalType
from callboard.scenarios.crash_points import Boundary, CrashPoint
from callboard.scenarios.disk import DiskFaults
from callboard.scenarios.drawn import CRASHABLE
from callboard.scenarios.schedules import Deferral, Schedule
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.venue.faults import Faults
from callboard.scenarios.workload import (
    ActorCrash,
    Command,
    EngineCrash,
    Network,
    Signal,
    Workload,
)

LONG, SHORT = SignalType.LONG_ENTRY, SignalType.SHORT_ENTRY
CLOSE_LONG, CLOSE_SHORT = SignalType.CLOSE_LONG, SignalType.CLOSE_SHORT
REDUCE = SignalType.REDUCE_50

ONCE_WRONG: dict[str, Workload] = {
    "a signal whose message was given up had no end": Workload(
        19_025,
        duration_ms=10_000,
        signals=(Signal(4_000, SignalType.REDUCE_50), Signal(4_000, CLOSE_LONG)),
        crashes=(
            ActorCrash("position_monitor", 16),
            ActorCrash("position_monitor", 14),
        ),
        turbulence_ticks=10,
    ),
    "whoever came later put off the permit of whoever waited first": Workload(
        12,
        duration_ms=60_000,
        signals=(Signal(24_886, SHORT, "BTCUSDT", stop_bps=20, target_bps=100),),
        faults=Faults(http_429=0.1),
        turbulence_ticks=10,
    ),
    "permits of before a pause were used in it": Workload(
        46, faults=Faults(http_429=0.3), turbulence_ticks=10
    ),
    "the fee of a fill that was told bare was never booked": Workload(
        32, duration_ms=30_000, signals=(Signal(12_699, LONG),), trade_lite=True
    ),
    "the clock of a protected position ran on when a second stop was refused": Workload(
        27,
        delivery=Delivery.PAIR,
        signals=(
            Signal(16_138, SHORT, "BTCUSDT", target_bps=100, repeats=1),
            Signal(9_476, LONG, stop_bps=20, target_bps=30),
        ),
        faults=Faults(
            request_lost_before_execution=0.1,
            connection_reset=0.3,
            http_503_unknown=0.3,
            http_503_internal=0.1,
            stream_reorder=0.1,
        ),
        turbulence_ticks=10,
    ),
    "a stop outlived its position": Workload(
        27,
        signals=(Signal(9_476, LONG, stop_bps=20, target_bps=30),),
        commands=(Command(37_988, "flatten"),),
        faults=Faults(
            request_lost_before_execution=0.1,
            connection_reset=0.3,
            http_503_unknown=0.3,
            stream_reorder=0.1,
        ),
        turbulence_ticks=10,
    ),
    "a lost cancel was forgotten when a listing found the order": Workload(
        2044,
        signals=(
            Signal(62_050, CLOSE_SHORT, "BTCUSDT", target_bps=30),
            Signal(34_727, SHORT, "BTCUSDT", limit_bps=2, target_bps=30, repeats=1),
            Signal(99_378, LONG, limit_bps=40, repeats=2),
        ),
        faults=Faults(
            request_lost_before_execution=0.1,
            answer_lost_after_execution=0.3,
            connection_reset=0.3,
            clock_skew=0.1,
            stream_reorder_ms=5,
        ),
        turbulence_ticks=10,
    ),
    "a bare fill was never settled when the process died before the full one": Workload(
        4214,
        delivery=Delivery.PAIR,
        duration_ms=240_000,
        signals=(
            Signal(100_297, SHORT, "BTCUSDT", limit_bps=-5, stop_bps=20, target_bps=100),
            Signal(37_722, LONG),
        ),
        engine_crashes=(EngineCrash(154_380, down_ms=0),),
        trade_lite=True,
        child_frame_late_ms=40,
    ),
    "a question for fills that was fenced was never asked again": Workload(
        318,
        signals=(Signal(69_726, LONG, "BTCUSDT", limit_bps=40, stop_bps=60),),
        faults=Faults(
            answer_lost_after_execution=0.3,
            connection_reset=0.02,
            http_503_service_unavailable=0.1,
            stream_gap=0.3,
            executed_share=1.0,
        ),
        engine_crashes=(EngineCrash(21_145),),
        turbulence_ticks=300,
    ),
    "an order refused twice for its time left the clock as wrong for the others": Workload(
        101,
        duration_ms=45_000,
        signals=(
            Signal(39_566, CLOSE_LONG, "BTCUSDT"),
            Signal(3_000, LONG, "BTCUSDT", target_bps=100),
        ),
        faults=Faults(clock_skew=0.3, clock_skew_ms=6_000),
    ),
    "a pass ended before its orders were compared": Workload(
        124,
        delivery=Delivery.PAIR,
        duration_ms=60_000,
        signals=(Signal(30_000, SHORT, limit_bps=2, target_bps=100, repeats=2),),
        commands=(Command(37_000, "amend"),),
        faults=Faults(
            answer_late=0.02, duplicate_id_4116=0.1, stream_unreadable=0.02, answer_late_ms=3_000
        ),
        crashes=(ActorCrash("reconciler", 74),),
        crash_points=(CrashPoint(Boundary.BEFORE_COMMIT, 1_032),),
        disk=DiskFaults(capacity_bytes=300_000),
        turbulence_ticks=300,
        is_thin=True,
        schedule=Schedule.PRIORITIES,
    ),
    "a stop of which a part was filled counted as filled": Workload(
        765,
        duration_ms=40_000,
        signals=(Signal(16_000, LONG),),
        faults=Faults(stream_gap=1.0),
        turbulence_ticks=300,
        is_thin=True,
    ),
    "two starts shared a generation when the first died before its first file": Workload(
        640,
        duration_ms=5_000,
        crash_points=(CrashPoint(Boundary.BEFORE_FILE, 1),),
        turbulence_ticks=10,
    ),
    "a question that got no permit was asked again about an order that was over": Workload(
        507,
        duration_ms=35_000,
        signals=(Signal(10_000, SHORT),),
        faults=Faults(http_403=0.005, mode_changed=0.005),
        engine_crashes=(EngineCrash(30_000),),
        turbulence_ticks=300,
    ),
    "the stop of an earlier life was taken for that of the next": Workload(
        22985,
        duration_ms=35_000,
        signals=(
            Signal(14_000, SHORT),
            Signal(14_900, CLOSE_SHORT),
            Signal(15_000, SHORT, limit_bps=10),
        ),
        faults=Faults(
            connection_refused=0.3, http_503_service_unavailable=0.1, in_liquidation_2023=0.1
        ),
        is_thin=True,
    ),
    "an exit's fill turned a position over whose entry's last fills were not told yet": Workload(
        2935,
        duration_ms=25_000,
        signals=(
            Signal(6_000, SHORT, "BTCUSDT", target_bps=150),
            Signal(7_000, LONG, limit_bps=2),
            Signal(9_700, CLOSE_LONG),
        ),
        commands=(Command(17_500, "flatten"),),
        faults=Faults(connection_reset=0.1, stream_duplicate=0.02, stream_storm=0.02),
        engine_crashes=(EngineCrash(11_040, down_ms=5_000),),
        turbulence_ticks=300,
        is_thin=True,
        network=Network(request_ms=250, answer_ms=250, stream_ms=250, jitter_ms=250),
    ),
    "the fills of an order were asked for by time, and the clock had been set since": Workload(
        61114,
        duration_ms=10_000,
        signals=(Signal(5_000, LONG, limit_bps=-5),),
        faults=Faults(answer_late=0.3, clock_skew=1.0, stream_gap=1.0, answer_late_ms=500),
        turbulence_ticks=10,
    ),
}

PAIRS = tuple(
    Signal(at_ms, kind, symbol)
    for at_ms, kind in ((8_000, LONG), (30_000, CLOSE_LONG), (45_000, SHORT), (70_000, REDUCE))
    for symbol in ("ETHUSDT", "BTCUSDT")
)

OPEN_ROADS: dict[str, Workload] = {
    "requests arrive after the order was not found": Workload(
        7, signals=PAIRS, faults=Faults(request_late=0.3, request_late_ms=2_400)
    ),
    "everything unclear may have been executed": Workload(
        8,
        delivery=Delivery.OUTBOX,
        signals=PAIRS,
        faults=Faults(connection_reset=0.3, http_503_unknown=0.2, executed_share=1.0),
    ),
    "a halt meets orders that wait behind an unanswered one": Workload(
        4,
        signals=(Signal(8_000, LONG), Signal(8_200, LONG, "BTCUSDT"), *PAIRS),
        commands=(Command(8_500, "halt"), Command(40_000, "resume"), Command(45_005, "halt")),
        faults=Faults(answer_lost_after_execution=0.15, answer_late=0.15),
    ),
    "the process dies again and again while an order is out": Workload(
        10,
        delivery=Delivery.PAIR,
        signals=PAIRS,
        engine_crashes=tuple(
            EngineCrash(at_ms, down_ms=50, torn=torn)
            for at_ms, torn in ((8_005, True), (8_900, False), (30_020, True), (45_012, False))
        ),
    ),
    "stops are triggered in a thin and wild market": Workload(
        11,
        signals=tuple(Signal(8_000 + 9_000 * n, LONG, stop_bps=20) for n in range(8)),
        turbulence_ticks=300,
        is_thin=True,
        trade_lite=True,
        child_frame_late_ms=40,
    ),
    "the venue's clock jumps while orders are unclear": Workload(
        12,
        signals=PAIRS,
        faults=Faults(clock_skew=0.1, clock_skew_ms=6_000, connection_reset=0.2),
    ),
    "every actor crashes twice on the way of an order": Workload(
        13,
        signals=PAIRS,
        crashes=tuple(ActorCrash(actor, nth, times=2) for actor in CRASHABLE for nth in (12, 30)),
    ),
    "the stream has holes, doubles and no order": Workload(
        14,
        delivery=Delivery.OUTBOX,
        signals=PAIRS,
        faults=Faults(stream_gap=0.1, stream_duplicate=0.3, stream_reorder=0.3),
        is_thin=True,
    ),
    "the venue wants a pause while positions are open": Workload(
        15, signals=PAIRS, faults=Faults(http_429=0.1, throttled_1008=0.2), turbulence_ticks=300
    ),
    "exits leave before lost fills are known again": Workload(
        2281,
        duration_ms=25_000,
        signals=(
            Signal(9_900, LONG, limit_bps=-5),
            Signal(16_000, REDUCE),
            Signal(16_000, CLOSE_LONG),
        ),
        engine_crashes=(EngineCrash(14_000, down_ms=5_000),),
        turbulence_ticks=10,
        is_thin=True,
    ),
    "the venue's clock jumps while the disk is slow": Workload(
        1302,
        duration_ms=15_000,
        signals=(Signal(8_000, SHORT), Signal(8_000, LONG, "BTCUSDT")),
        faults=Faults(http_503_unknown=0.1, clock_skew=0.3, clock_skew_ms=6_000),
        disk=DiskFaults(latency_ns_max=300_000_000),
        turbulence_ticks=10,
    ),
    "the venue's clock is set back behind an order that proved absent": Workload(
        9306,
        delivery=Delivery.PAIR,
        duration_ms=25_000,
        signals=(
            Signal(5_000, SHORT, "BTCUSDT"),
            Signal(6_400, CLOSE_SHORT, "BTCUSDT"),
            Signal(6_400, SHORT),
            Signal(6_500, SHORT, "BTCUSDT"),
            Signal(9_000, CLOSE_SHORT, "BTCUSDT"),
            Signal(11_700, CLOSE_SHORT),
            Signal(20_000, SHORT),
        ),
        faults=Faults(
            request_lost_before_execution=0.02,
            clock_skew=0.3,
            stream_duplicate=1.0,
            clock_skew_ms=6_000,
        ),
        turbulence_ticks=10,
        trade_lite=True,
        schedule=Schedule.IN_TURN,
        deferrals=(
            Deferral("->venue_clock!", 0, 29),
            Deferral("rate_limiter->instruments", 37, 60),
        ),
    ),
    "an entry is amended after a part of it was filled": Workload(
        5035,
        duration_ms=20_000,
        signals=(Signal(10_600, SHORT, limit_bps=-5),),
        commands=(Command(10_700, "amend"),),
        turbulence_ticks=10,
        is_thin=True,
    ),
}

REGRESSIONS = {**ONCE_WRONG, **OPEN_ROADS}
