"""FillToldBeforeItsTrigger: a stop's fill is told before its trigger, and frames overtake.

A conditional order becomes another order when it fires; the frames of both race (binance-futures,
fact 9). FINISHED is not FILLED, and a fill whose parent is still NEW is a fill all the same.
"""

from ..script import (
    filled,
    long_entry,
    planned_fault,
    position,
    price_move,
    resting,
    scenario,
    told,
)

STORY = (
    scenario("the fill of a stop overtakes its trigger")
    .given(
        long_entry("3s", stop_bps=60, target_bps=150),
        planned_fault("stream_reorder", "user_stream", at="7s", times=3, size="100ms"),
        child_frame_late="40ms",
        trade_lite=True,
    )
    .when(price_move(-90, "8s"))
    .then(
        told("PositionClosed", times=1, says="STOP_LOSS"),
        filled("stop", times=1),
        filled("target", times=0),
        position("FLAT"),
        resting("anything", times=0),
    )
)
