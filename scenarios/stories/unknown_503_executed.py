"""Unknown503Executed: "Unknown error, please check" is answered, and the order is filled.

The same words as for an order that never was; a market order that is sent again under the same id
fills a second time, since Binance keeps ids unique among open orders only. Told as Hummingbot #493
and #601, NautilusTrader #4215, and ccxt #2599.
"""

from ..script import filled, long_entry, planned_fault, position, resting, scenario, sent

STORY = (
    scenario("503 with an unknown outcome, executed")
    .given(planned_fault("http_503_unknown", "order", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        sent("entry", times=1),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
