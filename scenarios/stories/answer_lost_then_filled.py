"""AnswerLostThenFilled: an entry is filled, and neither its answer nor the stream says so.

Most engines book the timeout as a failure and place the order again under a new id: two fills for
one wish. Told as Hummingbot #7294, #7503 and #7611, NautilusTrader #4958, vnpy_binance #24. The one
right answer is to ask: the order is found by its own id, and its stop is placed at once.
"""

from ..script import (
    filled,
    in_order,
    long_entry,
    planned_fault,
    position,
    resting,
    scenario,
    sent,
)

STORY = (
    scenario("an answer is lost, then the order turns out to be filled")
    .given(
        planned_fault("answer_lost_after_execution", "order", at="4s"),
        planned_fault("stream_gap", "user_stream", at="4s", size="15s"),
    )
    .when(long_entry("5s", stop_bps=60))
    .then(
        in_order("OrderSent", "OrderUnknown", "OrderResolved", "OrderFilled", "PositionProtected"),
        sent("entry", times=1),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
