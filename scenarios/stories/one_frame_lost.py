"""OneFrameLost: one frame is lost on a stream that is otherwise sound, and it was the fill.

No gap, no reconnect, no error: one report never comes (LEAN's TradeStation #101 and #95, IB #249,
NautilusTrader #3869). Whoever trusts the stream alone holds an unprotected position that he does
not know. The order is asked for when its fill is overdue.
"""

from ..script import long_entry, planned_fault, position, resting, scenario, sent, told

STORY = (
    scenario("the frame of a fill is lost without a word")
    .given(planned_fault("stream_lost", "user_stream", at="4s", times=3))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderFilled", 0, times=1),
        sent("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
