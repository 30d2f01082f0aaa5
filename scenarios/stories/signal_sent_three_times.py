"""SignalSentThreeTimes: a webhook delivers the same signal three times.

At-least-once delivery is what webhooks and queues do; an order for each is what most bots do. A
signal has an id, and one id is one order.
"""

from ..script import filled, long_entry, position, scenario, sent, told

STORY = (
    scenario("one signal comes three times")
    .given()
    .when(long_entry("5s", stop_bps=60, repeats=2))
    .then(
        sent("entry", times=1),
        filled("entry", times=1),
        told("OrderFilled", 0, times=1),
        position("LONG"),
    )
)
