"""TradeToldTwice: a fill is told by TRADE_LITE, by its report, and once more.

Binance sends TRADE_LITE ahead of ORDER_TRADE_UPDATE for the same trade (binance-futures, fact 17),
and streams repeat frames after a reconnect. Counted by message, the position is too large; told as
NautilusTrader #3775 and #4106, Hummingbot #5290. It is one trade id, so it is one fill.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, told

STORY = (
    scenario("one fill is told three times")
    .given(
        planned_fault("stream_duplicate", "user_stream", at="4s", times=12),
        trade_lite=True,
    )
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("PositionOpened", times=1),
        told("OrderFilled", 0, times=1),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
