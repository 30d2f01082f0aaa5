"""PageInsteadOfJson: a gateway answers 200 with a page, and the order is filled.

`json()` raises, the exception is logged, the order is "failed": LEAN books anything that is not a
clean 200 as invalid. A body that cannot be read says nothing about the order.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, sent, told

STORY = (
    scenario("a page instead of an answer")
    .given(planned_fault("answer_unreadable", "order", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        sent("entry", times=1),
        filled("entry", times=1),
        told("OrderFailed", 0, times=0),
        position("LONG"),
        resting("stop", times=1),
    )
)
