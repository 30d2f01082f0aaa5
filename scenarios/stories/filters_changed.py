"""FiltersChanged: the tick of a symbol becomes ten times as coarse between two orders.

Venues change filters with a notice that no engine reads (freqtrade #8229, python-binance #296):
every price is refused (-1111, -4014). The refusal is a reason to read the filters again and to send
an order that fits them.
"""

from ..script import filled, incident, long_entry, position, resting, scenario, sent

STORY = (
    scenario("the tick is coarser than we know")
    .given(incident("filters_changed", "4s"))
    .when(long_entry("5s"))
    .then(
        sent("filters", since="5s"),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
