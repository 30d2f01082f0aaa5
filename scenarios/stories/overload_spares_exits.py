"""OverloadSparesExits: -1008: the venue is overloaded, entries wait and exits pass.

The overload protection never meets reducing orders and cancels (general info, 2026-10-03). An
engine that stops everything on -1008 stops its exits for nothing.
"""

from ..script import close_long, filled, long_entry, planned_fault, position, scenario, told

STORY = (
    scenario("an exit in an overload")
    .given(
        long_entry("3s", stop_bps=60),
        planned_fault("throttled_1008", "order", at="7s", times=1),
    )
    .when(long_entry("8s", "BTCUSDT", stop_bps=60), close_long("8.1s"))
    .then(
        told("OrderFilled", 2, times=1),
        told("PositionClosed", says="ETHUSDT"),
        position("FLAT"),
        position("FLAT", "BTCUSDT", at="8.9s"),
        position("LONG", "BTCUSDT"),
        filled("entry", times=2),
    )
)
