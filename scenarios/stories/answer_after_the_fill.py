"""AnswerAfterTheFill: the stream tells the fill before the answer tells the order.

Two connections, no order between them: the fill of an order that is not acknowledged yet. A report
that is thrown away because "there is no such order" never comes again (NautilusTrader #3775).
"""

from ..script import (
    in_order,
    long_entry,
    planned_fault,
    position,
    protected,
    resting,
    scenario,
    told,
)

STORY = (
    scenario("a fill comes before the answer")
    .given(planned_fault("answer_after_fill", "order", at="4s", size="2s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        in_order("OrderFilled", "PositionProtected"),
        told("OrderCorrected", times=0),
        protected("1s"),
        position("LONG"),
        resting("stop", times=1),
    )
)
