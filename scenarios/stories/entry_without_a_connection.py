"""EntryWithoutAConnection: no connection can be made: the order was certainly not sent.

A refused connection is the one transport error that proves something. Booked like a timeout it
costs twenty seconds of asking; booked like a failure it costs the trade.
"""

from ..script import filled, long_entry, planned_fault, resting, scenario, sent, told

STORY = (
    scenario("the connection is refused twice")
    .given(planned_fault("connection_refused", "order", at="4s", times=1))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderUnknown", 0, times=0),
        sent("entry", times=2),
        filled("entry", times=1),
        resting("stop", times=1),
    )
)
