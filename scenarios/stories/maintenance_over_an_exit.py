"""MaintenanceOverAnExit: the venue is closed for maintenance in the moment of an exit.

Every request is answered 503 and every stream is closed. An exit is never given up: it is tried
again with growing waits until the venue shows flat (Hummingbot's executor stops after ten tries
with the position open, #7503).
"""

from ..script import close_long, filled, incident, long_entry, position, resting, scenario, told

STORY = (
    scenario("an exit meets a maintenance")
    .given(long_entry("3s", stop_bps=60), incident("maintenance", "8s", size="25s"))
    .when(close_long("9s"))
    .then(
        resting("stop", times=1, at="20s"),
        filled("exit", times=1),
        told("PositionClosed", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
