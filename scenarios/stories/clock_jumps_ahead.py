"""ClockJumpsAhead: the venue's clock is six seconds ahead of ours all of a sudden (-1021).

A laptop that slept, a host without NTP: every signed request is refused (Hummingbot #1262 and
#1388, python-binance #1056, vn.py #3620 with eight seconds). An order must not get lost over it:
the clock is read again, and the same order is sent once more under the same id.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, sent

STORY = (
    scenario("the clock jumps while an order is sent")
    .given(planned_fault("clock_skew", "order", at="4s", size="6s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        sent("time", since="5s"),
        sent("entry", times=2),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
