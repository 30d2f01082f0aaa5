"""Liquidated: the venue liquidates the account's position.

The order comes as `autoclose-`, with X=NEW and x=CALCULATED (binance-futures, fact 17), and was
never placed by us. Books that know their own orders alone keep a position that is gone, and send
its stop again and again (ccxt #8304).
"""

from ..script import filled, incident, long_entry, position, resting, scenario, told

STORY = (
    scenario("a position is liquidated")
    .given(long_entry("3s", stop_bps=60))
    .when(incident("liquidated", "8s"))
    .then(
        told("PositionClosed", times=1),
        filled("exit", times=0),
        position("FLAT"),
        resting("anything", times=0),
    )
)
