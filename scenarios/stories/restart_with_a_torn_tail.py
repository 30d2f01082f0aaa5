"""RestartWithATornTail: the power fails while the journal is written.

The last line of the log is half a line, and half of a log is what most restarts choke on or
silently drop. The torn tail is cut and noted, the position stands as the venue has it, and its stop
rests.
"""

from ..script import close_long, engine_crash, filled, long_entry, position, resting, scenario, told

STORY = (
    scenario("a torn journal, and a position")
    .given(long_entry("3s", stop_bps=60), engine_crash("8.03s", down="2s", torn=True))
    .when(close_long("8s"), long_entry("20s", stop_bps=60))
    .then(
        told("EngineReady", times=2),
        filled("exit", times=1),
        told("OrderFilled", 2, times=1),
        position("LONG"),
        resting("stop", times=1),
    )
)
