"""StopAndExitRace: a close signal and the stop meet in the same moment.

Both are whole, both reduce; the one that comes second finds nothing, and must not open the opposite
(NautilusTrader #4106: a reduce-only fill opened a position in the books).
"""

from ..script import close_long, long_entry, position, price_move, resting, scenario, told

STORY = (
    scenario("an exit and the stop at once")
    .given(long_entry("3s", stop_bps=60))
    .when(price_move(-90, "8s"), close_long("8.2s"))
    .then(
        told("PositionClosed", times=1),
        told("PositionOpened", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
