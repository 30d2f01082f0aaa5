"""BannedWithAnOpenPosition: 418: the address is banned while a position is open.

After too many 429 the venue bans for two minutes up to three days and lengthens the ban for whoever
keeps asking (NautilusTrader #780 and #2281, ccxt #14639, OctoBot #2108). Nothing may be sent until
the end that the answer names. What protects the position meanwhile is the stop that rests there.
"""

from ..script import (
    filled,
    long_entry,
    planned_fault,
    position,
    price_move,
    resting,
    scenario,
    sent,
    told,
)

STORY = (
    scenario("a ban while a position is open")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("http_418", "open_orders", at="6s", size="60s"),
        lasts="90s",
    )
    .when(price_move(-90, "30s"))
    .then(
        resting("stop", times=1, at="29s"),
        sent("anything", times=0, since="12s", until="70s"),
        told("PositionClosed", times=1, says="STOP_LOSS"),
        filled("stop", times=1),
        position("FLAT", at="35s"),
    )
)
