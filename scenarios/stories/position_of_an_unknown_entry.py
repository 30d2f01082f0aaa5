"""PositionOfAnUnknownEntry: a position is listed whose entry is still unknown.

The answer to an entry is lost, the stream is silent, and two queries fail; meanwhile the regular
look at the venue shows a position that no known fill explains. To call it somebody else's is a
false alarm in the night, and whoever closes it by hand closes a position of ours. It waits for the
entry: the next query finds the order, its fill is booked, and its stop rests.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, told

STORY = (
    scenario("a position is listed whose entry is unknown")
    .given(
        planned_fault("answer_lost_after_execution", "order", at="2s"),
        planned_fault("stream_stall", "user_stream", at="2900ms", size="25s"),
        planned_fault("http_503_internal", "query", at="3s", times=2),
        lasts="30s",
    )
    .when(long_entry("3s", stop_bps=60))
    .then(
        told("AlertRaised", times=0, says="foreign_position"),
        told("OrderResolved", 0, times=1),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
