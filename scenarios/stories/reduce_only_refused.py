"""ReduceOnlyRefused: -2022: a reducing order is refused though the position is open.

The venue's books of position and orders are not one; an exit is refused as "would not reduce".
Given up, it leaves the position (Hummingbot #6609, freqtrade #11783). An exit ends when the venue
shows flat, not when it was refused.
"""

from ..script import (
    close_long,
    filled,
    long_entry,
    planned_fault,
    position,
    resting,
    scenario,
    sent,
)

STORY = (
    scenario("an exit is refused as if there were nothing to close")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("reduce_only_2022", "order", at="7s"),
    )
    .when(close_long("8s"))
    .then(
        sent("exit"),
        filled("exit", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
