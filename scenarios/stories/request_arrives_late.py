"""RequestArrivesLate: the connection breaks, and the order arrives after all.

The first question finds nothing (-2013), which proves nothing: the request is still under way and
the venue takes it until its receive window is over. Whoever sends again now buys twice. Told as
hummingbot-style double fills (#7294) and by everyone who met "order does not exist" after a
timeout.
"""

from ..script import filled, long_entry, planned_fault, resting, scenario, sent, told

STORY = (
    scenario("a request arrives late")
    .given(planned_fault("request_late", "order", at="4s", size="2s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderUnknown", 0, times=1),
        sent("entry", times=1),
        sent("query"),
        filled("entry", times=1),
        resting("stop", times=1),
    )
)
