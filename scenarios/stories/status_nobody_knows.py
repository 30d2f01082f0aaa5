"""StatusNobodyKnows: an order is told with a status that no document names.

NEW_INSURANCE, EXPIRED_IN_MATCH: words come before the library that knows them, and an enum that
raises takes the fill with it (ccxt #7040). The word is set aside, the order is asked for, nothing
is dropped.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, told

STORY = (
    scenario("an unknown status in the stream and in the answer")
    .given(
        planned_fault("answer_unknown_status", "order", at="4s"),
        planned_fault("stream_unknown_status", "user_stream", at="4s", times=2),
        planned_fault("stream_unknown_event", "user_stream", at="4s", nth=4),
    )
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("SystemFailed", times=0),
        filled("entry", times=1),
        told("OrderFilled", 0, times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
