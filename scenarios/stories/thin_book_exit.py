"""ThinBookExit: a position is closed into a book that holds less than it.

The market order fills in part and the rest expires: "all closed" is what most engines book. What is
left is still a position; it is closed by another order, and the stop stays until then (freqtrade
#8374, #13537).
"""

from ..script import (
    close_long,
    filled,
    long_entry,
    planned_fault,
    position,
    resting,
    scenario,
    told,
)

STORY = (
    scenario("an exit finds half of the depth it needs")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("fill_partial", "order", at="7s"),
    )
    .when(close_long("8s"))
    .then(
        filled("exit", times=2),
        told("PositionClosed", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
