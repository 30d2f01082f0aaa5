"""NotFoundRightAfterPlacement: an order is asked for at once and is not there yet (-2013).

Queries are answered from a copy that is behind: an accepted order can be unknown to it for a while.
freqtrade asks up to five times; whoever takes the first -2013 as proof loses sight of an order that
lives (binance-futures, fact 15). Here the answer to the placement is lost as well.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, sent, told

STORY = (
    scenario("an order is not found right after its placement")
    .given(
        planned_fault("connection_reset", "order", at="4s"),
        planned_fault("stream_gap", "user_stream", at="4s", size="12s"),
        planned_fault("reads_lag", "query", at="4s", times=2, size="5s"),
        planned_fault("reads_lag", "query_conditional", at="4s", times=2, size="5s"),
    )
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderUnknown", 0),
        sent("entry", times=1),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
