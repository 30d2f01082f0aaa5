"""PositionByHand: a person opens a position beside the engine.

It is not ours: reported, left alone, and in the way of nothing but its own symbol (NautilusTrader
#4454 and #4975 could neither use nor close such a position). Entries of the other symbol go on.
"""

from ..script import long_entry, manual_request, position, resting, scenario, told

STORY = (
    scenario("a person trades beside the engine")
    .given(
        manual_request(
            "POST /fapi/v1/order symbol=BTCUSDT side=BUY type=MARKET quantity=0.004", "4s"
        ),
        manual_request(
            "POST /fapi/v1/order symbol=BTCUSDT side=SELL type=MARKET quantity=0.004 "
            "reduceOnly=true",
            "24s",
        ),
    )
    .when(long_entry("15s", stop_bps=60))
    .then(
        told("AlertRaised", says="foreign_position"),
        position("LONG", "BTCUSDT", at="20s"),
        resting("anything", "BTCUSDT", times=0, at="20s"),
        told("OrderFilled", 0, times=1),
        position("FLAT", "BTCUSDT"),
    )
)
