"""CancelWithAWrongClock: the clock jumps, and a cancel is refused (-1021).

A cancel is repeated until it is known how the order ended, and a repetition with the same wrong
time is refused again: hundreds of requests in some seconds, and the way to a ban (Qubx #434 sent
14,000 cancels in twenty hours). The clock is read first; the second cancel is taken.
"""

from ..script import command, long_entry, planned_fault, position, resting, scenario, sent, told

STORY = (
    scenario("a cancel is refused for the clock's sake")
    .given(
        long_entry("3s", limit_bps=30, stop_bps=60),
        planned_fault("clock_skew", "cancel", at="4s", size="6s"),
    )
    .when(command("cancel", "8s"))
    .then(
        sent("cancel", times=2),
        sent("time", since="8s", until="9s"),
        told("OrderCancelled", 0, times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
