"""TwoEntriesAtOnce: two strategies want into one symbol, five milliseconds apart.

The second is judged while the first is on its way: nothing is filled yet, and whoever counts
positions only lets both through, twice the size that anybody allowed. What was approved counts from
its approval on, so the second is refused.
"""

from ..script import filled, long_entry, position, protected, scenario, sent, told

STORY = (
    scenario("two entries of one symbol at once")
    .given()
    .when(long_entry("5s", stop_bps=60), long_entry("5.005s", stop_bps=60))
    .then(
        told("OrderFilled", 0, times=1),
        told("OrderRefused", 1, times=1),
        sent("entry", times=1),
        filled("entry", times=1),
        position("LONG"),
        protected("1s"),
    )
)
