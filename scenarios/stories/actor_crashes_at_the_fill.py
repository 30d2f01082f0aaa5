"""ActorCrashesAtTheFill: an actor crashes while it handles a fill.

An exception in a callback is where bots lose a fill: the message is gone, the state is half
changed. Here the actor is rebuilt from its facts and is given the same message again, once.
"""

from ..script import actor_crash, long_entry, resting, scenario, sent, told

STORY = (
    scenario("the order manager crashes on the way of an entry")
    .given(*(actor_crash("order_manager", nth) for nth in (8, 12)))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("SystemFailed"),
        sent("entry", times=1),
        told("OrderFilled", 0, times=1),
        told("PositionOpened", times=1),
        resting("stop", times=1),
    )
)
