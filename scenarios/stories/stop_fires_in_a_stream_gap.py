"""StopFiresInAStreamGap: the stop is hit while the user stream is deaf.

Nautilus takes open orders alone after a reconnect and leaves those that were closed in the gap to a
loop that is off (#3861, #4020): the engine believes in a position that is gone. After the gap the
orders that ended in it must be found too, and the position is flat.
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
    scenario("a stop is hit in a gap of the user stream")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("stream_gap", "user_stream", at="6s", size="10s"),
    )
    .when(price_move(-90, "8s"))
    .then(
        told("PositionClosed", times=1, says="STOP_LOSS"),
        filled("stop", times=1),
        filled("exit", times=0),
        position("FLAT"),
        resting("anything", times=0),
    )
)
