"""DuplicateIdMeansItLives: -4116: the id is taken, for an earlier attempt lives.

A resting order arrived twice, and the second answer is a refusal. Booked as rejected, the first one
rests unwatched until it fills (NautilusTrader #4215). -4116 is evidence that the order is there.
"""

from ..script import long_entry, planned_fault, price_move, resting, scenario, sent, told

STORY = (
    scenario("a resting order arrives twice")
    .given(planned_fault("request_twice", "order", at="4s"))
    .when(long_entry("5s", limit_bps=30, stop_bps=60), price_move(-45, "12s"))
    .then(
        told("OrderFailed", 0, times=0),
        sent("entry", times=1),
        told("OrderFilled", 0, times=1),
        resting("stop", times=1),
    )
)
