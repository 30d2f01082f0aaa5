"""StopWouldTriggerAtOnce: the price has passed the stop before it could be placed (-2021).

A gap right after the fill: the stop is refused because it would fire at once. freqtrade closes at
the market then (`emergency_exit`); others log the refusal and leave the position naked (freqtrade
#2877). What the stop was for has happened, so the position is closed.
"""

from ..script import filled, long_entry, position, price_move, resting, scenario, told

STORY = (
    scenario("the price runs through the stop before it rests")
    .given(long_entry("3s", limit_bps=30, stop_bps=60))
    .when(price_move(-120, "8.7s"))
    .then(
        filled("entry", times=1),
        filled("exit", times=1),
        told("PositionClosed", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
