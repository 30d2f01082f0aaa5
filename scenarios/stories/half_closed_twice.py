"""HalfClosedTwice: the answer to a REDUCE_50 is lost, and the signal is sent again.

A partial close is no whole close: sent twice it closes three quarters, not a half. The second order
must wait until the outcome of the first is known, however the host repeats itself.
"""

from ..script import filled, long_entry, planned_fault, position, reduce_50, resting, scenario, told

STORY = (
    scenario("a lost answer to a halving")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("answer_lost_after_execution", "order", at="7s"),
        planned_fault("stream_gap", "user_stream", at="7s", size="12s"),
    )
    .when(reduce_50("8s", repeats=2))
    .then(
        told("OrderUnknown", 1),
        filled("exit", times=1),
        told("OrderFilled", 1, times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
