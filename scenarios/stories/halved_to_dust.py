"""HalvedToDust: a position is halved until it cannot be halved any more.

What is left below the smallest notional is dust that a strategy cannot sell in parts (freqtrade
#3622 and #7586, python-binance #296). The halving that would go below a lot is refused with its
reason; the close is never refused, for reducing orders have no smallest notional.
"""

from ..script import close_long, long_entry, position, reduce_50, resting, scenario, told

STORY = (
    scenario("halved, halved again, and closed as dust")
    .given(long_entry("3s", stop_bps=60))
    .when(
        *(reduce_50(f"{second}s") for second in (6, 8, 10, 12, 14, 16, 18, 20)),
        close_long("22s"),
    )
    .then(
        told("OrderRefused", 8, times=1, says="too_small_to_halve"),
        told("OrderFilled", 9, times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
