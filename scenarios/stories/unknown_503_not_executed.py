"""Unknown503NotExecuted: "Unknown error" is answered, and nothing was executed.

The text of a 503 decides: this one leaves the outcome open (binance-futures general info). Taken as
a failure it costs a fill, taken as success it costs a phantom position. The engine asks, hears
nothing of the order until it can be accepted no more, and only then is sure.
"""

from ..script import filled, long_entry, planned_fault, position, scenario, sent, told

STORY = (
    scenario("503 with an unknown outcome, not executed")
    .given(planned_fault("http_503_unknown", "order", at="4s", is_executed=False))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderUnknown", 0, times=1),
        told("OrderResolved", 0, times=1),
        sent("query"),
        filled("entry", times=1),
        position("LONG"),
    )
)
