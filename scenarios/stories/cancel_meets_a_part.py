"""CancelMeetsAPart: half of an order is filled in the moment of its cancel.

The rest is cancelled, the half is ours. Bots that protect an order when it is filled whole leave
the half without a stop (Hummingbot #6980: "stop loss only after the entry is complete").
"""

from ..script import (
    command,
    filled,
    long_entry,
    planned_fault,
    position,
    protected,
    resting,
    scenario,
    told,
)

STORY = (
    scenario("a cancel comes after half of the fill")
    .given(
        long_entry("3s", limit_bps=20, stop_bps=60),
        planned_fault("cancel_race", "cancel", at="4s", is_executed=False),
    )
    .when(command("cancel", "8s"))
    .then(
        told("OrderCancelled", 0, times=1, says="0.038"),
        filled("entry", times=1),
        position("LONG"),
        protected("10s"),
        resting("stop", times=1),
    )
)
