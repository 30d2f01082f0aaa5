"""PositionClosedByHand: a person closes the position at the venue's page.

The stop and the target are orphans now, and an orphan that fires opens the opposite position
(freqtrade #7838 and #11608, Hummingbot #2596). They are swept as soon as the account is flat.
"""

from ..script import long_entry, manual_request, position, resting, scenario, told

STORY = (
    scenario("a person closes our position")
    .given(long_entry("3s", stop_bps=60, target_bps=100))
    .when(
        manual_request(
            "POST /fapi/v1/order symbol=ETHUSDT side=SELL type=MARKET quantity=0.076 "
            "reduceOnly=true",
            "8s",
        )
    )
    .then(
        resting("anything", times=2, at="7.9s"),
        told("PositionClosed", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
