"""MarginIsNotEnough: -2019: the account cannot carry the order.

A refusal for lack of margin is final; ten tries a second later are ten refusals and a step towards
a ban (Hummingbot #1075). It is told with its reason, and nothing is kept for it.
"""

from ..script import filled, long_entry, planned_fault, position, scenario, sent, told

STORY = (
    scenario("no margin for an entry")
    .given(planned_fault("margin_2019", "order", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderFailed", 0, times=1),
        sent("entry", times=1),
        filled("entry", times=0),
        position("FLAT"),
    )
)
