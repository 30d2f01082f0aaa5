"""StopCancelledByHand: a person cancels the stop that protects a position.

A protective order that vanishes is found at the next look, and replaced: freqtrade looks once a
minute, most look never (freqtrade #12681). Ten seconds without a stop is the longest.
"""

from ..script import long_entry, manual_request, position, resting, scenario, sent

STORY = (
    scenario("a person cancels our stop")
    .given(long_entry("3s", stop_bps=60))
    .when(manual_request("DELETE /fapi/v1/algoOpenOrders symbol=ETHUSDT", "8s"))
    .then(
        sent("stop", times=2),
        position("LONG"),
        resting("stop", times=1),
    )
)
