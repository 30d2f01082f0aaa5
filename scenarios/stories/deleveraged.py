"""Deleveraged: the venue takes half of a winning position (ADL).

Auto-deleveraging closes a part of a position with an order of the venue's own (`adl_autoclose`);
freqtrade #7107 and ccxt #7040 tell of trades that stayed open in the books. The position is what
the venue says, and the stop still covers what is left.
"""

from ..script import filled, incident, long_entry, position, price_move, resting, scenario, told

STORY = (
    scenario("a winning position is deleveraged")
    .given(long_entry("3s", stop_bps=60), price_move(40, "5s"))
    .when(incident("deleveraged", "8s"))
    .then(
        told("PositionUpdated"),
        filled("exit", times=0),
        position("LONG"),
        resting("stop", times=1),
    )
)
