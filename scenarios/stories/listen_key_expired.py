"""ListenKeyExpired: the listen key expires, and a position is closed meanwhile.

An expired key is one frame, then silence; python-binance #28, #455 and #712 tell of bots that never
noticed. The stream is opened anew and what happened in between is fetched before anything opens.
"""

from ..script import (
    close_long,
    filled,
    long_entry,
    planned_fault,
    position,
    resting,
    scenario,
    told,
)

STORY = (
    scenario("the listen key expires over an exit")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("listen_key_expired", "user_stream", at="6s", size="5s"),
    )
    .when(close_long("8s"))
    .then(
        told("AlertRaised", says="user_stream_lost"),
        told("PositionClosed", times=1),
        filled("exit", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
