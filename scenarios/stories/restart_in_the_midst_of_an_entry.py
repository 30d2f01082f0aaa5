"""RestartInTheMidstOfAnEntry: the process is killed while an entry is on its way.

The order is filled and nobody was told: after the restart NautilusTrader #4736 booked an opposite
fill and believed itself flat, Hummingbot #6107 forgot the order. The intent was on disk before the
wire; the new life finds it, asks, books the fill and places the stop.
"""

from ..script import engine_crash, filled, long_entry, position, resting, scenario, sent

STORY = (
    scenario("killed between an entry and its answer")
    .given(engine_crash("5.01s", down="3s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        sent("entry", times=1),
        filled("entry", times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
